//! A verifying key with a known trapdoor, and proofs made from it: the verifier's work on them is that of any proof.
//! Such a key proves anything; it exists in benchmarks only.

use alloc::vec::Vec;
use bls12_381::{G1Affine, G2Affine, Scalar};
use cloister_groth16_verifier::PROOF_BYTES;

const ALPHA: u64 = 1_000_003;
const BETA: u64 = 2_000_003;
const GAMMA: u64 = 3_000_017;
const DELTA: u64 = 5_000_011;
const INPUTS: [u64; 2] = [11, 13];

fn g1(scalar: Scalar) -> G1Affine {
    G1Affine::from(G1Affine::generator() * scalar)
}

fn g2(scalar: Scalar) -> G2Affine {
    G2Affine::from(G2Affine::generator() * scalar)
}

/// The key with one public input.
pub fn key() -> Vec<u8> {
    key_of(0)
}

/// The n-th such key: no two share a point but alpha, beta, gamma.
pub fn key_of(number: u64) -> Vec<u8> {
    let s = Scalar::from;
    let mut out = Vec::new();
    out.extend_from_slice(&g1(s(ALPHA)).to_uncompressed());
    out.extend_from_slice(&g1(s(BETA)).to_uncompressed());
    out.extend_from_slice(&g2(s(BETA)).to_uncompressed());
    out.extend_from_slice(&g2(s(GAMMA)).to_uncompressed());
    out.extend_from_slice(&g1(s(DELTA + number)).to_uncompressed());
    out.extend_from_slice(&g2(s(DELTA + number)).to_uncompressed());
    out.extend_from_slice(&(INPUTS.len() as u32).to_be_bytes());
    INPUTS
        .iter()
        .for_each(|i| out.extend_from_slice(&g1(s(*i)).to_uncompressed()));
    out
}

/// A proof of any statement.
pub fn prove(statement: Scalar) -> [u8; PROOF_BYTES] {
    prove_with(0, statement)
}

/// A proof under the n-th key: `C = (a·b - alpha·beta - (ic_0 + x·ic_1)·gamma) / delta`.
pub fn prove_with(number: u64, statement: Scalar) -> [u8; PROOF_BYTES] {
    let s = Scalar::from;
    let (a, b) = (s(987_654_321), s(123_456_789));
    let sum = s(INPUTS[0]) + statement * s(INPUTS[1]);
    let delta: Option<Scalar> = s(DELTA + number).invert().into();
    let c = (a * b - s(ALPHA) * s(BETA) - sum * s(GAMMA)) * delta.expect("delta is not zero");
    let mut out = [0; PROOF_BYTES];
    out[..48].copy_from_slice(&g1(a).to_compressed());
    out[48..144].copy_from_slice(&g2(b).to_compressed());
    out[144..].copy_from_slice(&g1(c).to_compressed());
    out
}
