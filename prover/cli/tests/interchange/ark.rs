//! ark-groth16, from our bytes by a conversion that shares nothing with the export.

use ark_bls12_381::{Bls12_381, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_groth16::{prepare_verifying_key, Groth16, PreparedVerifyingKey, Proof, VerifyingKey};

/// Bytes of a coordinate.
const COORDINATE: usize = 48;
const INFINITY: u8 = 0b0100_0000;
const LARGER_Y: u8 = 0b0010_0000;
const FLAGS: u8 = 0b1110_0000;

/// A verifying key as ark has it.
pub struct Key(PreparedVerifyingKey<Bls12_381>);

impl Key {
    /// From the chain's bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        let alpha_g1 = g1(take(&mut rest, 2 * COORDINATE));
        let _beta_g1 = g1(take(&mut rest, 2 * COORDINATE));
        let beta_g2 = g2(take(&mut rest, 4 * COORDINATE));
        let gamma_g2 = g2(take(&mut rest, 4 * COORDINATE));
        let _delta_g1 = g1(take(&mut rest, 2 * COORDINATE));
        let delta_g2 = g2(take(&mut rest, 4 * COORDINATE));
        let count = take(&mut rest, 4).iter().fold(0, |n, b| n << 8 | usize::from(*b));
        let gamma_abc_g1 = (0..count).map(|_| g1(take(&mut rest, 2 * COORDINATE))).collect();
        assert!(rest.is_empty());
        Self(prepare_verifying_key(&VerifyingKey {
            alpha_g1,
            beta_g2,
            gamma_g2,
            delta_g2,
            gamma_abc_g1,
        }))
    }

    /// Whether ark accepts a proof of one public input.
    pub fn verify(&self, proof: &[u8; 192], input: &[u8; 32]) -> bool {
        let proof = Proof {
            a: decompressed_g1(&proof[..48]),
            b: decompressed_g2(&proof[48..144]),
            c: decompressed_g1(&proof[144..]),
        };
        assert_eq!(self.0.vk.gamma_abc_g1.len(), 2);
        Groth16::<Bls12_381>::verify_proof(&self.0, &proof, &[scalar(input)]).expect("one input")
    }
}

/// A field element from its little-endian bytes.
pub fn scalar(bytes: &[u8; 32]) -> Fr {
    let (zero, base) = (Fr::from(0u64), Fr::from(256u64));
    bytes.iter().rev().fold(zero, |x, b| x * base + Fr::from(u64::from(*b)))
}

/// Takes bytes off the front of a slice.
pub fn take<'a>(rest: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (head, tail) = rest.split_at(count);
    *rest = tail;
    head
}

/// A coordinate; flags in its highest bits are left out.
fn coordinate(bytes: &[u8]) -> Fq {
    assert_eq!(bytes.len(), COORDINATE);
    let bytes = std::iter::once(bytes[0] & !FLAGS).chain(bytes[1..].iter().copied());
    bytes.fold(Fq::from(0u64), |x, b| x * Fq::from(256u64) + Fq::from(u64::from(b)))
}

/// The part with `u` comes first.
fn coordinate2(bytes: &[u8]) -> Fq2 {
    let (c1, c0) = bytes.split_at(COORDINATE);
    Fq2::new(coordinate(c0), coordinate(c1))
}

/// An uncompressed point; `new` panics unless it is in the subgroup of prime order.
pub fn g1(bytes: &[u8]) -> G1Affine {
    let (x, y) = bytes.split_at(COORDINATE);
    G1Affine::new(coordinate(x), coordinate(y))
}

/// The same in G2.
pub fn g2(bytes: &[u8]) -> G2Affine {
    let (x, y) = bytes.split_at(2 * COORDINATE);
    G2Affine::new(coordinate2(x), coordinate2(y))
}

fn decompressed_g1(bytes: &[u8]) -> G1Affine {
    assert_eq!(bytes[0] & INFINITY, 0);
    let point = G1Affine::get_point_from_x_unchecked(coordinate(bytes), bytes[0] & LARGER_Y != 0);
    let point = point.expect("on the curve");
    G1Affine::new(point.x, point.y)
}

fn decompressed_g2(bytes: &[u8]) -> G2Affine {
    assert_eq!(bytes[0] & INFINITY, 0);
    let point = G2Affine::get_point_from_x_unchecked(coordinate2(bytes), bytes[0] & LARGER_Y != 0);
    let point = point.expect("on the curve");
    G2Affine::new(point.x, point.y)
}
