#!/usr/bin/env python3
"""Phrases that stop a reader are refused, by the list scripts/words.txt, which says what to write instead.

Read are Markdown, and the comments and strings of the code. A phrase is found across the end of a line too.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import checks  # noqa: E402

LIST = "scripts/words.txt"
# Files that quote the phrases.
EXEMPT = (LIST, "scripts/tests/")
SUFFIXES = (".rs", ".md", ".toml", ".sh", ".py", ".yml", ".yaml", "Makefile", ".ci/run")
# A space of a pattern: blanks, or the end of one line. The end of a paragraph is none.
SPACE = r"(?:[ \t]+|[ \t]*\n[ \t]*)"
# Stands for a character of code, which no pattern matches.
NOT_PROSE = "\x01"


def patterns(root):
    for number, line in enumerate(checks.read(root, LIST).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        pattern, arrow, advice = line.partition(" => ")
        if not arrow or not advice.strip():
            sys.exit(f"{LIST}:{number}: a line is `PATTERN => what to write instead`")
        yield re.compile(pattern.strip().replace(" ", SPACE), re.IGNORECASE), advice.strip()


def prose(name, text):
    """The text with the same length and lines, in which only prose is left and comment marks are blanks."""
    if name.endswith(".rs"):
        parts = []
        for kind, start, end in checks.pieces(text):
            part = text[start:end]
            if kind == checks.CODE:
                # Blanks stay: they join the lines of a comment.
                part = re.sub(r"\S", NOT_PROSE, part)
            parts.append(part)
        text = "".join(parts)
        marks = r"(?m)^([ \t]*)(///|//!|//)"
    elif name.endswith(".md"):
        marks = r"(?m)^([ \t]*)(>|[*-](?= ))"
    else:
        marks = r"(?m)^([ \t]*)(#)"
    return re.sub(marks, lambda m: m[1] + " " * len(m[2]), text)


def main():
    root = checks.root_folder()
    listed = list(patterns(root))
    names = [n for n in checks.project_files(root) if n.endswith(SUFFIXES) and not n.startswith(EXEMPT)]
    findings = []
    for name in names:
        text = prose(name, checks.read(root, name))
        lines = checks.Lines(text)
        for pattern, advice in listed:
            for match in pattern.finditer(text):
                found = " ".join(match[0].split())
                findings.append((name, lines.number(match.start()), f'"{found}": {advice}'))
    findings.sort()
    summary = f"{len(names)} files, none of {len(listed)} phrases"
    checks.finish("words", findings, summary)


main()
