//! The prover in this process: `cloister_groth16` over `cloister_circuits::BatchCircuit`.

use crate::{
    chain::PROOF_BYTES,
    prover::{BatchProver, ProveError},
    workers::proving_threads,
};
use cloister_batcher::ClosedBatch;
use cloister_circuits::statements::batch::BatchCircuit;
use cloister_groth16::{
    constraint_name, default_directory, load_or_generate_from, read_key, Assignment, KeyError, Matrices, Progress,
    Prover, ProvingKey,
};
use cloister_ledger::Shape;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rayon::ThreadPool;
use std::path::Path;

/// Proves with one key.
#[derive(Debug)]
pub struct Groth16Prover {
    prover: Prover,
    threads: ThreadPool,
    shape: Shape,
}

impl Groth16Prover {
    /// A prover with a given key.
    ///
    /// # Errors
    /// [`ProveError::Key`] if the key is of another circuit.
    pub fn new(shape: Shape, key: ProvingKey) -> Result<Self, ProveError> {
        Self::with_matrices(shape, key, constraints(shape)?)
    }

    /// A prover with the key in a file.
    ///
    /// # Errors
    /// [`ProveError::Key`] if the file cannot be read, is damaged or holds the key of another circuit.
    pub fn from_file(shape: Shape, path: &Path) -> Result<Self, ProveError> {
        let matrices = constraints(shape)?;
        let key = read_key(path, matrices.id())?;
        Self::with_matrices(shape, key, matrices)
    }

    /// A prover with development parameters, from the cache or generated into it (that takes seconds). `directory` is the
    /// cache's; without it the one of the environment is taken.
    ///
    /// # Errors
    /// [`ProveError::Key`].
    pub fn development(
        shape: Shape,
        directory: Option<&Path>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, ProveError> {
        let directory = directory.map_or_else(default_directory, |d| Ok(d.to_owned()))?;
        let matrices = constraints(shape)?;
        let key = load_or_generate_from(&directory, matrices.id(), &matrices, progress)?;
        Self::with_matrices(shape, key, matrices)
    }

    fn with_matrices(shape: Shape, key: ProvingKey, matrices: Matrices) -> Result<Self, ProveError> {
        Ok(Self {
            prover: Prover::new(key, matrices)?,
            threads: proving_threads().map_err(ProveError::Threads)?,
            shape,
        })
    }

    /// Names the constraint that a witness breaks.
    fn explain(&self, error: cloister_groth16::ProveError) -> ProveError {
        let cloister_groth16::ProveError::Unsatisfied { constraint } = error else {
            return error.into();
        };
        match constraint_name(BatchCircuit::blank(self.shape), constraint) {
            Ok(Some(name)) => ProveError::Unsatisfied(name),
            Ok(None) | Err(_) => error.into(),
        }
    }
}

fn constraints(shape: Shape) -> Result<Matrices, KeyError> {
    Ok(Matrices::record(BatchCircuit::blank(shape))?)
}

impl BatchProver for Groth16Prover {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn verifying_key(&self) -> Vec<u8> {
        self.prover.key().verifying_key()
    }

    fn constraints(&self) -> u64 {
        self.prover.matrices().constraints() as u64
    }

    fn is_development(&self) -> bool {
        self.prover.key().is_development()
    }

    fn prove(&self, batch: &ClosedBatch) -> Result<[u8; PROOF_BYTES], ProveError> {
        let mut seed = [0u8; 32];
        getrandom::fill(&mut seed).map_err(|_| ProveError::Randomness)?;
        let statement = batch.effect.statement.hash();
        let circuit = BatchCircuit::proving(self.shape, batch.witness.clone(), statement);
        let proof = self.threads.install(|| {
            let parts = circuit.values_in_parts().map_err(KeyError::from)?;
            let assignment = Assignment::from_parts(parts);
            self.prover
                .prove_assignment(&assignment, ChaCha20Rng::from_seed(seed))
                .map_err(|error| self.explain(error))
        })?;
        // Every constraint was checked; a proof that does not hold all the same shows a broken machine, and would cost a block.
        self.prover.key().verify(&proof, &[statement])?;
        Ok(proof.0)
    }
}
