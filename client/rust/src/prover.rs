//! Proofs that a trader makes alone, on its own machine: of a seal, of an exit.

pub use cloister_prover_local::Parameters;

use cloister_prover_job::{JobKind, ProofJob, Prover, ProverError, PROOF_BYTES};
use cloister_prover_local::LocalProver;
use std::time::{Duration, Instant};

/// A proof and what it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The proof (C-VERIFIER).
    pub proof: [u8; PROOF_BYTES],
    /// From the witness to the verified proof.
    pub took: Duration,
}

/// Proves statements of one kind. Clones share the parameters.
#[derive(Clone, Debug)]
pub struct TraderProver(LocalProver);

impl TraderProver {
    /// Makes the parameters of a kind ready, on a thread of its own.
    ///
    /// # Errors
    /// [`ProverError::KeyUnavailable`], [`ProverError::WrongKey`], [`ProverError::Resources`], [`ProverError::Lost`].
    pub async fn new(kind: JobKind, parameters: Parameters) -> Result<Self, ProverError> {
        // It takes no second, so there is no progress to show.
        let ready = move || LocalProver::load(kind, &parameters, &mut |_| {});
        let prover = tokio::task::spawn_blocking(ready).await;
        Ok(Self(prover.map_err(|_| ProverError::Lost)??))
    }

    /// The verifying key (C-VERIFIER).
    pub fn verifying_key(&self) -> Vec<u8> {
        self.0.verifying_key()
    }

    /// Proves a job and verifies the proof.
    ///
    /// # Errors
    /// [`ProverError`].
    pub async fn prove(&self, job: ProofJob) -> Result<Proven, ProverError> {
        let begin = Instant::now();
        let proof = self.0.prove(job).await?;
        Ok(Proven {
            proof: proof.0,
            took: begin.elapsed(),
        })
    }
}
