#!/usr/bin/env python3
"""Lines are no wider than 120 columns, in code, comments and prose.

rustfmt leaves comments, strings and macros alone, so they are measured here. Exempt is what has no good place to
break: in Rust a line whose 121st column lies in a string, in Markdown a table, the target of a link, and an address.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import checks  # noqa: E402

WIDTH = 120
SUFFIXES = (".rs", ".mjs", ".md", ".toml", ".sh", ".py", ".yml", ".yaml", "Makefile", ".ci/run")
LINK_TARGET = re.compile(r"\]\([^)\s]*\)")
ADDRESS = re.compile(r"https?://\S+")


def wide_lines(name, text):
    in_strings = set()
    if name.endswith(".rs"):
        in_strings = {
            line for line, start in long_line_starts(text) if kind_at(text, start + WIDTH) == checks.STRING
        }
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) <= WIDTH or number in in_strings:
            continue
        if name.endswith(".md"):
            if line.lstrip().startswith("|"):
                continue
            line = LINK_TARGET.sub("]", line)
        line = ADDRESS.sub("", line)
        if len(line) > WIDTH:
            yield number, f"{len(line)} columns, at most {WIDTH}"


def long_line_starts(text):
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > WIDTH:
            yield number, start
        start += len(line) + 1


def kind_at(text, place):
    return next(kind for kind, start, end in checks.pieces(text) if start <= place < end)


def main():
    root = checks.root_folder()
    names = [name for name in checks.project_files(root) if name.endswith(SUFFIXES)]
    findings = [
        (name, line, text) for name in names for line, text in wide_lines(name, checks.read(root, name))
    ]
    checks.finish("width", findings, f"{len(names)} files, no line above {WIDTH} columns")


main()
