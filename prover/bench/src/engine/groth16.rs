//! The crate `groth16` over `bls12_381`: bellman's own prover, and the oracle of our engine.

use super::{Engine, EngineName, SEED};
use crate::{error::BenchError, replay::Replay, subject::Subject};
use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use bls12_381::{Bls12, Scalar};
use groth16::{PreparedVerifyingKey, Proof, VerifyingKey};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
};

/// The engine.
pub struct Groth16 {
    circuit: Replay<Scalar>,
}

/// Parameters and the prepared verifying key.
pub struct Key {
    parameters: groth16::Parameters<Bls12>,
    prepared: PreparedVerifyingKey<Bls12>,
}

/// Plays a recording to bellman.
struct Player<'a>(&'a Replay<Scalar>);

impl Circuit<Scalar> for Player<'_> {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let Self(replay) = self;
        for value in &replay.inputs[1..] {
            cs.alloc_input(|| "", || Ok(*value))?;
        }
        for value in &replay.aux {
            cs.alloc(|| "", || Ok(*value))?;
        }
        let inputs = replay.inputs.len();
        let combine = |part, i, zero: LinearCombination<Scalar>| {
            replay.row(part, i).fold(zero, |lc, (wire, coefficient)| {
                let index = wire.checked_sub(inputs).map_or(Index::Input(wire), Index::Aux);
                lc + (coefficient, Variable::new_unchecked(index))
            })
        };
        for i in 0..replay.constraints() {
            cs.enforce(
                || "",
                |lc| combine(0, i, lc),
                |lc| combine(1, i, lc),
                |lc| combine(2, i, lc),
            );
        }
        Ok(())
    }
}

/// Verifies encoded proofs under an encoded verifying key; our engine writes both in the same encoding.
pub fn verify_encoded(key: &[u8], proof: &[u8], inputs: &[Scalar], engine: EngineName) -> Result<(), BenchError> {
    let refused = || BenchError::Refused {
        engine,
        verifier: EngineName::Groth16,
    };
    let key = VerifyingKey::<Bls12>::read(key)?;
    let proof = Proof::read(proof).map_err(|_| refused())?;
    groth16::verify_proof(&groth16::prepare_verifying_key(&key), &proof, inputs).map_err(|_| refused())
}

impl Engine for Groth16 {
    type Parameters = groth16::Parameters<Bls12>;
    type Key = Key;

    const NAME: EngineName = EngineName::Groth16;

    fn open(_: Subject, recording: &Path) -> Result<Self, BenchError> {
        let circuit = Replay::read(recording, |bytes| Scalar::from_bytes(bytes).into())?;
        Ok(Self { circuit })
    }

    fn setup(&self) -> Result<Self::Parameters, BenchError> {
        let mut rng = ChaCha20Rng::from_seed(SEED);
        Ok(groth16::generate_random_parameters(Player(&self.circuit), &mut rng)?)
    }

    fn save(&self, parameters: &Self::Parameters, path: &Path) -> Result<(), BenchError> {
        let write = || {
            let mut file = BufWriter::new(File::create(path)?);
            parameters.write(&mut file)?;
            file.flush()
        };
        write().map_err(BenchError::file(path))
    }

    fn load(&self, path: &Path) -> Result<Key, BenchError> {
        let read = || groth16::Parameters::read(BufReader::new(File::open(path)?), false);
        let parameters = read().map_err(BenchError::file(path))?;
        let prepared = groth16::prepare_verifying_key(&parameters.vk);
        Ok(Key { parameters, prepared })
    }

    fn prove(&self, key: &Key) -> Result<Vec<u8>, BenchError> {
        let mut rng = ChaCha20Rng::from_seed(SEED);
        let proof = groth16::create_random_proof(Player(&self.circuit), &key.parameters, &mut rng)?;
        let mut bytes = Vec::new();
        proof.write(&mut bytes)?;
        Ok(bytes)
    }

    fn verify(&self, key: &Key, proof: &[u8]) -> Result<(), BenchError> {
        let proof = Proof::read(proof).map_err(|_| Self::refused())?;
        groth16::verify_proof(&key.prepared, &proof, &self.circuit.inputs[1..]).map_err(|_| Self::refused())
    }
}
