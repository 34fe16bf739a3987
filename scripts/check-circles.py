#!/usr/bin/env python3
"""Files of one crate do not import each other in a circle, but for those that scripts/circles.txt names with a reason.

The graph is that of the files under each `src` folder (and each test program of several files). An edge is a path
(`use` or in the code) that leads to another file: `crate::`, `super::`, `self::`, or a child module's name. A name
that the module on the way only re-exports counts for the file that defines it, and a re-export (`pub use`) is no edge
itself.
Comments, strings and `#[cfg(test)]` modules do not count. Macros are not expanded, so what they name stays unseen.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import checks  # noqa: E402

ALLOWED = "scripts/circles.txt"
TOKEN = re.compile(r"[A-Za-z_]\w*|::|[{}();,*#!=\[\]]|\S")


class Module:
    """One module: its file, its child modules, what it imports under which name."""

    def __init__(self, path, file, parent):
        self.path, self.file, self.parent = path, file, parent
        self.children = {}
        # name -> (path of segments, line): what `use` brings in.
        self.imports = {}
        # Paths of glob imports.
        self.globs = []
        # Names that the module defines itself.
        self.defined = set()
        # (segments, line, is_reexport) of everything that is used.
        self.uses = []


def code_of(text):
    """The text with comments and strings blanked out, lines kept."""
    parts = []
    for kind, start, end in checks.pieces(text):
        part = text[start:end]
        parts.append(part if kind == checks.CODE else re.sub(r"[^\n]", " ", part))
    return "".join(parts)


def skip_group(tokens, at):
    """The index behind the bracket that closes the one at `at`."""
    pairs = {"{": "}", "(": ")", "[": "]"}
    opening, closing, depth = tokens[at][0], pairs[tokens[at][0]], 0
    while at < len(tokens):
        depth += (tokens[at][0] == opening) - (tokens[at][0] == closing)
        at += 1
        if depth == 0:
            break
    return at


def use_tree(tokens, at, prefix, found):
    """Reads a tree of `use`; adds (segments, name or None for a glob, line). Returns the index behind it."""
    segments = list(prefix)
    while at < len(tokens):
        word, line = tokens[at]
        if word == "{":
            at += 1
            while at < len(tokens) and tokens[at][0] != "}":
                at = use_tree(tokens, at, segments, found)
                if at < len(tokens) and tokens[at][0] == ",":
                    at += 1
            return at + 1
        if word == "*":
            found.append((segments, None, line))
            return at + 1
        if word == "::":
            at += 1
            continue
        segments.append(word)
        after = tokens[at + 1][0] if at + 1 < len(tokens) else ";"
        if after == "::":
            at += 2
            continue
        if after == "as":
            found.append((segments, tokens[at + 2][0], line))
            return at + 3
        name = segments[-1]
        if name == "self" and len(segments) > 1:
            segments = segments[:-1]
            name = segments[-1]
        found.append((segments, name, line))
        return at + 1
    return at


class Crate:
    """The modules of one program or library, read from its root file."""

    def __init__(self, root, main):
        self.root = root
        self.modules = {}
        self.files = set()
        self.load((), main, None)

    def load(self, path, file, parent):
        self.files.add(file)
        module = self.add(path, file, parent)
        text = code_of(checks.read(self.root, file))
        lines = checks.Lines(text)
        tokens = [(m[0], lines.number(m.start())) for m in TOKEN.finditer(text)]
        self.parse(tokens, module)

    def add(self, path, file, parent):
        module = self.modules[path] = Module(path, file, parent)
        if parent is not None:
            parent.children[path[-1]] = module
        return module

    def child_file(self, module, name, explicit):
        here = pathlib.PurePosixPath(module.file)
        if explicit:
            return self.existing(here.parent / explicit)
        # The folder of a module's children: beside main.rs, lib.rs and mod.rs, else named like the file. An inline
        # module adds its name.
        is_root = here.name in ("lib.rs", "main.rs", "mod.rs") or not module.path
        folder = here.parent if is_root else here.with_suffix("")
        inline = []
        outer = module
        while outer.parent is not None and outer.parent.file == outer.file:
            inline.insert(0, outer.path[-1])
            outer = outer.parent
        if not outer.path:
            folder = here.parent
        folder = folder.joinpath(*inline)
        return self.existing(folder / f"{name}.rs") or self.existing(folder / name / "mod.rs")

    def existing(self, path):
        parts = []
        for part in path.parts:
            if part == ".." and parts:
                parts.pop()
            elif part != ".":
                parts.append(part)
        name = "/".join(parts)
        return name if (self.root / name).is_file() else None

    def parse(self, tokens, module):
        at, attributes = 0, ""
        while at < len(tokens):
            word, line = tokens[at]
            if word == "#" and at + 1 < len(tokens):
                start = at + 2 if tokens[at + 1][0] == "!" else at + 1
                if start < len(tokens) and tokens[start][0] == "[":
                    end = skip_group(tokens, start)
                    attributes += " ".join(t for t, _ in tokens[start:end]) + " "
                    at = end
                    continue
            if word == "pub":
                at += 1
                if at < len(tokens) and tokens[at][0] == "(" and tokens[at + 1][0] in ("crate", "super", "in", "self"):
                    at = skip_group(tokens, at)
                if at < len(tokens) and tokens[at][0] == "use":
                    at = self.read_use(tokens, at, module, reexport=True)
                    attributes = ""
                continue
            if word == "use" and (at == 0 or tokens[at - 1][0] != "+"):
                at = self.read_use(tokens, at, module, reexport=False)
                attributes = ""
                continue
            if word == "mod" and at + 2 < len(tokens) and tokens[at + 2][0] in (";", "{"):
                at = self.read_mod(tokens, at, module, attributes)
                attributes = ""
                continue
            if word in ("struct", "enum", "union", "trait", "fn", "type", "const", "static") and at + 1 < len(tokens):
                name = tokens[at + 1][0]
                if name not in ("fn",):
                    module.defined.add(name)
            if word == "macro_rules" and at + 2 < len(tokens):
                module.defined.add(tokens[at + 2][0])
            if re.match(r"[A-Za-z_]", word) and at + 1 < len(tokens) and tokens[at + 1][0] == "::":
                before = tokens[at - 1][0] if at else ""
                if before != "::":
                    segments, at = self.read_path(tokens, at)
                    module.uses.append((segments, line, False))
                    attributes = ""
                    continue
            if word in (";", "}", "{"):
                attributes = ""
            at += 1

    @staticmethod
    def read_path(tokens, at):
        segments = []
        while at < len(tokens) and re.match(r"[A-Za-z_]", tokens[at][0]):
            segments.append(tokens[at][0])
            if at + 1 < len(tokens) and tokens[at + 1][0] == "::":
                at += 2
            else:
                at += 1
                break
        return segments, at

    def read_use(self, tokens, at, module, reexport):
        found = []
        end = use_tree(tokens, at + 1, [], found)
        for segments, name, line in found:
            if name is None:
                module.globs.append(segments)
            else:
                module.imports[name] = segments
            module.uses.append((segments if name else segments + ["*"], line, reexport))
        return end

    def read_mod(self, tokens, at, module, attributes):
        name, opening = tokens[at + 1][0], tokens[at + 2][0]
        is_test = re.search(r"\bcfg \( (?:any \( )?test\b", attributes)
        path = module.path + (name,)
        if opening == "{":
            end = skip_group(tokens, at + 2)
            if not is_test:
                self.parse(tokens[at + 3 : end - 1], self.add(path, module.file, module))
            return end
        if not is_test and path not in self.modules:
            file = self.child_file(module, name, None)
            if file is not None:
                self.load(path, file, module)
        return at + 3

    def resolve(self, module, segments, depth=0):
        """The module in which the path ends, or None if it leads out of the crate."""
        at = module
        rest = list(segments)
        if depth > 16 or not rest:
            return None
        if rest[0] == "crate":
            at = self.modules[()]
            rest.pop(0)
        elif rest[0] in ("self", "super"):
            while rest and rest[0] in ("self", "super"):
                if rest.pop(0) == "super":
                    at = at.parent
                    if at is None:
                        return None
        elif rest[0] not in at.children:
            target = at.imports.get(rest[0])
            if target is None or target[0] == rest[0]:
                return None
            at = self.resolve(module, target, depth + 1)
            rest.pop(0)
            if at is None:
                return None
        while rest:
            name = rest.pop(0)
            if name == "*":
                return at
            if name in at.children:
                at = at.children[name]
            elif name in at.defined:
                return at
            elif name in at.imports:
                return self.resolve(at, at.imports[name] + rest, depth + 1) or at
            else:
                for glob in at.globs:
                    inner = self.resolve(at, glob, depth + 1)
                    if inner is not None and inner is not at and (name in inner.defined or name in inner.children):
                        return self.resolve(inner, ["self", name] + rest, depth + 1)
                return at
        return at

    def edges(self):
        """(file, file) -> line of the first path that leads from one to the other."""
        edges = {}
        for module in self.modules.values():
            for segments, line, reexport in module.uses:
                if reexport:
                    continue
                target = self.resolve(module, segments)
                if target is not None and target.file != module.file:
                    edges.setdefault((module.file, target.file), line)
        return edges


def components(edges):
    """Strongly connected components of more than one file (Tarjan, without recursion)."""
    graph = {}
    for start, end in edges:
        graph.setdefault(start, []).append(end)
        graph.setdefault(end, [])
    order, low, stack, on_stack, out = {}, {}, [], set(), []
    for root in sorted(graph):
        if root in order:
            continue
        work = [(root, iter(sorted(graph[root])))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            for after in following:
                if after not in order:
                    order[after] = low[after] = len(order)
                    stack.append(after)
                    on_stack.add(after)
                    work.append((after, iter(sorted(graph[after]))))
                    break
                if after in on_stack:
                    low[node] = min(low[node], order[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    component = set()
                    while node not in component:
                        component.add(stack[-1])
                        on_stack.discard(stack.pop())
                    if len(component) > 1:
                        out.append(component)
    return out


def shortest_circle(component, edges):
    graph = {n: sorted(b for a, b in edges if a == n and b in component) for n in component}
    best = None
    for start in sorted(component):
        ways = [[start]]
        seen = {start}
        while ways and (best is None or len(ways[0]) < len(best)):
            way = ways.pop(0)
            if start in graph[way[-1]]:
                best = way
                break
            for after in graph[way[-1]]:
                if after not in seen:
                    seen.add(after)
                    ways.append(way + [after])
    return best


def allowed(root):
    """Sets of files that may form a circle: lines `FILE FILE .. : reason`."""
    out = []
    if (root / ALLOWED).is_file():
        for number, line in enumerate(checks.read(root, ALLOWED).splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            files, colon, reason = line.partition(" : ")
            if not colon or not reason.strip():
                sys.exit(f"{ALLOWED}:{number}: a line is `FILE FILE .. : reason`")
            out.append((number, frozenset(files.split())))
    return out


def roots(names):
    """Root files of libraries and of programs, tests included."""
    for name in names:
        path = pathlib.PurePosixPath(name)
        if path.name in ("lib.rs", "main.rs") or (path.suffix == ".rs" and path.parent.name in ("bin", "examples")):
            yield name


def main():
    root = checks.root_folder()
    names = [name for name in checks.project_files(root) if name.endswith(".rs")]
    permitted = allowed(root)
    used = set()
    findings = []
    files = set()
    for start in roots(names):
        crate = Crate(root, start)
        files |= crate.files
        edges = crate.edges()
        for component in components(edges):
            match = next((n for n, group in permitted if component <= group), None)
            if match is not None:
                used.add(match)
                continue
            circle = shortest_circle(component, edges)
            steps = [f"{a}:{edges[a, b]} -> {b}" for a, b in zip(circle, circle[1:] + circle[:1])]
            text = "a circle of imports: " + ", ".join(steps)
            if len(component) > len(circle):
                text += f"; {len(component)} files hang together: {' '.join(sorted(component))}"
            findings.append((circle[0], edges[circle[0], (circle + circle)[1]], text))
    for number, group in permitted:
        if number not in used:
            findings.append((ALLOWED, number, f"no such circle is left: {' '.join(sorted(group))}"))
    summary = f"{len(files)} files, {len(permitted)} circles allowed"
    checks.finish("circles", findings, summary)


main()
