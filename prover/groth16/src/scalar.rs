//! Scalars as words, and roots of unity.

use bls12_381::Scalar;
use ff::PrimeField;

/// The canonical value, least significant word first.
pub fn words(value: &Scalar) -> [u64; 4] {
    let bytes = value.to_bytes();
    core::array::from_fn(|i| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[8 * i..8 * i + 8]);
        u64::from_le_bytes(word)
    })
}

/// The root of unity that generates the domain of `2^log2` points; `log2` is at most [`Scalar::S`].
pub fn root_of_unity(log2: u32) -> Scalar {
    (log2..Scalar::S).fold(Scalar::ROOT_OF_UNITY, |w, _| w.square())
}
