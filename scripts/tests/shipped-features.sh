#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"

# crate FOLDER [LINE..]: a crate of the project, with further lines of its manifest.
crate() {
    mkdir -p "$PROJECT/$1/src"
    printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2021"\n\n' "$1" >"$PROJECT/$1/Cargo.toml"
    [ $# -eq 1 ] || printf '%s\n' "${@:2}" >>"$PROJECT/$1/Cargo.toml"
    touch "$PROJECT/$1/src/lib.rs"
}

# lock: the project's lock file, without asking anybody.
lock() { (cd "$PROJECT" && cargo generate-lockfile --offline --quiet); }

new_project
write Cargo.toml <<'TOML'
[workspace]
resolver = "2"
members = ["ledger", "ledger-testing", "node"]
TOML
write Makefile <<'MAKE'
SELECTION := --locked --release --workspace
ANCHOR_TEST := small
MAKE
crate ledger '[features]' 'testing = []' '[dev-dependencies]' 'ledger-testing = { path = "../ledger-testing" }'
crate ledger-testing '[dependencies]' 'ledger = { path = "../ledger" }'
crate node '[dependencies]' 'ledger = { path = "../ledger" }'
for binary in cloister cloister-node cloister-prover; do
    write "node/src/bin/$binary.rs" <<<'fn main() {}'
done
write ledger/tests/small.rs <<<''
lock
should_pass check-shipped-features.sh "a crate for tests that only a dev-dependency names"

# The trap: the feature is on in a dev-dependency of another crate, and cargo unites it into what the binaries link.
crate ledger-testing '[dependencies]' 'ledger = { path = "../ledger", features = ["testing"] }'
# shellcheck disable=SC2016 # nothing in the message expands
should_fail check-shipped-features.sh "a feature that a dev-dependency's dependency turns on" \
    'cloister-node holds ledger with the feature `testing`: node > ledger'

crate ledger-testing '[dependencies]' 'ledger = { path = "../ledger" }'
crate node '[dependencies]' 'ledger = { path = "../ledger" }' 'ledger-testing = { path = "../ledger-testing" }'
lock
should_fail check-shipped-features.sh "a crate for tests among the dependencies" \
    'cloister-prover holds ledger-testing: node > ledger-testing'

rm "$PROJECT/node/src/bin/cloister.rs"
should_fail check-shipped-features.sh "a build without one of the binaries" 'does not build cloister'

write Makefile <<<'build:'
should_fail check-shipped-features.sh "a Makefile that names no selection" 'does not say what'
done_testing
