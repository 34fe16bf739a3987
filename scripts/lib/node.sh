# shellcheck shell=bash
# Node.js and the tools that are not ours, with which tests check exported proofs (tests/interchange).

# The oldest version those tools run on; Debian 12 has it.
readonly NODE_MAJOR=18
readonly INTERCHANGE="$ROOT/tests/interchange"
# A copy of the lock file that the installed packages are from. npm removes the folder before it installs, so an
# interrupted installation does not look complete.
readonly INTERCHANGE_STAMP="$INTERCHANGE/node_modules/.installed-lock"

node_is_new_enough() {
    local version
    version="$(node --version 2>/dev/null)" || return 1
    version="${version#v}"
    [ "${version%%.*}" -ge "$NODE_MAJOR" ]
}

interchange_is_installed() {
    cmp -s "$INTERCHANGE/package-lock.json" "$INTERCHANGE_STAMP"
}

setup_node() {
    local packages=()
    if ! node_is_new_enough; then
        missing "Node.js $NODE_MAJOR or newer: tests check exported proofs with snarkjs, which was written by others" &&
            packages+=(nodejs)
    fi
    if ! command -v npm >/dev/null && ! interchange_is_installed; then
        missing "npm: it installs snarkjs" && packages+=(npm)
    fi
    if [ ${#packages[@]} -ne 0 ]; then
        install_packages "${packages[@]}"
        [ "$MODE" != install ] || node_is_new_enough ||
            die "node is older than $NODE_MAJOR ($(node --version)) after its installation; install a newer one"
    fi
    interchange_is_installed && return 0
    missing "snarkjs and what it needs, the npm packages of tests/interchange/package-lock.json (65 MB)" || return 0
    # --ignore-scripts: nothing that was downloaded is run here. Building and running need none of it, so a failure
    # stops only the tests that do, which then say so.
    if ! act timeout "$DOWNLOAD_SECONDS" npm ci --prefix "$INTERCHANGE" --ignore-scripts --prefer-offline --no-audit \
        --no-fund --loglevel=error; then
        say "npm could not install them; the tests that check exported proofs will fail"
        return 0
    fi
    [ "$MODE" = dry-run ] || cp "$INTERCHANGE/package-lock.json" "$INTERCHANGE_STAMP"
}
