#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"

# The project's folder is temporary and may be reached by a link.
FOLDER="$(cd "$PROJECT" && pwd -P)"
CLONE="$FOLDER/clone" TREE="$FOLDER/cache/tree" TARGET="$FOLDER/cache/target"
BUILT=cache/target/release/.fingerprint/a/invoked.timestamp

commit() { commit_all "$CLONE" "$1"; }

# check WHAT FOLDER [COMMAND]: a check of the clone is made in this folder, and runs the command there.
check() {
    local folder
    COUNT=$((COUNT + 1))
    # shellcheck disable=SC2016
    OUT="$(CLOISTER_LOCK_SECONDS=0 bash -euo pipefail -c '
        . "$1"
        cd "$2"
        enter_kept_tree "$3" "$4"
        eval "$5"
        echo "in $(pwd -P) at $(git rev-parse --verify --quiet HEAD || true)"
    ' check "$SCRIPTS/lib/kept_tree.sh" "${FROM:-$CLONE}" "$TREE" "$TARGET" "${3:-}" 2>&1)" || wrong "$1: failed" "$OUT"
    folder="$(sed -n 's/^in //p' <<<"$OUT")"
    [ "$folder" = "$2 at $(git -C "$CLONE" rev-parse --verify --quiet HEAD || true)" ] ||
        wrong "$1 should be checked in $2, not in $folder" "$OUT"
}

# age FILE..: they were written, or compiled, two days ago.
age() { touch -d '2 days ago' "${@/#/$FOLDER/}"; }

# old FILE, new FILE: whether a file of the tree is as old as `age` has made it.
old() { [ -n "$(find "$TREE/$1" -mtime +0)" ] || wrong "$1 should not be written again" "$OUT"; }
new() { [ -z "$(find "$TREE/$1" -mtime +0)" ] || wrong "$1 should be newer" "$OUT"; }

mkdir "$CLONE"
git -C "$CLONE" init -q
write clone/same.rs <<<'// same'
write clone/other.rs <<<'// other'
write clone/.gitignore <<<'/node_modules'
write "$BUILT" <<<''
check "a folder without a commit" "$CLONE"
commit first
check "a commit" "$TREE" "touch '$FOLDER/$BUILT'"

age cache/tree/same.rs cache/tree/other.rs
write clone/other.rs <<<'// changed'
commit second
write clone/unknown.rs <<<''
write cache/tree/left.rs <<<''
write cache/tree/node_modules/kept.js <<<''
check "another commit" "$TREE"
old same.rs
new other.rs
grep -q changed "$TREE/other.rs" || wrong "the tree should have the commit's files" "$OUT"
grep -q unknown.rs <<<"$OUT" || wrong "a file that git does not know should be named" "$OUT"
[ ! -e "$TREE/left.rs" ] || wrong "a file of no commit should leave the tree" "$OUT"
[ -e "$TREE/node_modules/kept.js" ] || wrong "what git ignores should stay" "$OUT"

age cache/tree/same.rs cache/tree/other.rs
check "the same commit" "$TREE"
old same.rs
old other.rs
write cache/tree/other.rs <<<'// spoiled'
check "the same commit over a spoiled tree" "$TREE"
grep -q changed "$TREE/other.rs" || wrong "the tree should have the commit's files again" "$OUT"

write cache/target/bench-since/release/.fingerprint/b/invoked.timestamp <<<''
touch -d tomorrow "$TARGET/bench-since/release/.fingerprint/b/invoked.timestamp"
check "the same commit after a bench" "$TREE"
old same.rs

touch -d tomorrow "$FOLDER/$BUILT"
check "the same commit after a build of something else" "$TREE"
new same.rs
new other.rs

age "$BUILT" cache/tree/same.rs
rm "$TARGET/kept-tree"
check "the same commit after a check that was killed" "$TREE"
new same.rs

age cache/tree/same.rs clone/same.rs clone/other.rs
write clone/other.rs <<<'// changed again'
check "a change that is not committed" "$CLONE"
[ -z "$(find "$CLONE/same.rs" -mtime +0)" ] || wrong "what the tree has compiled should not count here" "$OUT"
commit third
check "the tree after a check elsewhere" "$TREE"
new same.rs

FROM="$TREE" check "the tree itself" "$TREE"

# Another history; a tree whose repository is broken or locked is made anew, and a repository around it is left alone.
git -C "$CLONE" checkout -q --orphan another
commit fourth
check "a commit without the last one below it" "$TREE"
touch "$TREE/.git/index.lock"
check "a tree that was left locked" "$TREE"
git -C "$FOLDER/cache" init -q
write cache/precious <<<'// not ours'
git -C "$FOLDER/cache" add precious
: >"$TREE/.git/HEAD"
check "a tree whose repository is broken" "$TREE"
[ -e "$FOLDER/cache/precious" ] || wrong "the repository around the tree should be left alone" "$OUT"

exec 8>"$TARGET/kept-tree.lock"
flock 8
COUNT=$((COUNT + 1))
if OUT="$(check "a commit while another check runs" "$TREE" 2>&1)"; then
    wrong "two checks should not build into one folder" "$OUT"
fi
grep -q "another check" <<<"$OUT" || wrong "it should be said that another check runs" "$OUT"
done_testing
