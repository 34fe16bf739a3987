#!/usr/bin/env bash
# For daily work: every check of style, and the tests of the crates that were changed since BASE (default: where this
# branch left `main`; on `main` itself the last commit), committed or not. `make test` is what a change must pass.
# usage: scripts/check.sh [--list] [BASE]
#   --list   only name the crates
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tests that take minutes: whole chains with real proofs.
readonly SLOW=(cloister-tests)

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

mapfile -t CRATES < <(changed_files | while read -r file; do crate_of "$file"; done | sort -u)
SELECTED=()
for crate in "${CRATES[@]}"; do
    if [[ " ${SLOW[*]} " == *" $crate "* ]]; then
        echo "check: $crate is left to make test"
    else
        SELECTED+=(-p "$crate")
    fi
done
echo "check: changed since ${BASE:0:12}: ${CRATES[*]:-no crate}"
[ "$LIST" = 0 ] || exit 0

scripts/lint.sh
if [ ${#SELECTED[@]} -ne 0 ]; then
    # With fewer packages than the whole workspace cargo may compile some dependencies with fewer features: once.
    cargo test --locked --release "${SELECTED[@]}"
fi
echo "check: all good"
