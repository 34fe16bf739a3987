//! Our engine, with the instructions that it finds and with those that it would find without AVX-512.

use super::{groth16::verify_encoded, Engine, EngineName, SEED};
use crate::{circuit::Native, error::BenchError, subject::Subject};
use bls12_381::Scalar;
use cloister_groth16::{
    generate_into, read_key, write_key, Assignment, Backend, KeyPoints, KeyWriter, Matrices, Proof, Prover, ProvingKey,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use std::path::Path;

/// The engine. It proves the circuit itself, generation of the witness included.
pub struct Cloister<const PORTABLE: bool> {
    circuit: Native,
    inputs: Vec<Scalar>,
    assignment: Option<Assignment>,
}

impl<const PORTABLE: bool> Cloister<PORTABLE> {
    fn backend() -> Backend {
        if PORTABLE {
            Backend::Floating.or_available()
        } else {
            Backend::detect()
        }
    }
}

impl<const PORTABLE: bool> Engine for Cloister<PORTABLE> {
    type Parameters = ProvingKey;
    type Key = Prover;

    const NAME: EngineName = if PORTABLE {
        EngineName::CloisterPortable
    } else {
        EngineName::Cloister
    };

    fn open(subject: Subject, _: &Path) -> Result<Self, BenchError> {
        let circuit = Native::new(subject);
        let inputs = circuit.inputs();
        Ok(Self {
            circuit,
            inputs,
            assignment: None,
        })
    }

    fn setup(&self) -> Result<Self::Parameters, BenchError> {
        let mut rng = ChaCha20Rng::from_seed(SEED);
        let matrices = Matrices::record(self.circuit.blank())?;
        let mut points = KeyPoints::default();
        let vk = generate_into(&matrices, &mut rng, &mut points, Self::backend())?;
        Ok(ProvingKey::from_points(matrices.id(), true, vk, points))
    }

    fn save(&self, parameters: &Self::Parameters, path: &Path) -> Result<(), BenchError> {
        Ok(write_key(path, parameters)?)
    }

    fn setup_into(&self, path: &Path) -> Result<(), BenchError> {
        let mut rng = ChaCha20Rng::from_seed(SEED);
        let matrices = Matrices::record(self.circuit.blank())?;
        let mut file = KeyWriter::create(path, matrices.id(), true)?;
        let vk = generate_into(&matrices, &mut rng, &mut file, Self::backend())?;
        Ok(file.finish(&vk)?)
    }

    fn load(&self, path: &Path) -> Result<Prover, BenchError> {
        let matrices = Matrices::record(self.circuit.blank())?;
        let key = read_key(path, matrices.id())?;
        Ok(Prover::with_backend(key, matrices, Self::backend())?)
    }

    fn prove(&self, prover: &Prover) -> Result<Vec<u8>, BenchError> {
        let mut rng = ChaCha20Rng::from_seed(SEED);
        Ok(prover
            .prove_assignment(&self.circuit.assignment()?, &mut rng)?
            .0
            .to_vec())
    }

    fn synthesize(&mut self) -> Result<bool, BenchError> {
        self.assignment = Some(Assignment::of(self.circuit.clone())?);
        Ok(true)
    }

    fn prove_assignment(&self, prover: &Prover) -> Result<Vec<u8>, BenchError> {
        let assignment = self.assignment.as_ref().ok_or(BenchError::Order("an assignment"))?;
        let mut rng = ChaCha20Rng::from_seed(SEED);
        Ok(prover.prove_assignment(assignment, &mut rng)?.0.to_vec())
    }

    fn verify(&self, prover: &Prover, proof: &[u8]) -> Result<(), BenchError> {
        let proof = Proof(proof.try_into().map_err(|_| Self::refused())?);
        prover.key().verify(&proof, &self.inputs).map_err(|_| Self::refused())
    }

    fn cross_check(&self, prover: &Prover, proof: &[u8]) -> Result<(), BenchError> {
        verify_encoded(&prover.key().verifying_key(), proof, &self.inputs, Self::NAME)
    }
}
