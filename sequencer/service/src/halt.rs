//! What stops batches. The sequencer keeps every event and tries again; the operator reads what to do.

use crate::{chain::SubmitRejection, rebuild_error::RebuildError, series::SeriesError};
use cloister_batcher::BatcherError;
use cloister_engine::InputError;
use cloister_prover_job::ProverError;

/// Why nothing settles at present.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// Events do not go into a batch. They are kept and tried again at every tick and with every new risk table.
    #[error("events wait: {0}")]
    Batcher(#[from] BatcherError),
    /// What halted when the state was kept from which the sequencer started.
    #[error("{message}")]
    Kept {
        /// Events do not go into a batch; else the engine refused an input of the chain.
        events: bool,
        /// What it was.
        message: String,
    },
    /// The engine refused an input of the chain.
    #[error("the engine refused a queue item or a table: {0}")]
    Engine(#[from] InputError),
    /// The view key of an open or a re-key was sealed to a key that this sequencer does not have. The chain takes one
    /// only with a proof that it can be opened with the key of its time, so it is an earlier key. The account waits for
    /// it, or keeps the keys that it has; once the item is overdue, the chain takes no batch without it.
    #[error(
        "the view key of queue item {item} was sealed to another key; name the file of the secret of its time with --sequencer-former-secret"
    )]
    Sealed {
        /// The queue item.
        item: u64,
    },
    /// A batch cannot be proven; it is tried again.
    #[error("batch {batch_no} cannot be proven: {source}")]
    Prover {
        /// Batch number.
        batch_no: u64,
        /// Why.
        source: ProverError,
    },
    /// Another journal counts the receipts of the key that signs: whoever has that answers for the key's batches.
    #[error("nothing is submitted: {0}")]
    Superseded(SeriesError),
    /// The chain refuses a batch; it is submitted again later.
    #[error("the chain refuses batch {batch_no}: {rejection}")]
    Refused {
        /// Batch number.
        batch_no: u64,
        /// Why.
        rejection: SubmitRejection,
    },
    /// The group is disabled or frozen: the chain takes no batches, so nothing is matched that could not settle.
    #[error("the chain takes no batches of the group: it is disabled or frozen")]
    Paused,
    /// Another sequencer of the group leads now: nothing is matched that this one may not settle.
    #[error("another sequencer of the group leads now")]
    Following,
    /// No newer risk table has come: what is matched now might not be proven in time.
    #[error("the risk table is {} s old, more than {} s: prices have stopped", seconds(*.age), seconds(*.most))]
    OldTable {
        /// Its age, milliseconds.
        age: u64,
        /// The highest age at which orders are taken, milliseconds.
        most: u64,
    },
    /// What happened long ago is not settled yet.
    #[error("the oldest fill or withdrawal has not settled for {} s, more than {} s", seconds(*.age), seconds(*.most))]
    Unsettled {
        /// Since then, milliseconds.
        age: u64,
        /// The highest age at which orders are taken, milliseconds.
        most: u64,
    },
    /// The chain finalises nothing.
    #[error("no new final block for {} s, more than {} s", seconds(*.age), seconds(*.most))]
    Finality {
        /// Since then, milliseconds.
        age: u64,
        /// The longest time for which orders are taken, milliseconds.
        most: u64,
    },
    /// No solvency round counts that is new enough, so payouts are withheld.
    #[error("the last solvency round is {} s old, more than {} s", seconds(*.age), seconds(*.most))]
    Round {
        /// Its age, milliseconds.
        age: u64,
        /// The highest age at which orders are taken, milliseconds.
        most: u64,
    },
    /// The chain has a batch that this sequencer did not make. Once it is final the ledger is rebuilt on it.
    #[error("the chain is at batch {found}, this sequencer made {made}: another one runs; once its batches are final, the ledger is rebuilt on them")]
    Foreign {
        /// The chain's next batch number.
        found: u64,
        /// This sequencer's next batch number.
        made: u64,
    },
    /// Another than this sequencer re-keyed the house. Once that is final the ledger is rebuilt on it.
    #[error("the house was re-keyed by another sequencer; once that is final, the ledger is rebuilt on it")]
    Rekeyed,
    /// The chain's root after a batch is not this sequencer's: another one's batch is there. The ledger is rebuilt on
    /// it.
    #[error("the chain's root after batch {batch_no} differs; the ledger is rebuilt from the chain")]
    Diverged {
        /// Batch number.
        batch_no: u64,
    },
    /// The chain has what this sequencer did not make, and no ledger follows from it; it is tried again.
    #[error("the ledger cannot be rebuilt on what another sequencer settled: {0}")]
    Rebuild(RebuildError),
}

/// Milliseconds as seconds.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

impl Halt {
    /// Whether events do not go into a batch.
    pub(crate) fn is_of_events(&self) -> bool {
        matches!(self, Self::Batcher(_) | Self::Kept { events: true, .. })
    }
}
