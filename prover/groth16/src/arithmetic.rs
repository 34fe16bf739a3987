//! Fields, eight elements at a time.
//!
//! The engine's inner loops (additions of points, butterflies) are written once over [`Lanes`] and [`ScalarLanes`]; two
//! backends stand behind them:
//!
//! - `vector`: AVX-512 with IFMA, limbs of 52 bits, one element in each of eight lanes;
//! - `portable`: `blst`'s assembly, one element after the other.
//!
//! Which one runs is decided once, at run time ([`Backend::detect`]); results are the same bit for bit.

mod backend;
pub mod constants;
pub mod field;
pub mod lanes;
pub mod portable;
#[cfg(target_arch = "x86_64")]
pub mod vector;

pub use backend::Backend;
pub use field::Field;
pub use lanes::{Lanes, ScalarLanes, Task, LANES};

use blst::{blst_fp, blst_fp2};

/// The fields of one backend.
pub trait Suite: 'static {
    /// The base field of G1.
    type G1: Lanes<Field = blst_fp>;
    /// The base field of G2.
    type G2: Lanes<Field = blst_fp2>;
    /// The scalar field.
    type Scalars: ScalarLanes;
}

/// [`Backend::Portable`].
pub struct Portable;

impl Suite for Portable {
    type G1 = portable::Wide<blst_fp>;
    type G2 = portable::Wide<blst_fp2>;
    type Scalars = portable::WideScalar;
}

/// [`Backend::Vector`].
#[cfg(target_arch = "x86_64")]
pub struct Vector;

#[cfg(target_arch = "x86_64")]
impl Suite for Vector {
    type G1 = vector::Fp8;
    type G2 = vector::Fp2x8;
    type Scalars = vector::Fr8;
}

#[cfg(test)]
#[allow(unsafe_code)]
mod tests;
