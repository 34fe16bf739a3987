#!/usr/bin/env bash
# Lets libFuzzer look for sequences that break something. It begins with those that it kept before, or random ones.
# usage: fuzz.sh PROGRAM FOLDER OF WHAT IT KEEPS SECONDS
set -euo pipefail

program="$1"
corpus="$2"
seconds="$3"
# Bytes of a sequence; longer ones come further, shorter ones are more.
readonly LENGTH=600
found="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/regressions/"
mkdir -p "$corpus" "$found"
if [ -z "$(ls -A "$corpus")" ]; then
    for n in $(seq 24); do
        head -c "$LENGTH" /dev/urandom >"$corpus/random-$n"
    done
fi
exec "$program" -max_total_time="$seconds" -max_len="$LENGTH" -len_control=0 -timeout=120 -rss_limit_mb=4096 \
    -artifact_prefix="$found" -print_final_stats=1 "$corpus"
