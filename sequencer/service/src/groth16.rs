//! The prover in this process: `cloister_groth16` over `cloister_circuits::BatchCircuit`.

use crate::{
    chain::PROOF_BYTES,
    prover::{BatchProver, ProveError},
};
use cloister_batcher::ClosedBatch;
use cloister_circuits::statements::batch::{circuit_id, circuit_shape, BatchCircuit};
use cloister_groth16::{default_directory, load_or_generate, CircuitId, KeyError, Progress, ProvingKey};
use cloister_ledger::Shape;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::path::Path;

/// Proves with a key in memory.
#[derive(Debug)]
pub struct Groth16Prover {
    key: ProvingKey,
    shape: Shape,
    constraints: u64,
}

impl Groth16Prover {
    /// A prover with a given key.
    ///
    /// # Errors
    /// The key is of another circuit.
    pub fn new(shape: Shape, key: ProvingKey) -> Result<Self, ProveError> {
        let id = CircuitId(circuit_id(shape).map_err(KeyError::from)?);
        if key.circuit() != id {
            return Err(ProveError::OtherCircuit {
                expected: id,
                found: key.circuit(),
            });
        }
        let constraints = circuit_shape(shape).map_err(KeyError::from)?.constraints;
        Ok(Self {
            key,
            shape,
            constraints: constraints as u64,
        })
    }

    /// A prover with development parameters, from the cache or generated into it (that takes minutes). `directory` is the cache's;
    /// without it the one of the environment is taken.
    ///
    /// # Errors
    /// [`ProveError::Groth16`].
    pub fn development(
        shape: Shape,
        directory: Option<&Path>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, ProveError> {
        let id = CircuitId(circuit_id(shape).map_err(KeyError::from)?);
        let directory = directory.map_or_else(default_directory, |d| Ok(d.to_owned()))?;
        Self::new(
            shape,
            load_or_generate(&directory, id, BatchCircuit::blank(shape), progress)?,
        )
    }
}

impl BatchProver for Groth16Prover {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn verifying_key(&self) -> Vec<u8> {
        self.key.verifying_key()
    }

    fn constraints(&self) -> u64 {
        self.constraints
    }

    fn is_development(&self) -> bool {
        self.key.is_development()
    }

    fn prove(&self, batch: &ClosedBatch) -> Result<[u8; PROOF_BYTES], ProveError> {
        let mut seed = [0u8; 32];
        getrandom::fill(&mut seed).map_err(|_| ProveError::Randomness)?;
        let statement = batch.effect.statement.hash();
        let circuit = BatchCircuit::proving(self.shape, batch.witness.clone(), statement);
        let proof = self.key.prove(circuit, &mut ChaCha20Rng::from_seed(seed))?;
        // A proof that does not hold would cost a block; it shows a circuit that disagrees with the native transition.
        self.key.verify(&proof, &[statement])?;
        Ok(proof.0)
    }
}
