//! What stops batches. The sequencer keeps every event and tries again; the operator reads what to do.

use crate::chain::SubmitRejection;
use cloister_batcher::BatcherError;
use cloister_engine::InputError;
use cloister_prover_job::ProverError;

/// Why nothing settles at present.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// Events do not go into a batch. They are kept and tried again at every tick and with every new risk table.
    #[error("events wait: {0}")]
    Batcher(#[from] BatcherError),
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
    /// The chain has a batch that this sequencer did not make. Restart to rebuild the state from the chain.
    #[error("the chain is at batch {found}, this sequencer made {made}: another one runs; restart to rebuild")]
    Foreign {
        /// The chain's next batch number.
        found: u64,
        /// This sequencer's next batch number.
        made: u64,
    },
    /// Another than this sequencer re-keyed the house. Restart to rebuild the state from the chain.
    #[error("the house was re-keyed by another sequencer; restart to rebuild")]
    Rekeyed,
    /// The chain's root after a batch is not this sequencer's. Restart to rebuild the state from the chain.
    #[error("the chain's root after batch {batch_no} differs; restart to rebuild")]
    Diverged {
        /// Batch number.
        batch_no: u64,
    },
}
