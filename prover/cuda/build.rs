//! Compiles the kernels: for this processor with the feature `shim`, for cards with the feature `cuda`.

use std::{env, path::PathBuf, process::Command};

/// Cards whose machine code is in the program (compute capability without the dot); the last one's intermediate code,
/// which the driver translates, serves newer ones. `CLOISTER_CUDA_ARCHITECTURES`, separated by commas, replaces the
/// list.
const ARCHITECTURES: &str = "80,86,89,90";

fn main() {
    for folder in ["kernels", "shim"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    for variable in ["NVCC", "CLOISTER_CUDA_ARCHITECTURES"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    if env::var_os("CARGO_FEATURE_SHIM").is_some() {
        cc::Build::new()
            .cpp(true)
            .std("c++17")
            .opt_level(3)
            .flag_if_supported("-Wno-unknown-pragmas")
            .flag_if_supported("-Wno-parentheses")
            .file("shim/shim.cpp")
            .compile("cloister_cuda_shim");
    }
    if env::var_os("CARGO_FEATURE_CUDA").is_some() {
        compile_for_cards();
    }
}

fn compile_for_cards() {
    let nvcc = env::var("NVCC").unwrap_or_else(|_| "nvcc".into());
    let architectures = env::var("CLOISTER_CUDA_ARCHITECTURES").unwrap_or_else(|_| ARCHITECTURES.into());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("kernels.fatbin");
    let mut command = Command::new(&nvcc);
    command.args(["-std=c++17", "-O3", "--fatbin", "-o"]).arg(&out);
    let mut newest = "";
    for architecture in architectures.split(',').map(str::trim) {
        command.arg(format!("-gencode=arch=compute_{architecture},code=sm_{architecture}"));
        newest = architecture;
    }
    command.arg(format!("-gencode=arch=compute_{newest},code=compute_{newest}"));
    command.arg("kernels/kernels.cu");
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{nvcc} failed with {status}"),
        Err(error) => panic!(
            "the feature `cuda` needs NVIDIA's compiler, and {nvcc} does not run ({error}): install the CUDA toolkit \
             (12.4 or newer), or name its compiler in NVCC"
        ),
    }
}
