# shellcheck shell=bash
# shellcheck disable=SC2034 # setup.sh and debian_wasm.sh read the variables
# The compiler that rust-toolchain.toml pins, and the standard libraries of two Wasm targets: the runtime's, and the
# browser's.

readonly WASM_TARGET=wasm32v1-none
readonly BROWSER_TARGET=wasm32-unknown-unknown

# Left alone, rustup downloads the pinned toolchain whenever it is called in this folder, even by `rustup toolchain
# list`. Here downloads are asked for by name and have a time limit.
export RUSTUP_AUTO_INSTALL=0

# Folder of rustup's commands if PATH lacks it, the toolchain that stands in for the pinned one, and the toolchains
# that build the runtime and what runs in a browser; each empty if the build needs no such setting.
CARGO_BIN=
TOOLCHAIN_OVERRIDE=
WASM_TOOLCHAIN=
BROWSER_TOOLCHAIN=
# The toolchain in use and its sysroot; empty while it is not installed.
TOOLCHAIN=
SYSROOT=

pinned_version() {
    sed -n 's/^channel *= *"\(.*\)"/\1/p' "$ROOT/rust-toolchain.toml"
}

# Names of the installed toolchains, the pinned one first.
installed_toolchains() {
    local version="$1"
    rustup toolchain list | sed 's/ .*//' | awk -v v="$version" '{ print (index($0, v "-") == 1 ? 0 : 1), $0 }' |
        sort -s -n -k1,1 | cut -d' ' -f2-
}

setup_rust() {
    local version toolchain found=
    version="$(pinned_version)"
    [ -n "$version" ] || die "rust-toolchain.toml names no channel"

    # Debian's own cargo, if it is installed, must not come before rustup's.
    local bin="${CARGO_HOME:-$HOME/.cargo}/bin"
    if [ -x "$bin/rustup" ]; then
        case "$(command -v cargo || true)" in "$bin/cargo") ;; *) CARGO_BIN="$bin"; PATH="$bin:$PATH" ;; esac
    fi
    command -v rustup >/dev/null || die "rustup is not installed; see https://rustup.rs (the build needs Rust $version)"

    for toolchain in $(installed_toolchains "$version"); do
        if [ "$(rustup run "$toolchain" rustc --version 2>/dev/null | cut -d' ' -f2)" = "$version" ]; then
            found="$toolchain"
            break
        fi
    done
    if [ -z "$found" ]; then
        if missing "Rust $version, the compiler that rust-toolchain.toml pins"; then
            act timeout "$DOWNLOAD_SECONDS" rustup toolchain install "$version" --profile minimal \
                --component rustfmt --component clippy ||
                die "rustup could not install Rust $version, and no installed toolchain is that version"
        fi
        # Nothing more can be found out about a compiler that is not there yet.
        [ "$MODE" = install ] || return 0
        found="$version"
    fi
    # The same compiler under another name (`stable`) serves as well and needs no download. What the caller's
    # environment names goes before rust-toolchain.toml, so it is overridden too.
    case "$found" in
        "${RUSTUP_TOOLCHAIN:-$version}" | "${RUSTUP_TOOLCHAIN:-$version}"-*) ;;
        *) TOOLCHAIN_OVERRIDE="$found" ;;
    esac
    SYSROOT="$(rustup run "$found" rustc --print sysroot)"
    TOOLCHAIN="$found"
}

has_rustup_target() {
    compgen -G "$SYSROOT/lib/rustlib/$1/lib/libcore-*.rlib" >/dev/null
}

# rustup's success alone proves nothing: it trusts its own list of components.
add_rustup_target() {
    act timeout "$DOWNLOAD_SECONDS" rustup target add "$1" --toolchain "${TOOLCHAIN:-$(pinned_version)}" &&
        { [ "$MODE" = dry-run ] || has_rustup_target "$1"; }
}

setup_wasm_target() {
    if [ "$WASM_SOURCE" != debian ] && [ -n "$SYSROOT" ] && has_rustup_target "$WASM_TARGET"; then
        return 0
    fi
    if [ "$WASM_SOURCE" != rustup ] && debian_wasm_is_ready; then
        WASM_TOOLCHAIN="$DEBIAN_TOOLCHAIN"
        return 0
    fi
    missing "the standard library for $WASM_TARGET: the chain's runtime is compiled to Wasm" || return 0
    if [ "$WASM_SOURCE" != debian ]; then
        if add_rustup_target "$WASM_TARGET"; then
            return 0
        fi
        [ "$WASM_SOURCE" != rustup ] || die "rustup could not add $WASM_TARGET"
        say "rustup could not add $WASM_TARGET; taking Debian's compiler for the runtime instead"
    fi
    setup_debian_wasm
    WASM_TOOLCHAIN="$DEBIAN_TOOLCHAIN"
}

# Debian's compiler builds the standard library itself, together with what is compiled for the browser, so here it need
# only be installed. Where it already builds the runtime, rustup has nothing to offer and is not asked again.
setup_browser_target() {
    if [ "$WASM_SOURCE" != debian ] && [ -n "$SYSROOT" ] && has_rustup_target "$BROWSER_TARGET"; then
        return 0
    fi
    if [ "$WASM_SOURCE" != rustup ] && debian_compiler_is_installed; then
        BROWSER_TOOLCHAIN="$DEBIAN_TOOLCHAIN"
        return 0
    fi
    missing "the standard library for $BROWSER_TARGET: the client's core is compiled for the browser" || return 0
    if [ "$WASM_SOURCE" != debian ]; then
        if add_rustup_target "$BROWSER_TARGET"; then
            return 0
        fi
        [ "$WASM_SOURCE" != rustup ] || die "rustup could not add $BROWSER_TARGET"
        say "rustup could not add $BROWSER_TARGET; taking Debian's compiler for the browser instead"
    fi
    install_debian_compiler
    BROWSER_TOOLCHAIN="$DEBIAN_TOOLCHAIN"
}
