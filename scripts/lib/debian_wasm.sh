# shellcheck shell=bash
# The Wasm targets where rustup cannot download: Debian's own newer compiler (packages rustc-web and cargo-web). The
# runtime's standard library is built once from Debian's sources, the browser's with what is compiled for it.

# rustup's name for Debian's compiler.
readonly DEBIAN_TOOLCHAIN=debian
readonly DEBIAN_PREFIX=/usr
readonly DEBIAN_RUSTC="$DEBIAN_PREFIX/bin/rustc"
readonly DEBIAN_CARGO="$DEBIAN_PREFIX/bin/cargo"
readonly DEBIAN_PACKAGES=(rustc-web cargo-web rust-web-src rust-web-llvm)
readonly DEBIAN_WASM_LIB="$DEBIAN_PREFIX/lib/rustlib/$WASM_TARGET/lib"
# Names the compiler that built the libraries; a library of another compiler is useless.
readonly DEBIAN_WASM_STAMP="$DEBIAN_WASM_LIB/built-by"

debian_llvm_major() {
    "$DEBIAN_RUSTC" -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p'
}

has_debian_toolchain_link() {
    rustup toolchain list 2>/dev/null | grep -qE "^$DEBIAN_TOOLCHAIN( |\$)"
}

debian_wasm_is_ready() {
    [ -f "$DEBIAN_WASM_STAMP" ] && debian_compiler_is_installed &&
        [ "$("$DEBIAN_RUSTC" -vV)" = "$(cat "$DEBIAN_WASM_STAMP")" ] && has_debian_toolchain_link
}

setup_debian_wasm() {
    install_debian_compiler
    has_debian_toolchain_link || act rustup toolchain link "$DEBIAN_TOOLCHAIN" "$DEBIAN_PREFIX"
    build_debian_wasm_libraries
}

debian_compiler_is_installed() {
    dpkg -s "${DEBIAN_PACKAGES[@]}" >/dev/null 2>&1 && dpkg -s "lld-$(debian_llvm_major)" >/dev/null 2>&1
}

install_debian_compiler() {
    local major
    if debian_compiler_is_installed && { [ -w "$DEBIAN_WASM_LIB" ] || can_be_root; }; then
        return 0
    fi
    if [ "$MODE" = install ] && ! can_be_root; then
        die "the runtime's compiler needs root to install. Run these as root, then start again:
    apt-get install --no-install-recommends ${DEBIAN_PACKAGES[*]}
    $DEBIAN_RUSTC -vV    # tells its LLVM version, N below
    apt-get install --no-install-recommends lld-N
    install -d -o $(id -un) $DEBIAN_WASM_LIB"
    fi
    say "installing Debian's Rust compiler, its sources and its linker (about 1 GB on disk)"
    install_packages "${DEBIAN_PACKAGES[@]}"
    if [ "$MODE" = dry-run ]; then
        install_packages "lld-<LLVM of rustc-web>"
        return 0
    fi
    major="$(debian_llvm_major)"
    [ -n "$major" ] || die "$DEBIAN_RUSTC does not tell its LLVM version"
    # The linker must read what that compiler's LLVM writes.
    install_packages "lld-$major"
}

# Runs a command that writes the library folder: as the user where he owns it, else as root.
act_on_libraries() {
    if [ -w "$DEBIAN_WASM_LIB" ]; then act "$@"; else act_as_root "$@"; fi
}

# Builds core, alloc and compiler_builtins, the three libraries that a no_std crate links.
build_debian_wasm_libraries() {
    local work deps
    say "building the Wasm standard library (half a minute)"
    work="$(mktemp -d)"
    # shellcheck disable=SC2064 # the folder is known now and gone from scope later
    trap "rm -rf '$work'" EXIT
    write_empty_library "$work"
    # Every setting of the caller that would change how these libraries are built is removed. Bitcode matters: the
    # runtime is linked with LTO.
    (
        cd "$work" && act env -u CARGO_ENCODED_RUSTFLAGS -u RUSTC_WRAPPER -u RUSTUP_TOOLCHAIN -u CARGO_BUILD_TARGET \
            RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes RUSTC="$DEBIAN_RUSTC" CARGO_TARGET_DIR="$work/target" \
            "$DEBIAN_CARGO" build --quiet --release --target "$WASM_TARGET" -Z build-std=core,alloc
    ) || die "Debian's compiler could not build the Wasm standard library"
    [ -d "$DEBIAN_WASM_LIB" ] || act_as_root mkdir -p "$DEBIAN_WASM_LIB"
    if [ "$MODE" = dry-run ]; then
        act_on_libraries cp libcore-*.rlib liballoc-*.rlib libcompiler_builtins-*.rlib "$DEBIAN_WASM_LIB/"
        return 0
    fi
    deps="$work/target/$WASM_TARGET/release/deps"
    # The stamp goes first and comes last: an interrupted copy does not look complete.
    act_on_libraries rm -f "$DEBIAN_WASM_STAMP" "$DEBIAN_WASM_LIB"/lib*.rlib
    act_on_libraries cp "$deps"/libcore-*.rlib "$deps"/liballoc-*.rlib "$deps"/libcompiler_builtins-*.rlib \
        "$DEBIAN_WASM_LIB/"
    "$DEBIAN_RUSTC" -vV >"$work/built-by"
    act_on_libraries cp "$work/built-by" "$DEBIAN_WASM_STAMP"
    # What was compiled against an older standard library does not link with this one.
    rm -rf "${CARGO_TARGET_DIR:-$ROOT/target}/release/wbuild"
}

write_empty_library() {
    mkdir -p "$1/src"
    cat >"$1/Cargo.toml" <<'TOML'
[package]
name = "empty"
version = "0.0.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[profile.release]
panic = "abort"

[workspace]
TOML
    cat >"$1/src/lib.rs" <<'RUST'
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
RUST
}
