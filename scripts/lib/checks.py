"""What the checks of `make lint` share: the files of the project, the parts of a Rust file, how findings are
printed.

Python's standard library only. A check takes the project's folder as its only argument (without it: the folder above
this one), so that scripts/tests can show it a small project of their own.
"""

import bisect
import pathlib
import re
import subprocess
import sys

CODE, COMMENT, STRING = "code", "comment", "string"

# Comments, strings and characters; what is between them is code. A lifetime ('a) is no character.
_PIECES = re.compile(
    r"""
    (?P<comment> //[^\n]* | /\*.*?\*/ )
  | (?P<string>  \b[bc]?r(?P<fence>\#*)".*?"(?P=fence)
               | \b[bc]?"(?:\\.|[^"\\])*" | "(?:\\.|[^"\\])*"
               | b?'(?:\\(?:u\{[0-9a-fA-F_]*\}|x..|.)|[^\\'\n])' )
    """,
    re.VERBOSE | re.DOTALL,
)


def root_folder():
    if len(sys.argv) > 1:
        return pathlib.Path(sys.argv[1]).resolve()
    return pathlib.Path(__file__).resolve().parent.parent.parent


def project_files(root):
    """Paths of all files that git tracks or would add, as text with slashes, in order."""
    out = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
    ).stdout.decode()
    # A file that was moved or deleted without telling git is still listed.
    return sorted({name for name in out.split("\0") if name and (root / name).is_file()})


def read(root, name):
    return (root / name).read_text(encoding="utf-8")


def pieces(text):
    """Yields (kind, start, end) over the whole of a Rust file, in order."""
    at = 0
    for match in _PIECES.finditer(text):
        if match.start() > at:
            yield CODE, at, match.start()
        yield (COMMENT if match["comment"] else STRING), match.start(), match.end()
        at = match.end()
    if at < len(text):
        yield CODE, at, len(text)


class Lines:
    """Line numbers of places in a text."""

    def __init__(self, text):
        self._starts = [0] + [m.end() for m in re.finditer("\n", text)]

    def number(self, place):
        return bisect.bisect_right(self._starts, place)


def finish(check, findings, summary):
    """Prints the findings, (file, line, text), and ends the program; 1 if one is left."""
    for name, line, text in findings:
        print(f"{name}:{line}: {text}", file=sys.stderr)
    if findings:
        print(f"{check}: {len(findings)} to mend", file=sys.stderr)
        sys.exit(1)
    print(f"{check}: {summary}")
