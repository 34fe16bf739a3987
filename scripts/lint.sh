#!/usr/bin/env bash
# Every check of style, in order of cost; stops at the first that fails. Tools that are not Rust's own are installed
# once, at the versions below, into the cache.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly TOOLS="${XDG_CACHE_HOME:-$HOME/.cache}/cloister/tools"
export PATH="$TOOLS/bin:$PATH"

step() { printf 'lint: %s\n' "$*"; }

# install_tool COMMAND CRATE VERSION
install_tool() {
    command -v "$1" >/dev/null && return 0
    step "installing $2 $3 (once, some minutes)"
    env -u CARGO_TARGET_DIR cargo install --quiet --locked --root "$TOOLS" "$2" --version "$3"
}

step "specification ids"
scripts/check-spec-ids.sh

if command -v shellcheck >/dev/null; then
    step "shell scripts"
    shellcheck -x .ci/run scripts/*.sh scripts/lib/*.sh
else
    step "shell scripts: skipped, shellcheck is not installed (apt-get install shellcheck)"
fi

step "format of the code"
cargo fmt --all --check

install_tool taplo taplo-cli 0.10.0
step "format of the manifests"
taplo fmt --check

install_tool cargo-deny cargo-deny 0.20.2
step "licences, banned crates, sources"
# Advisories are a check of their own (`cargo deny check advisories`): they change without a change here, and need a
# database from the network.
cargo deny --locked check --hide-inclusion-graph licenses bans sources

step "clippy"
cargo clippy --locked --release --workspace --all-targets -- -D warnings
