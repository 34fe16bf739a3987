#!/usr/bin/env bash
# The shape of the folders: every crate has a README.md that tells a newcomer what it is for, and a module is `x.rs`
# beside the folder `x/`, never `x/mod.rs` (except `tests/NAME/mod.rs`: cargo would take `tests/NAME.rs` for a test
# program).
# usage: scripts/check-crates.sh [FOLDER OF A PROJECT]
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"

status=0

problem() {
    echo "$1: $2" >&2
    status=1
}

# list PATTERN..: paths of git, tracked or new, that exist.
list() {
    local path
    while IFS= read -r -d '' path; do
        [ ! -e "$path" ] || printf '%s\0' "$path"
    done < <(git ls-files -z --cached --others --exclude-standard "$@")
}

crates=0
while IFS= read -r -d '' manifest; do
    grep -q '^\[package\]' "$manifest" || continue
    crates=$((crates + 1))
    readme="$(dirname "$manifest")/README.md"
    readme="${readme#./}"
    [ -f "$readme" ] ||
        problem "$readme" "is missing; say what the crate is for, what it is not, and what to read first"
done < <(list Cargo.toml '*/Cargo.toml')
while IFS= read -r -d '' module; do
    folder="$(dirname "$module")"
    case "$(dirname "$folder")" in
        tests | */tests) [ -f "$folder/main.rs" ] || continue ;;
    esac
    problem "$module" "a module is $folder.rs beside its folder: git mv $module $folder.rs"
done < <(list '*/mod.rs')
[ "$status" -ne 0 ] || echo "crates: $crates, each with a README; no mod.rs"
exit "$status"
