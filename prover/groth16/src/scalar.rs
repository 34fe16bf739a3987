//! Scalars as words, and roots of unity.

use bls12_381::Scalar;
use ff::PrimeField;

pub use crate::arithmetic::scalar::words;

/// The root of unity that generates the domain of `2^log2` points; `log2` is at most [`Scalar::S`].
pub fn root_of_unity(log2: u32) -> Scalar {
    (log2..Scalar::S).fold(Scalar::ROOT_OF_UNITY, |w, _| w.square())
}
