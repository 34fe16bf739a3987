#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"

crate() {
    write "$1/Cargo.toml" <<TOML
[package]
name = "$1"
version = "0.1.0"
edition = "2021"

[workspace]

[dependencies]
$2
TOML
    write "$1/src/lib.rs" <<<''
}

new_project
# The compiler of the project: a machine need not have a default one.
write rust-toolchain.toml <"$SCRIPTS/../rust-toolchain.toml"
crate a ''
crate b ''
write a/Cargo.lock <<'TOML'
version = 4

[[package]]
name = "a"
version = "0.1.0"
TOML
should_pass check-locks.sh "a lock file that fits"

crate a 'b = { path = "../b" }'
should_fail check-locks.sh "a lock file without a dependency" "cargo update --workspace --manifest-path a/Cargo.toml"
done_testing
