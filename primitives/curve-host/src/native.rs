//! The functions as the node runs them: `blst`, one thread.
//!
//! Whatever the bytes are, the answer is a code and the same on every machine; nothing here panics.
#![allow(unsafe_code)]

use crate::code::{Code, G1_COMPRESSED, G1_UNCOMPRESSED, G2_COMPRESSED, G2_UNCOMPRESSED, SCALAR};
use alloc::vec::Vec;
use blst::{blst_fp, blst_fp12, blst_fp2, blst_p1, blst_p1_affine, blst_p2_affine, blst_scalar, BLST_ERROR};
use core::ptr;

/// Bits of a coefficient of many proofs, for which there is a shorter multiplication.
const SHORT_BITS: usize = 128;
/// Bits of a scalar.
const SCALAR_BITS: usize = 255;
/// The scalar one.
const ONE: [u8; SCALAR] = {
    let mut one = [0; SCALAR];
    one[0] = 1;
    one
};

fn code(error: BLST_ERROR) -> Result<(), Code> {
    match error {
        BLST_ERROR::BLST_SUCCESS => Ok(()),
        BLST_ERROR::BLST_POINT_NOT_ON_CURVE => Err(Code::NotOnCurve),
        BLST_ERROR::BLST_POINT_NOT_IN_GROUP => Err(Code::NotInSubgroup),
        _ => Err(Code::Encoding),
    }
}

/// All zero is how `blst` writes the identity.
fn is_identity_g1(point: &blst_p1_affine) -> bool {
    point.x == blst_fp::default() && point.y == blst_fp::default()
}

fn is_identity_g2(point: &blst_p2_affine) -> bool {
    point.x == blst_fp2::default() && point.y == blst_fp2::default()
}

/// See [`crate::curve_host::decode_g1`].
pub fn decode_g1(bytes: &[u8], out: &mut [u8]) -> Result<(), Code> {
    let bytes: &[u8; G1_COMPRESSED] = bytes.try_into().map_err(|_| Code::Arguments)?;
    let out: &mut [u8; G1_UNCOMPRESSED] = out.try_into().map_err(|_| Code::Arguments)?;
    let mut point = blst_p1_affine::default();
    // SAFETY: the pointers are to a point and to as many bytes as a compressed point has.
    code(unsafe { blst::blst_p1_uncompress(&mut point, bytes.as_ptr()) })?;
    if is_identity_g1(&point) {
        return Err(Code::Infinity);
    }
    // SAFETY: the point is initialised and on the curve.
    if !unsafe { blst::blst_p1_affine_in_g1(&point) } {
        return Err(Code::NotInSubgroup);
    }
    // SAFETY: the buffer has the length of the encoding.
    unsafe { blst::blst_p1_affine_serialize(out.as_mut_ptr(), &point) };
    Ok(())
}

/// See [`crate::curve_host::decode_g2`].
pub fn decode_g2(bytes: &[u8], out: &mut [u8]) -> Result<(), Code> {
    let bytes: &[u8; G2_COMPRESSED] = bytes.try_into().map_err(|_| Code::Arguments)?;
    let out: &mut [u8; G2_UNCOMPRESSED] = out.try_into().map_err(|_| Code::Arguments)?;
    let mut point = blst_p2_affine::default();
    // SAFETY: the pointers are to a point and to as many bytes as a compressed point has.
    code(unsafe { blst::blst_p2_uncompress(&mut point, bytes.as_ptr()) })?;
    if is_identity_g2(&point) {
        return Err(Code::Infinity);
    }
    // SAFETY: the point is initialised and on the curve.
    if !unsafe { blst::blst_p2_affine_in_g2(&point) } {
        return Err(Code::NotInSubgroup);
    }
    // SAFETY: the buffer has the length of the encoding.
    unsafe { blst::blst_p2_affine_serialize(out.as_mut_ptr(), &point) };
    Ok(())
}

/// Reads an uncompressed point, which may be the identity.
fn read_g1(bytes: &[u8; G1_UNCOMPRESSED]) -> Result<blst_p1_affine, Code> {
    if bytes[0] & 0x80 != 0 {
        // `blst` would take the first half for a compressed point.
        return Err(Code::Encoding);
    }
    let mut point = blst_p1_affine::default();
    // SAFETY: the pointers are to a point and to as many bytes as an uncompressed point has.
    code(unsafe { blst::blst_p1_deserialize(&mut point, bytes.as_ptr()) })?;
    Ok(point)
}

/// The same in G2.
fn read_g2(bytes: &[u8; G2_UNCOMPRESSED]) -> Result<blst_p2_affine, Code> {
    if bytes[0] & 0x80 != 0 {
        return Err(Code::Encoding);
    }
    let mut point = blst_p2_affine::default();
    // SAFETY: the pointers are to a point and to as many bytes as an uncompressed point has.
    code(unsafe { blst::blst_p2_deserialize(&mut point, bytes.as_ptr()) })?;
    Ok(point)
}

/// Splits bytes into items of `N`; the last must be whole.
fn items<const N: usize>(bytes: &[u8]) -> Result<&[[u8; N]], Code> {
    let (items, rest) = bytes.as_chunks();
    if rest.is_empty() {
        Ok(items)
    } else {
        Err(Code::Arguments)
    }
}

/// Adds `scalar · point` to `sum`.
fn add_multiple(sum: &mut blst_p1, point: &blst_p1_affine, scalar: &[u8; SCALAR]) -> Result<(), Code> {
    let wrapped = blst_scalar { b: *scalar };
    // SAFETY: the scalar is initialised.
    if !unsafe { blst::blst_scalar_fr_check(&wrapped) } {
        return Err(Code::Encoding);
    }
    if is_identity_g1(point) || *scalar == [0; SCALAR] {
        return Ok(());
    }
    let before = *sum;
    if *scalar == ONE {
        // SAFETY: all are initialised; equal points and identities are allowed.
        unsafe { blst::blst_p1_add_or_double_affine(sum, &before, point) };
        return Ok(());
    }
    let short = scalar.iter().skip(SHORT_BITS / 8).all(|b| *b == 0);
    let (mut base, mut multiple) = (blst_p1::default(), blst_p1::default());
    // SAFETY: all are initialised, the scalar has the bits that count; equal points and identities are allowed.
    unsafe {
        blst::blst_p1_from_affine(&mut base, point);
        let bits = if short { SHORT_BITS } else { SCALAR_BITS };
        blst::blst_p1_mult(&mut multiple, &base, scalar.as_ptr(), bits);
        blst::blst_p1_add_or_double(sum, &before, &multiple);
    }
    Ok(())
}

/// See [`crate::curve_host::sum_of_multiples`].
pub fn sum_of_multiples(points: &[u8], scalars: &[u8], out: &mut [u8]) -> Result<(), Code> {
    let (points, scalars) = (items::<G1_UNCOMPRESSED>(points)?, items::<SCALAR>(scalars)?);
    let out: &mut [u8; G1_UNCOMPRESSED] = out.try_into().map_err(|_| Code::Arguments)?;
    if points.len() != scalars.len() {
        return Err(Code::Arguments);
    }
    let mut sum = blst_p1::default();
    for (point, scalar) in points.iter().zip(scalars) {
        add_multiple(&mut sum, &read_g1(point)?, scalar)?;
    }
    // SAFETY: the point is initialised, and the buffer has the length of the encoding.
    unsafe { blst::blst_p1_serialize(out.as_mut_ptr(), &sum) };
    Ok(())
}

/// See [`crate::curve_host::pairing_product`].
pub fn pairing_product(g1: &[u8], g2: &[u8]) -> Result<(), Code> {
    let (g1, g2) = (items::<G1_UNCOMPRESSED>(g1)?, items::<G2_UNCOMPRESSED>(g2)?);
    if g1.len() != g2.len() {
        return Err(Code::Arguments);
    }
    let (mut ps, mut qs) = (Vec::with_capacity(g1.len()), Vec::with_capacity(g2.len()));
    for (p, q) in g1.iter().zip(g2) {
        let (p, q) = (read_g1(p)?, read_g2(q)?);
        // The pairing with an identity is one. `blst` knows that case only for a pair that is alone.
        if !is_identity_g1(&p) && !is_identity_g2(&q) {
            ps.push(p);
            qs.push(q);
        }
    }
    if ps.is_empty() {
        return Ok(());
    }
    let (mut product, mut target) = (blst_fp12::default(), blst_fp12::default());
    let (p, q) = ([ps.as_ptr(), ptr::null()], [qs.as_ptr(), ptr::null()]);
    // SAFETY: a list whose second entry is null has its points one after the other from the first entry; both have
    // `ps.len()` initialised points, none the identity.
    let is_one = unsafe {
        blst::blst_miller_loop_n(&mut product, q.as_ptr(), p.as_ptr(), ps.len());
        blst::blst_final_exp(&mut target, &product);
        blst::blst_fp12_is_one(&target)
    };
    if is_one {
        Ok(())
    } else {
        Err(Code::NotOne)
    }
}
