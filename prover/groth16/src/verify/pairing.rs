//! What verification needs of `blst`: Miller loops, and sums of products in G1.
#![allow(unsafe_code)]

use crate::{G1Affine, G2Affine};
use bls12_381::Scalar;
use blst::{blst_fp12, blst_p1, MultiPoint};
use std::ptr;

/// Below this many points one multiplication after the other is as fast as buckets.
const FEW: usize = 32;

fn is_identity(point: &G1Affine) -> bool {
    *point == G1Affine::default()
}

/// The product of the Miller loops of pairs, which share their squarings. A pair with an identity counts as one: `blst` has
/// this case only for a pair that is alone.
pub(super) fn miller(pairs: &[(G1Affine, G2Affine)]) -> blst_fp12 {
    let (p, q): (Vec<_>, Vec<_>) = pairs
        .iter()
        .filter(|(p, q)| !is_identity(p) && *q != G2Affine::default())
        .copied()
        .unzip();
    let mut product = blst_fp12::default();
    if !p.is_empty() {
        let (ps, qs) = ([p.as_ptr(), ptr::null()], [q.as_ptr(), ptr::null()]);
        // SAFETY: a list whose second entry is null has its points one after the other from the first entry; both have
        // `p.len()` initialised points, none the identity.
        unsafe { blst::blst_miller_loop_n(&mut product, qs.as_ptr(), ps.as_ptr(), p.len()) };
    }
    product
}

pub(super) fn final_exponentiation(f: &blst_fp12) -> blst_fp12 {
    let mut out = blst_fp12::default();
    // SAFETY: both are initialised.
    unsafe { blst::blst_final_exp(&mut out, f) };
    out
}

pub(super) fn negate(mut point: G1Affine) -> G1Affine {
    let y = point.y;
    // SAFETY: both are initialised.
    unsafe { blst::blst_fp_cneg(&mut point.y, &y, true) };
    point
}

pub(super) fn to_affine(point: &blst_p1) -> G1Affine {
    let mut out = G1Affine::default();
    // SAFETY: both are initialised; the identity becomes all zero.
    unsafe { blst::blst_p1_to_affine(&mut out, point) };
    out
}

/// A point times a little-endian integer of `8 · scalar.len()` bits, of which `bits` count.
pub(super) fn multiply(point: &G1Affine, scalar: &[u8], bits: usize) -> blst_p1 {
    assert!(bits <= 8 * scalar.len(), "the scalar has the bits that are counted");
    let (mut projective, mut out) = (blst_p1::default(), blst_p1::default());
    if !is_identity(point) {
        // SAFETY: all are initialised, and the scalar has `bits` bits.
        unsafe {
            blst::blst_p1_from_affine(&mut projective, point);
            blst::blst_p1_mult(&mut out, &projective, scalar.as_ptr(), bits);
        }
    }
    out
}

pub(super) fn add(a: &blst_p1, b: &G1Affine) -> blst_p1 {
    let mut out = blst_p1::default();
    // SAFETY: all are initialised; equal points and identities are allowed.
    unsafe { blst::blst_p1_add_or_double_affine(&mut out, a, b) };
    out
}

/// `Σ scalars[i] · points[i]`; every scalar has `bytes` bytes, of which `bits` bits count. Lists of the same length.
pub(super) fn sum_of_products<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1Affine {
    let (points, scalars): (Vec<_>, Vec<_>) = points
        .iter()
        .zip(scalars)
        .filter(|(point, _)| !is_identity(point))
        .map(|(point, scalar)| (*point, *scalar))
        .unzip();
    if points.len() >= FEW {
        return to_affine(&points.mult(scalars.as_flattened(), bits));
    }
    let sum = points
        .iter()
        .zip(&scalars)
        .map(|(point, scalar)| to_affine(&multiply(point, scalar, bits)))
        .fold(blst_p1::default(), |sum, point| add(&sum, &point));
    to_affine(&sum)
}

/// Bits of a scalar.
pub(super) const SCALAR_BITS: usize = 255;

/// `ic_0 + Σ x_i · ic_{i+1}`.
pub(super) fn input_sum(ic: &[G1Affine], inputs: &[Scalar]) -> G1Affine {
    let Some((constant, ic)) = ic.split_first() else {
        return G1Affine::default();
    };
    let scalars: Vec<_> = inputs.iter().map(Scalar::to_bytes).collect();
    let sum = sum_of_products(ic, &scalars, SCALAR_BITS);
    let mut projective = blst_p1::default();
    // SAFETY: both are initialised.
    unsafe { blst::blst_p1_from_affine(&mut projective, &sum) };
    to_affine(&add(&projective, constant))
}
