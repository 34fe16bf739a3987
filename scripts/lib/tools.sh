# shellcheck shell=bash
# Tools outside Rust: C and C++ compilers, make, protoc, OpenSSL.

setup_tools() {
    local packages=()
    if ! command -v cc >/dev/null || ! command -v c++ >/dev/null || ! command -v make >/dev/null; then
        missing "C and C++ compilers or make: foreign code (zstd, wasm-opt) is built from source" &&
            packages+=(build-essential)
    fi
    # What .cargo/config.toml asks for.
    if ! pkg-config --exists openssl 2>/dev/null; then
        missing "pkg-config, or OpenSSL with its headers: libp2p's WebRTC links it" &&
            packages+=(pkg-config libssl-dev)
    fi
    if [ -z "${PROTOC:-}" ] && ! command -v protoc >/dev/null; then
        missing "protoc: the SDK's network messages are generated from protobuf files" &&
            packages+=(protobuf-compiler)
    fi
    [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
}
