#!/usr/bin/env bash
# Code and chapters cite the specification by stable ids such as `B-SLOT` (one letter for the chapter, then a name).
# An id is defined by a heading (`## B-OPEN: ...`) or in bold (`**B-SLOT**`) in docs/spec. Fails if an id is cited but
# not defined, or defined twice; warns if an id is defined but no code cites it.
# usage: scripts/check-spec-ids.sh [FOLDER OF A PROJECT]
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"

readonly ID='[A-Z]-[A-Z][A-Z0-9]+(-[A-Z][A-Z0-9]*)*'

# Files of the project whose names match, ended by zeros; no build output and nothing downloaded.
files() {
    find . \( -name target -o -name node_modules -o -name .git \) -prune -o -type f -name "$1" -print0
}

citations() {
    files "$1" | xargs -0 -r grep -hoP "(?<![A-Za-z0-9_-])$ID(?![A-Za-z0-9_])" || true
}

definitions() {
    grep -hoE "^#+ $ID|\*\*$ID" docs/spec/*.md | grep -oE "$ID\$"
}

defined="$(definitions | sort -u)"
in_code="$(citations '*.rs' | sort -u)"
in_words="$(citations '*.md' | sort -u)"
status=0

for id in $(definitions | sort | uniq -d); do
    echo "spec ids: $id is defined twice in docs/spec" >&2
    status=1
done
for id in $(comm -23 <(sort -u <(echo "$in_code") <(echo "$in_words")) <(echo "$defined")); do
    echo "spec ids: $id is not defined in docs/spec; cited by:" >&2
    { files '*.rs'; files '*.md'; } | xargs -0 grep -lwF -- "$id" | sed 's/^/    /' >&2
    status=1
done
for id in $(comm -13 <(echo "$in_code") <(echo "$defined")); do
    echo "spec ids: warning: no code cites $id" >&2
done
[ "$status" -ne 0 ] || echo "spec ids: $(wc -l <<<"$defined") defined, all citations resolve"
exit "$status"
