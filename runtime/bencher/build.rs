//! Compiles the runtime with its benchmarks to Wasm, beside the chain's own and never in its place.

fn main() {
    #[cfg(feature = "std")]
    {
        // As in the runtime's own script.
        const HINT: &str = "WASM_BUILD_WORKSPACE_HINT";
        if std::env::var_os(HINT).is_none() {
            std::env::set_var(HINT, concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        }
        println!("cargo:rerun-if-changed=../keys");
        println!("cargo:rerun-if-changed=../metadata-hash");
        println!("cargo:rerun-if-changed=../../Cargo.toml");
        std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
        substrate_wasm_builder::WasmBuilder::init_with_defaults()
            .enable_feature("runtime")
            .build();
    }
}
