#!/usr/bin/env bash
# The binaries that we ship hold no code that is there for tests (docs/decisions/0014): no crate `*-testing` of ours is
# linked into them, and no crate of ours is compiled with a feature for tests or benches. The check looks at what `make
# build` really compiles. Cargo unites the features of all selected packages and of their dev-dependencies, so that
# `cargo tree` of one package does not tell; cargo's own graph of the units of that build does.
# usage: scripts/check-shipped-features.sh [FOLDER OF THE PROJECT]
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"

readonly SHIPPED="cloister cloister-node cloister-prover"

# setting NAME: a variable of the Makefile.
setting() { sed -n "s/^$1 := //p" Makefile; }

read -ra selection <<<"$(setting SELECTION)"
anchor="$(setting ANCHOR_TEST)"
if [ ${#selection[@]} -eq 0 ] || [ -z "$anchor" ]; then
    echo "shipped features: the Makefile does not say what \`make build\` selects" >&2
    exit 1
fi

# The graph of the units is an unstable option; the toolchain is pinned.
graph="$(mktemp)"
trap 'rm -f "$graph"' EXIT
RUSTC_BOOTSTRAP=1 cargo build -Z unstable-options --unit-graph "${selection[@]}" --bins --test "$anchor" >"$graph"

python3 - "$graph" "$(pwd -P)" "$SHIPPED" <<'PYTHON'
import json, re, sys

path, root, shipped = sys.argv[1], sys.argv[2], sys.argv[3].split()
with open(path) as file:
    graph = json.load(file)
if graph["version"] != 1:
    sys.exit(f"shipped features: cargo's graph of units has version {graph['version']}, this check reads 1")
units = graph["units"]
FOR_TESTS = re.compile(r"test|tests|testing|test[-_].*|mock|mocks|measure")


def ours(unit):
    return f"file://{root}/" in unit["pkg_id"]


def name(unit):
    # path+file:///project/folder#name@version, or #version where the folder has the package's name.
    folder, _, rest = unit["pkg_id"].partition("#")
    return rest.split("@")[0] if "@" in rest else folder.rsplit("/", 1)[1]


def way(unit, parents):
    steps = [name(units[unit])]
    while (unit := parents[unit]) is not None:
        if name(units[unit]) != steps[0]:
            steps.insert(0, name(units[unit]))
    return " > ".join(steps)


found, crates = [], set()
for binary in shipped:
    target = ("bin", binary)
    roots = [i for i in graph["roots"] if (units[i]["target"]["kind"][0], units[i]["target"]["name"]) == target]
    if not roots:
        found.append(f"`make build` does not build {binary}")
    parents = dict.fromkeys(roots)
    queue = list(roots)
    for index in queue:
        unit = units[index]
        if ours(unit):
            crates.add(name(unit))
            if name(unit).endswith("-testing"):
                found.append(f"{binary} holds {name(unit)}: {way(index, parents)}")
            for feature in filter(FOR_TESTS.fullmatch, unit["features"]):
                found.append(f"{binary} holds {name(unit)} with the feature `{feature}`: {way(index, parents)}")
        for dependency in unit["dependencies"]:
            if dependency["index"] not in parents:
                parents[dependency["index"]] = index
                queue.append(dependency["index"])

for line in sorted(set(found)):
    print(f"shipped features: {line}", file=sys.stderr)
if found:
    sys.exit(1)
print(f"shipped features: {', '.join(shipped)}: {len(crates)} crates of ours, none of them for tests")
PYTHON
