//! From closed batch to final block: proving, submitting, starting over.
//!
//! Two loops. One proves closed batches in order. The other looks at what the best chain has and submits the proven batch that it
//! lacks; this covers lost answers and forks alike, because a batch is forgotten only once a final block holds it.

use crate::{
    chain::{At, ChainClient, GroupView, InvalidBatch, SubmitOutcome, SubmitRejection, PROOF_BYTES},
    core::millis,
    halt::Halt,
    prover::{BatchProver, ProveError},
    rpc::types::BatchInfo,
    service::Shared,
};
use cloister_batcher::{ClosedBatch, SecretSource};
use cloister_crypto::field::to_bytes;
use cloister_settlement::Batch;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// What a proof is expected to take before one has been made.
const FIRST_GUESS_MS: u64 = 10_000;
/// Longest pause between attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// A batch with its proof.
pub(crate) struct Proven {
    batch: ClosedBatch,
    submission: Batch,
    prove_ms: u64,
    attempts: u32,
    first_submitted: Option<Instant>,
}

/// Batches between closing and finality.
#[derive(Default)]
pub(crate) struct Pipeline {
    /// Waiting for a proof, oldest first.
    waiting: VecDeque<ClosedBatch>,
    /// The batch that is being proven.
    pub proving: Option<u64>,
    /// Proven and not yet in a final block.
    proven: BTreeMap<u64, Proven>,
    /// Time of the newest batch that was proven; later ones must not be earlier.
    last_time: u64,
    /// Counts rebases: a proof that was begun before one is thrown away.
    generation: u64,
    /// The table of the next batch is too old: everything that is not settled is made again.
    stale_table: bool,
    /// What the last proof took.
    last_prove_ms: Option<u64>,
    pub halt: Option<Halt>,
}

impl Pipeline {
    /// True if a closed batch would be proven at once.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.proving.is_none()
    }

    /// How long proving takes for what is closed and `more` batches, milliseconds.
    pub fn backlog_ms(&self, more: usize) -> u64 {
        let batches = self
            .waiting
            .len()
            .saturating_add(usize::from(self.proving.is_some()))
            .saturating_add(more);
        (batches as u64).saturating_mul(self.last_prove_ms.unwrap_or(FIRST_GUESS_MS))
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn submitting(&self) -> usize {
        self.proven.len()
    }
}

/// Proves closed batches, one at a time, for ever.
pub(crate) async fn prove_loop<C: ChainClient, P: BatchProver>(shared: Arc<Shared<C>>, prover: Arc<P>) {
    let mut backoff = shared.config.backoff;
    loop {
        let Some((batch, generation)) = next_batch(&shared) else {
            shared.wait().await;
            continue;
        };
        let started = Instant::now();
        let worker = prover.clone();
        let job = batch.clone();
        let proof = tokio::task::spawn_blocking(move || worker.prove(&job))
            .await
            .unwrap_or(Err(ProveError::Thread));
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
    proof: Result<[u8; PROOF_BYTES], ProveError>,
    started: Instant,
) -> bool {
    let batch_no = batch.batch_no();
    let mut pipeline = shared.pipeline();
    pipeline.proving = None;
    if pipeline.generation != generation {
        return true;
    }
    let proof = match proof {
        Ok(proof) => proof,
        Err(source) => {
            log::error!(target: "cloister", "Batch {batch_no} cannot be proven: {source}");
            pipeline.waiting.push_front(batch);
            pipeline.halt = Some(Halt::Prover { batch_no, source });
            return false;
        }
    };
    let prove_ms = millis(started.elapsed());
    pipeline.last_prove_ms = Some(prove_ms);
    log::info!(
        target: "cloister",
        "Batch {batch_no} is proven: {} units, {} fills, {prove_ms} ms",
        batch.used,
        batch.fills,
    );
    let submission = match Batch::new(
        shared.key_id(),
        batch.risk_version(),
        &batch.effect.statement,
        &batch.queued,
        proof,
    ) {
        Ok(submission) => submission,
        Err(error) => {
            // The chain has a key of the shape, so it has room for its batches.
            log::error!(target: "cloister", "Batch {batch_no} cannot be submitted: {error}");
            pipeline.waiting.push_front(batch);
            let rejection = SubmitRejection::Invalid(InvalidBatch::Form);
            pipeline.halt = Some(Halt::Refused { batch_no, rejection });
            return false;
        }
    };
    pipeline.last_time = pipeline.last_time.max(batch.time());
    let proven = Proven {
        batch,
        submission,
        prove_ms,
        attempts: 0,
        first_submitted: None,
    };
    pipeline.proven.insert(batch_no, proven);
    if matches!(pipeline.halt, Some(Halt::Prover { .. })) {
        pipeline.halt = None;
    }
    true
}

/// The next batch to prove, with a later time if its own is too old. `None` if there is none, or if it must be made again first.
fn next_batch<C: ChainClient>(shared: &Shared<C>) -> Option<(ClosedBatch, u64)> {
    let now = shared.chain.now();
    let mut core = shared.core();
    let core = core.as_mut()?;
    let mut pipeline = shared.pipeline();
    if pipeline.waiting.is_empty() {
        core.tick(now, true);
    }
    while let Some(closed) = core.batcher.next_closed() {
        pipeline.waiting.push_back(closed);
    }
    let table_age = now.saturating_sub(pipeline.waiting.front()?.request.context.table.header.time);
    let newer = core.engine.table().header.version > pipeline.waiting.front()?.risk_version();
    pipeline.stale_table = newer && table_age > millis(shared.config.max_table_age);
    if pipeline.stale_table {
        return None;
    }
    let batch = pipeline.waiting.pop_front()?;
    // Not later than it must be: orders in it, and in the batches after it, expire.
    let time = now
        .saturating_sub(millis(shared.config.stale_after))
        .max(pipeline.last_time);
    let batch = if batch.time() < time {
        // The contents have not changed, so the new root serves as their digest.
        let digest = to_bytes(&batch.effect.statement.new_root);
        let secrets = core.keys.secrets(batch.batch_no(), &digest);
        match batch.refresh(time, &secrets) {
            Ok(later) => {
                core.batcher.refreshed(&later);
                later
            }
            Err(error) => {
                // Its own time may still do: the chain decides.
                log::warn!(target: "cloister", "{error}");
                batch
            }
        }
    } else {
        batch
    };
    pipeline.proving = Some(batch.batch_no());
    Some((batch, pipeline.generation))
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
    if finalize(shared, &finalized).is_none() || check_foreign(shared, &best).is_none() {
        return Step::Backoff;
    }
    // Nothing is thrown away that may be in a block of some fork.
    let stale = {
        let pipeline = shared.pipeline();
        pipeline.stale_table && pipeline.proven.is_empty() && best.batch_no == finalized.batch_no
    };
    if stale {
        return rebase(shared).await;
    }
    let submission = {
        let mut pipeline = shared.pipeline();
        pipeline.proven.get_mut(&best.batch_no).map(|proven| {
            proven.attempts = proven.attempts.saturating_add(1);
            proven.first_submitted.get_or_insert_with(Instant::now);
            proven.submission.clone()
        })
    };
    let Some(submission) = submission else {
        return Step::Wait;
    };
    match shared.chain.submit_batch(group, &submission).await {
        Ok(SubmitOutcome::InBlock(block)) => {
            record(shared, submission.batch_no, block);
            Step::Again
        }
        Ok(SubmitOutcome::Rejected(rejection)) => {
            refused(shared, submission.batch_no, rejection, &best, &finalized).await
        }
        Err(error) => {
            log::warn!(target: "cloister", "Batch {}: {error}", submission.batch_no);
            Step::Backoff
        }
    }
}

/// Forgets batches that are in final blocks. `None` if the chain's root is not ours.
fn finalize<C: ChainClient>(shared: &Shared<C>, view: &GroupView) -> Option<()> {
    let mut core = shared.core();
    let core = core.as_mut()?;
    let mut pipeline = shared.pipeline();
    core.finalized_block = view.block;
    while core.finalized_batches < view.batch_no {
        let batch_no = core.finalized_batches;
        let Some(root) = core.batcher.unsettled_root(batch_no) else {
            let made = core.batcher.head().batch_no();
            return halt(
                &mut pipeline,
                Halt::Foreign {
                    found: view.batch_no,
                    made,
                },
            );
        };
        let last = batch_no.saturating_add(1) == view.batch_no;
        if last && view.root != to_bytes(&root) {
            return halt(&mut pipeline, Halt::Diverged { batch_no });
        }
        if let Err(error) = core.batcher.settle(batch_no) {
            return halt(&mut pipeline, error.into());
        }
        if let Some(proven) = pipeline.proven.remove(&batch_no) {
            core.records
                .entry(batch_no)
                .or_insert_with(|| info(shared, &proven, view.block))
                .finalized = true;
        }
        core.finalized_batches = batch_no.saturating_add(1);
    }
    // A batch that was sent back to the prover can still turn out to be final in another fork.
    let done = core.finalized_batches;
    pipeline.proven.retain(|batch_no, _| *batch_no >= done);
    pipeline.waiting.retain(|batch| batch.batch_no() >= done);
    Some(())
}

fn halt(pipeline: &mut Pipeline, halt: Halt) -> Option<()> {
    if pipeline.halt.as_ref().map(ToString::to_string) != Some(halt.to_string()) {
        log::error!(target: "cloister", "{halt}");
    }
    pipeline.halt = Some(halt);
    None
}

/// `None` if the best chain has batches that are not ours.
fn check_foreign<C: ChainClient>(shared: &Shared<C>, best: &GroupView) -> Option<()> {
    let core = shared.core();
    let made = core.as_ref()?.batcher.head().batch_no();
    if best.batch_no > made {
        return halt(
            &mut shared.pipeline(),
            Halt::Foreign {
                found: best.batch_no,
                made,
            },
        );
    }
    Some(())
}

fn info<C: ChainClient>(shared: &Shared<C>, proven: &Proven, block: u64) -> BatchInfo {
    let statement = &proven.batch.effect.statement;
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    BatchInfo {
        batch_no: statement.batch_no,
        time: statement.time,
        risk_version: proven.batch.risk_version(),
        root: to_bytes(&statement.new_root),
        house: to_bytes(&statement.new_house),
        units: small(statement.units.len()),
        used: small(proven.batch.used),
        fills: small(proven.batch.fills),
        constraints: shared.constraints(),
        prove_ms: proven.prove_ms,
        submit_to_settle_ms: proven.first_submitted.map_or(0, |t| millis(t.elapsed())),
        attempts: proven.attempts,
        block,
        finalized: false,
    }
}

fn record<C: ChainClient>(shared: &Shared<C>, batch_no: u64, block: u64) {
    let mut core = shared.core();
    let Some(core) = core.as_mut() else { return };
    let mut pipeline = shared.pipeline();
    if let Some(proven) = pipeline.proven.get(&batch_no) {
        let info = info(shared, proven, block);
        log::info!(
            target: "cloister",
            "Batch {batch_no} is in block {block} after {} ms: root 0x{}",
            info.submit_to_settle_ms,
            hex::encode(info.root),
        );
        core.records.insert(batch_no, info);
    }
    if matches!(pipeline.halt, Some(Halt::Refused { .. })) {
        pipeline.halt = None;
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
        // In a block already, or the best chain has changed: look again.
        SubmitRejection::WrongBatchNumber | SubmitRejection::TimeInFuture => Step::Backoff,
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
        SubmitRejection::Disabled
        | SubmitRejection::NotSubmitter
        | SubmitRejection::Key
        | SubmitRejection::Invalid(_) => {
            halt(&mut shared.pipeline(), Halt::Refused { batch_no, rejection });
            Step::Backoff
        }
    }
}

/// Sends a batch, and the ones after it, back to the prover; they get later times there.
fn prove_again<C: ChainClient>(shared: &Shared<C>, batch_no: u64, chain_time: u64) {
    let time = shared.chain.now().saturating_sub(millis(shared.config.stale_after) / 2);
    let mut pipeline = shared.pipeline();
    pipeline.last_time = pipeline.last_time.max(time).max(chain_time);
    let later = pipeline.proven.split_off(&batch_no);
    for (_, proven) in later.into_iter().rev() {
        pipeline.waiting.push_front(proven.batch);
    }
    drop(pipeline);
    shared.wake.notify_waiters();
}

/// Makes everything that is not settled again at the newest table.
async fn rebase<C: ChainClient>(shared: &Arc<Shared<C>>) -> Step {
    let table = match shared.chain.risk_table(shared.config.group, None).await {
        Ok(Some(table)) => table,
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
    let mut pipeline = shared.pipeline();
    log::warn!(target: "cloister", "Batches from {} on are made again at risk table {}", core.finalized_batches, table.header.version);
    pipeline.waiting.clear();
    pipeline.proven.clear();
    pipeline.generation = pipeline.generation.wrapping_add(1);
    pipeline.last_time = 0;
    pipeline.stale_table = false;
    core.rebase(now, table);
    shared.wake.notify_waiters();
    Step::Again
}

/// Waits and doubles the next wait.
async fn pause(backoff: &mut Duration) {
    tokio::time::sleep(*backoff).await;
    *backoff = backoff.saturating_mul(2).min(MAX_BACKOFF);
}
