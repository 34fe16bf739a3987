//! Proofs of exits (X-STATEMENT), made on the trader's own machine.

use crate::prover::{Parameters, ProofError, Proven, TraderProver};
use cloister_circuits::statements::exit::ExitCircuit;
use cloister_client_core::exit::Exit;
use std::path::Path;

/// Proves exits.
#[derive(Clone, Debug)]
pub struct ExitProver(TraderProver);

impl ExitProver {
    /// With the parameters in a file, or the public ones.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn new(file: Option<&Path>) -> Result<Self, ProofError> {
        let parameters = file.map_or(Parameters::Development, |path| Parameters::File(path.into()));
        Ok(Self(TraderProver::new(ExitCircuit::blank(), parameters).await?))
    }

    /// The verifying key (C-VERIFIER).
    pub fn verifying_key(&self) -> Vec<u8> {
        self.0.verifying_key()
    }

    /// Proves an exit.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn prove(&self, exit: &Exit) -> Result<Proven, ProofError> {
        let circuit = ExitCircuit::proving(exit.statement, exit.witness.clone());
        self.0.prove(circuit, exit.statement.hash()).await
    }
}
