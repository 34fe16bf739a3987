//! Fields, eight elements at a time.
//!
//! The engine's inner loops (additions of points, butterflies) are written once over [`Lanes`] and [`ScalarLanes`];
//! four backends stand behind them:
//!
//! - `vector`: AVX-512 with IFMA, limbs of 52 bits, one element in each of eight lanes (feature `native`);
//! - `floating`: AVX2 with fused multiply-add, limbs of 48 bits in doubles, four elements at a time (feature `native`);
//! - `assembly`: `blst`, one element after the other (feature `native`);
//! - `pure`: plain Rust, one element after the other, on every target.
//!
//! Which one runs is decided once, at run time ([`Backend::detect`]); results are the same bit for bit. `wide` makes
//! eight lanes of the single elements of the last two: a faster backend for another target begins with another
//! [`Field`] or with lanes of its own, and a [`Suite`] that names them.

// Words and lanes of several arrays are walked together by their place.
#![allow(clippy::needless_range_loop)]
// `primitives/lanes-emulated` compiles these sources with instructions that any function may use.
#![cfg_attr(emulated_ifma, allow(unused_unsafe))]

#[cfg(feature = "native")]
mod assembly;
mod backend;
pub mod constants;
pub mod elements;
pub mod field;
#[cfg(any(
    all(feature = "native", target_arch = "x86_64"),
    all(target_arch = "wasm32", target_feature = "simd128")
))]
pub mod floating;
pub mod lanes;
pub mod pure;
pub mod scalar;
pub mod single;
#[cfg(all(feature = "native", target_arch = "x86_64"))]
pub mod vector;
pub mod wide;

#[cfg(all(feature = "native", target_arch = "x86_64"))]
use floating::Avx2;

pub use backend::Backend;
pub use elements::Elements;
pub use field::{BaseField, ExtensionField, Field};
pub use lanes::{Addition, Lanes, ScalarLanes, Task, LANES};

/// The fields of one backend.
pub trait Suite: 'static {
    /// One element of the base field of G1.
    type Fp: BaseField;
    /// One element of the base field of G2.
    type Fp2: ExtensionField;
    /// The base field of G1.
    type G1: Lanes<Field = Self::Fp>;
    /// The base field of G2.
    type G2: Lanes<Field = Self::Fp2>;
    /// The scalar field, for transforms.
    type Scalars: ScalarLanes;
    /// The scalar field, for hashes and curves over it.
    type Elements: Elements;
}

/// [`Backend::Pure`].
pub struct Pure;

impl Suite for Pure {
    type Fp = pure::Fp;
    type Fp2 = pure::Fp2;
    type G1 = wide::Wide<pure::Fp>;
    type G2 = wide::Wide<pure::Fp2>;
    type Scalars = wide::WideScalar<bls12_381::Scalar>;
    type Elements = single::Single<bls12_381::Scalar>;
}

/// [`Backend::Portable`].
#[cfg(feature = "native")]
pub struct Portable;

#[cfg(feature = "native")]
impl Suite for Portable {
    type Fp = blst::blst_fp;
    type Fp2 = blst::blst_fp2;
    type G1 = wide::Wide<blst::blst_fp>;
    type G2 = wide::Wide<blst::blst_fp2>;
    type Scalars = wide::WideScalar<blst::blst_fr>;
    type Elements = single::Single<blst::blst_fr>;
}

/// [`Backend::Floating`].
#[cfg(any(
    all(feature = "native", target_arch = "x86_64"),
    all(target_arch = "wasm32", target_feature = "simd128")
))]
pub struct Floating;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Suite for Floating {
    type Fp = pure::Fp;
    type Fp2 = pure::Fp2;
    type G1 = floating::Fp8<floating::Simd128, floating::Whole<floating::Simd128>, pure::Fp, 4, { floating::SHORT }>;
    type G2 = floating::Fp2x8<
        floating::Simd128,
        floating::Whole<floating::Simd128>,
        pure::Fp,
        pure::Fp2,
        4,
        { floating::SHORT },
    >;
    type Scalars = wide::WideScalar<bls12_381::Scalar>;
    type Elements = single::Single<bls12_381::Scalar>;
}

#[cfg(all(feature = "native", target_arch = "x86_64"))]
impl Suite for Floating {
    type Fp = blst::blst_fp;
    type Fp2 = blst::blst_fp2;
    type G1 = floating::Fp8<Avx2, floating::Halves<Avx2>, blst::blst_fp, 2, { floating::LONG }>;
    type G2 = floating::Fp2x8<Avx2, floating::Halves<Avx2>, blst::blst_fp, blst::blst_fp2, 2, { floating::LONG }>;
    type Scalars = wide::WideScalar<blst::blst_fr>;
    type Elements = single::Single<blst::blst_fr>;
}

/// [`Backend::Vector`].
#[cfg(all(feature = "native", target_arch = "x86_64"))]
pub struct Vector;

#[cfg(all(feature = "native", target_arch = "x86_64"))]
impl Suite for Vector {
    type Fp = blst::blst_fp;
    type Fp2 = blst::blst_fp2;
    type G1 = vector::Fp8;
    type G2 = vector::Fp2x8;
    type Scalars = vector::Fr8;
    type Elements = vector::Fr8;
}

#[cfg(test)]
#[allow(unsafe_code)]
mod tests;
