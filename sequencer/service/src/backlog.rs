//! Batches between closing and finality.

use crate::halt::Halt;
use cloister_batcher::ClosedBatch;
use cloister_settlement::Batch;
use std::collections::{BTreeMap, VecDeque};
use tokio::time::Instant;

/// What a proof is expected to take before one has been made.
const FIRST_GUESS_MS: u64 = 10_000;

/// How many batches are looked at to tell how long the next will take, and how many are too few to tell.
const LANDINGS: usize = 200;
const TOO_FEW: usize = 20;

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
    /// What the newest batches took from when they were closed until they were in a block, milliseconds.
    landings: VecDeque<u64>,
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

    /// A batch is in a block, so long after it was closed.
    pub fn landed(&mut self, ms: u64) {
        if self.landings.len() >= LANDINGS {
            self.landings.pop_front();
        }
        self.landings.push_back(ms);
    }

    /// What 99 of 100 batches take no longer than, from when they are closed until they are in a block, milliseconds;
    /// `None` while too few are known.
    pub fn landing_p99(&self) -> Option<u64> {
        let mut sorted: Vec<u64> = self.landings.iter().copied().collect();
        sorted.sort_unstable();
        let enough = sorted.len() >= TOO_FEW;
        let at = sorted.len().saturating_mul(99).div_ceil(100).saturating_sub(1);
        sorted.get(at).copied().filter(|_| enough)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_a_batch_takes_should_be_told_from_the_newest() {
        let mut backlog = Backlog::default();
        for ms in 1..20 {
            backlog.landed(ms);
        }
        assert_eq!(backlog.landing_p99(), None);
        backlog.landed(20);
        assert_eq!(backlog.landing_p99(), Some(20));
        for _ in 0..LANDINGS - 1 {
            backlog.landed(5);
        }
        assert_eq!(backlog.landing_p99(), Some(5));
        assert_eq!(backlog.landings.len(), LANDINGS);
    }
}
