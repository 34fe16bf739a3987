#!/usr/bin/env python3
"""Links of Markdown files to files of this project lead somewhere: the file is there, and so is the heading."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import checks  # noqa: E402

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"(?ms)^[ \t]*```.*?^[ \t]*```[ \t]*$")
OUTSIDE = re.compile(r"^[a-z]+:")


def anchors(text):
    """Names of the headings, as a forge makes them: small letters, no punctuation, dashes for blanks."""
    for heading in re.findall(r"(?m)^#+ +(.+?)[ \t]*$", FENCE.sub("", text)):
        name = re.sub(r"[^\w\- ]", "", heading.lower())
        yield name.replace(" ", "-")


def main():
    root = checks.root_folder()
    names = [name for name in checks.project_files(root) if name.endswith(".md")]
    findings = []
    count = 0
    for name in names:
        text = checks.read(root, name)
        lines = checks.Lines(text)
        # Code has brackets too; it is blanked out, lines kept.
        prose = FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        prose = re.sub(r"`[^`\n]*`", lambda m: " " * len(m[0]), prose)
        for match in LINK.finditer(prose):
            target, _, anchor = match[1].partition("#")
            if OUTSIDE.match(match[1]):
                continue
            count += 1
            path = (root / name).parent / target if target else root / name
            line = lines.number(match.start())
            if not path.exists():
                findings.append((name, line, f"{match[1]}: there is no such file"))
            elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text(encoding="utf-8")):
                findings.append((name, line, f"{match[1]}: there is no such heading"))
    checks.finish("links", findings, f"{count} links in {len(names)} files lead somewhere")


main()
