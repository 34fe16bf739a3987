#!/usr/bin/env bash
# Shows that each check of scripts/ can fail, and does not fail without reason: every other program of this folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for program in *.sh; do
    case "$program" in run.sh | common.sh) continue ;; esac
    "./$program"
done
