//! Points from bytes, with one error for each way they can be wrong.
//!
//! `bls12_381` answers "some" or "none" to all of it, so the flags and the range of the coordinates are checked here
//! first; what it then refuses can only be a missing square root.

use crate::error::PointError;
use bls12_381::{G1Affine, G2Affine};

/// Bytes of a coordinate in the base field.
const COORDINATE: usize = 48;
/// Bytes of a compressed G1 point.
pub const G1_COMPRESSED: usize = COORDINATE;
/// Bytes of a compressed G2 point.
pub const G2_COMPRESSED: usize = 2 * COORDINATE;
/// Bytes of an uncompressed G1 point.
pub const G1_UNCOMPRESSED: usize = 2 * COORDINATE;
/// Bytes of an uncompressed G2 point.
pub const G2_UNCOMPRESSED: usize = 4 * COORDINATE;

const COMPRESSED_FLAG: u8 = 1 << 7;
const INFINITY_FLAG: u8 = 1 << 6;
const SORT_FLAG: u8 = 1 << 5;
const FLAGS: u8 = COMPRESSED_FLAG | INFINITY_FLAG | SORT_FLAG;

/// The modulus of the base field, big-endian like the coordinates.
const MODULUS: [u8; COORDINATE] = [
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7, 0x64, 0x77, 0x4b,
    0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24, 0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53,
    0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
];

/// Checks flags and coordinates of an encoding; the identity is an error of its own.
fn check(bytes: &[u8], compressed: bool) -> Result<(), PointError> {
    let first = *bytes.first().ok_or(PointError::Encoding)?;
    let (is_compressed, is_infinity, is_largest) = (
        first & COMPRESSED_FLAG != 0,
        first & INFINITY_FLAG != 0,
        first & SORT_FLAG != 0,
    );
    if is_compressed != compressed || (is_largest && (!compressed || is_infinity)) {
        return Err(PointError::Encoding);
    }
    if is_infinity {
        // The identity has one encoding: no other bit is set.
        let zero = first & !FLAGS == 0 && bytes.iter().skip(1).all(|b| *b == 0);
        return Err(if zero {
            PointError::Infinity
        } else {
            PointError::Encoding
        });
    }
    for (i, chunk) in bytes.chunks_exact(COORDINATE).enumerate() {
        let mut coordinate = [0; COORDINATE];
        coordinate.copy_from_slice(chunk);
        if i == 0 {
            // Only the first coordinate carries flags; set in another one they make it too large.
            coordinate[0] &= !FLAGS;
        }
        if coordinate >= MODULUS {
            return Err(PointError::Encoding);
        }
    }
    Ok(())
}

/// A point of G1 from its compressed form.
pub fn g1_compressed(bytes: &[u8; G1_COMPRESSED]) -> Result<G1Affine, PointError> {
    check(bytes, true)?;
    let point: Option<G1Affine> = G1Affine::from_compressed_unchecked(bytes).into();
    in_g1(point.ok_or(PointError::NotOnCurve)?)
}

/// A point of G2 from its compressed form.
pub fn g2_compressed(bytes: &[u8; G2_COMPRESSED]) -> Result<G2Affine, PointError> {
    check(bytes, true)?;
    let point: Option<G2Affine> = G2Affine::from_compressed_unchecked(bytes).into();
    in_g2(point.ok_or(PointError::NotOnCurve)?)
}

/// A point of G1 from its uncompressed form; `full` is false for bytes that have passed once already.
pub fn g1_uncompressed(bytes: &[u8; G1_UNCOMPRESSED], full: bool) -> Result<G1Affine, PointError> {
    check(bytes, false)?;
    let point: Option<G1Affine> = G1Affine::from_uncompressed_unchecked(bytes).into();
    let point = point.ok_or(PointError::Encoding)?;
    if !full {
        return Ok(point);
    }
    if !bool::from(point.is_on_curve()) {
        return Err(PointError::NotOnCurve);
    }
    in_g1(point)
}

/// A point of G2 from its uncompressed form; `full` is false for bytes that have passed once already.
pub fn g2_uncompressed(bytes: &[u8; G2_UNCOMPRESSED], full: bool) -> Result<G2Affine, PointError> {
    check(bytes, false)?;
    let point: Option<G2Affine> = G2Affine::from_uncompressed_unchecked(bytes).into();
    let point = point.ok_or(PointError::Encoding)?;
    if !full {
        return Ok(point);
    }
    if !bool::from(point.is_on_curve()) {
        return Err(PointError::NotOnCurve);
    }
    in_g2(point)
}

fn in_g1(point: G1Affine) -> Result<G1Affine, PointError> {
    if bool::from(point.is_torsion_free()) {
        Ok(point)
    } else {
        Err(PointError::NotInSubgroup)
    }
}

fn in_g2(point: G2Affine) -> Result<G2Affine, PointError> {
    if bool::from(point.is_torsion_free()) {
        Ok(point)
    } else {
        Err(PointError::NotInSubgroup)
    }
}
