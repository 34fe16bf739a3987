//! A real batch, proven by our engine and checked by verifiers that are not ours: the npm package snarkjs and
//! ark-groth16.

mod ark;
mod ark_prover;
mod batch;
mod snarkjs;

use crate::{
    batch::Batch,
    snarkjs::{Snarkjs, Verdict},
};
use cloister_groth16_verifier::{Proof, VerifyingKey};
use cloister_prover_cli::export::{
    snarkjs::{ProofJson, PublicJson, VerificationKeyJson},
    KEY_FILE, PROOF_FILE, PUBLIC_FILE,
};
use std::fs;

/// The bit of the first byte of a compressed point that says which of two `y` it has: another point of the same
/// subgroup.
const SIGN: u8 = 0b0010_0000;
/// Where the three points of a proof begin.
const POINTS: [usize; 3] = [0, 48, 144];

/// Proofs with one point replaced by its negative: well-formed in every way, and wrong.
fn spoiled(proof: &[u8; 192]) -> [[u8; 192]; 3] {
    POINTS.map(|at| {
        let mut bytes = *proof;
        bytes[at] ^= SIGN;
        bytes
    })
}

/// One more, little-endian.
fn next(element: &[u8; 32]) -> [u8; 32] {
    let mut bytes = *element;
    for byte in &mut bytes {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    bytes
}

#[test]
fn snarkjs_should_accept_a_batch_and_refuse_it_with_another_input_or_proof() {
    let snarkjs = Snarkjs::installed();
    let batch = Batch::proven();
    let whole = batch.export("whole", &batch.proof, &batch.input);
    assert_eq!(snarkjs.verify(&whole), Verdict::Accepted);

    let other = batch.export("input", &batch.proof, &next(&batch.input));
    assert_eq!(snarkjs.verify(&other), Verdict::Refused);
    for (place, proof) in spoiled(&batch.proof).iter().enumerate() {
        let folder = batch.export(&format!("proof-{place}"), proof, &batch.input);
        assert_eq!(snarkjs.verify(&folder), Verdict::Refused, "point {place}");
    }

    // What snarkjs was shown says the same as the chain's bytes.
    let read = |name| fs::read_to_string(whole.join(name)).expect("the exported file");
    let key: VerificationKeyJson = serde_json::from_str(&read(KEY_FILE)).expect("JSON");
    let points = key.points().expect("the key's points");
    let ours = VerifyingKey::from_bytes(&batch.verifying_key).expect("the key");
    assert_eq!(
        (key.inputs, points),
        (
            1,
            VerificationKeyJson::new(&ours).expect("JSON").points().expect("points")
        )
    );
    let proof: ProofJson = serde_json::from_str(&read(PROOF_FILE)).expect("JSON");
    assert_eq!(proof.bytes(), Ok(batch.proof));
    let public: PublicJson = serde_json::from_str(&read(PUBLIC_FILE)).expect("JSON");
    let inputs = public.inputs().expect("the input");
    assert_eq!(inputs.iter().map(|x| x.to_bytes()).collect::<Vec<_>>(), [batch.input]);
}

#[test]
fn ark_should_accept_a_batch_and_refuse_it_with_another_input_or_proof() {
    let batch = Batch::proven();
    let key = ark::Key::from_bytes(&batch.verifying_key);
    assert!(key.verify(&batch.proof, &batch.input));
    assert!(!key.verify(&batch.proof, &next(&batch.input)));
    for (place, proof) in spoiled(&batch.proof).iter().enumerate() {
        Proof::from_bytes(proof).expect("the points are good");
        assert!(!key.verify(proof, &batch.input), "point {place}");
    }
}
