# shellcheck shell=bash
# Tools outside Rust: C and C++ compilers, make, perl, protoc.

# OpenSSL is built from source (libp2p's WebRTC links it); its Configure needs modules beyond Debian's perl-base.
has_full_perl() {
    perl -MFindBin -MIPC::Cmd -MFile::Compare -e 1 2>/dev/null
}

setup_tools() {
    local packages=()
    if ! command -v cc >/dev/null || ! command -v c++ >/dev/null || ! command -v make >/dev/null ||
        ! has_full_perl; then
        missing "C and C++ compilers, make or perl: foreign code (OpenSSL, zstd, wasm-opt) is built from source" &&
            packages+=(build-essential)
    fi
    if [ -z "${PROTOC:-}" ] && ! command -v protoc >/dev/null; then
        missing "protoc: the SDK's network messages are generated from protobuf files" &&
            packages+=(protobuf-compiler)
    fi
    [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
}
