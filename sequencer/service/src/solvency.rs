//! Solvency rounds, between the proofs of batches while that will do and beside them where it does not (Q-SOLVENCY,
//! D-ROUND).

use crate::{
    chain::{At, ChainClient, ChainError, GroupView, RoundView, SolvencyKey, SubmitOutcome, SubmitRejection, UnderWay},
    error::StartError,
    loading::loaded,
    pipeline::{finalize, pause},
    rounds::Step,
    shared::Shared,
};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{
    solvency::{Sums, BLOCK_SUBTREES, SUBTREE_LEAVES},
    GroupLedger, SolvencyError, SolvencyShape, SolvencyWitness,
};
use cloister_prover_job::{JobKind, ProofJob, Prover, ProverError};
use cloister_risk::RiskTable;
use cloister_settlement::{KeyId, SolvencySubmission};
use cloister_types::AccountIndex;
use std::sync::Arc;
use tokio::time::Instant;

/// Indices of a block, and the maximum number of blocks that one statement may skip (D-ROUND).
const BLOCK_LEAVES: u32 = (BLOCK_SUBTREES * SUBTREE_LEAVES) as u32;
const MAX_SKIPPED_BLOCKS: u32 = 64;

/// Why a statement was not made. Another is tried later.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The chain cannot be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// An account or the house leaves its range.
    #[error(transparent)]
    Statement(#[from] SolvencyError),
    /// The proof was not made.
    #[error(transparent)]
    Prover(#[from] ProverError),
    /// The prover cannot be made ready.
    #[error(transparent)]
    Load(#[from] StartError),
    /// The chain has no key that the prover proves under.
    #[error("the chain has no active verifying key of this sequencer's solvency statements")]
    NoKey,
    /// The chain refuses the statement.
    #[error("the chain refuses the statement: {0}")]
    Refused(SubmitRejection),
}

/// A statement that is ready to be proven.
struct Plan {
    witness: SolvencyWitness,
    first: AccountIndex,
    last: bool,
    batch_no: u64,
}

/// Makes rounds, one statement at a time, for ever. Ends at once without a shape.
pub(crate) async fn solvency_loop<C, P, L>(shared: Arc<Shared<C>>, load: Arc<L>)
where
    C: ChainClient,
    P: Prover,
    L: Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
{
    let Some(shape) = shared.config.solvency else { return };
    // The sums of the round under way are nowhere but here: after a restart a round starts anew.
    let (mut sums, mut backoff) = (Sums::default(), shared.config.backoff);
    let mut prover: Option<P> = None;
    let mut waits_since = Instant::now();
    loop {
        tokio::time::sleep(shared.config.poll).await;
        let patient = waits_since.elapsed() < shared.config.round_patience;
        if patient && !has_time(&shared) && !is_urgent(&shared).await {
            continue;
        }
        let done = step(&shared, &load, &mut prover, shape, &mut sums).await;
        shared.rounds().note(shared.chain.now(), &done);
        match done {
            Ok(Step::Idle) => continue,
            Ok(Step::Taken) => backoff = shared.config.backoff,
            Ok(Step::Complete) => {
                backoff = shared.config.backoff;
                tokio::time::sleep(shared.config.round_pause).await;
            }
            Err(_) => pause(&mut backoff).await,
        }
        waits_since = Instant::now();
    }
}

/// Whether no batch waits for a proof or is proven. What is open, or on its way to a final block, holds nothing up: a
/// statement is about the settled ledger.
fn has_time<C: ChainClient>(shared: &Shared<C>) -> bool {
    let core = shared.core();
    core.as_ref().is_some_and(|core| core.batcher.ready() == 0) && shared.backlog().is_idle()
}

/// Whether the round that counts is past half of its life, or there is none although the group has terms: then
/// statements wait for nothing. A round should take no longer than the other half (C-GATE).
async fn is_urgent<C: ChainClient>(shared: &Shared<C>) -> bool {
    let Ok(Some(view)) = shared.chain.solvency_round(shared.config.group).await else {
        return false;
    };
    let age = |table: u64| shared.chain.now().saturating_sub(table);
    let past = |most: u64| view.counted.is_none_or(|table| age(table) >= most / 2);
    view.max_round_age.is_some_and(past)
}

/// The chain's key that the prover proves under.
async fn find_key<C: ChainClient>(shared: &Shared<C>, verifying_key: &[u8]) -> Result<Option<KeyId>, ChainError> {
    let keys = shared.chain.solvency_keys().await?;
    let fits = |key: &&SolvencyKey| key.active && key.key == verifying_key;
    Ok(keys.iter().find(fits).map(|key| key.id))
}

/// One statement: made, proven, submitted. The prover is made ready for the first.
async fn step<C, P, L>(
    shared: &Shared<C>,
    load: &Arc<L>,
    prover: &mut Option<P>,
    shape: SolvencyShape,
    sums: &mut Sums,
) -> Result<Step, Failure>
where
    C: ChainClient,
    P: Prover,
    L: Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
{
    let group = shared.config.group;
    let prover = match prover {
        Some(prover) => prover,
        None => prover.insert(loaded(load, JobKind::Solvency(shape)).await?),
    };
    let key = find_key(shared, &prover.verifying_key()).await?;
    let key = key.ok_or(Failure::NoKey)?;
    let view = shared.chain.solvency_round(group).await?;
    let table = shared.chain.risk_table(group, None).await?;
    // Read after the table, so that it holds every batch before it.
    let settled = shared.chain.group(group, At::Finalized).await?;
    let (Some(view), Some(table), Some(settled)) = (view, table, settled) else {
        return Ok(Step::Idle);
    };
    let Some((cursor, end)) = place(&view, &table, sums) else {
        return Ok(Step::Idle);
    };
    let skipped = skip(shared, cursor, end).await?;
    // At or above the cursor of a round that is given up, a statement would go on with that.
    let given_up = view.under_way.filter(|_| cursor == 0);
    let first = given_up.map_or(skipped, |round| if skipped < round.cursor { skipped } else { cursor });
    let first = AccountIndex(first);
    let last = shared.chain.ends_round(group, shape.next(first).get(), end).await?;
    let ours = finalize(shared, &settled).is_some();
    // What has settled is seen there, too.
    shared.follower.caught_up().await;
    let plan = ours.then(|| plan(shared, shape, &settled, table, *sums, first, last));
    let Some(plan) = plan.flatten() else {
        return Ok(Step::Idle);
    };
    let after = plan.witness.after()?;
    let payee = shared.chain.submitter();
    let statement = plan
        .witness
        .statement(shape, shared.chain.genesis_hash(), payee, plan.first, plan.last)?;
    let job = ProofJob::solvency(shape, statement, plan.witness);
    let proof = prover.prove(job).await?;
    let submission = SolvencySubmission::new(key, plan.batch_no, &statement, proof.0);
    let submitted = {
        let _turn = shared.submitting.lock().await;
        shared.chain.submit_solvency(group, &submission).await?
    };
    match submitted {
        SubmitOutcome::InBlock(block) if plan.last => {
            *sums = Sums::default();
            log::info!(target: "cloister", "A solvency round of group {group} is complete in block {block}");
            Ok(Step::Complete)
        }
        SubmitOutcome::InBlock(_) => {
            *sums = after;
            Ok(Step::Taken)
        }
        SubmitOutcome::Rejected(rejection) => Err(Failure::Refused(rejection)),
    }
}

/// Where the round goes on, and where it ends: the one under way if its sums are known here and it can still count,
/// else a new one. `None` if a new one could not count, because the table is not newer than the oldest of the round
/// that counts.
fn place(view: &RoundView, table: &RiskTable, sums: &mut Sums) -> Option<(u32, u32)> {
    let newer = |time: u64| view.counted.is_none_or(|counted| time > counted);
    let own = to_bytes(&sums.commitment());
    let goes_on = |round: &UnderWay| round.sums == own && round.cursor > 0 && newer(round.oldest_table);
    if let Some(round) = view.under_way.filter(goes_on) {
        return Some((round.cursor, round.end));
    }
    *sums = Sums::default();
    newer(table.header.time).then_some((0, view.next_index))
}

/// The first index from the cursor on that a statement must cover: the beginning of the next subtree with an account,
/// of the round's last one if there is none, or as far as one statement may skip. The cursor, if the chain has an
/// account between that the settled ledger has not.
async fn skip<C: ChainClient>(shared: &Shared<C>, cursor: u32, end: u32) -> Result<u32, ChainError> {
    let next = shared.follower.read(|state| {
        let mut indices = state.batcher.settled().accounts().map(|(index, _)| index.get());
        indices.find(|index| *index >= cursor)
    });
    let next = next.flatten().unwrap_or(end.saturating_sub(1));
    let subtree = next - next % SUBTREE_LEAVES as u32;
    let furthest = (cursor / BLOCK_LEAVES)
        .saturating_add(MAX_SKIPPED_BLOCKS)
        .saturating_mul(BLOCK_LEAVES);
    let to = subtree.min(furthest);
    let skips = to > cursor && shared.chain.ends_round(shared.config.group, cursor, to).await?;
    Ok(if skips { to } else { cursor })
}

/// The statement over the settled ledger, whatever else is open, refused or on its way. It has all batches of a final
/// block that is no older than the table, so its root was the newest at the table's time or later (D-ROUND). `None` if
/// the chain's final batches are not this sequencer's, if somebody else has re-keyed the house, and before the first
/// batch.
fn plan<C: ChainClient>(
    shared: &Shared<C>,
    shape: SolvencyShape,
    view: &GroupView,
    table: RiskTable,
    before: Sums,
    first: AccountIndex,
    last: bool,
) -> Option<Plan> {
    let seen = shared.follower.read(|state| {
        let is_it = state.finalized_batches >= view.batch_no && state.house_rekeys == view.house_rekeys;
        is_it.then(|| opened(shared, shape, state.batcher.settled(), table, before, first))
    });
    let (witness, batch_no) = seen.flatten().flatten()?;
    Some(Plan {
        witness,
        first,
        last,
        batch_no,
    })
}

/// The accounts of a settled ledger that a statement from `first` on is about, and the number of the ledger's last
/// batch; `None` before the first.
fn opened<C: ChainClient>(
    shared: &Shared<C>,
    shape: SolvencyShape,
    settled: &GroupLedger,
    table: RiskTable,
    before: Sums,
    first: AccountIndex,
) -> Option<(SolvencyWitness, u64)> {
    let batch_no = settled.batch_no().checked_sub(1)?;
    let account = |index| settled.account(index).map(|state| &state.account);
    let mut witness = SolvencyWitness::open(shape, settled.tree(), account, table, first)?;
    witness.blinding = shared
        .keys
        .solvency_blinding(&to_bytes(&settled.root()), &to_bytes(&before.commitment()));
    witness.before = before;
    witness.house = settled.house().clone();
    Some((witness, batch_no))
}
