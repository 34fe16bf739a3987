#!/usr/bin/env bash
# Measures the proving engine beside itself as an earlier commit had it, in one process, on one pinned thread: what a
# proof took there, and what it takes now. The earlier engine is taken out of git.
# usage: scripts/bench-since.sh COMMIT [OPTION OF THE BENCH]..
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"

COMMIT="${1:?usage: scripts/bench-since.sh COMMIT [OPTION OF THE BENCH]..}"
shift
readonly BENCH=prover/bench/since
readonly EARLIER="$BENCH/earlier"

if ! git cat-file -e "$COMMIT^{commit}" 2>/dev/null; then
    echo "bench-since: this clone has no commit $COMMIT; if it is a shallow one: git fetch --unshallow" >&2
    exit 1
fi
hash="$(git rev-parse "$COMMIT^{commit}")"
if [ "$(cat "$EARLIER/.commit" 2>/dev/null)" != "$hash" ]; then
    rm -rf "$EARLIER"
    mkdir -p "$EARLIER"
    # With today's times: cargo compiles again what is newer than its result, and files of another commit may be older.
    git archive "$hash" | tar -x -m -C "$EARLIER"
    # Another version: a lock file cannot have one name and version from two folders.
    sed -i '0,/^version = "0.1.0"$/s//version = "0.0.9"/' "$EARLIER/Cargo.toml"
    grep -q '^version = "0.0.9"$' "$EARLIER/Cargo.toml" || {
        echo "bench-since: the manifest of $COMMIT has another version than 0.1.0" >&2
        exit 1
    }
    echo "$hash" >"$EARLIER/.commit"
fi
# Versions of dependencies as the other bench has them, as far as it has them.
cp prover/bench/Cargo.lock "$BENCH/Cargo.lock"
# What the engine of that commit has between blst and AVX-512 IFMA.
features=()
if grep -q 'Floating,' "$EARLIER"/primitives/lanes/src/backend.rs 2>/dev/null; then
    features=(--features floating)
fi

folder="${CARGO_TARGET_DIR:-$ROOT/target}/bench-since"
CARGO_TARGET_DIR="$folder" cargo build --release --manifest-path "$BENCH/Cargo.toml" "${features[@]}"
RAYON_NUM_THREADS=1 taskset -c 0 "$folder/release/cloister-bench-since" --commit "$COMMIT" "$@"
