//! Why the ledger cannot be rebuilt from the chain.

use crate::chain::ChainError;
use cloister_batcher::BatcherError;
use cloister_engine::InputError;
use cloister_settlement::LedgerError;

/// Why the ledger cannot be rebuilt from the chain.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The chain's batches cannot be read.
    #[error("the settled batches cannot be read: {0}")]
    Chain(#[from] ChainError),
    /// The chain's batches do not give a ledger.
    #[error("the ledger cannot be rebuilt: {0}")]
    Recover(#[from] LedgerError),
    /// The chain does not say what its state says that it has settled.
    #[error("batch {0} is settled and not found in a final block")]
    Missing(u64),
    /// The rebuilt ledger is not the chain's.
    #[error("the rebuilt ledger has another root than the chain at batch {0}")]
    Root(u64),
    /// The group has no risk table.
    #[error("the group has no risk table")]
    NoTable,
    /// The engine refuses the ledger, the table or the queue.
    #[error(transparent)]
    Engine(#[from] InputError),
    /// The batcher refuses its configuration or the table.
    #[error(transparent)]
    Batcher(#[from] BatcherError),
    /// The trading key of an account of the ledger is not a key.
    #[error("the trading key of account {0} is not a key")]
    Key(u32),
}
