# shellcheck shell=bash
# Node.js and the packages that are not ours, with which tests check exported proofs (tests/interchange) and use the
# chain as others do (tests/clients).

# The oldest version those packages run on; Debian 12 has it.
readonly NODE_MAJOR=18
# Folders with a package.json and a lock file, each with what it holds and what fails without it.
readonly NPM_FOLDERS=(tests/interchange tests/clients)
declare -rA NPM_CONTENT=(
    [tests/interchange]="snarkjs and what it needs (65 MB)"
    [tests/clients]="the JavaScript clients of the chain and what they need (245 MB)"
)
declare -rA NPM_TESTS=(
    [tests/interchange]="that check exported proofs"
    [tests/clients]="that use the chain from JavaScript"
)

node_is_new_enough() {
    local version
    version="$(node --version 2>/dev/null)" || return 1
    version="${version#v}"
    [ "${version%%.*}" -ge "$NODE_MAJOR" ]
}

# A copy of the files that a folder's installed packages are from. npm removes the folder before it installs, so an
# interrupted installation does not look complete.
npm_stamp() {
    printf '%s' "$ROOT/$1/node_modules/.installed-from"
}

npm_source() { cat "$ROOT/$1/package.json" "$ROOT/$1/package-lock.json"; }

npm_folder_is_installed() { npm_source "$1" | cmp -s - "$(npm_stamp "$1")"; }

all_npm_folders_are_installed() {
    local folder
    for folder in "${NPM_FOLDERS[@]}"; do
        npm_folder_is_installed "$folder" || return 1
    done
}

install_npm_folder() {
    local folder="$1"
    npm_folder_is_installed "$folder" && return 0
    missing "${NPM_CONTENT[$folder]}, the npm packages of $folder/package-lock.json" || return 0
    # --ignore-scripts: nothing that was downloaded is run here. Building and running need none of it, so a failure
    # stops only the tests that do, which then say so.
    if ! act timeout "$DOWNLOAD_SECONDS" npm ci --prefix "$ROOT/$folder" --ignore-scripts --prefer-offline --no-audit \
        --no-fund --loglevel=error; then
        say "npm could not install them; the tests ${NPM_TESTS[$folder]} will fail"
        return 0
    fi
    [ "$MODE" = dry-run ] || npm_source "$folder" >"$(npm_stamp "$folder")"
}

setup_node() {
    local packages=() folder
    if ! node_is_new_enough; then
        missing "Node.js $NODE_MAJOR or newer: tests run programs in JavaScript that were written by others" &&
            packages+=(nodejs)
    fi
    if ! command -v npm >/dev/null && ! all_npm_folders_are_installed; then
        missing "npm: it installs what tests run in Node.js" && packages+=(npm)
    fi
    if [ ${#packages[@]} -ne 0 ]; then
        install_packages "${packages[@]}"
        [ "$MODE" != install ] || node_is_new_enough ||
            die "node is older than $NODE_MAJOR ($(node --version)) after its installation; install a newer one"
    fi
    for folder in "${NPM_FOLDERS[@]}"; do
        install_npm_folder "$folder"
    done
}
