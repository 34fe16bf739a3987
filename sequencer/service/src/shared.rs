//! What the loops and the RPC share.

use crate::{
    backlog::Backlog,
    chain::{ChainClient, GroupView},
    config::SequencerConfig,
    core::{millis, Core, State},
    feed::{Bus, Inbox},
    follower::Follower,
    gate,
    halt::Halt,
    keeping::Keeping,
    keys::SequencerKeys,
    limits::Requests,
    metrics::Metrics,
    provable::Provable,
    rounds::Rounds,
    stages::{Round, Stages},
    stopper::Stopper,
    switch_off::SwitchOffs,
    verify::Verification,
};
use cloister_engine::Checker;
use cloister_journal::Stopped;
use cloister_ledger::Shape;
use std::sync::{
    atomic::{AtomicBool, AtomicU64, AtomicUsize},
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
};
use tokio::sync::Notify;

/// Maximum number of instructions that wait for the check of their signatures, of all accounts together.
const UNCHECKED: usize = 4_096;

/// The newest final block whose ledger is the settled one.
#[derive(Clone, Debug)]
pub(crate) struct SettledAt {
    /// The group in that block.
    pub view: GroupView,
    /// The last batch is behind this block.
    pub behind: u64,
}

/// A sequencer's state and surroundings.
pub(crate) struct Shared<C> {
    pub config: SequencerConfig,
    pub chain: C,
    pub keys: SequencerKeys,
    pub keeping: Keeping,
    pub started: u64,
    pub stopper: Stopper,
    /// Checks signatures before anything of the core is locked for them.
    pub verification: Verification,
    /// Wakes the loops.
    pub wake: Notify,
    /// Held while something is submitted, until it is in a block or refused: one account signs batches and statements,
    /// and its transactions have one order.
    pub submitting: tokio::sync::Mutex<()>,
    /// The copy of the core's state that is read.
    pub follower: Arc<Follower>,
    /// What is seen there, for the bus.
    pub news: Inbox,
    /// The newest final block that was seen.
    pub finalized_block: AtomicU64,
    /// True while another core is made to take the place of the one that was.
    pub rebuilding: AtomicBool,
    /// Taken last, and for a moment.
    provable: Mutex<Provable>,
    /// Streams. Where it is taken with others, it is taken first.
    bus: Mutex<Bus>,
    switch_offs: Mutex<SwitchOffs>,
    /// The requests that accounts may still make. Taken last.
    requests: Mutex<Requests>,
    /// `None` until the state is rebuilt, and while it is rebuilt again. Where both locks are taken, this one is taken
    /// before `backlog`. Nobody takes it to read.
    core: Mutex<Option<Core>>,
    backlog: Mutex<Backlog>,
    /// Taken last of the three.
    settled: Mutex<Option<SettledAt>>,
    rounds: Mutex<Rounds>,
    health: Mutex<Health>,
    /// Whoever holds it is the first of those that wait to be taken; the others queue up behind.
    pub admission: tokio::sync::Mutex<()>,
    /// How many wait.
    pub waiting: AtomicUsize,
    /// What monitoring reads, if there is any.
    pub metrics: OnceLock<Metrics>,
}

/// What is known of the chain's health.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Health {
    /// The newest final block that was seen, and when it was seen first.
    pub finalized: Option<(u64, u64)>,
    /// The solvency round that counts.
    pub round: Option<Round>,
}

impl<C: ChainClient> Shared<C> {
    pub fn new(config: SequencerConfig, chain: C, keys: SequencerKeys) -> Self {
        let started = chain.now();
        Self {
            bus: Mutex::new(Bus::new(config.streams.clone())),
            switch_offs: Mutex::new(SwitchOffs::new(started)),
            requests: Mutex::new(Requests::new(config.limits.account)),
            started,
            stopper: Stopper::default(),
            verification: Verification::new(Checker::new(chain.genesis_hash()), UNCHECKED),
            config,
            chain,
            keys,
            keeping: Keeping::default(),
            wake: Notify::new(),
            submitting: tokio::sync::Mutex::new(()),
            follower: Arc::default(),
            news: Inbox::default(),
            finalized_block: AtomicU64::new(0),
            rebuilding: AtomicBool::new(false),
            provable: Mutex::default(),
            core: Mutex::new(None),
            backlog: Mutex::new(Backlog::default()),
            settled: Mutex::new(None),
            rounds: Mutex::new(Rounds::default()),
            health: Mutex::new(Health::default()),
            admission: tokio::sync::Mutex::new(()),
            waiting: AtomicUsize::new(0),
            metrics: OnceLock::new(),
        }
    }

    pub fn core(&self) -> MutexGuard<'_, Option<Core>> {
        // A panic under the lock is a bug that the node's panic hook reports; what is behind stays readable.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn bus(&self) -> MutexGuard<'_, Bus> {
        self.bus.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn switch_offs(&self) -> MutexGuard<'_, SwitchOffs> {
        self.switch_offs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn settled(&self) -> MutexGuard<'_, Option<SettledAt>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a final block whose ledger is the settled one.
    pub fn settled_in(&self, view: &GroupView) {
        let mut settled = self.settled();
        let behind = match settled.as_ref() {
            Some(before) if before.view.batch_no == view.batch_no => before.behind,
            Some(before) => before.view.block,
            None => 0,
        };
        *settled = Some(SettledAt {
            view: view.clone(),
            behind,
        });
    }

    /// Account id that the rewards of the proofs go to.
    pub fn payee(&self) -> [u8; 32] {
        self.config.payee.unwrap_or_else(|| self.chain.submitter())
    }

    pub fn rounds(&self) -> MutexGuard<'_, Rounds> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far each stage between a fill and finality is behind.
    pub fn stages(&self, state: &State) -> Stages {
        let health = *self.health();
        Stages {
            table_time: state.engine.table().header.time,
            oldest_event: state.batcher.oldest_event(),
            finalized_at: health.finalized.map(|(_, seen)| seen),
            round: health.round,
        }
    }

    /// The first stage that is too far behind for orders to be taken (Q-GATE).
    pub fn too_late(&self, state: &State, now: u64) -> Option<Halt> {
        gate::closed(&self.config.gate, &self.stages(state), now)
    }

    /// Whether the gate is closed by what the state alone does not show (Q-GATE).
    pub fn shuts(&self, state: &State, now: u64) -> bool {
        self.backlog().halt.is_some() || self.too_late(state, now).is_some()
    }

    /// Lets monitoring see everything that has a size or an age.
    pub fn measure(&self, now: u64) {
        let Some(metrics) = self.metrics.get() else { return };
        self.follower.read(|state| {
            let open = state.holds_back().is_none() && !self.shuts(state, now);
            metrics.look(state, &self.backlog(), &self.stages(state), open, now);
        });
        metrics.statements(self.rounds().statements);
    }

    /// How long before a replaced table runs out its batches must go another way, milliseconds.
    pub fn table_margin(&self, backlog: &Backlog) -> u64 {
        backlog.landing_p99().map_or(millis(self.config.table_margin), |p99| {
            p99.saturating_add(millis(self.config.two_blocks))
        })
    }

    /// The shapes of batches that can be proven, and their keys.
    pub fn provable(&self) -> MutexGuard<'_, Provable> {
        self.provable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Constraints of a batch's circuit.
    pub fn constraints(&self, shape: Shape) -> u64 {
        self.provable().constraints(shape)
    }

    /// True if orders would wait too long for their proof.
    pub fn is_busy(&self) -> bool {
        let ready = self.core().as_ref().map_or(0, |core| core.batcher.ready());
        self.backlog().proving_ms(ready) > millis(self.config.max_backlog)
    }

    /// Waits until everything that was taken until now is on the disk: the chain must not have a batch that would be
    /// unknown here after a crash.
    pub async fn all_on_disk(&self) -> Result<(), Stopped> {
        let last = self.core().as_ref().map(|core| core.last_record());
        self.keeping.on_disk(last.transpose()?.flatten()).await
    }

    /// Waits until something happens, but no longer than one polling interval.
    pub async fn wait(&self) {
        let _ = tokio::time::timeout(self.config.poll, self.wake.notified()).await;
    }
}
