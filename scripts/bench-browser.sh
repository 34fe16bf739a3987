#!/usr/bin/env bash
# Proves a seal in WebAssembly with our engine and with the crate `groth16`, both compiled the same way: with vectors of
# 128 bits, and without. Needs node.
# usage: scripts/bench-browser.sh [ROUNDS]
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=scripts/lib/browser.sh
. "$ROOT/scripts/lib/browser.sh"
cd "$ROOT"

for features in +simd128 -simd128; do
    folder="${CARGO_TARGET_DIR:-$ROOT/target}/browser/bench$features"
    CARGO_TARGET_DIR="$folder" RUSTFLAGS="-C target-feature=$features" browser_cargo build --locked --release \
        --manifest-path prover/bench/Cargo.toml -p cloister-bench-browser
    echo "target features: $features"
    node prover/bench/browser/run.mjs "$folder/$TARGET/release/cloister_bench_browser.wasm" "$@"
done
