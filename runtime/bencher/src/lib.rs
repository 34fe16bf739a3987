//! The runtime with its benchmarks, where this is compiled to Wasm; nothing anywhere else.
#![no_std]

#[cfg(feature = "runtime")]
pub use cloister_runtime::*;
