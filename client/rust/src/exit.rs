//! Proofs of exits (X-STATEMENT), made on the trader's own machine.

use crate::{
    chain::{Chain, ChainError},
    prover::{Parameters, Proven, TraderProver},
};
use cloister_client_core::exit::Exit;
use cloister_prover_job::{JobKind, ProofJob, ProverError};
use cloister_settlement::KeyId;
use polkadot_sdk::sp_io::hashing::blake2_256;
use std::path::Path;

/// Why the chain has no key for an exit.
#[derive(Debug, thiserror::Error)]
pub enum ExitKeyError {
    /// The chain cannot be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// None of the chain's active keys of exits is the parameters' own.
    #[error(
        "the chain verifies exits with other keys than the one of these parameters; name the file with --exit-key"
    )]
    OtherKey,
}

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

    /// The chain's newest active key of exits that is the parameters' own.
    ///
    /// # Errors
    /// [`ExitKeyError`].
    pub async fn key_of(&self, chain: &Chain) -> Result<KeyId, ExitKeyError> {
        let own = blake2_256(&self.verifying_key());
        let keys = chain.exit_verifying_keys().await?;
        let found = keys.into_iter().find(|(_, key)| key.key_hash == own);
        found.map(|(id, _)| id).ok_or(ExitKeyError::OtherKey)
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
