//! Seals of view keys with their proofs (V-STATEMENT): the chain queues no open without one.

use crate::{
    chain::{Chain, ChainError},
    prover::{Parameters, Proven, TraderProver},
};
use cloister_ledger::{SealStatement, SealWitness};
use cloister_prover_job::{JobKind, ProofJob, ProverError};
use cloister_settlement::{KeyId, SealProof};
use polkadot_sdk::sp_io::hashing::blake2_256;
use std::{path::Path, time::Duration};

/// Why a seal cannot be proven.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The chain cannot be asked, or has no active verifying key of seals.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// None of the chain's keys is a development key, and no file was named.
    #[error("name the file of the seal's proving key with --seal-key: this chain takes no public parameters")]
    NoParameters,
    /// The parameters are not those of any key of the chain.
    #[error("the chain verifies seals with other keys than the one of these parameters")]
    OtherKey,
    /// The proof cannot be made.
    #[error("the seal: {0}")]
    Proof(#[from] ProverError),
}

/// Proves seals for one chain.
#[derive(Clone, Debug)]
pub struct SealProver {
    prover: TraderProver,
    key: KeyId,
}

impl SealProver {
    /// With the parameters in a file, or the public ones where the chain takes these. Of the chain's keys of seals it
    /// is for the newest that is the parameters' own.
    ///
    /// # Errors
    /// [`SealError`]; parameters that are not of the chain's verifying key are refused here, before a deposit is paid.
    pub async fn of(chain: &Chain, file: Option<&Path>) -> Result<Self, SealError> {
        let keys = chain.seal_verifying_keys().await?;
        let parameters = match file {
            Some(path) => Parameters::File(path.into()),
            None if keys.iter().any(|(_, key)| key.development) => Parameters::Development,
            None => return Err(SealError::NoParameters),
        };
        let prover = TraderProver::new(JobKind::Seal, parameters).await?;
        let own = blake2_256(&prover.verifying_key());
        let (key, _) = keys
            .into_iter()
            .find(|(_, key)| key.key_hash == own)
            .ok_or(SealError::OtherKey)?;
        Ok(Self { prover, key })
    }

    /// Proves a seal; also says how long that took.
    ///
    /// # Errors
    /// [`SealError::Proof`].
    pub async fn prove(
        &self,
        statement: SealStatement,
        witness: SealWitness,
    ) -> Result<(SealProof, Duration), SealError> {
        let Proven { proof, took } = self.prover.prove(ProofJob::seal(statement, witness)).await?;
        Ok((SealProof { key: self.key, proof }, took))
    }
}
