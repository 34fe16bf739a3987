//! From closed batch to final block: proving, submitting, starting over.
//!
//! Two loops. One proves closed batches in order. The other looks at what the best chain has and submits the proven
//! batches that it lacks, together if they are several; this covers lost answers and forks alike, because a batch is
//! forgotten only once a final block holds it.

use crate::{
    backlog::{Backlog, Proven},
    chain::{At, ChainClient, ChainError, GroupView, InvalidBatch, SubmitOutcome, SubmitRejection},
    core::{millis, Core, InBlock, Ready, Rebase, Refreshed, Settled, Tick},
    halt::Halt,
    queue::{gone_items, ready_queue},
    rebuild::rebuild,
    record::{small, BatchRecord},
    shared::Shared,
};
use cloister_batcher::ClosedBatch;
use cloister_crypto::field::to_bytes;
use cloister_ledger::Shape;
use cloister_prover_job::{JobKind, Proof, ProofJob, Prover, ProverError};
use cloister_settlement::Batch;
use std::{
    collections::BTreeMap,
    sync::{atomic::Ordering, Arc},
    time::Duration,
};
use tokio::time::Instant;

/// Longest pause between attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// Maximum number of batches in one call (C-SEVERAL).
const MAX_TOGETHER: usize = 16;

/// Proves closed batches, one at a time, for ever.
pub(crate) async fn prove_loop<C: ChainClient, P: Prover>(shared: Arc<Shared<C>>, provers: BTreeMap<Shape, P>) {
    let mut backoff = shared.config.backoff;
    loop {
        let Some((batch, generation)) = next_batch(&shared) else {
            shared.wait().await;
            continue;
        };
        let started = Instant::now();
        let job = ProofJob::batch(batch.shape, batch.witness.clone(), &batch.effect.statement);
        let proof = match provers.get(&batch.shape) {
            Some(prover) => prover.prove(job).await,
            None => Err(ProverError::KeyUnavailable {
                reason: format!("nobody here proves a {}", JobKind::Batch(batch.shape)),
            }),
        };
        if proved(&shared, batch, generation, proof, started) {
            backoff = shared.config.backoff;
            shared.wake.notify_waiters();
        } else {
            pause(&mut backoff).await;
        }
    }
}

/// Files a proof, unless a rebase has made it worthless. False if the batch must be tried again.
fn proved<C: ChainClient>(
    shared: &Shared<C>,
    batch: ClosedBatch,
    generation: u64,
    proof: Result<Proof, ProverError>,
    started: Instant,
) -> bool {
    let batch_no = batch.batch_no();
    let mut backlog = shared.backlog();
    backlog.proving = None;
    if backlog.generation != generation {
        return true;
    }
    let proof = match proof {
        Ok(proof) => proof,
        Err(source) => {
            log::error!(target: "cloister", "Batch {batch_no} cannot be proven: {source}");
            backlog.waiting.push_front(batch);
            backlog.halt = Some(Halt::Prover { batch_no, source });
            return false;
        }
    };
    let prove_ms = millis(started.elapsed());
    backlog.last_prove_ms = Some(prove_ms);
    if let Some(metrics) = shared.metrics.get() {
        metrics.proven(started.elapsed());
    }
    // How many units and fills it has would tell who reads the log what padding hides.
    log::info!(target: "cloister", "Batch {batch_no} is proven in {prove_ms} ms");
    let statement = &batch.effect.statement;
    let Some(key) = shared.provable().key(batch.shape) else {
        // The chain has retired it meanwhile: it is made again.
        backlog.waiting.push_front(batch);
        return true;
    };
    let submission = match Batch::new(key, batch.risk_version(), statement, proof.0) {
        Ok(submission) => submission,
        Err(error) => {
            // The chain has a key of the shape, so it has room for its batches.
            log::error!(target: "cloister", "Batch {batch_no} cannot be submitted: {error}");
            backlog.waiting.push_front(batch);
            let rejection = SubmitRejection::Invalid(InvalidBatch::Form);
            backlog.halt = Some(Halt::Refused { batch_no, rejection });
            return false;
        }
    };
    backlog.last_time = backlog.last_time.max(batch.time());
    let proven = Proven {
        batch,
        submission,
        prove_ms,
        attempts: 0,
        first_submitted: None,
    };
    backlog.proven.insert(batch_no, proven);
    if matches!(backlog.halt, Some(Halt::Prover { .. })) {
        backlog.halt = None;
    }
    true
}

/// The next batch to prove, with a later time if its own is too old. `None` if there is none, or if it must be made
/// again first.
fn next_batch<C: ChainClient>(shared: &Shared<C>) -> Option<(ClosedBatch, u64)> {
    let now = shared.chain.now();
    let mut core = shared.core();
    let core = core.as_mut()?;
    let mut backlog = shared.backlog();
    if backlog.waiting.is_empty() {
        core.apply(now, Tick { idle: true });
    }
    while let Some(closed) = core.next_closed() {
        backlog.waiting.push_back(closed);
    }
    let table = &backlog.waiting.front()?.request.context.table.header;
    let age = now.saturating_sub(table.time);
    let too_old = age > millis(shared.config.max_table_age);
    let runs_out = backlog.runs_out(table.version, now, shared.table_margin(&backlog));
    // While the table in force is the same, there is none to go to: the batch waits for a newer one, since the chain
    // would not take it by the time it is proven.
    let newer = core.engine.table().header.version > table.version;
    let shape = backlog.waiting.front()?.shape;
    let (takes, takes_any) = {
        let provable = shared.provable();
        (provable.key(shape).is_some(), !provable.shapes().is_empty())
    };
    let retired = !takes && takes_any;
    let hopeless = age > millis(shared.config.gate.table_age);
    backlog.stale_table = retired || newer && (too_old || runs_out || hopeless);
    if backlog.stale_table || hopeless {
        return None;
    }
    if !takes {
        let (batch_no, rejection) = (backlog.waiting.front()?.batch_no(), SubmitRejection::Key);
        halt(&mut backlog, Halt::Refused { batch_no, rejection });
        return None;
    }
    let batch = backlog.waiting.pop_front()?;
    // Not later than it must be: orders in it, and in the batches after it, expire.
    let time = now
        .saturating_sub(millis(shared.config.stale_after))
        .max(backlog.last_time);
    let batch = if batch.time() < time {
        // The contents have not changed, so the new root serves as their digest.
        let digest = to_bytes(&batch.effect.statement.new_root);
        let secrets = core.secrets(batch.batch_no(), &digest);
        match batch.refresh(time, &secrets) {
            Ok(later) => {
                core.apply(now, refreshed(&later));
                later
            }
            Err(error) => {
                // An order in it has expired, say. Made again, the batch goes on without it.
                log::warn!(target: "cloister", "{error}");
                backlog.waiting.push_front(batch);
                backlog.stale_table = true;
                return None;
            }
        }
    } else {
        batch
    };
    backlog.proving = Some(batch.batch_no());
    Some((batch, backlog.generation))
}

/// Submits proven batches and follows the chain, for ever.
pub(crate) async fn settle_loop<C: ChainClient>(shared: Arc<Shared<C>>) {
    let mut backoff = shared.config.backoff;
    loop {
        match step(&shared).await {
            Step::Again => backoff = shared.config.backoff,
            Step::Wait => {
                backoff = shared.config.backoff;
                shared.wait().await;
            }
            Step::Backoff => pause(&mut backoff).await,
        }
    }
}

enum Step {
    /// There may be more to do at once.
    Again,
    /// Nothing to do now.
    Wait,
    /// Something failed.
    Backoff,
}

async fn step<C: ChainClient>(shared: &Arc<Shared<C>>) -> Step {
    let group = shared.config.group;
    let views = futures::try_join!(
        shared.chain.group(group, At::Best),
        shared.chain.group(group, At::Finalized)
    );
    let (best, finalized) = match views {
        Ok((Some(best), Some(finalized))) => (best, finalized),
        Ok(_) => return Step::Backoff,
        Err(error) => {
            log::warn!(target: "cloister", "{error}");
            return Step::Backoff;
        }
    };
    if finalize(shared, &finalized).is_none() || is_rekeyed(shared, &finalized) {
        return match rebuild(shared, &finalized).await {
            Ok(()) => Step::Again,
            Err(error) => {
                halt(&mut shared.backlog(), Halt::Rebuild(error));
                Step::Backoff
            }
        };
    }
    if check_foreign(shared, &best).is_none() {
        return Step::Backoff;
    }
    // Nothing is sent that is refused whatever it is.
    if !best.enabled || !best.leads {
        return Step::Backoff;
    }
    // Nothing is thrown away that may be in a block of some fork. Without the batch that the chain needs next, later
    // ones are in none: that one may have been sent back to the prover while another was proven.
    let stale = {
        let backlog = shared.backlog();
        let next = backlog.proven.contains_key(&best.batch_no);
        backlog.stale_table && !next && best.batch_no == finalized.batch_no
    };
    if stale {
        return rebase(shared).await;
    }
    let submissions = proven_from(shared, best.batch_no);
    let Some(first) = submissions.first() else {
        return Step::Wait;
    };
    if shared.is_retired(first.key) {
        // It may be in a block of some fork as long as one that is not final has a batch.
        return match best.batch_no == finalized.batch_no {
            true => rebase(shared).await,
            false => Step::Backoff,
        };
    }
    if let Err(stopped) = shared.all_on_disk().await {
        log::error!(target: "cloister", "Nothing is submitted: {stopped}");
        return Step::Backoff;
    }
    // What is in its receipts may be otherwise in the batches of this one, and costs the bond (C-OVERFILL).
    if let Some(error) = shared.keeping.superseded() {
        halt(&mut shared.backlog(), Halt::Superseded(error));
        return Step::Backoff;
    }
    let submitted = {
        let _turn = shared.submitting.lock().await;
        match submissions.as_slice() {
            [one] => shared.chain.submit_batch(group, one).await,
            several => shared.chain.submit_batches(group, several).await,
        }
    };
    match submitted {
        Ok(SubmitOutcome::InBlock(block)) => {
            // One that was refused behind the first is the first next time.
            let settled = match shared.chain.group(group, At::Best).await {
                Ok(Some(view)) if submissions.len() > 1 => view.batch_no,
                _ => first.batch_no.saturating_add(1),
            };
            for submission in submissions.iter().filter(|batch| batch.batch_no < settled) {
                record(shared, submission.batch_no, block);
            }
            Step::Again
        }
        Ok(SubmitOutcome::Rejected(rejection)) => refused(shared, first.batch_no, rejection, &best, &finalized).await,
        Err(error) => {
            log::warn!(target: "cloister", "Batch {}: {error}", first.batch_no);
            Step::Backoff
        }
    }
}

/// The proven batches from a number on that follow each other, no more than one call takes.
fn proven_from<C: ChainClient>(shared: &Shared<C>, batch_no: u64) -> Vec<Batch> {
    let mut backlog = shared.backlog();
    let following = backlog
        .proven
        .range_mut(batch_no..)
        .zip(batch_no..)
        .take_while(|((found, _), expected)| *found == expected);
    following
        .take(MAX_TOGETHER)
        .map(|((_, proven), _)| {
            proven.attempts = proven.attempts.saturating_add(1);
            proven.first_submitted.get_or_insert_with(Instant::now);
            proven.submission.clone()
        })
        .collect()
}

/// Forgets batches that are in final blocks. `None` if the chain's root is not ours.
pub(crate) fn finalize<C: ChainClient>(shared: &Shared<C>, view: &GroupView) -> Option<()> {
    let now = shared.chain.now();
    let mut core = shared.core();
    let core = core.as_mut()?;
    let mut backlog = shared.backlog();
    shared.finalized_block.fetch_max(view.block, Ordering::SeqCst);
    // Nothing is settled before all of it is known to be this sequencer's: the root after the last batch says so of all
    // before it.
    if let Some(batch_no) = view
        .batch_no
        .checked_sub(1)
        .filter(|last| *last >= core.finalized_batches)
    {
        let Some(root) = core.batcher.unsettled_root(batch_no) else {
            let made = core.batcher.head().batch_no();
            return halt(
                &mut backlog,
                Halt::Foreign {
                    found: view.batch_no,
                    made,
                },
            );
        };
        if view.root != to_bytes(&root) {
            return halt(&mut backlog, Halt::Diverged { batch_no });
        }
    }
    while core.finalized_batches < view.batch_no {
        let batch_no = core.finalized_batches;
        // One that was made here before a start need not be proven again by then.
        let closed = backlog.waiting.iter().find(|batch| batch.batch_no() == batch_no);
        let record = match backlog.proven.get(&batch_no) {
            Some(proven) => Some(batch_record(shared, proven, view.block)),
            None => closed.map(|batch| closed_record(batch, shared.constraints(batch.shape), view.block)),
        };
        if let Err(error) = core.apply(now, Settled { batch_no, record }).answer {
            return halt(&mut backlog, error.into());
        }
        backlog.proven.remove(&batch_no);
    }
    // A batch that was sent back to the prover can still turn out to be final in another fork.
    let done = core.finalized_batches;
    backlog.proven.retain(|batch_no, _| *batch_no >= done);
    backlog.waiting.retain(|batch| batch.batch_no() >= done);
    if (done, core.house_rekeys) == (view.batch_no, view.house_rekeys) {
        shared.settled_in(view);
    }
    Some(())
}

/// Whether the final chain has a re-key of the house that is not in the ledger.
fn is_rekeyed<C: ChainClient>(shared: &Shared<C>, finalized: &GroupView) -> bool {
    let core = shared.core();
    core.as_ref()
        .is_some_and(|core| core.house_rekeys != finalized.house_rekeys)
}

fn halt(backlog: &mut Backlog, halt: Halt) -> Option<()> {
    if backlog.halt.as_ref().map(ToString::to_string) != Some(halt.to_string()) {
        log::error!(target: "cloister", "{halt}");
    }
    backlog.halt = Some(halt);
    None
}

/// `None` if the best chain has batches that are not ours.
fn check_foreign<C: ChainClient>(shared: &Shared<C>, best: &GroupView) -> Option<()> {
    let core = shared.core();
    let made = core.as_ref()?.batcher.head().batch_no();
    if best.batch_no > made {
        return halt(
            &mut shared.backlog(),
            Halt::Foreign {
                found: best.batch_no,
                made,
            },
        );
    }
    // Every batch that is not settled was made over the house of before.
    let rekeyed = core.as_ref()?.house_rekeys != best.house_rekeys;
    if rekeyed {
        return halt(&mut shared.backlog(), Halt::Rekeyed);
    }
    Some(())
}

fn batch_record<C: ChainClient>(shared: &Shared<C>, proven: &Proven, block: u64) -> BatchRecord {
    BatchRecord {
        prove_ms: proven.prove_ms,
        submit_to_settle_ms: proven.first_submitted.map_or(0, |t| millis(t.elapsed())),
        attempts: proven.attempts,
        ..closed_record(&proven.batch, shared.constraints(proven.batch.shape), block)
    }
}

/// What is remembered of a batch in a block of which nobody knows here what it took to get it there.
pub(crate) fn closed_record(batch: &ClosedBatch, constraints: u64, block: u64) -> BatchRecord {
    let statement = &batch.effect.statement;
    BatchRecord {
        batch_no: statement.batch_no,
        time: statement.time,
        risk_version: batch.risk_version(),
        root: to_bytes(&statement.new_root),
        house: to_bytes(&statement.new_house),
        units: small(statement.units.len()),
        constraints,
        prove_ms: 0,
        submit_to_settle_ms: 0,
        attempts: 0,
        block,
        finalized: false,
    }
}

/// The input that says so.
fn refreshed(batch: &ClosedBatch) -> Refreshed {
    Refreshed {
        batch_no: batch.batch_no(),
        time: batch.time(),
        salt: batch.request.context.salt,
    }
}

fn record<C: ChainClient>(shared: &Shared<C>, batch_no: u64, block: u64) {
    let now = shared.chain.now();
    let mut core = shared.core();
    let Some(core) = core.as_mut() else { return };
    let mut backlog = shared.backlog();
    if let Some(closed_at) = backlog.proven.get(&batch_no).map(|proven| proven.batch.closed_at) {
        let ms = shared.chain.now().saturating_sub(closed_at);
        backlog.landed(ms);
        if let Some(metrics) = shared.metrics.get() {
            metrics.landed(ms);
        }
    }
    if let Some(proven) = backlog.proven.get(&batch_no) {
        let record = batch_record(shared, proven, block);
        log::info!(
            target: "cloister",
            "Batch {batch_no} is in block {block} after {} ms: root 0x{}",
            record.submit_to_settle_ms,
            hex::encode(record.root),
        );
        core.apply(now, InBlock(record));
    }
    if matches!(backlog.halt, Some(Halt::Refused { .. })) {
        backlog.halt = None;
    }
}

/// What to do when the chain refuses a batch.
async fn refused<C: ChainClient>(
    shared: &Arc<Shared<C>>,
    batch_no: u64,
    rejection: SubmitRejection,
    best: &GroupView,
    finalized: &GroupView,
) -> Step {
    log::warn!(target: "cloister", "The chain refuses batch {batch_no}: {rejection}");
    match rejection {
        // In a block already, or the best chain has changed, or another one leads until its epoch is over or the first
        // delay has passed, or a bond is missing that may come any time: look again.
        SubmitRejection::WrongBatchNumber
        | SubmitRejection::TimeInFuture
        | SubmitRejection::NotLeader
        | SubmitRejection::NotBonded => Step::Backoff,
        SubmitRejection::TimeTooOld => {
            prove_again(shared, batch_no, best.time);
            Step::Again
        }
        SubmitRejection::RiskTable | SubmitRejection::QueueOverdue => {
            if best.batch_no != finalized.batch_no {
                // Batches in blocks that are not final are settled in one fork only; wait for finality.
                return Step::Backoff;
            }
            rebase(shared).await
        }
        SubmitRejection::Invalid(InvalidBatch::Proof | InvalidBatch::UnknownAccount | InvalidBatch::NoRequest)
            if best.batch_no == finalized.batch_no && holds_what_is_gone(shared).await =>
        {
            rebase(shared).await
        }
        SubmitRejection::Key if shared.look_at_keys().await => Step::Again,
        SubmitRejection::Disabled
        | SubmitRejection::NotSubmitter
        | SubmitRejection::House
        | SubmitRejection::Key
        | SubmitRejection::Round(_)
        | SubmitRejection::Invalid(_) => {
            halt(&mut shared.backlog(), Halt::Refused { batch_no, rejection });
            Step::Backoff
        }
    }
}

/// Sends a batch, and the ones after it, back to the prover; they get later times there.
fn prove_again<C: ChainClient>(shared: &Shared<C>, batch_no: u64, chain_time: u64) {
    let time = shared.chain.now().saturating_sub(millis(shared.config.stale_after) / 2);
    let mut backlog = shared.backlog();
    backlog.last_time = backlog.last_time.max(time).max(chain_time);
    let later = backlog.proven.split_off(&batch_no);
    for (_, proven) in later.into_iter().rev() {
        backlog.waiting.push_front(proven.batch);
    }
    drop(backlog);
    shared.wake.notify_waiters();
}

/// Whether there is a queue item in the batcher that its owner has taken back.
async fn holds_what_is_gone<C: ChainClient>(shared: &Arc<Shared<C>>) -> bool {
    let Some(end) = shared.core().as_ref().map(|core| core.queue_place().next_item) else {
        return false;
    };
    let Ok(Some(table)) = shared.chain.risk_table(shared.config.group, None).await else {
        return false;
    };
    let Ok(gone) = gone_items(shared, end, &table).await else {
        return false;
    };
    let core = shared.core();
    core.as_ref()
        .is_some_and(|core| gone.iter().any(|item| core.batcher.holds(*item)))
}

/// Makes everything that is not settled again at the newest table.
async fn rebase<C: ChainClient>(shared: &Arc<Shared<C>>) -> Step {
    let Some(place) = shared.core().as_ref().map(|core: &Core| core.queue_place()) else {
        return Step::Backoff;
    };
    let read = async {
        let Some(table) = shared.chain.risk_table(shared.config.group, None).await? else {
            return Ok(None);
        };
        let items = ready_queue(shared, place.next_item, &table).await?;
        let gone = gone_items(shared, place.next_item, &table).await?;
        let ready = Ready::read(place, &shared.keys, &table, &items);
        Ok::<_, ChainError>(Some((table, ready, gone)))
    };
    let (table, ready, gone) = match read.await {
        Ok(Some(read)) => read,
        Ok(None) => return Step::Backoff,
        Err(error) => {
            log::warn!(target: "cloister", "{error}");
            return Step::Backoff;
        }
    };
    let now = shared.chain.now();
    let mut core = shared.core();
    let Some(core) = core.as_mut() else {
        return Step::Backoff;
    };
    if table.header.version < core.batcher.table().header.version {
        // A newer one came into force while this one was read.
        return Step::Again;
    }
    let mut backlog = shared.backlog();
    log::warn!(
        target: "cloister",
        "Batches from {} on are made again at risk table {}",
        core.finalized_batches,
        table.header.version,
    );
    if !core.apply(now, Rebase { table, ready, gone }).answer {
        return Step::Backoff;
    }
    backlog.waiting.clear();
    backlog.proven.clear();
    backlog.generation = backlog.generation.wrapping_add(1);
    backlog.last_time = 0;
    backlog.stale_table = false;
    backlog.table_end = None;
    shared.wake.notify_waiters();
    Step::Again
}

/// Waits and doubles the next wait.
pub(crate) async fn pause(backoff: &mut Duration) {
    tokio::time::sleep(*backoff).await;
    *backoff = backoff.saturating_mul(2).min(MAX_BACKOFF);
}
