//! Scalars as words.

use bls12_381::Scalar;

/// The canonical value, least significant word first.
pub fn words(value: &Scalar) -> [u64; 4] {
    let bytes = value.to_bytes();
    core::array::from_fn(|i| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[8 * i..8 * i + 8]);
        u64::from_le_bytes(word)
    })
}
