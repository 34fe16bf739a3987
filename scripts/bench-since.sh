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
rm -rf "$EARLIER"
mkdir -p "$EARLIER"
git archive "$COMMIT" | tar -x -C "$EARLIER"
# Another version: a lock file cannot have one name and version from two folders.
sed -i '0,/^version = "0.1.0"$/s//version = "0.0.9"/' "$EARLIER/Cargo.toml"
grep -q '^version = "0.0.9"$' "$EARLIER/Cargo.toml" || {
    echo "bench-since: the manifest of $COMMIT has another version than 0.1.0" >&2
    exit 1
}
# The versions of dependencies that the other bench has.
cp prover/bench/Cargo.lock "$BENCH/Cargo.lock"

folder="${CARGO_TARGET_DIR:-$ROOT/target}/bench-since"
CARGO_TARGET_DIR="$folder" cargo build --release --manifest-path "$BENCH/Cargo.toml"
RAYON_NUM_THREADS=1 taskset -c 0 "$folder/release/cloister-bench-since" --commit "$COMMIT" "$@"
