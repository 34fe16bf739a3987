//! Why a sequencer cannot start or go on.

use crate::{chain::ChainError, core::CoreError};
use cloister_ledger::HouseRekeyError;
use cloister_prover_job::ProverError;
use cloister_settlement::LedgerError;

/// Why a sequencer cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The prover cannot be made ready.
    #[error("the prover cannot be made ready: {0}")]
    Prover(#[from] ProverError),
    /// The prover's shape is not the configured one.
    #[error("the prover makes batches of another shape than configured")]
    Shape,
    /// The chain has no verifying key for the prover's circuit.
    #[error(
        "the chain has no verifying key of this sequencer's circuit and parameters: \
         is it another version or another network?"
    )]
    NoVerifyingKey,
    /// The chain has no verifying key for the re-keys that the prover proves.
    #[error(
        "the house must be re-keyed, and the chain has no verifying key of this sequencer's circuit and parameters: \
         is it another version or another network?"
    )]
    NoRekeyKey,
    /// The new key of the house cannot be stated.
    #[error("the house cannot be re-keyed: {0}")]
    Rekey(#[from] HouseRekeyError),
    /// The chain's batches cannot be read.
    #[error("the settled batches cannot be read: {0}")]
    Chain(#[from] ChainError),
    /// The ledger cannot be rebuilt from the chain.
    #[error("the ledger cannot be rebuilt: {0}")]
    Recover(#[from] LedgerError),
    /// The rebuilt ledger is not the chain's.
    #[error("the rebuilt ledger has another root than the chain at batch {0}")]
    Root(u64),
    /// Engine or batcher refuse what the chain says.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// The operating system refused the thread that makes the prover ready.
    #[error("the thread that makes the prover ready ended without an answer")]
    Thread,
}
