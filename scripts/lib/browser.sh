# shellcheck shell=bash
# shellcheck disable=SC2034 # whoever sources this reads the variables
# Cargo for the browser.

readonly TARGET=wasm32-unknown-unknown
# setup.sh names the toolchain here if rustup has no standard library for the target.
readonly TOOLCHAIN="${CLOISTER_BROWSER_TOOLCHAIN:-}"

# Debian's compiler brings no standard library for this target and builds it from its sources.
browser_cargo() {
    local command="$1"
    shift
    case "$TOOLCHAIN" in
        "") cargo "$command" --target "$TARGET" "$@" ;;
        debian)
            env -u RUSTUP_TOOLCHAIN RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_PROFILE_RELEASE_PANIC=abort \
                /usr/bin/cargo "$command" --target "$TARGET" -Z build-std=std,panic_abort --ignore-rust-version "$@"
            ;;
        *) echo "browser: unknown toolchain $TOOLCHAIN" >&2; exit 1 ;;
    esac
}
