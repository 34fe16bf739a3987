#!/usr/bin/env bash
# Prepares a machine to build Cloister: finds what is missing, says what it installs and why, installs it, and writes
# the settings of the build to a small file that the Makefile reads. Does nothing, quickly, if nothing is missing.
# Written for Debian 12; elsewhere it names what is missing and stops.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly ROOT
readonly CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/cloister"
readonly ENV_FILE="$CACHE/env"
# The toolchain server may be out of reach in a way that hangs; no step that downloads a toolchain waits longer.
readonly DOWNLOAD_SECONDS="${CLOISTER_DOWNLOAD_SECONDS:-180}"

usage() {
    cat <<TEXT
usage: scripts/setup.sh [--check | --dry-run] [--wasm rustup|debian]
  --check         report what is missing and install nothing; fails if something is
  --dry-run       print the commands that would install it
  --wasm SOURCE   take the Wasm standard libraries from rustup or from Debian's compiler only
                  (without it: whichever is there, else rustup, else Debian)
Settings go to $ENV_FILE; source it to run cargo without make.
TEXT
}

# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=scripts/lib/tools.sh
. "$ROOT/scripts/lib/tools.sh"
# shellcheck source=scripts/lib/rust.sh
. "$ROOT/scripts/lib/rust.sh"
# shellcheck source=scripts/lib/debian_wasm.sh
. "$ROOT/scripts/lib/debian_wasm.sh"
# shellcheck source=scripts/lib/node.sh
. "$ROOT/scripts/lib/node.sh"

write_env_file() {
    local text
    text="# Written by scripts/setup.sh, read by the Makefile."
    [ -n "$CARGO_BIN" ] && text+=$'\n'"export PATH=\"$CARGO_BIN:\$PATH\""
    [ -n "$TOOLCHAIN_OVERRIDE" ] && text+=$'\n'"export RUSTUP_TOOLCHAIN=$TOOLCHAIN_OVERRIDE"
    [ -n "$WASM_TOOLCHAIN" ] && text+=$'\n'"export WASM_BUILD_TOOLCHAIN=$WASM_TOOLCHAIN"
    [ -n "$BROWSER_TOOLCHAIN" ] && text+=$'\n'"export CLOISTER_BROWSER_TOOLCHAIN=$BROWSER_TOOLCHAIN"
    if [ "$MODE" = install ] && [ "$(cat "$ENV_FILE" 2>/dev/null)" != "$text" ]; then
        mkdir -p "$CACHE"
        printf '%s\n' "$text" >"$ENV_FILE.new"
        mv "$ENV_FILE.new" "$ENV_FILE"
        say "wrote $ENV_FILE"
    fi
}

MODE=install
WASM_SOURCE=any
while [ $# -gt 0 ]; do
    case "$1" in
        --check) MODE=check ;;
        --dry-run) MODE=dry-run ;;
        --wasm)
            WASM_SOURCE="${2:-}"
            case "$WASM_SOURCE" in rustup | debian) shift ;; *) usage >&2; exit 2 ;; esac
            ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done

setup_tools
setup_node
setup_rust
setup_wasm_target
setup_browser_target
write_env_file
if [ "$MODE" = check ] && [ "$MISSING" -gt 0 ]; then
    die "$MISSING missing; run scripts/setup.sh"
fi
