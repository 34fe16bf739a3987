//! Field encodings (P-FIELD).

use crate::Fr;

/// Why bytes are not a field element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The encoded integer is not below the order of the field.
    #[error("the encoding is not below the order of the field")]
    NonCanonical,
}

/// The 32-byte little-endian encoding.
pub fn to_bytes(x: &Fr) -> [u8; 32] {
    x.to_bytes()
}

/// Decodes 32 little-endian bytes. [`FieldError::NonCanonical`] if the integer is not below the order: two encodings
/// of one element would let a submitter change bytes that a proof does not bind.
pub fn from_bytes(bytes: &[u8; 32]) -> Result<Fr, FieldError> {
    Option::<Fr>::from(Fr::from_bytes(bytes)).ok_or(FieldError::NonCanonical)
}

/// A 256-bit value as two 128-bit limbs, `(lo, hi)`: bytes 0..16 and 16..32, little-endian.
pub fn limbs(bytes: &[u8; 32]) -> (Fr, Fr) {
    let value = u256(bytes);
    (from_u128(value.0), from_u128(value.1))
}

fn u256(bytes: &[u8; 32]) -> (u128, u128) {
    let mut lo = [0; 16];
    let mut hi = [0; 16];
    lo.copy_from_slice(&bytes[..16]);
    hi.copy_from_slice(&bytes[16..]);
    (u128::from_le_bytes(lo), u128::from_le_bytes(hi))
}

/// An unsigned integer.
pub fn from_u128(x: u128) -> Fr {
    Fr::from_raw([x as u64, (x >> 64) as u64, 0, 0])
}

/// A signed integer; `-x` is `p - x`.
pub fn from_i128(x: i128) -> Fr {
    let size = from_u128(x.unsigned_abs());
    if x < 0 {
        -size
    } else {
        size
    }
}

/// The element as an unsigned integer, if it is below `2^128`.
pub fn to_u128(x: &Fr) -> Option<u128> {
    match u256(&x.to_bytes()) {
        (lo, 0) => Some(lo),
        _ => None,
    }
}

/// The element as a signed integer, if it lies in `[-2^127, 2^127)`.
pub fn to_i128(x: &Fr) -> Option<i128> {
    if let Some(size) = to_u128(x) {
        return i128::try_from(size).ok();
    }
    let size = to_u128(&-x)?;
    0i128.checked_sub_unsigned(size)
}
