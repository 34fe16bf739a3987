#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"
wide="$(printf 'word %.0s' {1..25})"

new_project
write src/lib.rs <<<"// Short."
should_pass check-width.py "short lines"

new_project
write src/lib.rs <<<"/// $wide"
should_fail check-width.py "a long comment" "src/lib.rs:1: 129 columns"

new_project
write src/lib.rs <<<"fn f(${wide// /_}: u8) {}"
should_fail check-width.py "long code" "src/lib.rs:1:"

new_project
write src/lib.rs <<<"const A: &str = \"$wide\";"
should_pass check-width.py "a long string"

new_project
write src/lib.rs <<<"const A: &str = \"short\"; // $wide"
should_fail check-width.py "a long comment behind a string" "src/lib.rs:1:"

new_project
write docs/a.md <<TXT
| a table | $wide |

[A link](https://example.org/${wide// /-}) and a short text.
TXT
should_pass check-width.py "tables and links"

new_project
write docs/a.md <<<"$wide"
should_fail check-width.py "long prose" "docs/a.md:1:"
done_testing
