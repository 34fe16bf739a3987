#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"

commit() { commit_all "$PROJECT" "$1"; }

# listed EXPECTED WHAT
listed() {
    COUNT=$((COUNT + 1))
    OUT="$("$PROJECT/scripts/check.sh" --list)"
    grep -qE "changed since [0-9a-f]+: $1\$" <<<"$OUT" || wrong "check.sh should name '$1' for $2" "$OUT"
}

new_project
git -C "$PROJECT" symbolic-ref HEAD refs/heads/main
write scripts/check.sh <"$SCRIPTS/check.sh"
chmod +x "$PROJECT/scripts/check.sh"
write Cargo.toml <<<'[workspace]'
for name in a b; do
    printf '[package]\nname = "crate-%s"\n' "$name" | write "$name/Cargo.toml"
    write "$name/src/lib.rs" <<<''
done
printf '[package]\nname = "apart"\n[workspace]\n' | write apart/Cargo.toml
commit first
listed "no crate" "nothing"

write a/src/deep/new.rs <<<''
listed "crate-a" "a file that git does not know"

git -C "$PROJECT" checkout -q -b other
commit second
write b/src/lib.rs <<<'// changed'
write README.md <<<'words'
write apart/src/main.rs <<<''
listed "crate-a crate-b" "a commit, a change that is not committed, and files of no crate"
done_testing
