//! Seals of view keys with their proofs (V-STATEMENT): the chain queues no open without one.

use crate::{
    chain::{Chain, ChainError},
    prover::{Parameters, Proven, TraderProver},
};
use cloister_ledger::{SealStatement, SealWitness};
use cloister_prover_job::{JobKind, ProofJob, ProverError};
use std::path::Path;

/// Why a seal cannot be proven.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The chain cannot be asked, or has no verifying key of seals.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The chain's key is not a development key, and no file was named.
    #[error("name the file of the seal's proving key with --seal-key: this chain takes no public parameters")]
    NoParameters,
    /// The parameters are not those of the chain's key.
    #[error("the chain verifies seals with another key than the one of these parameters")]
    OtherKey,
    /// The proof cannot be made.
    #[error("the seal: {0}")]
    Proof(#[from] ProverError),
}

/// Proves seals for one chain.
#[derive(Clone, Debug)]
pub struct SealProver(TraderProver);

impl SealProver {
    /// With the parameters in a file, or the public ones where the chain takes these.
    ///
    /// # Errors
    /// [`SealError`]; the parameters are compared with the chain's verifying key, lest every open be refused.
    pub async fn of(chain: &Chain, file: Option<&Path>) -> Result<Self, SealError> {
        let wanted = chain.seal_verifying_key().await?;
        let parameters = match file {
            Some(path) => Parameters::File(path.into()),
            None if wanted.development => Parameters::Development,
            None => return Err(SealError::NoParameters),
        };
        let prover = TraderProver::new(JobKind::Seal, parameters).await?;
        if prover.verifying_key() != *wanted.key {
            return Err(SealError::OtherKey);
        }
        Ok(Self(prover))
    }

    /// Proves a seal.
    ///
    /// # Errors
    /// [`SealError::Proof`].
    pub async fn prove(&self, statement: SealStatement, witness: SealWitness) -> Result<Proven, SealError> {
        Ok(self.0.prove(ProofJob::seal(statement, witness)).await?)
    }
}
