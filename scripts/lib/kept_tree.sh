# shellcheck shell=bash
# A checkout that stays, for the check of a change. Cargo compiles anew what lies at another path, and what is newer
# than its results. In a fresh clone that is all of our own code, whatever the change is: forty minutes on two slow
# cores. In the kept tree only the files are written that differ from those of the last check.

say_tree() { printf 'kept tree: %s\n' "$*"; }

# enter_kept_tree TREE TARGET: makes the folder TREE a checkout of the commit that is checked out here, and goes there.
# Stays here, and says why, where the files here are not those of a commit. TARGET is cargo's build folder.
enter_kept_tree() {
    local here commit tree="$1" target="$2" unknown
    here="$(pwd -P)"
    if ! commit="$(git rev-parse --verify --quiet 'HEAD^{commit}')"; then
        say_tree "no commit of git here; the check is made here"
        return 0
    fi
    if ! git diff --quiet HEAD --; then
        say_tree "changes here are not committed; the check is made here"
        return 0
    fi
    [ -d "$tree/.git" ] || git init --quiet "$tree"
    tree="$(cd "$tree" && pwd -P)"
    [ "$tree" != "$here" ] || return 0
    if [ "$(git -C "$tree" rev-parse --verify --quiet HEAD)" != "$commit" ] &&
        ! git -C "$tree" fetch --quiet --depth 1 "file://$here" "$commit"; then
        say_tree "the commit cannot be fetched from here; the check is made here"
        return 0
    fi
    unknown="$(git ls-files --others --exclude-standard)"
    [ -z "$unknown" ] || say_tree "not committed, so not checked:" "$unknown"

    # Without the refresh, files whose time alone has changed would be written again.
    git -C "$tree" update-index -q --refresh || true
    git -C "$tree" reset --quiet --hard "$commit"
    git -C "$tree" clean --quiet -ffd
    cd "$tree" || return 1
    # What was built from other files elsewhere may be newer than the files here.
    STAMP="$target/kept-tree"
    if was_built_elsewhere "$target"; then
        say_tree "$target was built into since the last check; all of our own code is compiled anew"
        git ls-files -z | xargs -0 touch --no-create --no-dereference --
    fi
    trap 'mkdir -p "$(dirname "$STAMP")" && touch "$STAMP"' EXIT
    say_tree "$tree is at $commit"
}

# Whether cargo has compiled anything there since the last check ended, or ever, if there was none. Benches have folders
# of their own.
was_built_elsewhere() {
    local newer=()
    [ ! -e "$STAMP" ] || newer=(-newer "$STAMP")
    [ -n "$(find "$1" -name 'bench[-+]*' -prune -o -name invoked.timestamp "${newer[@]}" -print -quit 2>/dev/null)" ]
}
