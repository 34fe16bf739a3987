#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"

new_project
write docs/spec/a.md <<<'## A-RULE: a rule'
write src/lib.rs <<<'// A-RULE'
should_pass check-spec-ids.sh "an id that is defined and cited"

write src/lib.rs <<<'// A-OTHER'
should_fail check-spec-ids.sh "an id that is not defined" "A-OTHER is not defined"

write src/lib.rs <<<'// A-RULE'
write docs/spec/b.md <<<'**A-RULE** again'
should_fail check-spec-ids.sh "an id that is defined twice" "A-RULE is defined twice"
done_testing
