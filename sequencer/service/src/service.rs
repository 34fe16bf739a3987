//! The service: boots from the chain, re-keys the house if it must, then follows the chain, proves and settles until it
//! is dropped.

use crate::{
    batch_keys::provers,
    chain::{At, ChainClient, ChainError, GroupView, RoundView, Stake},
    config::SequencerConfig,
    core::{
        millis, replay, Core, Gate, Origin, Pause, Paused, QueuePlace, QueueShare, Ready, ReplayError, State, Table,
        Tick,
    },
    entry::{serve, Entry, EntryConfig, EntryError},
    error::StartError,
    feed::{index_loop, publish_loop},
    history::{rebuilt, Replayed, Source},
    keep::keep_loop,
    keys::SequencerKeys,
    loading::loaded,
    metrics::Metrics,
    pipeline::{pause, prove_loop, settle_loop},
    provable::Provable,
    queue::ready_queue,
    rekey::{must_rekey, rekey},
    resume::Kept,
    rpc,
    sealed::Sealed,
    series::counted_series,
    shared::{SettledAt, Shared},
    solvency::solvency_loop,
    stages::Round,
    stopper::Stopper,
};
use cloister_journal::Journal;
use cloister_prover_job::{JobKind, Prover, ProverError};
use cloister_receipts::ReceiptSigner;
use cloister_risk::RiskTable;
use cloister_sequencer_rpc::types::EndReason;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long a sequencer that stops waits until its subscribers have taken their last message.
const FAREWELL: Duration = Duration::from_secs(1);

/// A sequencer. Cheap to clone; [`Sequencer::run`] does the work, and its JSON-RPC takes instructions and answers
/// questions.
pub struct Sequencer<C> {
    shared: Arc<Shared<C>>,
}

impl<C> Clone for Sequencer<C> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<C: ChainClient> Sequencer<C> {
    /// A sequencer that does nothing yet.
    pub fn new(config: SequencerConfig, chain: C, keys: SequencerKeys) -> Self {
        Self {
            shared: Arc::new(Shared::new(config, chain, keys)),
        }
    }

    /// Lets monitoring read the sequencer's metrics (Q-METRICS).
    ///
    /// # Errors
    /// A name of theirs is taken in the registry.
    pub fn with_metrics(self, registry: &prometheus::Registry) -> Result<Self, prometheus::Error> {
        // Given before the start, so there is none yet.
        let _ = self.shared.metrics.set(Metrics::new(registry)?);
        Ok(self)
    }

    /// Keeps everything that is taken in a journal from the start on, so that it is not lost whatever happens to the
    /// machine, and gives receipts for it (Q-JOURNAL, Q-RECEIPT). Without it, what has not settled is lost with the
    /// process. To be called once, before [`Self::run`].
    #[must_use]
    pub fn keeping(self, journal: impl Journal, signer: impl ReceiptSigner) -> Self {
        self.shared.keeping.keep(Box::new(journal), Arc::new(signer));
        self
    }

    /// Asks this sequencer to stop in order, from anywhere.
    pub fn stopper(&self) -> Stopper {
        self.shared.stopper.clone()
    }

    /// A hash of everything that was taken, with the number of the journal's record behind it: [`replayed_digest`]
    /// gives the same for a journal that ends there. `None` before the start, or without a journal.
    pub fn digest(&self) -> Option<(u64, [u8; 32])> {
        self.shared.core().as_ref().and_then(Core::digest)
    }

    /// The JSON-RPC module, ready to be merged into the node's.
    pub fn rpc(&self) -> jsonrpsee::RpcModule<()> {
        rpc::module(self.shared.clone())
    }

    /// Serves the JSON-RPC on a port of its own, with the limits of the configuration, until the answer is dropped.
    ///
    /// # Errors
    /// [`EntryError`].
    pub async fn serve(&self, config: EntryConfig) -> Result<Entry, EntryError> {
        let shared = self.shared.clone();
        serve(config, self.rpc(), Arc::new(move || rpc::not_ready(&shared))).await
    }

    /// Makes the provers of batches ready with `load` (on a blocking thread: it can take long), rebuilds the state from
    /// the chain, and runs until it is dropped or asked to stop ([`Self::stopper`]). A prover of house re-keys is made
    /// ready if one is needed (Q-KEYS), one of solvency statements when there is time for the first (Q-SOLVENCY).
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn run<P: Prover>(
        self,
        load: impl Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
    ) -> Result<(), StartError> {
        let stopper = &self.shared.stopper;
        let _working = stopper.working();
        tokio::select! {
            ended = self.work(Arc::new(load)) => ended,
            // By now nothing is followed, proven or submitted any more, and the last checkpoint is written.
            () = stopper.asked() => self.close().await,
        }
    }

    /// Works until it is dropped, or what is taken cannot be kept.
    async fn work<P, L>(&self, load: Arc<L>) -> Result<(), StartError>
    where
        P: Prover,
        L: Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
    {
        let keys = self.patiently(|| self.shared.chain.batch_keys()).await;
        let provers = provers(&self.shared.config.shapes, &keys, &load).await?;
        *self.shared.provable() = Provable::of(&provers);
        self.shared.note_keys(&keys);
        if self.shared.provable().shapes().is_empty() {
            return Err(StartError::NoVerifyingKey);
        }
        let source = self.boot(&load).await?;
        log::info!(target: "cloister", "The sequencer of group {} takes orders", self.shared.config.group);
        let work = async {
            futures::join!(
                follow_loop(self.shared.clone()),
                prove_loop(self.shared.clone(), provers),
                settle_loop(self.shared.clone()),
                solvency_loop(self.shared.clone(), load),
                keep_loop(self.shared.clone(), source),
                publish_loop(self.shared.clone()),
                index_loop(self.shared.clone()),
            )
        };
        tokio::select! {
            _ = work => Ok(()),
            stopped = self.shared.keeping.failed() => Err(stopped.into()),
        }
    }

    /// Ends what the work has left (Q-RESTART): subscribers are told, and what was acknowledged is on the disk, with a
    /// snapshot, so that the next start has nothing to replay.
    async fn close(&self) -> Result<(), StartError> {
        let shared = &self.shared;
        // While the core is there: the end of a subscription can take an account's orders out of the books.
        shared.bus().send_away(EndReason::Stopping);
        let begin = Instant::now();
        while shared.stopper.is_followed() && begin.elapsed() < FAREWELL {
            tokio::time::sleep(shared.config.poll).await;
        }
        let Some(mut core) = shared.core().take() else {
            return Ok(());
        };
        core.keep_own();
        let last = core.last_record()?;
        // Its journal ends with it, which waits for the disk.
        let closed = tokio::task::spawn_blocking(move || drop(core)).await;
        closed.map_err(|_| StartError::Thread)?;
        shared.keeping.on_disk(last).await?;
        log::info!(target: "cloister", "The sequencer has stopped: all that it acknowledged is on the disk");
        Ok(())
    }

    /// Asks until the node answers.
    async fn patiently<T, F: Future<Output = Result<T, ChainError>>>(&self, mut ask: impl FnMut() -> F) -> T {
        loop {
            match ask().await {
                Ok(answer) => return answer,
                Err(error) => log::warn!(target: "cloister", "{error}"),
            }
            tokio::time::sleep(self.shared.config.poll).await;
        }
    }

    /// Waits for the group, its first risk table, and for every batch and re-key in a block to be final.
    async fn ready(&self) -> (GroupView, RiskTable) {
        let (chain, group) = (&self.shared.chain, self.shared.config.group);
        let mut said = false;
        loop {
            let best = self.patiently(|| chain.group(group, At::Best)).await;
            let finalized = self.patiently(|| chain.group(group, At::Finalized)).await;
            let table = self.patiently(|| chain.risk_table(group, None)).await;
            if let (Some(best), Some(finalized), Some(table)) = (best, finalized, table) {
                if (best.batch_no, best.house_rekeys) == (finalized.batch_no, finalized.house_rekeys) {
                    return (finalized, table);
                }
            } else if !said {
                log::info!(target: "cloister", "Waiting for group {group} and its first risk table");
                said = true;
            }
            tokio::time::sleep(self.shared.config.poll).await;
        }
    }

    /// Rebuilds the ledger (Q-RESTART), re-keys the house if it must, and makes the core. Returns where the ledger is
    /// from.
    async fn boot<P, L>(&self, load: &Arc<L>) -> Result<Source, StartError>
    where
        P: Prover,
        L: Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
    {
        let (mut prover, mut backoff) = (None, self.shared.config.backoff);
        let kept = Kept::read(&self.shared)?;
        let mut before: Option<(Replayed, Source)> = None;
        let (view, table, replayed, source) = loop {
            let (view, table) = self.ready().await;
            if view.batch_no < kept.settled_batches() {
                log::warn!(
                    target: "cloister",
                    "Waiting for the node: it has {} batches, and the journal {} that have settled",
                    view.batch_no,
                    kept.settled_batches(),
                );
                pause(&mut backoff).await;
                continue;
            }
            let mut rekeyed = self.shared.chain.house_rekeys(self.shared.config.group).await?;
            rekeyed.truncate(view.house_rekeys as usize);
            let (replayed, source) = match before.take() {
                Some((before, source)) => (before.advanced(&self.shared, &view, &rekeyed).await?, source),
                None => rebuilt(&self.shared, &view, &rekeyed).await?,
            };
            match must_rekey(&self.shared, &rekeyed).await? {
                Some(false) => break (view, table, replayed, source),
                // No batch is taken before, and nobody else's sealing key can be proven anything to.
                None => {}
                Some(true) => {
                    // The chain takes a re-key as it takes batches: whoever lacks a series reads here which to begin.
                    self.series(kept.series()).await?;
                    let prover = match &prover {
                        Some(prover) => prover,
                        None => prover.insert(loaded(load, JobKind::HouseRekey).await?),
                    };
                    rekey(&self.shared, prover, &replayed.ledger).await?;
                }
            }
            before = Some((replayed, source));
            pause(&mut backoff).await;
        };
        let settled = SettledAt {
            behind: replayed.behind,
            view: view.clone(),
        };
        let origin = async {
            let ready = self.patiently(|| ready_queue(&self.shared, view.queue_first, &table));
            Origin {
                ready: ready.await,
                state: replayed.ledger.clone(),
                last_time: view.time,
                table: table.clone(),
                next_item: view.queue_first,
                queue_share: view.queue_share,
                shapes: self.shared.provable().shapes(),
                batch_no: view.batch_no,
                house_rekeys: view.house_rekeys,
            }
        };
        let series = self.series(kept.series()).await?;
        let core = kept
            .resume(&self.shared, &view, &replayed.ledger, series, origin)
            .await?;
        self.put_in(core)?;
        *self.shared.settled() = Some(settled);
        Ok(source)
    }

    /// The series of receipts that the journal counts from now on, which is at `own`.
    async fn series(&self, own: u32) -> Result<u32, StartError> {
        let Some(journal) = self.shared.keeping.id() else {
            return Ok(0);
        };
        let (chain, group) = (&self.shared.chain, self.shared.config.group);
        let stake = self.patiently(|| chain.stake(group)).await;
        let series = counted_series(&stake, journal, own)?;
        log::info!(target: "cloister", "Receipts are of series {series}; the journal is 0x{}", hex::encode(journal));
        Ok(series)
    }

    /// Has a copy of the core's state follow it, for whoever reads, and orders taken.
    fn put_in(&self, mut core: Core) -> Result<(), StartError> {
        let copy = core.copied().map_err(StartError::Copy)?;
        let next = core.next_record();
        // Whoever reads that there is a sequencer, and then sends an order, waits for the core and is not refused.
        let mut place = self.shared.core();
        let steps = self.shared.follower.start(copy, next, self.shared.news.clone());
        core.lead(steps.map_err(StartError::Reader)?);
        *place = Some(core);
        Ok(())
    }
}

/// The hash of what a journal leads to (Q-JOURNAL): of two that say the same it is the same, wherever they lie. `None`
/// if it is empty.
///
/// # Errors
/// [`ReplayError`].
pub fn replayed_digest(journal: impl Journal, keys: &SequencerKeys) -> Result<Option<[u8; 32]>, ReplayError> {
    let journal = Sealed::new(Box::new(journal), keys.clone());
    Ok(replay(&journal, usize::MAX)?.map(|state| state.digest()))
}

/// Follows the chain: risk tables, queue, time.
async fn follow_loop<C: ChainClient>(shared: Arc<Shared<C>>) {
    loop {
        if let Err(error) = follow(&shared).await {
            log::warn!(target: "cloister", "{error}");
        }
        shared.measure(shared.chain.now());
        keep_snapshot(&shared).await;
        tokio::time::sleep(shared.config.poll).await;
    }
}

async fn follow<C: ChainClient>(shared: &Shared<C>) -> Result<(), ChainError> {
    let group = shared.config.group;
    let table = shared.chain.risk_table(group, None).await?;
    // Tables of later batches are never older, so the oldest batch that waits has the first table to run out.
    let in_force = shared.core().as_ref().map(|c| c.engine.table().header.version);
    let waiting = shared.backlog().waiting.front().map(|batch| batch.risk_version());
    let oldest = waiting.or(in_force);
    let end = match oldest {
        Some(version) => shared.chain.table_end(group, version).await?,
        None => None,
    };
    shared.backlog().table_end = oldest.zip(end);
    // Read after the table, so that everything that is ready at it is there.
    let place = table.as_ref().and_then(|table| place_to_read(shared, table));
    let taken = match table.zip(place) {
        Some((table, place)) => {
            let items = ready_queue(shared, place.next_item, &table).await?;
            let ready = Ready::read(place, &shared.keys, &table, &items);
            Some((table, ready))
        }
        None => None,
    };
    let view = shared.chain.group(group, At::Best).await?;
    let finalized = shared.chain.group(group, At::Finalized).await?;
    shared.look_at_keys().await;
    note_series(shared, &shared.chain.stake(group).await?);
    let round = shared.chain.solvency_round(group).await?;
    let now = shared.chain.now();
    note_health(shared, now, finalized.as_ref(), round.as_ref());
    if let Some(core) = shared.core().as_mut() {
        let idle = shared.backlog().is_idle() && core.batcher.ready() == 0;
        if let Some((table, ready)) = taken {
            core.apply(now, Table { table, ready });
        }
        if let Some(view) = view {
            core.apply(now, QueueShare(view.queue_share));
            note_paused(core, now, &view);
        }
        let closed = shared.shuts(core, now);
        core.apply(now, Gate { closed });
        core.apply(now, Tick { idle });
    }
    shared.wake.notify_waiters();
    Ok(())
}

/// Keeps a snapshot, if enough was taken since the last one. It is made of the copy of the state that is read (Q-READ),
/// on a thread where nobody waits for it.
async fn keep_snapshot<C: ChainClient>(shared: &Arc<Shared<C>>) {
    let (records, batches) = (shared.config.snapshot_every, shared.config.checkpoint_batches);
    let wanted = |core: &Core| core.wants_snapshot(records, batches);
    let wanted = shared.core().as_ref().is_some_and(wanted);
    if !wanted {
        return;
    }
    let follower = shared.follower.clone();
    let made = tokio::task::spawn_blocking(move || follower.read_before(State::encoded)).await;
    if let (Ok(Some((bytes, before))), Some(core)) = (made, shared.core().as_mut()) {
        core.keep_snapshot(before, bytes);
    }
}

/// Tells the operator, once, that the chain has another series than that of the receipts that are given (C-BOND):
/// nothing is staked on them then, and whoever checks them is told so. Nothing is submitted any more if another journal
/// counts the key's receipts.
fn note_series<C: ChainClient>(shared: &Shared<C>, stake: &Stake) {
    let Some(journal) = shared.keeping.id() else { return };
    let own = shared.core().as_ref().map(|core| core.receipts.chain().series());
    let Some(own) = own else { return };
    let counted = counted_series(stake, journal, own);
    let another = counted.as_ref().err().filter(|error| error.is_of_another());
    shared.keeping.note_superseded(another.copied());
    let wrong = match counted {
        Ok(series) if series == own => None,
        Ok(series) => Some(format!(
            "the chain has begun series {series} for this journal: start again"
        )),
        Err(error) => Some(error.to_string()),
    };
    if let Some(wrong) = wrong.filter(|_| shared.keeping.tells()) {
        log::error!(target: "cloister", "Nothing is staked on receipts, which are of series {own}: {wrong}");
    }
}

/// Notes what the gate looks at (Q-GATE).
fn note_health<C: ChainClient>(shared: &Shared<C>, now: u64, finalized: Option<&GroupView>, round: Option<&RoundView>) {
    let mut health = shared.health();
    if let Some(block) = finalized.map(|view| view.block) {
        let newer = health.finalized.is_none_or(|(seen, _)| block > seen);
        if newer {
            health.finalized = Some((block, now));
        }
    }
    // A group whose first round is still to come has no age that could be too high.
    let counts = round.and_then(|round| round.counted.zip(round.max_round_age));
    health.round = counts.map(|(counted, max_age)| Round { counted, max_age });
}

/// Notes whether the chain takes batches of this sequencer. While it does not, orders and withdrawals are refused.
fn note_paused(core: &mut Core, now: u64, view: &GroupView) {
    let pause = match (view.enabled, view.leads) {
        (false, _) => Some(Pause::Disabled),
        (true, false) => Some(Pause::Following),
        (true, true) => None,
    };
    if !core.apply(now, Paused(pause)).changed {
        return;
    }
    match &core.paused {
        Some(why) => log::warn!(target: "cloister", "Only cancels are taken: {why}"),
        None => log::info!(target: "cloister", "The chain takes batches of the group again"),
    }
}

/// From where on the queue is to be read for a table, if it is to come into force now.
fn place_to_read<C: ChainClient>(shared: &Shared<C>, table: &RiskTable) -> Option<QueuePlace> {
    let now = shared.chain.now();
    let core = shared.core();
    let core = core.as_ref()?;
    let in_force = &core.engine.table().header;
    let backlog = shared.backlog();
    let idle = backlog.is_idle() && core.batcher.ready() == 0;
    let runs_out = backlog.runs_out(in_force.version, now, shared.table_margin(&backlog));
    // Every new table closes the open batch; while the prover is busy anyway, it may as well fill up.
    let age = now.saturating_sub(in_force.time);
    let comes = idle || core.is_halted() || runs_out || age > millis(shared.config.table_patience);
    (comes && table.header.version > in_force.version).then(|| core.queue_place())
}
