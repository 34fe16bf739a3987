//! Proofs that a trader makes alone, on its own machine: of a seal, of an exit.

use bellman::Circuit;
use cloister_client_core::keys::{entropy, EntropyError};
use cloister_crypto::Fr;
use cloister_groth16::{
    default_directory, load_or_generate_from, read_key, KeyError, Matrices, ProveError, Prover, VerifyError,
    PROOF_LENGTH,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// Where the parameters of a proof come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// From the public seed: the cache's, or generated into it, which takes a moment. They prove nothing to anybody.
    Development,
    /// A file with the proving key, which must be the circuit's.
    File(PathBuf),
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The parameters cannot be had, or are of another circuit.
    #[error("the parameters of the proof: {0}")]
    Key(#[from] KeyError),
    /// The witness breaks a rule of the statement.
    #[error("the proof cannot be made: {0}")]
    Prove(#[from] ProveError),
    /// The proof that was made does not verify: the machine is broken.
    #[error("the proof does not verify: {0}")]
    Verify(#[from] VerifyError),
    /// The proof cannot be blinded.
    #[error("{0}")]
    Entropy(#[from] EntropyError),
    /// The proving thread ended without an answer.
    #[error("the proving thread ended without an answer")]
    Thread,
}

/// A proof and what it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The proof (C-VERIFIER).
    pub proof: [u8; PROOF_LENGTH],
    /// From the witness to the verified proof.
    pub took: Duration,
}

/// Proves statements of one circuit. Clones share the parameters.
#[derive(Clone, Debug)]
pub struct TraderProver(Arc<Prover>);

impl TraderProver {
    /// Makes the parameters of a circuit ready.
    ///
    /// # Errors
    /// [`ProofError::Key`], [`ProofError::Thread`].
    pub async fn new<C>(blank: C, parameters: Parameters) -> Result<Self, ProofError>
    where
        C: Circuit<Fr> + Send + 'static,
    {
        let ready = move || {
            let matrices = Matrices::record(blank).map_err(KeyError::from)?;
            let key = match &parameters {
                // It takes no second, so there is no progress to show.
                Parameters::Development => {
                    load_or_generate_from(&default_directory()?, matrices.id(), &matrices, &mut |_| {})?
                }
                Parameters::File(path) => read_key(path, matrices.id())?,
            };
            Ok(Self(Arc::new(Prover::new(key, matrices)?)))
        };
        tokio::task::spawn_blocking(ready)
            .await
            .map_err(|_| ProofError::Thread)?
    }

    /// The verifying key (C-VERIFIER).
    pub fn verifying_key(&self) -> Vec<u8> {
        self.0.key().verifying_key()
    }

    /// Proves, on a thread of its own, and verifies the proof.
    ///
    /// # Errors
    /// [`ProofError::Prove`], [`ProofError::Verify`], [`ProofError::Thread`].
    pub async fn prove<C>(&self, circuit: C, statement: Fr) -> Result<Proven, ProofError>
    where
        C: Circuit<Fr> + Send + 'static,
    {
        let prover = self.0.clone();
        let prove = move || {
            let begin = Instant::now();
            let proof = prover.prove(circuit, ChaCha20Rng::from_seed(entropy()?))?;
            prover.key().verify(&proof, &[statement])?;
            Ok(Proven {
                proof: proof.0,
                took: begin.elapsed(),
            })
        };
        tokio::task::spawn_blocking(prove)
            .await
            .map_err(|_| ProofError::Thread)?
    }
}
