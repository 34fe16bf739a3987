#!/usr/bin/env bash
# Compiles for the browser what must run in it: the client's core with everything below it, in a build folder of its
# own, without the features that need a machine. The engine's tests then run natively without those features.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly ROOT
cd "$ROOT"

readonly TARGET=wasm32-unknown-unknown
readonly BUILD="${CARGO_TARGET_DIR:-$ROOT/target}"
# setup.sh names the toolchain here if rustup has no standard library for the target.
readonly TOOLCHAIN="${CLOISTER_BROWSER_TOOLCHAIN:-}"

# The client's core, and what is below it under its own name, so that a failure names the crate.
PACKAGES=(-p cloister-crypto -p cloister-risk -p cloister-ledger -p cloister-groth16 -p cloister-circuits)
[ ! -f client/core/Cargo.toml ] || PACKAGES+=(-p cloister-client-core)

# Cargo for the browser. Debian's compiler brings no standard library for this target and builds it from its sources.
browser_cargo() {
    local command="$1"
    shift
    case "$TOOLCHAIN" in
        "") cargo "$command" --target "$TARGET" "$@" ;;
        debian)
            env -u RUSTUP_TOOLCHAIN RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_PROFILE_RELEASE_PANIC=abort \
                /usr/bin/cargo "$command" --target "$TARGET" -Z build-std=std,panic_abort --ignore-rust-version "$@"
            ;;
        *) echo "check-browser: unknown toolchain $TOOLCHAIN" >&2; exit 1 ;;
    esac
}

CARGO_TARGET_DIR="$BUILD/browser" browser_cargo build --locked --release --lib --no-default-features "${PACKAGES[@]}"
CARGO_TARGET_DIR="$BUILD" cargo test --locked --release -p cloister-groth16 --no-default-features
