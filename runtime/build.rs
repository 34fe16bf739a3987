//! Compiles this crate a second time, to the Wasm blob that becomes the chain's code.

fn main() {
    #[cfg(feature = "std")]
    {
        // The builder takes the versions of `Cargo.lock`, and looks for it from the target directory upwards. With a
        // target directory outside the workspace it would find none and resolve the versions anew.
        const HINT: &str = "WASM_BUILD_WORKSPACE_HINT";
        if std::env::var_os(HINT).is_none() {
            std::env::set_var(HINT, concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        }
        // The builder watches sources and the manifests of crates only. The blob holds these too, and the workspace's
        // manifest names the features of what it is made of.
        println!("cargo:rerun-if-changed=keys");
        println!("cargo:rerun-if-changed=metadata-hash");
        println!("cargo:rerun-if-changed=../Cargo.toml");
        // Under `cargo clippy` this names clippy's compiler. The blob is compiled by the toolchain that was set up for
        // it.
        std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
        substrate_wasm_builder::WasmBuilder::build_using_defaults();
    }
}
