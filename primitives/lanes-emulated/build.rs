//! Compiles the backend `vector` over emulated instructions.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=emulated_ifma");
}
