//! Eight elements in limbs of 52 bits: AVX-512 with the integer fused multiply-add (IFMA).

mod constants;
mod elements;
mod fp;
mod fp2;
mod fr;
mod instructions;
mod limbs;

pub use elements::Triple8;
pub use fp::Fp8;
pub use fp2::Fp2x8;
pub use fr::Fr8;

#[cfg(test)]
#[allow(unsafe_code)]
mod tests;
