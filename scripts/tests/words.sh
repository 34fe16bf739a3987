#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"

refused=(
    "Units of a batch at most."
    "Bytes of a name, at most."
    "The fee (0.1 at most)"
    "It costs 20,000 constraints a unit."
    "Money is in 10^-6 of the settlement asset a lot."
    "Limit price a lot."
    "The highest rate an hour"
    "One unit an account"
    "Unsigned fills, one a row."
    "Two feeds an instrument."
    "one file a subject"
    "Risk tables kept a group"
    "Two orders a unit"
    "A development chain needs not be told."
    "Whose an index is, and since when."
    "The key cannot be had."
    "Keys that an account has or had."
    "How the sequencer is."
)
for phrase in "${refused[@]}"; do
    new_project
    write scripts/words.txt <"$SCRIPTS/words.txt"
    write docs/a.md <<<"$phrase"
    write src/lib.rs <<<"//! $phrase"
    should_fail check-words.py "'$phrase' in Markdown" "docs/a.md:1:"
    grep -qF "src/lib.rs:1:" <<<"$OUT" || wrong "check-words.py should refuse '$phrase' in a comment" "$OUT"
done

new_project
write scripts/words.txt <"$SCRIPTS/words.txt"
write docs/a.md <<'TXT'
At most 16 units. The value is at most 0. At most: see below. It holds at most .5 of it, or at
most 3.

The constraints of a unit; twenty constraints per unit; one of a batch; two files in a folder. A fill of a unit, once a
minute, twice a day.

How to price a lot, and when one is a unit. An account that has had no trade; the group had its turn.

The account whose index is 3; it need not be open. How the sequencer is started.
TXT
should_pass check-words.py "good English"

# Across the end of a line, but not of a paragraph.
new_project
write scripts/words.txt <"$SCRIPTS/words.txt"
write src/lib.rs <<'RS'
/// Money in 10^-6
/// a lot.
pub const A: u8 = 1;
RS
should_fail check-words.py "a phrase on two lines" 'src/lib.rs:1: "10^-6 a lot"'

new_project
write scripts/words.txt <"$SCRIPTS/words.txt"
write docs/a.md <<'TXT'
In bytes

a point is 96 long.
TXT
should_pass check-words.py "two paragraphs"

# Code is not prose; the messages in it are.
new_project
write scripts/words.txt <"$SCRIPTS/words.txt"
write src/lib.rs <<<'fn price() { let fees = a; /* */ lot(); }'
should_pass check-words.py "code"
write src/lib.rs <<<'#[error("the highest price a lot is {0}")]'
should_fail check-words.py "a message" 'src/lib.rs:1: "price a lot": say "per"'
done_testing
