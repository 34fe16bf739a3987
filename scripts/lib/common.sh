# shellcheck shell=bash
# Words and privileges, shared by the parts of setup.sh.

# What --check has found missing.
MISSING=0

say() { printf 'setup: %s\n' "$*"; }

die() {
    printf 'setup: error: %s\n' "$*" >&2
    exit 1
}

# Reports that something is missing and why it is needed. True if it shall be installed.
missing() {
    say "missing: $*"
    MISSING=$((MISSING + 1))
    [ "$MODE" != check ]
}

# Runs a command that changes the machine, or prints it in a dry run.
act() {
    say "+ $*"
    [ "$MODE" = dry-run ] || "$@"
}

has_passwordless_sudo() {
    command -v sudo >/dev/null && sudo -n true 2>/dev/null
}

can_be_root() {
    [ "$(id -u)" = 0 ] || has_passwordless_sudo
}

# Runs `act` with root's rights: as root, or by a sudo that asks nothing. Otherwise tells the user what to run.
act_as_root() {
    if [ "$(id -u)" = 0 ] || [ "$MODE" = dry-run ]; then
        act "$@"
    elif has_passwordless_sudo; then
        act sudo -n "$@"
    else
        die "this needs root. Run as root, then start again:
    $*"
    fi
}

# Installs Debian packages; refreshes the package lists only if a package is not in them.
install_packages() {
    local package
    command -v apt-get >/dev/null || die "no apt-get here; install by your own means: $*"
    for package in "$@"; do
        if ! apt-cache show "$package" >/dev/null 2>&1; then
            act_as_root apt-get update -q
            break
        fi
    done
    act_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}
