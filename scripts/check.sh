#!/usr/bin/env bash
# For daily work: every check of style, and the tests of the crates that were changed since BASE (default: where this
# branch left `main`; on `main` itself the last commit), committed or not. `make test` is what a change must pass.
# usage: scripts/check.sh [--list] [BASE]
#   --list   only name the crates
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tests that take minutes: whole chains with real proofs.
readonly SLOW=(cloister-tests cloister-zombienet)

LIST=0
if [ "${1:-}" = --list ]; then
    LIST=1
    shift
fi
BASE="${1:-$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)}"

# The crate of a file: the name in the nearest manifest above it that is a member of the workspace.
crate_of() {
    local folder
    folder="$(dirname "$1")"
    while [ "$folder" != . ]; do
        if [ -f "$folder/Cargo.toml" ]; then
            # A workspace of its own is not tested from here.
            grep -q '^\[workspace\]' "$folder/Cargo.toml" || sed -n 's/^name = "\(.*\)"$/\1/p;T;q' "$folder/Cargo.toml"
            return 0
        fi
        folder="$(dirname "$folder")"
    done
}

changed_files() {
    git diff --name-only "$BASE"
    git ls-files --others --exclude-standard
}

# Whether a crate is built upon the SDK.
is_on_sdk() {
    [ "$(cargo tree --locked --prefix none --edges normal,build,dev -p "$1" | grep -c '^polkadot-sdk v')" -gt 0 ]
}

# Test programs of a crate, as options of cargo.
test_programs() {
    cargo metadata --locked --no-deps --format-version 1 | python3 -c '
import json, sys
packages = [p for p in json.load(sys.stdin)["packages"] if p["name"] == sys.argv[1]]
for target in (t for p in packages for t in p["targets"] if t["kind"] == ["test"]):
    print("--test", target["name"], sep="\n")' "$1"
}

mapfile -t CRATES < <(changed_files | while read -r file; do crate_of "$file"; done | sort -u)
echo "check: changed since ${BASE:0:12}: ${CRATES[*]:-no crate}"
[ "$LIST" = 0 ] || exit 0

scripts/lint.sh

# A crate upon the SDK is tested with the whole workspace selected, since any other selection compiles the SDK anew,
# with fewer features (docs/decisions/0003); its unit tests come with those of all crates. The others are selected
# alone.
ALONE=()
TOGETHER=()
for crate in "${CRATES[@]}"; do
    if [[ " ${SLOW[*]} " == *" $crate "* ]]; then
        echo "check: $crate is left to make test"
    elif is_on_sdk "$crate"; then
        mapfile -t programs < <(test_programs "$crate")
        TOGETHER=(--lib "${TOGETHER[@]:1}" "${programs[@]}")
    else
        ALONE+=(-p "$crate")
    fi
done
if [ ${#ALONE[@]} -ne 0 ]; then
    cargo test --locked --release "${ALONE[@]}"
fi
if [ ${#TOGETHER[@]} -ne 0 ]; then
    cargo test --locked --release --workspace "${TOGETHER[@]}"
fi
echo "check: all good"
