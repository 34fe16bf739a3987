//! The service: boots from the chain, re-keys the house if it must, then follows the chain, proves and settles until it
//! is dropped.

use crate::{
    chain::{At, ChainClient, ChainError, GroupView},
    config::SequencerConfig,
    core::{millis, Core, Origin, QueuePlace, Ready},
    error::StartError,
    halt::Halt,
    keys::SequencerKeys,
    loading::loaded,
    pipeline::{pause, prove_loop, settle_loop},
    queue::ready_queue,
    rekey::{must_rekey, rekey},
    rpc,
    shared::{ProverFacts, Shared},
    solvency::solvency_loop,
};
use cloister_crypto::{field::to_bytes, stream::Scope};
use cloister_ledger::GroupLedger;
use cloister_prover_job::{JobKind, Prover, ProverError};
use cloister_risk::RiskTable;
use cloister_settlement::{replay_batch, replay_rekeys, HouseRekeyed};
use std::{future::Future, sync::Arc};

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

    /// The JSON-RPC module, ready to be merged into the node's.
    pub fn rpc(&self) -> jsonrpsee::RpcModule<()> {
        rpc::module(self.shared.clone())
    }

    /// Makes the prover of batches ready with `load` (on a blocking thread: it can take long), rebuilds the state from
    /// the chain, and runs until it is dropped. A prover of house re-keys is made ready if one is needed (Q-KEYS), one
    /// of solvency statements when there is time for the first (Q-SOLVENCY).
    ///
    /// # Errors
    /// [`StartError`]; once started it does not return.
    pub async fn run<P: Prover>(
        self,
        load: impl Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
    ) -> Result<(), StartError> {
        let load = Arc::new(load);
        let kind = JobKind::Batch(self.shared.config.shape);
        let prover = loaded(&load, kind).await?;
        if prover.kind() != kind {
            return Err(StartError::Shape);
        }
        self.find_key(&prover).await?;
        self.boot(&load).await?;
        log::info!(target: "cloister", "The sequencer of group {} takes orders", self.shared.config.group);
        futures::join!(
            follow_loop(self.shared.clone()),
            prove_loop(self.shared.clone(), prover),
            settle_loop(self.shared.clone()),
            solvency_loop(self.shared.clone(), load),
        );
        Ok(())
    }

    /// Finds the prover's key among the chain's.
    async fn find_key<P: Prover>(&self, prover: &P) -> Result<(), StartError> {
        let (key, shape) = (prover.verifying_key(), self.shared.config.shape);
        let keys = self.patiently(|| self.shared.chain.batch_keys()).await;
        let found = keys.iter().find(|found| found.key == key && found.shape == shape);
        let found = found.ok_or(StartError::NoVerifyingKey)?;
        let facts = ProverFacts {
            key_id: found.id,
            constraints: prover.constraints(),
            development: prover.is_development(),
        };
        self.shared.set_facts(facts);
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

    /// Rebuilds the ledger of a final block, and the re-keys that are in it.
    async fn rebuilt(&self, view: &GroupView) -> Result<(GroupLedger, Vec<HouseRekeyed>), StartError> {
        let Shared {
            config, chain, keys, ..
        } = &*self.shared;
        let mut rekeyed = chain.house_rekeys(config.group).await?;
        rekeyed.truncate(view.house_rekeys as usize);
        let (mut state, mut done) = (GroupLedger::default(), 0);
        let scope = Scope {
            genesis: chain.genesis_hash(),
            group: config.group,
        };
        replay_rekeys(&mut state, &scope, &rekeyed, &mut done, keys)?;
        if view.batch_no > 0 {
            log::info!(target: "cloister", "Rebuilding the ledger from {} batches", view.batch_no);
            for settled in chain.settled_batches(config.group, 0).await? {
                if settled.batch.batch_no < view.batch_no {
                    replay_batch(&mut state, &scope, &settled.batch, &settled.takings, keys)?;
                    replay_rekeys(&mut state, &scope, &rekeyed, &mut done, keys)?;
                }
            }
        }
        let same = to_bytes(&state.root()) == view.root && to_bytes(&state.house().commitment()) == view.house;
        if state.batch_no() != view.batch_no || !same {
            return Err(StartError::Root(state.batch_no()));
        }
        Ok((state, rekeyed))
    }

    async fn boot<P, L>(&self, load: &Arc<L>) -> Result<(), StartError>
    where
        P: Prover,
        L: Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
    {
        let (mut prover, mut backoff) = (None, self.shared.config.backoff);
        let (view, table, state) = loop {
            let (view, table) = self.ready().await;
            let (state, rekeyed) = self.rebuilt(&view).await?;
            match must_rekey(&self.shared, &rekeyed).await? {
                Some(false) => break (view, table, state),
                // No batch is taken before, and nobody else's sealing key can be proven anything to.
                None => {}
                Some(true) => {
                    let prover = match &prover {
                        Some(prover) => prover,
                        None => prover.insert(loaded(load, JobKind::HouseRekey).await?),
                    };
                    rekey(&self.shared, prover, &state).await?;
                }
            }
            pause(&mut backoff).await;
        };
        let ready = self
            .patiently(|| ready_queue(&self.shared, view.queue_first, &table))
            .await;
        let origin = Origin {
            state,
            last_time: view.time,
            table,
            next_item: view.queue_first,
            ready,
            queue_share: view.queue_share,
            batch_no: view.batch_no,
            house_rekeys: view.house_rekeys,
        };
        let core = Core::new(
            &self.shared.config,
            self.shared.chain.genesis_hash(),
            self.shared
                .config
                .payee
                .unwrap_or_else(|| self.shared.chain.submitter()),
            self.shared.keys.clone(),
            origin,
        )?;
        *self.shared.core() = Some(core);
        Ok(())
    }
}

/// Follows the chain: risk tables, queue, time.
async fn follow_loop<C: ChainClient>(shared: Arc<Shared<C>>) {
    loop {
        if let Err(error) = follow(&shared).await {
            log::warn!(target: "cloister", "{error}");
        }
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
    let now = shared.chain.now();
    if let Some(core) = shared.core().as_mut() {
        let idle = shared.backlog().is_idle() && core.batcher.ready() == 0;
        if let Some((table, ready)) = taken {
            core.set_table(now, table, ready);
        }
        if let Some(view) = view {
            core.batcher.set_queue_share(view.queue_share);
            note_paused(core, &view);
        }
        core.tick(now, idle);
    }
    shared.wake.notify_waiters();
    Ok(())
}

/// Notes whether the chain takes batches of this sequencer. While it does not, orders and withdrawals are refused.
fn note_paused(core: &mut Core, view: &GroupView) {
    let paused = match (view.enabled, view.leads) {
        (false, _) => Some(Halt::Paused),
        (true, false) => Some(Halt::Following),
        (true, true) => None,
    };
    let (before, now) = (&core.paused, &paused);
    if before.as_ref().map(ToString::to_string) != now.as_ref().map(ToString::to_string) {
        match now {
            Some(why) => log::warn!(target: "cloister", "Only cancels are taken: {why}"),
            None => log::info!(target: "cloister", "The chain takes batches of the group again"),
        }
    }
    core.paused = paused;
}

/// From where on the queue is to be read for a table, if it is to come into force now.
fn place_to_read<C: ChainClient>(shared: &Shared<C>, table: &RiskTable) -> Option<QueuePlace> {
    let now = shared.chain.now();
    let core = shared.core();
    let core = core.as_ref()?;
    let in_force = &core.engine.table().header;
    let backlog = shared.backlog();
    let idle = backlog.is_idle() && core.batcher.ready() == 0;
    let runs_out = backlog.runs_out(in_force.version, now, millis(shared.config.table_margin));
    // Every new table closes the open batch; while the prover is busy anyway, it may as well fill up.
    let age = now.saturating_sub(in_force.time);
    let comes = idle || core.is_halted() || runs_out || age > millis(shared.config.table_patience);
    (comes && table.header.version > in_force.version).then(|| core.queue_place())
}
