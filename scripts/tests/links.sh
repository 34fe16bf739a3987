#!/usr/bin/env bash
# shellcheck source=scripts/tests/common.sh
. "$(dirname "$0")/common.sh"

new_project
write README.md <<'TXT'
# One

[Two](docs/two.md), [its end](docs/two.md#the-end-of-it), [here](#one), [outside](https://example.org/none), `a[0](b)`

```rust
let x = a[0](b);
```
TXT
write docs/two.md <<'TXT'
## The end, of it

[Back](../README.md), [the folder](../docs)
TXT
should_pass check-links.py "links that lead somewhere"

write docs/two.md <<<'## The end'
should_fail check-links.py "a heading that is gone" "README.md:3: docs/two.md#the-end-of-it: there is no such heading"

write docs/two.md <<<'[Gone](three.md)'
should_fail check-links.py "a file that is not there" "docs/two.md:1: three.md: there is no such file"
done_testing
