//! What the loops and the RPC share.

use crate::{
    backlog::Backlog,
    chain::ChainClient,
    config::SequencerConfig,
    core::{millis, Core},
    keys::SequencerKeys,
    rounds::Rounds,
};
use cloister_settlement::KeyId;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::Notify;

/// What is known of prover and key once they are ready.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProverFacts {
    pub key_id: KeyId,
    pub constraints: u64,
    pub development: bool,
}

/// A sequencer's state and surroundings.
pub(crate) struct Shared<C> {
    pub config: SequencerConfig,
    pub chain: C,
    pub keys: SequencerKeys,
    pub started: u64,
    /// Wakes the loops.
    pub wake: Notify,
    /// Held while something is submitted, until it is in a block or refused: one account signs batches and statements,
    /// and its transactions have one order.
    pub submitting: tokio::sync::Mutex<()>,
    facts: OnceLock<ProverFacts>,
    /// `None` until the state is rebuilt. Where both locks are taken, this one is taken before `backlog`.
    core: Mutex<Option<Core>>,
    backlog: Mutex<Backlog>,
    rounds: Mutex<Rounds>,
}

impl<C: ChainClient> Shared<C> {
    pub fn new(config: SequencerConfig, chain: C, keys: SequencerKeys) -> Self {
        Self {
            started: chain.now(),
            config,
            chain,
            keys,
            wake: Notify::new(),
            submitting: tokio::sync::Mutex::new(()),
            facts: OnceLock::new(),
            core: Mutex::new(None),
            backlog: Mutex::new(Backlog::default()),
            rounds: Mutex::new(Rounds::default()),
        }
    }

    pub fn core(&self) -> MutexGuard<'_, Option<Core>> {
        // A panic under the lock is a bug that the node's panic hook reports; what is behind stays readable.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn rounds(&self) -> MutexGuard<'_, Rounds> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn facts(&self) -> Option<&ProverFacts> {
        self.facts.get()
    }

    /// Takes note of the prover and its key; only the first call counts.
    pub fn set_facts(&self, facts: ProverFacts) {
        let _ = self.facts.set(facts);
    }

    pub fn key_id(&self) -> KeyId {
        self.facts.get().map_or(0, |f| f.key_id)
    }

    pub fn constraints(&self) -> u64 {
        self.facts.get().map_or(0, |f| f.constraints)
    }

    /// True if orders would wait too long for their proof.
    pub fn is_busy(&self) -> bool {
        let ready = self.core().as_ref().map_or(0, |core| core.batcher.ready());
        self.backlog().proving_ms(ready) > millis(self.config.max_backlog)
    }

    /// Waits until something happens, but no longer than one polling interval.
    pub async fn wait(&self) {
        let _ = tokio::time::timeout(self.config.poll, self.wake.notified()).await;
    }
}
