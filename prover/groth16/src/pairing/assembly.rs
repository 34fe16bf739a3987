//! Points in `blst`'s assembly.
#![allow(unsafe_code)]

use super::Curve;
use crate::{
    curve::points::{
        is_identity_g1, is_identity_g2, G1Affine, G2Affine, G1_COMPRESSED, G1_UNCOMPRESSED, G2_COMPRESSED,
        G2_UNCOMPRESSED,
    },
    error::PointError,
};
use blst::{blst_fp12, blst_p1, MultiPoint, BLST_ERROR};
use std::ptr;

/// Below this many points one multiplication after the other is as fast as buckets.
const FEW: usize = 32;

/// `blst`.
#[derive(Debug)]
pub struct Assembly;

fn checked<P>(error: BLST_ERROR, point: P) -> Result<P, PointError> {
    match error {
        BLST_ERROR::BLST_SUCCESS => Ok(point),
        BLST_ERROR::BLST_POINT_NOT_ON_CURVE => Err(PointError::NotOnCurve),
        BLST_ERROR::BLST_POINT_NOT_IN_GROUP => Err(PointError::NotInSubgroup),
        _ => Err(PointError::Encoding),
    }
}

macro_rules! decode {
    ($name:ident, $point:ty, $bytes:expr, $read:path) => {
        fn $name(bytes: &[u8; $bytes]) -> Result<$point, PointError> {
            let mut point = <$point>::default();
            // SAFETY: both pointers are to live memory of the lengths that the function reads and writes; the flags,
            // which choose the length, are those of this form.
            let error = unsafe { $read(&mut point, bytes.as_ptr()) };
            checked(error, point)
        }
    };
}

decode!(uncompress_g1, G1Affine, G1_COMPRESSED, blst::blst_p1_uncompress);
decode!(uncompress_g2, G2Affine, G2_COMPRESSED, blst::blst_p2_uncompress);

fn in_subgroup<P>(point: P, test: fn(&P) -> bool) -> Result<P, PointError> {
    if test(&point) {
        Ok(point)
    } else {
        Err(PointError::NotInSubgroup)
    }
}

macro_rules! encode {
    ($name:ident, $point:ty, $bytes:expr, $write:path) => {
        fn $name(point: &$point) -> [u8; $bytes] {
            let mut bytes = [0; $bytes];
            // SAFETY: the buffer has the length of the encoding.
            unsafe { $write(bytes.as_mut_ptr(), point) };
            bytes
        }
    };
}

fn to_affine(point: &blst_p1) -> G1Affine {
    let mut out = G1Affine::default();
    // SAFETY: both are initialised; the identity becomes all zero.
    unsafe { blst::blst_p1_to_affine(&mut out, point) };
    out
}

fn from_affine(point: &G1Affine) -> blst_p1 {
    let mut out = blst_p1::default();
    // SAFETY: both are initialised; all zero becomes the identity.
    unsafe { blst::blst_p1_from_affine(&mut out, point) };
    out
}

fn add(a: &blst_p1, b: &G1Affine) -> blst_p1 {
    let mut out = blst_p1::default();
    // SAFETY: all are initialised; equal points and identities are allowed.
    unsafe { blst::blst_p1_add_or_double_affine(&mut out, a, b) };
    out
}

impl Curve for Assembly {
    type Miller = blst_fp12;
    type Target = blst_fp12;

    decode!(decode_g1, G1Affine, G1_UNCOMPRESSED, blst::blst_p1_deserialize);
    decode!(decode_g2, G2Affine, G2_UNCOMPRESSED, blst::blst_p2_deserialize);
    encode!(encode_g1, G1Affine, G1_UNCOMPRESSED, blst::blst_p1_affine_serialize);
    encode!(encode_g2, G2Affine, G2_UNCOMPRESSED, blst::blst_p2_affine_serialize);
    encode!(compress_g1, G1Affine, G1_COMPRESSED, blst::blst_p1_affine_compress);
    encode!(compress_g2, G2Affine, G2_COMPRESSED, blst::blst_p2_affine_compress);

    fn decompress_g1(bytes: &[u8; G1_COMPRESSED]) -> Result<G1Affine, PointError> {
        in_subgroup(uncompress_g1(bytes)?, Self::is_in_g1)
    }

    fn decompress_g2(bytes: &[u8; G2_COMPRESSED]) -> Result<G2Affine, PointError> {
        in_subgroup(uncompress_g2(bytes)?, Self::is_in_g2)
    }

    fn is_in_g1(point: &G1Affine) -> bool {
        // SAFETY: the point is initialised.
        unsafe { blst::blst_p1_affine_in_g1(point) }
    }

    fn is_in_g2(point: &G2Affine) -> bool {
        // SAFETY: the point is initialised.
        unsafe { blst::blst_p2_affine_in_g2(point) }
    }

    fn negate(mut point: G1Affine) -> G1Affine {
        let y = point.y;
        // SAFETY: both are initialised.
        unsafe { blst::blst_fp_cneg(&mut point.y, &y, true) };
        point
    }

    fn add(a: &G1Affine, b: &G1Affine) -> G1Affine {
        to_affine(&add(&from_affine(a), b))
    }

    fn multiply(point: &G1Affine, scalar: &[u8], bits: usize) -> G1Affine {
        assert!(bits <= 8 * scalar.len(), "the scalar has the bits that are counted");
        let mut out = blst_p1::default();
        if !is_identity_g1(point) {
            // SAFETY: all are initialised, and the scalar has `bits` bits.
            unsafe { blst::blst_p1_mult(&mut out, &from_affine(point), scalar.as_ptr(), bits) };
        }
        to_affine(&out)
    }

    fn sum_of_products<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1Affine {
        let (points, scalars): (Vec<_>, Vec<_>) = points
            .iter()
            .zip(scalars)
            .filter(|(point, _)| !is_identity_g1(point))
            .map(|(point, scalar)| (*point, *scalar))
            .unzip();
        if points.len() >= FEW {
            return to_affine(&points.mult(scalars.as_flattened(), bits));
        }
        let sum = points
            .iter()
            .zip(&scalars)
            .map(|(point, scalar)| Self::multiply(point, scalar, bits))
            .fold(blst_p1::default(), |sum, point| add(&sum, &point));
        to_affine(&sum)
    }

    fn miller(pairs: &[(G1Affine, G2Affine)]) -> blst_fp12 {
        // `blst` has the case of an identity only for a pair that is alone.
        let (p, q): (Vec<_>, Vec<_>) = pairs
            .iter()
            .filter(|(p, q)| !is_identity_g1(p) && !is_identity_g2(q))
            .copied()
            .unzip();
        let mut product = blst_fp12::default();
        if !p.is_empty() {
            let (ps, qs) = ([p.as_ptr(), ptr::null()], [q.as_ptr(), ptr::null()]);
            // SAFETY: a list whose second entry is null has its points one after the other from the first entry; both
            // have `p.len()` initialised points, none the identity.
            unsafe { blst::blst_miller_loop_n(&mut product, qs.as_ptr(), ps.as_ptr(), p.len()) };
        }
        product
    }

    fn join(a: blst_fp12, b: blst_fp12) -> blst_fp12 {
        a * b
    }

    fn target(product: &blst_fp12) -> blst_fp12 {
        let mut out = blst_fp12::default();
        // SAFETY: both are initialised.
        unsafe { blst::blst_final_exp(&mut out, product) };
        out
    }
}
