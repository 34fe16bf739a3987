//! Single elements in plain Rust, for every target: nothing but integers of 64 and 128 bits, and
//! in WebAssembly of 64 alone.

mod fp;
mod fp2;
mod inverse;
mod montgomery;
mod scalar;

pub use fp::Fp;
pub use fp2::Fp2;
