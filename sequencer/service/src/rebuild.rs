//! A sequencer that finds batches or a re-key of another one on the chain goes on from there, by itself (Q-RESTART).

use crate::{
    chain::{ChainClient, GroupView, HistoryPlace},
    core::{Adopted, Core, CoreError, Origin, Settled, State, SwitchOff},
    history::{rebuilt, Replayed},
    queue::ready_queue,
    rebuild_error::RebuildError,
    shared::{SettledAt, Shared},
};
use cloister_crypto::field::from_bytes;
use std::sync::atomic::Ordering;

/// Number of batches that are asked for at once.
const PAGE: u32 = 32;

/// Rebuilds on the ledger of a final block, which is not the one that this sequencer has: the batches since its own
/// settled ledger are read on top of that. Until it is done everything stays as it is.
///
/// # Errors
/// The chain cannot be asked, or no ledger follows from it with the secrets that are at hand. Trying again may help.
pub(crate) async fn rebuild<C: ChainClient>(shared: &Shared<C>, view: &GroupView) -> Result<(), RebuildError> {
    let group = shared.config.group;
    let rekeyed = shared.chain.house_rekeys(group).await?;
    let last = settle_own(shared, view).await?;
    let Some(own) = own_ledger(shared, last).await else {
        return Ok(());
    };
    let replayed = match own.advanced(shared, view, &rekeyed).await {
        Ok(replayed) => replayed,
        Err(RebuildError::Chain(error)) => return Err(error.into()),
        Err(error) => {
            log::warn!(target: "cloister", "The chain does not follow this sequencer's settled ledger: {error}");
            rebuilt(shared, view, &rekeyed).await?.0
        }
    };
    let table = shared.chain.risk_table(group, None).await?;
    let table = table.ok_or(RebuildError::NoTable)?;
    let ready = ready_queue(shared, view.queue_first, &table).await?;
    let settled = SettledAt {
        behind: replayed.behind,
        view: view.clone(),
    };
    let origin = Origin {
        state: replayed.ledger,
        last_time: view.time,
        table,
        next_item: view.queue_first,
        ready,
        queue_share: view.queue_share,
        shapes: shared.provable().shapes(),
        batch_no: view.batch_no,
        house_rekeys: view.house_rekeys,
    };
    // It takes a while, so it is not done under the lock.
    let genesis = shared.chain.genesis_hash();
    let state = State::new(&shared.config, genesis, shared.payee(), &shared.keys, origin)?;
    let fresh = Core::new(state, shared.keys.clone(), None);
    let adopted = replace(shared, fresh, settled);
    log::warn!(
        target: "cloister",
        "The ledger is the chain's again, at batch {}: {} fills and withdrawals of this sequencer are void, {} orders, \
         cancels and withdrawals go on, {} are dropped",
        view.batch_no,
        adopted.void.len(),
        adopted.kept.len(),
        adopted.dropped.len(),
    );
    for (key, rejection) in &adopted.dropped {
        log::info!(target: "cloister", "Instruction {} of account {} is dropped: {rejection}", key.id, key.account);
    }
    shared.wake.notify_waiters();
    Ok(())
}

/// Settles those of this sequencer's batches that the chain has, up to the first that is another's. Returns the block
/// of the last of them.
async fn settle_own<C: ChainClient>(shared: &Shared<C>, view: &GroupView) -> Result<Option<u64>, RebuildError> {
    let mut last = None;
    loop {
        let Some(from) = own_place(shared) else {
            return Ok(last);
        };
        if from.batch_no >= view.batch_no {
            return Ok(last);
        }
        let page = shared.chain.settled_batches(shared.config.group, from, PAGE).await?;
        if page.batches.is_empty() {
            return Ok(last);
        }
        let mut core = shared.core();
        let Some(core) = core.as_mut() else {
            return Ok(last);
        };
        let now = shared.chain.now();
        for found in &page.batches {
            let batch_no = found.batch.batch_no;
            let root = core.batcher.unsettled_root(batch_no);
            let is_own = root.is_some() && root == from_bytes(&found.batch.new_root).ok();
            if batch_no != core.finalized_batches || !is_own {
                return Ok(last);
            }
            let settled = Settled { batch_no, record: None };
            if core.apply(now, settled).answer.is_err() {
                return Ok(last);
            }
            last = Some(found.block);
        }
    }
}

/// From where on batches are not in the settled ledger of this sequencer.
fn own_place<C: ChainClient>(shared: &Shared<C>) -> Option<HistoryPlace> {
    let block = shared.settled().as_ref().map_or(0, |settled| settled.view.block);
    let core = shared.core();
    let batch_no = core.as_ref()?.finalized_batches;
    Some(HistoryPlace { block, batch_no })
}

/// The settled ledger of this sequencer; `last` is the block of its last batch, if that is not the one of before. It is
/// copied where nobody who trades waits for it (Q-READ).
async fn own_ledger<C: ChainClient>(shared: &Shared<C>, last: Option<u64>) -> Option<Replayed> {
    let HistoryPlace { block, batch_no } = own_place(shared)?;
    let before = shared.settled().as_ref().map_or(0, |settled| settled.behind);
    shared.follower.caught_up().await;
    let own = shared.follower.read(|state| {
        let is_it = state.finalized_batches == batch_no;
        is_it.then(|| (state.batcher.settled().clone(), state.house_rekeys))
    });
    let (ledger, house_rekeys) = own.flatten()?;
    Some(Replayed {
        ledger,
        house_rekeys,
        block: last.unwrap_or(block),
        behind: last.map_or(before, |last| last.saturating_sub(1)),
    })
}

/// Puts a core on top of the chain's ledger in the place of the one that was, with what still fits of that. It takes as
/// long as there are orders, so it is not done under the lock: until it is done there is no core, whoever trades waits,
/// and whoever reads sees what was before.
fn replace<C: ChainClient>(shared: &Shared<C>, fresh: Core, settled: SettledAt) -> Adopted {
    let now = shared.chain.now();
    shared.rebuilding.store(true, Ordering::SeqCst);
    let before = shared.core().take();
    let (fresh, adopted) = match before {
        Some(before) => fresh.adopt(now, before),
        None => (fresh, Adopted::default()),
    };
    let mut core = shared.core();
    let fresh = core.insert(fresh);
    for account in shared.switch_offs().take_owed() {
        fresh.apply(now, SwitchOff(account));
    }
    shared.finalized_block.fetch_max(settled.view.block, Ordering::SeqCst);
    let mut backlog = shared.backlog();
    backlog.waiting.clear();
    backlog.proven.clear();
    // A proof that was begun before is thrown away.
    backlog.generation = backlog.generation.wrapping_add(1);
    backlog.last_time = 0;
    backlog.stale_table = false;
    backlog.table_end = None;
    backlog.halt = None;
    *shared.settled() = Some(settled);
    shared.rebuilding.store(false, Ordering::SeqCst);
    adopted
}

impl From<CoreError> for RebuildError {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::Engine(error) => error.into(),
            CoreError::Batcher(error) => error.into(),
            CoreError::Key(account) => Self::Key(account),
        }
    }
}
