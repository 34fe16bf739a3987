//! Real Groth16 proofs of a small circuit with the batch circuit's one public input. The batch circuit itself is tested
//! end to end elsewhere; here the pallet, its statement and the real verifier are.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::Scalar;
use cloister_groth16::{generate, Matrices, Prover};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
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

/// A prover of any circuit, with a key from a seed.
pub fn made_from<C: Circuit<Scalar>>(seed: u64, circuit: C) -> Prover {
    let matrices = Matrices::record(circuit).expect("the circuit can be recorded without a witness");
    let key = generate(&matrices, true, ChaCha20Rng::seed_from_u64(seed)).expect("every wire is in a constraint");
    Prover::new(key, matrices).expect("the key is of these constraints")
}

fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| made_from(1, Known(None)))
}

/// The verifying key.
pub fn key() -> Vec<u8> {
    prover().key().verifying_key()
}

/// The verifying key of other parameters.
pub fn other_key() -> Vec<u8> {
    made_from(2, Known(None)).key().verifying_key()
}

/// A proof of a statement.
pub fn prove(statement: Scalar) -> [u8; 192] {
    let proof = prover().prove(Known(Some(statement)), ChaCha20Rng::seed_from_u64(3));
    proof.expect("the witness satisfies the circuit").0
}
