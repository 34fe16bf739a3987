//! The two groups behind one interface: what the ceremony needs of `blst`.
#![allow(unsafe_code)]

use blst::{blst_fp12, blst_scalar, MultiPoint};
use cloister_groth16::{G1Affine, G2Affine, PointError, BASE_FIELD_MODULUS};
use rayon::prelude::*;

/// Bits of the coefficients of random linear combinations: a wrong point passes with a chance of one in 2^128.
pub(crate) const COEFFICIENT_BITS: usize = 128;
/// Bytes of such a coefficient.
pub(crate) const COEFFICIENT_BYTES: usize = COEFFICIENT_BITS / 8;
/// Bits of a scalar.
pub(crate) const SCALAR_BITS: usize = 255;
/// Bytes of a scalar.
pub(crate) const SCALAR_BYTES: usize = 32;
/// Points that one thread converts or encodes at a time.
const PIECE: usize = 1 << 10;

/// A group of the curve.
pub(crate) trait Curve: 'static {
    /// A point with two coordinates.
    type Affine: Copy + Default + PartialEq + Send + Sync;
    /// A point as it comes out of the arithmetic.
    type Point: Copy + Default + Send + Sync;
    /// Bytes of a point, in memory and uncompressed.
    const BYTES: usize;

    fn generator() -> Self::Affine;
    /// Canonical coordinates, on the curve, in the subgroup, not the identity.
    fn check(point: &Self::Affine) -> Result<(), PointError>;
    fn is_identity(point: &Self::Affine) -> bool;
    fn negate(point: &Self::Affine) -> Self::Affine;
    fn add(a: &Self::Point, b: &Self::Point) -> Self::Point;
    fn add_affine(a: &Self::Point, b: &Self::Affine) -> Self::Point;
    /// In constant time; the scalar is 32 bytes little-endian.
    fn multiply(point: &Self::Affine, scalar: &blst_scalar) -> Self::Point;
    fn to_affine(points: &[Self::Point]) -> Vec<Self::Affine>;
    /// The sum of `scalar · point` on this thread. Scalars are `(bits + 7) / 8` bytes each, little-endian.
    fn combine(points: &[&Self::Affine], scalars: &[u8], bits: usize) -> Self::Point;
    /// The same over all cores.
    fn combine_all(points: &[Self::Affine], scalars: &[u8], bits: usize) -> Self::Affine;
    /// A point as it lies in memory, which is how snarkjs writes it: Montgomery form, little-endian.
    fn from_memory(bytes: &[u8]) -> Self::Affine;
    /// Appends the uncompressed encoding.
    fn encode(point: &Self::Affine, out: &mut Vec<u8>);
    /// Reads an uncompressed encoding and checks the point.
    fn decode(bytes: &[u8]) -> Result<Self::Affine, PointError>;
}

/// G1.
pub(crate) struct G1;
/// G2.
pub(crate) struct G2;

fn limbs_from(bytes: &[u8]) -> [u64; 6] {
    let mut limbs = [0; 6];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        *limb = u64::from_le_bytes(word);
    }
    limbs
}

fn below_modulus(limbs: &[u64; 6]) -> bool {
    limbs.iter().rev().lt(BASE_FIELD_MODULUS.iter().rev())
}

/// The four (G2) or two (G1) coordinates' limbs of a point, in the order of memory.
trait Coordinates {
    fn coordinates(&self) -> Vec<[u64; 6]>;
    fn from_coordinates(limbs: &mut dyn Iterator<Item = [u64; 6]>) -> Self;
}

impl Coordinates for G1Affine {
    fn coordinates(&self) -> Vec<[u64; 6]> {
        vec![self.x.l, self.y.l]
    }

    fn from_coordinates(limbs: &mut dyn Iterator<Item = [u64; 6]>) -> Self {
        let mut point = Self::default();
        point.x.l = limbs.next().unwrap_or_default();
        point.y.l = limbs.next().unwrap_or_default();
        point
    }
}

impl Coordinates for G2Affine {
    fn coordinates(&self) -> Vec<[u64; 6]> {
        vec![self.x.fp[0].l, self.x.fp[1].l, self.y.fp[0].l, self.y.fp[1].l]
    }

    fn from_coordinates(limbs: &mut dyn Iterator<Item = [u64; 6]>) -> Self {
        let mut point = Self::default();
        for coordinate in [&mut point.x, &mut point.y] {
            for part in &mut coordinate.fp {
                part.l = limbs.next().unwrap_or_default();
            }
        }
        point
    }
}

macro_rules! curve {
    ($curve:ty, $affine:ty, $point:ty, $bytes:expr, $generator:path, $on_curve:path, $in_group:path, $is_inf:path,
    $cneg:path,
     $add:path, $add_affine:path, $mult:path, $from_affine:path, $to_affine:path, $to_affines:path, $scratch:path,
     $pippenger:path, $serialize:path, $deserialize:path) => {
        impl Curve for $curve {
            type Affine = $affine;
            type Point = $point;
            const BYTES: usize = $bytes;

            fn generator() -> $affine {
                // SAFETY: blst returns a pointer to a constant.
                unsafe { *$generator() }
            }

            fn check(point: &$affine) -> Result<(), PointError> {
                if !point.coordinates().iter().all(below_modulus) {
                    return Err(PointError::Encoding);
                }
                if Self::is_identity(point) {
                    return Err(PointError::Infinity);
                }
                // SAFETY: the reference is valid for the call, here and below.
                if unsafe { !$on_curve(point) } {
                    return Err(PointError::NotOnCurve);
                }
                if unsafe { !$in_group(point) } {
                    return Err(PointError::NotInSubgroup);
                }
                Ok(())
            }

            fn is_identity(point: &$affine) -> bool {
                // SAFETY: the reference is valid for the call.
                unsafe { $is_inf(point) }
            }

            fn negate(point: &$affine) -> $affine {
                let mut out = *point;
                // SAFETY: both pointers come from references that are valid for the call.
                unsafe { $cneg(&mut out.y, &point.y, true) };
                out
            }

            fn add(a: &$point, b: &$point) -> $point {
                let mut out = <$point>::default();
                // SAFETY: all pointers come from references that are valid for the call.
                unsafe { $add(&mut out, a, b) };
                out
            }

            fn add_affine(a: &$point, b: &$affine) -> $point {
                let mut out = <$point>::default();
                // SAFETY: all pointers come from references that are valid for the call.
                unsafe { $add_affine(&mut out, a, b) };
                out
            }

            fn multiply(point: &$affine, scalar: &blst_scalar) -> $point {
                let mut out = <$point>::default();
                let mut from = <$point>::default();
                // SAFETY: all pointers come from references that are valid for the calls; the scalar has the 32 bytes
                // that its bits need.
                unsafe {
                    $from_affine(&mut from, point);
                    $mult(&mut out, &from, scalar.b.as_ptr(), SCALAR_BITS);
                }
                out
            }

            fn to_affine(points: &[$point]) -> Vec<$affine> {
                let mut out = vec![<$affine>::default(); points.len()];
                out.par_chunks_mut(PIECE)
                    .zip(points.par_chunks(PIECE))
                    .for_each(|(out, points)| {
                        let list = [points.as_ptr(), std::ptr::null()];
                        // SAFETY: a list of one pointer and a null stands for consecutive points; both slices have as
                        // many points as the last argument says, and at least one.
                        unsafe { $to_affines(out.as_mut_ptr(), list.as_ptr(), points.len()) };
                    });
                out
            }

            fn combine(points: &[&$affine], scalars: &[u8], bits: usize) -> $point {
                let mut out = <$point>::default();
                if points.is_empty() {
                    return out;
                }
                assert_eq!(
                    scalars.len(),
                    points.len() * bits.div_ceil(8),
                    "one scalar a point"
                );
                let mut list: Vec<*const $affine> = points.iter().map(|p| std::ptr::from_ref(*p)).collect();
                list.push(std::ptr::null());
                let scalars = [scalars.as_ptr(), std::ptr::null()];
                // SAFETY: the list holds as many valid pointers as points; the scalars lie behind one another, their
                // number was compared above; the scratch has the size that blst asks for, in 64-bit words.
                unsafe {
                    let mut scratch = vec![0u64; $scratch(points.len()).div_ceil(8)];
                    $pippenger(
                        &mut out,
                        list.as_ptr(),
                        points.len(),
                        scalars.as_ptr(),
                        bits,
                        scratch.as_mut_ptr(),
                    );
                }
                out
            }

            fn combine_all(points: &[$affine], scalars: &[u8], bits: usize) -> $affine {
                if points.is_empty() {
                    return <$affine>::default();
                }
                let point = points.mult(scalars, bits);
                let mut out = <$affine>::default();
                // SAFETY: both pointers come from references that are valid for the call.
                unsafe { $to_affine(&mut out, &point) };
                out
            }

            fn from_memory(bytes: &[u8]) -> $affine {
                <$affine>::from_coordinates(&mut bytes.chunks_exact(48).map(limbs_from))
            }

            fn encode(point: &$affine, out: &mut Vec<u8>) {
                let mut bytes = [0; $bytes];
                // SAFETY: the buffer has the length of the encoding.
                unsafe { $serialize(bytes.as_mut_ptr(), point) };
                out.extend_from_slice(&bytes);
            }

            fn decode(bytes: &[u8]) -> Result<$affine, PointError> {
                // The three flags of the uncompressed form of a point that is not the identity are zero; with the first
                // set blst would read the compressed form.
                if bytes.len() != $bytes || bytes[0] & 0xe0 != 0 {
                    return Err(PointError::Encoding);
                }
                let mut point = <$affine>::default();
                // SAFETY: the slice has the length of the encoding.
                match unsafe { $deserialize(&mut point, bytes.as_ptr()) } {
                    blst::BLST_ERROR::BLST_SUCCESS => Self::check(&point).map(|()| point),
                    blst::BLST_ERROR::BLST_POINT_NOT_ON_CURVE => Err(PointError::NotOnCurve),
                    // Reported here for the two points of order three only; `check` finds the others.
                    blst::BLST_ERROR::BLST_POINT_NOT_IN_GROUP => Err(PointError::NotInSubgroup),
                    _ => Err(PointError::Encoding),
                }
            }
        }
    };
}

curve!(
    G1,
    G1Affine,
    blst::blst_p1,
    96,
    blst::blst_p1_affine_generator,
    blst::blst_p1_affine_on_curve,
    blst::blst_p1_affine_in_g1,
    blst::blst_p1_affine_is_inf,
    blst::blst_fp_cneg,
    blst::blst_p1_add_or_double,
    blst::blst_p1_add_or_double_affine,
    blst::blst_p1_mult,
    blst::blst_p1_from_affine,
    blst::blst_p1_to_affine,
    blst::blst_p1s_to_affine,
    blst::blst_p1s_mult_pippenger_scratch_sizeof,
    blst::blst_p1s_mult_pippenger,
    blst::blst_p1_affine_serialize,
    blst::blst_p1_deserialize
);

curve!(
    G2,
    G2Affine,
    blst::blst_p2,
    192,
    blst::blst_p2_affine_generator,
    blst::blst_p2_affine_on_curve,
    blst::blst_p2_affine_in_g2,
    blst::blst_p2_affine_is_inf,
    blst::blst_fp2_cneg,
    blst::blst_p2_add_or_double,
    blst::blst_p2_add_or_double_affine,
    blst::blst_p2_mult,
    blst::blst_p2_from_affine,
    blst::blst_p2_to_affine,
    blst::blst_p2s_to_affine,
    blst::blst_p2s_mult_pippenger_scratch_sizeof,
    blst::blst_p2s_mult_pippenger,
    blst::blst_p2_affine_serialize,
    blst::blst_p2_deserialize
);

/// One point from the arithmetic with its two coordinates.
pub(crate) fn affine<C: Curve>(point: C::Point) -> C::Affine {
    C::to_affine(&[point])[0]
}

/// `scalar · point`, in constant time.
pub(crate) fn times<C: Curve>(point: &C::Affine, scalar: &blst_scalar) -> C::Affine {
    affine::<C>(C::multiply(point, scalar))
}

/// `scalar · point` for every point, in constant time, over all cores.
pub(crate) fn times_all<C: Curve>(points: &[C::Affine], scalar: &blst_scalar) -> Vec<C::Affine> {
    let products: Vec<C::Point> = points.par_iter().map(|point| C::multiply(point, scalar)).collect();
    C::to_affine(&products)
}

/// The first point that fails [`Curve::check`].
pub(crate) fn first_fault<C: Curve>(points: &[C::Affine]) -> Option<(usize, PointError)> {
    let fault = |(i, point): (usize, &C::Affine)| C::check(point).err().map(|fault| (i, fault));
    points.par_iter().enumerate().find_map_first(fault)
}

/// The encodings of a list of points, its length (u64 little-endian) first, made over all cores and handed on in
/// pieces.
pub(crate) fn encode_list<C: Curve>(points: &[C::Affine], mut take: impl FnMut(&[u8])) {
    take(&(points.len() as u64).to_le_bytes());
    for piece in points.chunks(PIECE * 16) {
        let encoded: Vec<Vec<u8>> = piece
            .par_chunks(PIECE)
            .map(|points| {
                let mut out = Vec::with_capacity(points.len() * C::BYTES);
                points.iter().for_each(|point| C::encode(point, &mut out));
                out
            })
            .collect();
        encoded.iter().for_each(|bytes| take(bytes));
    }
}

/// True if `e(a, b) = e(c, d)` and none of the points is the identity: then `a` is to `c` as `d` is to `b`.
pub(crate) fn equal_pairings(a: &G1Affine, b: &G2Affine, c: &G1Affine, d: &G2Affine) -> bool {
    let identity = G1::is_identity(a) || G1::is_identity(c) || G2::is_identity(b) || G2::is_identity(d);
    !identity && blst_fp12::finalverify(&blst_fp12::miller_loop(b, a), &blst_fp12::miller_loop(d, c))
}

/// A point of G2 whose logarithm nobody knows.
pub(crate) fn hash_to_g2(message: &[u8], tag: &[u8]) -> G2Affine {
    let mut point = blst::blst_p2::default();
    // SAFETY: pointers and lengths come from slices; blst ignores an augmentation of length zero.
    unsafe {
        blst::blst_hash_to_g2(
            &mut point,
            message.as_ptr(),
            message.len(),
            tag.as_ptr(),
            tag.len(),
            std::ptr::null(),
            0,
        );
    }
    affine::<G2>(point)
}

/// 64 uniform bytes as a scalar, reduced; none if it is zero.
pub(crate) fn scalar_from_wide(bytes: &[u8; 64]) -> Option<blst_scalar> {
    let mut scalar = blst_scalar::default();
    // SAFETY: pointer and length come from a slice.
    unsafe { blst::blst_scalar_from_le_bytes(&mut scalar, bytes.as_ptr(), bytes.len()) }.then_some(scalar)
}

/// The inverse of a scalar that is not zero.
pub(crate) fn invert(scalar: &blst_scalar) -> blst_scalar {
    let mut out = blst_scalar::default();
    // SAFETY: both pointers come from references that are valid for the call.
    unsafe { blst::blst_sk_inverse(&mut out, scalar) };
    out
}
