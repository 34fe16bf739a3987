#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=scripts/lib/kept_tree.sh
. "$SCRIPTS/lib/kept_tree.sh"

commit() {
    git -C "$CLONE" add -A
    git -C "$CLONE" -c user.name=test -c user.email=test@localhost commit -q --allow-empty -m "$1"
}

# check WHAT FOLDER: a check of the clone is made in this folder.
check() {
    local folder
    COUNT=$((COUNT + 1))
    OUT="$(cd "$CLONE" && enter_kept_tree "$TREE" "$TARGET" && echo "in $(pwd -P)")"
    folder="$(sed -n 's/^in //p' <<<"$OUT")"
    [ "$folder" = "$2" ] || wrong "$1 should be checked in $2, not in $folder" "$OUT"
}

# age FILE..: they were written, or compiled, two days ago.
age() { touch -d '2 days ago' "${@/#/$PROJECT/}"; }

# old FILE, new FILE: whether the tree's file is as old as `age` has made it.
old() { [ -n "$(find "$TREE/$1" -mtime +0)" ] || wrong "$1 should not be written again" "$OUT"; }
new() { [ -z "$(find "$TREE/$1" -mtime +0)" ] || wrong "$1 should be newer" "$OUT"; }

# The project's folder is temporary and may be reached by a link.
FOLDER="$(cd "$PROJECT" && pwd -P)"
CLONE="$FOLDER/clone" TREE="$FOLDER/tree" TARGET="$FOLDER/target"
mkdir "$CLONE"
git -C "$CLONE" init -q
write clone/same.rs <<<'// same'
write clone/other.rs <<<'// other'
write target/release/.fingerprint/a/invoked.timestamp <<<''
check "a folder without a commit" "$CLONE"
commit first
check "a commit" "$TREE"

age tree/same.rs tree/other.rs target/release/.fingerprint/a/invoked.timestamp
write clone/other.rs <<<'// changed'
check "a change that is not committed" "$CLONE"
commit second
write clone/unknown.rs <<<''
write tree/left.rs <<<''
check "another commit" "$TREE"
old same.rs
new other.rs
grep -q changed "$TREE/other.rs" || wrong "the tree should have the commit's files" "$OUT"
grep -q unknown.rs <<<"$OUT" || wrong "a file that git does not know should be named" "$OUT"
[ ! -e "$TREE/left.rs" ] || wrong "a file of no commit should leave the tree" "$OUT"

age tree/same.rs tree/other.rs tree/.git/HEAD
check "the same commit" "$TREE"
old same.rs
old other.rs
old .git/HEAD

write target/bench-since/release/.fingerprint/b/invoked.timestamp <<<''
touch -d 'tomorrow' "$TARGET/bench-since/release/.fingerprint/b/invoked.timestamp"
check "the same commit after a bench" "$TREE"
old same.rs

touch -d 'tomorrow' "$TARGET/release/.fingerprint/a/invoked.timestamp"
check "the same commit after a build of something else" "$TREE"
new same.rs
new other.rs

# Another history: its commit is fetched all the same.
git -C "$CLONE" checkout -q --orphan another
commit third
check "a commit without the last one below it" "$TREE"
done_testing
