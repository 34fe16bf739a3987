//! The same points under `blst`'s names.
#![allow(unsafe_code)]

use super::Affine;
use blst::{blst_fp, blst_fp2, blst_p1_affine, blst_p2_affine};

/// Points of G1 as the arithmetic takes them.
pub fn g1(points: &[blst_p1_affine]) -> &[Affine<blst_fp>] {
    // SAFETY: both are `repr(C)` structures of the same two fields, x and y.
    unsafe { core::slice::from_raw_parts(points.as_ptr().cast(), points.len()) }
}

/// Points of G2 as the arithmetic takes them.
pub fn g2(points: &[blst_p2_affine]) -> &[Affine<blst_fp2>] {
    // SAFETY: as in `g1`.
    unsafe { core::slice::from_raw_parts(points.as_ptr().cast(), points.len()) }
}

/// A point of G1 for `blst`.
pub fn to_g1(point: &Affine<blst_fp>) -> blst_p1_affine {
    blst_p1_affine { x: point.x, y: point.y }
}

/// A point of G2 for `blst`.
pub fn to_g2(point: &Affine<blst_fp2>) -> blst_p2_affine {
    blst_p2_affine { x: point.x, y: point.y }
}
