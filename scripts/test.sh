#!/usr/bin/env bash
# Runs every test of the workspace, in two lanes at a time. Tests over real nodes wait for blocks more than they
# compute, but are in a hurry when they compute: they come first. All others take the processor time that is left.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What the Makefile selects everywhere (docs/decisions/0003).
readonly SELECTION=(--locked --release --workspace)
# The test programs of the first lane.
readonly OVER_NODES=(--test e2e --test networks --test node --test worst_minutes)
readonly LOG="${CARGO_TARGET_DIR:-target}/test-others.log"

# Builds exclude each other, and the first lane is not to wait for the compiler.
cargo test "${SELECTION[@]}" --no-run
listed="$(cargo test --quiet "${SELECTION[@]}" "${OVER_NODES[@]}" -- --list)"
mapfile -t tests < <(sed -n 's/: test$//p' <<<"$listed")
[ ${#tests[@]} -ne 0 ] || { echo "test: no tests over nodes" >&2; exit 1; }

echo "test: ${#tests[@]} tests over real nodes; beside them all others, whose output follows later"
nice -n 19 cargo test "${SELECTION[@]}" --no-fail-fast -- --exact "${tests[@]/#/--skip=}" >"$LOG" 2>&1 &
others=$!
trap 'kill "$others" 2>/dev/null || true' EXIT
failed=()
cargo test "${SELECTION[@]}" "${OVER_NODES[@]}" --no-fail-fast || failed+=("tests over nodes")
wait "$others" || failed+=("others")
trap - EXIT
echo "test: all others"
cat "$LOG"

# A test elsewhere that is named like one of these would be skipped unseen.
skipped="$(grep -o '[0-9]* filtered out' "$LOG" | awk '{ sum += $1 } END { print sum + 0 }')"
[ "$skipped" = ${#tests[@]} ] || failed+=("$skipped tests skipped instead of ${#tests[@]}")
[ ${#failed[@]} -eq 0 ] || { printf 'test: failed: %s\n' "${failed[@]}" >&2; exit 1; }
