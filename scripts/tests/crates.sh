#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"

new_project
write a/Cargo.toml <<<'[package]'
write a/README.md <<<'# a'
write Cargo.toml <<<'[workspace]'
should_pass check-crates.sh "a crate with a README, a workspace without"

write a/src/x/mod.rs <<<''
should_fail check-crates.sh "mod.rs" "git mv a/src/x/mod.rs a/src/x.rs"

new_project
write a/tests/common/mod.rs <<<''
should_pass check-crates.sh "a module that test programs share"
write a/tests/common/main.rs <<<''
should_fail check-crates.sh "mod.rs in a test program" "a/tests/common/mod.rs"

new_project
write b/Cargo.toml <<<'[package]'
should_fail check-crates.sh "a crate without a README" "b/README.md: is missing"
done_testing
