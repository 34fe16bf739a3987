//! Real Groth16 proofs of a small circuit with the batch circuit's one public input, made by the crate `groth16`. The batch
//! circuit itself is tested end to end elsewhere; here the pallet, its statement and the real verifier are.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::{Bls12, G1Projective, G2Projective, Scalar};
use groth16::{create_proof, generate_parameters, Parameters};
use std::sync::OnceLock;

/// "I know the public input."
struct Known(Option<Scalar>);

impl Circuit<Scalar> for Known {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let value = || self.0.ok_or(SynthesisError::AssignmentMissing);
        let known = cs.alloc(|| "known", value)?;
        let public = cs.alloc_input(|| "statement", value)?;
        cs.enforce(|| "equal", |lc| lc + known, |lc| lc + CS::one(), |lc| lc + public);
        Ok(())
    }
}

fn parameters() -> &'static Parameters<Bls12> {
    static PARAMETERS: OnceLock<Parameters<Bls12>> = OnceLock::new();
    PARAMETERS.get_or_init(|| made_with(1_000_003))
}

fn made_with(alpha: u64) -> Parameters<Bls12> {
    generate_parameters::<Bls12, _>(
        Known(None),
        G1Projective::generator(),
        G2Projective::generator(),
        Scalar::from(alpha),
        Scalar::from(2_000_003),
        Scalar::from(3_000_017),
        Scalar::from(5_000_011),
        Scalar::from(7_000_003),
    )
    .unwrap()
}

fn bytes(parameters: &Parameters<Bls12>) -> Vec<u8> {
    let mut bytes = Vec::new();
    parameters.vk.write(&mut bytes).unwrap();
    bytes
}

/// The verifying key.
pub fn key() -> Vec<u8> {
    bytes(parameters())
}

/// The verifying key of other parameters.
pub fn other_key() -> Vec<u8> {
    bytes(&made_with(1_000_033))
}

/// A proof of a statement.
pub fn prove(statement: Scalar) -> [u8; 192] {
    let proof = create_proof(
        Known(Some(statement)),
        parameters(),
        Scalar::from(987_654_321),
        Scalar::from(123_456_789),
    )
    .unwrap();
    let mut bytes = Vec::new();
    proof.write(&mut bytes).unwrap();
    bytes.try_into().unwrap()
}
