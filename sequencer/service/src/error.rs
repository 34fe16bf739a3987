//! Why a sequencer cannot start or go on.

use crate::{
    chain::ChainError,
    core::{CoreError, ReplayError, StateError},
    rebuild_error::RebuildError,
    series::SeriesError,
};
use cloister_journal::Stopped;
use cloister_ledger::HouseRekeyError;
use cloister_prover_job::ProverError;

/// Why a sequencer cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The prover cannot be made ready.
    #[error("the prover cannot be made ready: {0}")]
    Prover(#[from] ProverError),
    /// A prover's shape is not the one that was asked for.
    #[error("a prover makes batches of another shape than it was asked for")]
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
    /// The chain cannot be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The ledger cannot be rebuilt from the chain.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// Engine or batcher refuse what the chain says.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// The journal does not say where to go on.
    #[error("the journal: {0}")]
    Replay(#[from] ReplayError),
    /// The journal must give no receipts.
    #[error("no receipts can be given: {0}")]
    Series(#[from] SeriesError),
    /// What was taken can no longer be kept: nothing more may be promised.
    #[error("what is taken cannot be kept: {0}")]
    Journal(#[from] Stopped),
    /// The journal's batches leave another ledger than the chain's at this batch number.
    #[error("the journal's ledger before batch {0} is another than the chain's")]
    JournalLedger(u64),
    /// The journal has batches of a shape whose prover is not at hand.
    #[error("the journal has batches of a shape that cannot be proven here: name it, and settle them first")]
    JournalShape,
    /// The state cannot be copied for whoever reads, which would be a bug.
    #[error("the state cannot be copied for whoever reads: {0}")]
    Copy(#[source] StateError),
    /// The operating system refused the thread that follows the state for whoever reads.
    #[error("the thread that follows the state for whoever reads cannot be started: {0}")]
    Reader(#[source] std::io::Error),
    /// The operating system refused the thread that makes the prover ready, or the one that closes the journal.
    #[error("a thread that makes the prover ready, or closes the journal, ended without an answer")]
    Thread,
}
