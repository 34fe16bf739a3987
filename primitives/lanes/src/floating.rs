//! Eight elements in limbs that are kept in doubles: for machines that multiply nothing more at a time than
//! floating-point numbers.
//!
//! A fused multiply-add rounds the product of two limbs, which has up to 97 bits, to a multiple of `2^48`, and a second
//! one gives what the first has lost; both are exact. The idea is that of Emmart, Zheng and Weems (2018, "Faster
//! modular exponentiation using double precision floating point arithmetic on the GPU"). Here limbs have a sign, so
//! that the rounding to nearest that every machine has will do, and both parts are summed as doubles.
//!
//! Machines without a fused multiply-add take limbs of 24 bits, whose products and sums are exact as they are.

#[cfg(all(feature = "native", target_arch = "x86_64"))]
mod avx2;
mod constants;
mod fp;
mod fp2;
mod limbs;
mod register;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
mod sum;

#[cfg(all(feature = "native", target_arch = "x86_64"))]
pub use avx2::Avx2;
pub use fp::{Fp8, StoredFp};
pub use fp2::Fp2x8;
pub use register::{Fused, Register, Sum};
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use simd128::Simd128;
pub use sum::{Halves, Whole, LONG, SHORT};

#[cfg(all(test, feature = "native", target_arch = "x86_64", not(emulated_ifma)))]
#[allow(unsafe_code)]
mod tests;
