#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"

# begin: a crate with two modules and nothing in them.
begin() {
    new_project
    write a/src/lib.rs <<<'pub mod one; pub mod two; pub use one::One;'
    write a/src/one.rs <<<'pub struct One;'
    write a/src/two.rs <<<'pub struct Two;'
}

begin
write a/src/two.rs <<<'use crate::one::One; pub struct Two(One);'
should_pass check-circles.py "an import in one direction"

write a/src/one.rs <<<'use crate::{two::Two}; pub struct One;'
should_fail check-circles.py "a circle of two" "a/src/one.rs:1 -> a/src/two.rs, a/src/two.rs:1 -> a/src/one.rs"

write scripts/circles.txt <<<'a/src/one.rs a/src/two.rs : they are halves of one thing'
should_pass check-circles.py "a circle that is allowed"

write a/src/one.rs <<<'pub struct One;'
should_fail check-circles.py "an allowance that nothing needs" "no such circle is left"

write scripts/circles.txt <<<'a/src/one.rs a/src/two.rs'
should_fail check-circles.py "an allowance without a reason" "FILE FILE .. : reason"

begin
write a/src/one.rs <<<'pub fn f() { super::two::g(); }'
write a/src/two.rs <<<'pub fn g() { crate::one::f(); }'
should_fail check-circles.py "a circle of calls without use" "a circle of imports"

begin
write a/src/two.rs <<<'use super::One; pub struct Two(One);'
write a/src/one.rs <<<'use super::two::Two; pub struct One;'
should_fail check-circles.py "a circle through a re-export" "a/src/two.rs:1 -> a/src/one.rs"

begin
write a/src/two.rs <<<'use crate::One; pub struct Two(One);'
should_pass check-circles.py "an import through the re-export of the root"

begin
write a/src/two.rs <<<'// use crate::one::One;
pub struct Two; const A: &str = "crate::one::One";
#[cfg(test)]
mod tests { use crate::one::One; }'
write a/src/one.rs <<<'use crate::two::Two; pub struct One;'
should_pass check-circles.py "comments, strings and tests"

begin
write a/src/one.rs <<<'mod inner; use inner::Inner; pub struct One(Inner); pub struct Part;'
write a/src/one/inner.rs <<<'use super::Part; pub struct Inner(Part);'
should_fail check-circles.py "a parent and its child" "a/src/one/inner.rs"
done_testing
