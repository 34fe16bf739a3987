# shellcheck shell=bash
# For the tests of the checks: each makes small projects and tells whether a check should pass or fail on them.

set -euo pipefail
SCRIPTS="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly SCRIPTS
PROJECT="$(mktemp -d)"
readonly PROJECT
trap 'rm -rf "$PROJECT"' EXIT
COUNT=0
# What the last check said.
OUT=

# Begins an empty project.
new_project() {
    find "$PROJECT" -mindepth 1 -delete
    git -C "$PROJECT" init -q
}

# commit_all REPOSITORY MESSAGE: everything in it.
commit_all() {
    git -C "$1" add -A
    git -C "$1" -c user.name=test -c user.email=test@localhost commit -q --allow-empty -m "$2"
}

# write FILE: the standard input becomes a file of the project.
write() {
    mkdir -p "$(dirname "$PROJECT/$1")"
    cat >"$PROJECT/$1"
}

wrong() {
    printf 'test of the checks: %s: %s\n%s\n' "$(basename "$0")" "$1" "$2" >&2
    exit 1
}

# should_pass CHECK WHAT
should_pass() {
    COUNT=$((COUNT + 1))
    OUT="$("$SCRIPTS/$1" "$PROJECT" 2>&1)" || wrong "$1 should accept $2" "$OUT"
}

# should_fail CHECK WHAT MESSAGE: it fails, and says so with these words.
should_fail() {
    COUNT=$((COUNT + 1))
    if OUT="$("$SCRIPTS/$1" "$PROJECT" 2>&1)"; then
        wrong "$1 should refuse $2" "$OUT"
    fi
    grep -qF -- "$3" <<<"$OUT" || wrong "$1 should say '$3' of $2" "$OUT"
}

done_testing() {
    echo "  $(basename "$0" .sh): $COUNT cases"
}
