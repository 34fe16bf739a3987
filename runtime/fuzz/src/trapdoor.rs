//! A verifying key whose trapdoor is known, and proofs made from it: the verifier's work on them is that of any proof,
//! and they say whatever they shall. No chain has such a key.

use bls12_381::{G1Affine, G2Affine, Scalar};
use cloister_settlement::batch::PROOF_BYTES;
use std::sync::OnceLock;

const ALPHA: u64 = 1_000_003;
const BETA: u64 = 2_000_003;
const GAMMA: u64 = 3_000_017;
const DELTA: u64 = 5_000_011;
const INPUTS: [u64; 2] = [11, 13];
const A: u64 = 987_654_321;
const B: u64 = 123_456_789;

fn g1(scalar: u64) -> G1Affine {
    G1Affine::from(G1Affine::generator() * Scalar::from(scalar))
}

fn g2(scalar: u64) -> G2Affine {
    G2Affine::from(G2Affine::generator() * Scalar::from(scalar))
}

/// The key, with one public input.
pub fn key() -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&g1(ALPHA).to_uncompressed());
    out.extend_from_slice(&g1(BETA).to_uncompressed());
    out.extend_from_slice(&g2(BETA).to_uncompressed());
    out.extend_from_slice(&g2(GAMMA).to_uncompressed());
    out.extend_from_slice(&g1(DELTA).to_uncompressed());
    out.extend_from_slice(&g2(DELTA).to_uncompressed());
    out.extend_from_slice(&(INPUTS.len() as u32).to_be_bytes());
    for input in INPUTS {
        out.extend_from_slice(&g1(input).to_uncompressed());
    }
    out
}

/// A proof of any statement: `C = (a·b - alpha·beta - (ic_0 + x·ic_1)·gamma) / delta`.
pub fn prove(statement: Scalar) -> [u8; PROOF_BYTES] {
    static FIXED: OnceLock<([u8; 48], [u8; 96], Scalar)> = OnceLock::new();
    let (a, b, inverse) = FIXED.get_or_init(|| {
        let inverse: Option<Scalar> = Scalar::from(DELTA).invert().into();
        let inverse = inverse.expect("delta is not zero");
        (g1(A).to_compressed(), g2(B).to_compressed(), inverse)
    });
    let s = Scalar::from;
    let sum = s(INPUTS[0]) + statement * s(INPUTS[1]);
    let c = (s(A) * s(B) - s(ALPHA) * s(BETA) - sum * s(GAMMA)) * inverse;
    let mut out = [0; PROOF_BYTES];
    out[..48].copy_from_slice(a);
    out[48..144].copy_from_slice(b);
    out[144..].copy_from_slice(&G1Affine::from(G1Affine::generator() * c).to_compressed());
    out
}
