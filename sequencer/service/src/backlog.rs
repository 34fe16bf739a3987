//! Batches between closing and finality.

use crate::halt::Halt;
use cloister_batcher::ClosedBatch;
use cloister_settlement::Batch;
use std::collections::{BTreeMap, VecDeque};
use tokio::time::Instant;

/// What a proof is expected to take before one has been made.
const FIRST_GUESS_MS: u64 = 10_000;

/// A batch with its proof.
pub(crate) struct Proven {
    pub batch: ClosedBatch,
    pub submission: Batch,
    pub prove_ms: u64,
    pub attempts: u32,
    pub first_submitted: Option<Instant>,
}

/// Batches between closing and finality.
#[derive(Default)]
pub(crate) struct Backlog {
    /// Waiting for a proof, oldest first.
    pub waiting: VecDeque<ClosedBatch>,
    /// The batch that is being proven.
    pub proving: Option<u64>,
    /// Proven and not yet in a final block.
    pub proven: BTreeMap<u64, Proven>,
    /// Time of the newest batch that was proven; later ones must not be earlier.
    pub last_time: u64,
    /// Counts rebases: a proof that was begun before one is thrown away.
    pub generation: u64,
    /// The table of the next batch is too old: everything that is not settled is made again.
    pub stale_table: bool,
    /// The oldest table that a batch still needs, if it was replaced: its version, and the last moment at which the
    /// chain takes it.
    pub table_end: Option<(u64, u64)>,
    /// What the last proof took.
    pub last_prove_ms: Option<u64>,
    /// What keeps batches from being settled.
    pub halt: Option<Halt>,
}

impl Backlog {
    /// True if a closed batch would be proven at once.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.proving.is_none()
    }

    /// Whether the chain takes a table for less than `margin` from now on, milliseconds, as far as is known.
    pub fn runs_out(&self, version: u64, now: u64, margin: u64) -> bool {
        self.table_end
            .is_some_and(|(of, end)| of == version && now.saturating_add(margin) > end)
    }

    /// How long proving takes for what is closed and `more` batches, milliseconds.
    pub fn proving_ms(&self, more: usize) -> u64 {
        let batches = self
            .waiting
            .len()
            .saturating_add(usize::from(self.proving.is_some()))
            .saturating_add(more);
        (batches as u64).saturating_mul(self.last_prove_ms.unwrap_or(FIRST_GUESS_MS))
    }
}
