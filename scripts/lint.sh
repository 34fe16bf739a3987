#!/usr/bin/env bash
# Every check of style. The cheap ones all run, and all say what they find; the compiler's lints run if they passed.
# usage: scripts/lint.sh [--without-clippy]
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly ROOT
readonly CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/cloister"
cd "$ROOT"
# What scripts/lib/common.sh asks: install what is missing.
# shellcheck disable=SC2034
MODE=install
# shellcheck source=scripts/lib/common.sh
. scripts/lib/common.sh
# shellcheck source=scripts/lib/lint_tools.sh
. scripts/lib/lint_tools.sh

CLIPPY=1
case "${1:-}" in
    '') ;;
    --without-clippy) CLIPPY=0 ;;
    *) echo "usage: scripts/lint.sh [--without-clippy]" >&2; exit 2 ;;
esac

FAILED=()
step() { printf 'lint: %s\n' "$*"; }
# check WHAT COMMAND..: runs a check, and remembers it if it fails.
check() {
    step "$1"
    "${@:2}" || FAILED+=("$1")
}

setup_lint_tools

check "specification ids" scripts/check-spec-ids.sh
check "shape of the folders" scripts/check-crates.sh
check "width of lines" scripts/check-width.py
check "phrases" scripts/check-words.py
check "links of the documents" scripts/check-links.py
check "circles of imports" scripts/check-circles.py
check "the checks themselves" scripts/tests/run.sh
check "shell scripts" shellcheck -x .ci/run scripts/*.sh scripts/tests/*.sh scripts/lib/*.sh
check "format of the code" cargo fmt --all --check
check "format of the prover bench's code" cargo fmt --check --manifest-path prover/bench/Cargo.toml
check "format of the bench beside an earlier commit" rustfmt --check --edition 2021 prover/bench/since/src/main.rs
check "format of the sequencer bench's code" cargo fmt --check --manifest-path sequencer/bench/Cargo.toml
check "format of the manifests" taplo fmt --check --diff
check "lock files" scripts/check-locks.sh
if [ -x scripts/check-shipped-features.sh ]; then
    check "features of shipped binaries" scripts/check-shipped-features.sh
fi
# Advisories are a check of their own (`cargo deny check advisories`): they change without a change here, and need a
# database from the network.
check "licences, banned crates, sources" cargo deny --locked check --hide-inclusion-graph licenses bans sources

if [ ${#FAILED[@]} -eq 0 ] && [ "$CLIPPY" = 1 ]; then
    # The selection of `make test`, so that both share the build scripts, the macros and the Wasm runtime.
    check "clippy" cargo clippy --locked --release --workspace --all-targets -- -D warnings
fi

if [ ${#FAILED[@]} -ne 0 ]; then
    printf 'lint: failed: %s\n' "${FAILED[@]}" >&2
    exit 1
fi
step "all good"
