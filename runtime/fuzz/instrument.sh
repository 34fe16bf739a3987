#!/usr/bin/env bash
# Compiles what sequences run through with counters that lead libFuzzer: our pallets, what they lean on, and the
# runtime. Cargo calls it in place of the compiler for the crates of the workspace (`make fuzz`); all others are those
# of every other build.
# usage: instrument.sh RUSTC ARGUMENTS..
set -euo pipefail

rustc="$1"
shift
name=''
previous=''
for argument in "$@"; do
    [ "$previous" != --crate-name ] || name="$argument"
    previous="$argument"
done
case "$name" in
    pallet_cloister_* | cloister_runtime | cloister_settlement)
        set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
        ;;
esac
exec "$rustc" "$@"
