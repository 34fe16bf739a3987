//! Proofs of exits (X-STATEMENT), made on the trader's own machine.

use crate::prover::{Parameters, Proven, TraderProver};
use cloister_client_core::exit::Exit;
use cloister_prover_job::{JobKind, ProofJob, ProverError};
use std::path::Path;

/// Proves exits.
#[derive(Clone, Debug)]
pub struct ExitProver(TraderProver);

impl ExitProver {
    /// With the parameters in a file, or the public ones.
    ///
    /// # Errors
    /// [`ProverError`].
    pub async fn new(file: Option<&Path>) -> Result<Self, ProverError> {
        let parameters = file.map_or(Parameters::Development, |path| Parameters::File(path.into()));
        Ok(Self(TraderProver::new(JobKind::Exit, parameters).await?))
    }

    /// The verifying key (C-VERIFIER).
    pub fn verifying_key(&self) -> Vec<u8> {
        self.0.verifying_key()
    }

    /// Proves an exit.
    ///
    /// # Errors
    /// [`ProverError`].
    pub async fn prove(&self, exit: &Exit) -> Result<Proven, ProverError> {
        self.0.prove(ProofJob::exit(exit.statement, exit.witness.clone())).await
    }
}
