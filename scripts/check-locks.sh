#!/usr/bin/env bash
# Every Cargo.lock in git is complete: `cargo build --locked` would refuse the workspace of a stale one. The product's
# lock file is used by every command; this finds the others, such as that of prover/bench, on the day they go stale.
# usage: scripts/check-locks.sh [FOLDER OF A PROJECT]
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"

status=0
count=0
while IFS= read -r -d '' lock; do
    manifest="$(dirname "$lock")/Cargo.toml"
    count=$((count + 1))
    if ! problem="$(cargo metadata --locked --format-version 1 --manifest-path "$manifest" 2>&1 >/dev/null)"; then
        {
            echo "locks: $lock does not fit $manifest:"
            printf '    %s\n' "${problem//$'\n'/$'\n    '}"
            echo "    mend it: cargo update --workspace --manifest-path $manifest"
        } >&2
        status=1
    fi
done < <(git ls-files -z --cached --others --exclude-standard Cargo.lock '*/Cargo.lock')
[ "$status" -ne 0 ] || echo "locks: $count lock files, each fits its manifest"
exit "$status"
