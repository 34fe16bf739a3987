#!/usr/bin/env bash
# Compiles for the browser what must run in it: the client's core with everything below it, in a build folder of its
# own, without the features that need a machine. The engine's tests then run natively without those features.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly ROOT
cd "$ROOT"

# shellcheck source=scripts/lib/browser.sh
. "$ROOT/scripts/lib/browser.sh"
readonly BUILD="${CARGO_TARGET_DIR:-$ROOT/target}"

# The client's core, and what is below it under its own name, so that a failure names the crate.
PACKAGES=(-p cloister-crypto -p cloister-risk -p cloister-ledger -p cloister-groth16 -p cloister-circuits)
[ ! -f client/core/Cargo.toml ] || PACKAGES+=(-p cloister-client-core)

CARGO_TARGET_DIR="$BUILD/browser" browser_cargo build --locked --release --lib --no-default-features "${PACKAGES[@]}"
# The engine once more with the vectors that browsers have.
CARGO_TARGET_DIR="$BUILD/browser/simd128" RUSTFLAGS="-C target-feature=+simd128" \
    browser_cargo build --locked --release --lib --no-default-features -p cloister-groth16
CARGO_TARGET_DIR="$BUILD" cargo test --locked --release -p cloister-groth16 --no-default-features
