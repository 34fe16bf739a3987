# shellcheck shell=bash
# A checkout that stays, for the check of a commit. To cargo every file of a fresh clone is newer than what it made of
# the last one, and the runtime's build to Wasm names absolute paths: whatever the change is, all of our own code would
# be compiled, forty minutes on two slow cores. In the kept tree only the files are written that differ from those of
# the last check.
#
# What cargo must never take for current is a result of other files that is newer than the files here. So all files
# count as new if anything was compiled into the build folder between two checks. Of two checks at once the second
# fails; nothing else may be compiled into the folder during a check, which nothing here can see.

say_tree() { printf 'kept tree: %s\n' "$*"; }

# enter_kept_tree TREE TARGET: makes the folder TREE a checkout of the commit that is checked out here, and goes there.
# Stays here, and says why, where it cannot, or where the files here are not those of a commit. TARGET is cargo's build
# folder.
enter_kept_tree() {
    local here tree="$1" commit unknown
    here="$(pwd -P)"
    STAMP="$2/kept-tree"
    take_lock "$2" || return
    if ! commit="$(git rev-parse --verify --quiet 'HEAD^{commit}')"; then
        stay "no commit of git here"
    elif ! git diff --quiet HEAD --; then
        stay "changes here are not committed"
    elif [ "$tree" -ef "$here" ]; then
        stay "this is the kept tree"
    elif ! fill_tree "$tree" "$here" "$commit" && ! { rm -rf "$tree" && fill_tree "$tree" "$here" "$commit"; }; then
        stay "the commit cannot be brought into the kept tree"
    else
        unknown="$(git ls-files --others --exclude-standard)"
        [ -z "$unknown" ] || say_tree "not committed, so not checked:" "$unknown"
        cd "$tree" || return
        if was_built_elsewhere "$2"; then
            say_tree "$2 was built into since the last check; all of our own code is compiled anew"
            touch_all
        fi
        trap 'mkdir -p "$(dirname "$STAMP")" && touch "$STAMP"' EXIT
        trap 'exit 143' TERM
        say_tree "$tree is at $commit"
    fi
}

# stay WHY: the check is made here. What is in the build folder may be of the kept tree.
stay() {
    say_tree "$1; the check is made here"
    if [ -e "$STAMP" ]; then
        rm "$STAMP"
        touch_all
    fi
}

# take_lock TARGET: one check at a time builds there. What a killed one has left running counts as a check.
take_lock() {
    mkdir -p "$1"
    exec 9>"$1/kept-tree.lock"
    flock --wait "${CLOISTER_LOCK_SECONDS:-60}" 9 && return
    say_tree "another check, or what is left of one, builds into $1: fuser $1/kept-tree.lock" >&2
    return 1
}

# fill_tree TREE FROM COMMIT: the head stays detached, so that the node is not compiled for a commit that leaves it as
# it is (node/build.rs).
fill_tree() {
    local tree="$1" from="$2" commit="$3"
    git init --quiet "$tree" || return 1
    if ! git_of "$tree" cat-file -e "$commit^{commit}" 2>/dev/null; then
        git_of "$tree" fetch --quiet --depth 1 "$from" "$commit" || return 1
    fi
    # Without the refresh, files whose time alone has changed would be written again.
    git_of "$tree" update-index -q --refresh
    git_of "$tree" checkout --quiet --force --detach "$commit" &&
        git_of "$tree" clean --quiet -ffd
}

# git_of TREE ARGUMENT..: git in this tree and in no other that it may lie in.
git_of() {
    local tree="$1"
    shift
    git --git-dir "$tree/.git" --work-tree "$tree" -C "$tree" "$@"
}

# Whether cargo has compiled anything there since the last check ended, or ever, if none has ended. The benches that
# compare with others have folders of their own.
was_built_elsewhere() {
    local newer=()
    [ ! -e "$STAMP" ] || newer=(-newer "$STAMP")
    [ -n "$(find "$1" -name 'bench[-+]*' -prune -o -name invoked.timestamp "${newer[@]}" -print -quit 2>/dev/null)" ]
}

touch_all() { git ls-files -z 2>/dev/null | xargs -0 --no-run-if-empty touch --no-create --no-dereference --; }
