//! Points in plain Rust: encodings, checks and pairings by the crate `bls12_381`, which hides its coordinates, so
//! points pass to it and back in their encodings.

use super::Curve;
use crate::{
    arithmetic::{
        pure::{Fp, Fp2},
        wide::Wide,
    },
    curve::{
        points::{
            from_g1, from_g2, is_identity_g1, to_g1, to_g2, G1Affine, G2Affine, G1_COMPRESSED, G1_UNCOMPRESSED,
            G2_COMPRESSED, G2_UNCOMPRESSED,
        },
        Affine, Xyzz,
    },
    error::PointError,
    msm::Bases,
};
use bls12_381::{multi_miller_loop, G2Prepared, Gt, MillerLoopResult};
use cloister_groth16_verifier::encoding;

/// Bytes of a coordinate.
const COORDINATE: usize = 48;
/// The first bit of an encoding that is the identity's.
const INFINITY_FLAG: u8 = 1 << 6;

/// The crates `bls12_381` and `cloister-groth16-verifier`.
#[derive(Debug)]
pub struct Pure;

/// A coordinate from its big-endian bytes.
fn read(bytes: &[u8]) -> Fp {
    let mut words = [0; 6];
    for (word, bytes) in words.iter_mut().rev().zip(bytes.chunks_exact(8)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    Fp::from_words(&words)
}

fn write(coordinate: Fp, out: &mut [u8]) {
    for (word, out) in coordinate.to_words().iter().rev().zip(out.chunks_exact_mut(8)) {
        out.copy_from_slice(&word.to_be_bytes());
    }
}

/// The coordinates of a good encoding.
fn from_encoding_g1(bytes: &[u8; G1_UNCOMPRESSED]) -> G1Affine {
    let (x, y) = bytes.split_at(COORDINATE);
    to_g1(&Affine { x: read(x), y: read(y) })
}

/// The coordinates of a good encoding; imaginary parts come first there.
fn from_encoding_g2(bytes: &[u8; G2_UNCOMPRESSED]) -> G2Affine {
    let pair = |bytes: &[u8]| {
        let (imaginary, real) = bytes.split_at(COORDINATE);
        Fp2 {
            fp: [read(real), read(imaginary)],
        }
    };
    let (x, y) = bytes.split_at(2 * COORDINATE);
    to_g2(&Affine { x: pair(x), y: pair(y) })
}

/// A point of a key for the crate. Coordinates that are not on the curve stay so.
fn foreign_g1(point: &G1Affine) -> bls12_381::G1Affine {
    let point = bls12_381::G1Affine::from_uncompressed_unchecked(&Pure::encode_g1(point));
    // Coordinates are below the modulus, which is all that is looked at.
    point.unwrap_or(bls12_381::G1Affine::identity())
}

fn foreign_g2(point: &G2Affine) -> bls12_381::G2Affine {
    let point = bls12_381::G2Affine::from_uncompressed_unchecked(&Pure::encode_g2(point));
    // As above.
    point.unwrap_or(bls12_381::G2Affine::identity())
}

/// The words of a scalar, of which so many bits count.
fn words(scalar: &[u8], bits: usize) -> [u64; 4] {
    assert!(bits <= 8 * scalar.len(), "the scalar has the bits that are counted");
    let mut words = [0; 4];
    for bit in 0..bits {
        words[bit / 64] |= u64::from(scalar[bit / 8] >> (bit % 8) & 1) << (bit % 64);
    }
    words
}

impl Curve for Pure {
    type Miller = MillerLoopResult;
    type Target = Gt;

    fn decode_g1(bytes: &[u8; G1_UNCOMPRESSED]) -> Result<G1Affine, PointError> {
        if !bool::from(encoding::g1_uncompressed(bytes, false)?.is_on_curve()) {
            return Err(PointError::NotOnCurve);
        }
        if bytes[..COORDINATE] == [0; COORDINATE] {
            return Err(PointError::NotInSubgroup);
        }
        Ok(from_encoding_g1(bytes))
    }

    fn decode_g2(bytes: &[u8; G2_UNCOMPRESSED]) -> Result<G2Affine, PointError> {
        if !bool::from(encoding::g2_uncompressed(bytes, false)?.is_on_curve()) {
            return Err(PointError::NotOnCurve);
        }
        Ok(from_encoding_g2(bytes))
    }

    fn decompress_g1(bytes: &[u8; G1_COMPRESSED]) -> Result<G1Affine, PointError> {
        Ok(from_encoding_g1(&encoding::g1_compressed(bytes)?.to_uncompressed()))
    }

    fn decompress_g2(bytes: &[u8; G2_COMPRESSED]) -> Result<G2Affine, PointError> {
        Ok(from_encoding_g2(&encoding::g2_compressed(bytes)?.to_uncompressed()))
    }

    fn is_in_g1(point: &G1Affine) -> bool {
        foreign_g1(point).is_torsion_free().into()
    }

    fn is_in_g2(point: &G2Affine) -> bool {
        foreign_g2(point).is_torsion_free().into()
    }

    fn encode_g1(point: &G1Affine) -> [u8; G1_UNCOMPRESSED] {
        let point: Affine<Fp> = from_g1(point);
        let mut out = [0; G1_UNCOMPRESSED];
        write(point.x, &mut out[..COORDINATE]);
        write(point.y, &mut out[COORDINATE..]);
        if point.is_infinity() {
            out[0] |= INFINITY_FLAG;
        }
        out
    }

    fn encode_g2(point: &G2Affine) -> [u8; G2_UNCOMPRESSED] {
        let point: Affine<Fp2> = from_g2(point);
        let mut out = [0; G2_UNCOMPRESSED];
        let parts = [point.x.fp[1], point.x.fp[0], point.y.fp[1], point.y.fp[0]];
        for (part, out) in parts.into_iter().zip(out.chunks_exact_mut(COORDINATE)) {
            write(part, out);
        }
        if point.is_infinity() {
            out[0] |= INFINITY_FLAG;
        }
        out
    }

    fn compress_g1(point: &G1Affine) -> [u8; G1_COMPRESSED] {
        foreign_g1(point).to_compressed()
    }

    fn compress_g2(point: &G2Affine) -> [u8; G2_COMPRESSED] {
        foreign_g2(point).to_compressed()
    }

    fn negate(point: G1Affine) -> G1Affine {
        to_g1(&from_g1::<Fp>(&point).neg())
    }

    fn add(a: &G1Affine, b: &G1Affine) -> G1Affine {
        let mut sum = Xyzz::<Fp>::from(&from_g1(a));
        sum.add_affine(&from_g1(b));
        to_g1(&sum.to_affine())
    }

    fn multiply(point: &G1Affine, scalar: &[u8], bits: usize) -> G1Affine {
        to_g1(
            &Xyzz::<Fp>::from(&from_g1(point))
                .times(&words(scalar, bits))
                .to_affine(),
        )
    }

    fn sum_of_products<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1Affine {
        let (points, scalars): (Vec<Affine<Fp>>, Vec<_>) = points
            .iter()
            .zip(scalars)
            .filter(|(point, _)| !is_identity_g1(point))
            .map(|(point, scalar)| (from_g1::<Fp>(point), words(scalar, bits)))
            .unzip();
        to_g1(&Bases::<Wide<Fp>>::new(&points).multiply(&scalars).to_affine())
    }

    fn miller(pairs: &[(G1Affine, G2Affine)]) -> MillerLoopResult {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(p, q)| (foreign_g1(p), G2Prepared::from(foreign_g2(q))))
            .collect();
        let pairs: Vec<_> = pairs.iter().map(|(p, q)| (p, q)).collect();
        multi_miller_loop(&pairs)
    }

    fn join(a: MillerLoopResult, b: MillerLoopResult) -> MillerLoopResult {
        a + b
    }

    fn target(product: &MillerLoopResult) -> Gt {
        product.final_exponentiation()
    }
}
