//! Solvency rounds, when the prover has time for them (Q-SOLVENCY, D-ROUND).

use crate::{
    chain::{ChainClient, ChainError, RoundView, SolvencyKey, SubmitOutcome, UnderWay},
    loading::loaded,
    pipeline::pause,
    shared::Shared,
};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{
    solvency::{Standing, Sums},
    SolvencyError, SolvencyShape, SolvencyWitness,
};
use cloister_prover_job::{JobKind, ProofJob, Prover, ProverError};
use cloister_risk::RiskTable;
use cloister_settlement::{KeyId, SolvencySubmission};
use cloister_types::AccountIndex;
use std::sync::Arc;

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
}

/// What became of a step.
enum Step {
    /// There is no time, or nothing to prove.
    Idle,
    /// A statement is in a block.
    Taken,
    /// The last one is, too.
    Complete,
    /// The chain refuses it.
    Refused,
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
    loop {
        tokio::time::sleep(shared.config.poll).await;
        if !has_time(&shared) {
            continue;
        }
        let ready = match &prover {
            Some(prover) => prover,
            None => match loaded(&load, JobKind::Solvency(shape)).await {
                Ok(made) => prover.insert(made),
                Err(error) => {
                    log::error!(target: "cloister", "No solvency rounds are made: {error}");
                    return;
                }
            },
        };
        match step(&shared, ready, shape, &mut sums).await {
            Ok(Step::Idle) => {}
            Ok(Step::Taken) => backoff = shared.config.backoff,
            Ok(Step::Complete) => {
                backoff = shared.config.backoff;
                tokio::time::sleep(shared.config.round_pause).await;
            }
            Ok(Step::Refused) => pause(&mut backoff).await,
            Err(error) => {
                log::warn!(target: "cloister", "A solvency statement is not made: {error}");
                pause(&mut backoff).await;
            }
        }
    }
}

/// Whether no batch is open, waits, is proven or on its way: all that was made is settled.
fn has_time<C: ChainClient>(shared: &Shared<C>) -> bool {
    let core = shared.core();
    let quiet = |batcher: &cloister_batcher::Batcher| batcher.open_units() == 0 && batcher.unsettled() == 0;
    core.as_ref().is_some_and(|core| quiet(&core.batcher)) && shared.backlog().is_idle()
}

/// The chain's key that the prover proves under.
async fn find_key<C: ChainClient>(shared: &Shared<C>, verifying_key: &[u8]) -> Result<Option<KeyId>, ChainError> {
    let keys = shared.chain.solvency_keys().await?;
    let fits = |key: &&SolvencyKey| key.active && key.key == verifying_key;
    Ok(keys.iter().find(fits).map(|key| key.id))
}

/// One statement: made, proven, submitted.
async fn step<C: ChainClient, P: Prover>(
    shared: &Shared<C>,
    prover: &P,
    shape: SolvencyShape,
    sums: &mut Sums,
) -> Result<Step, Failure> {
    let group = shared.config.group;
    let Some(key) = find_key(shared, &prover.verifying_key()).await? else {
        return Ok(Step::Idle);
    };
    let view = shared.chain.solvency_round(group).await?;
    let table = shared.chain.risk_table(group, None).await?;
    let (Some(view), Some(table)) = (view, table) else {
        return Ok(Step::Idle);
    };
    let own = to_bytes(&sums.commitment());
    let under_way = view.under_way.filter(|round| round.sums == own && round.cursor > 0);
    let (first, end) = under_way.map_or((0, view.next_index), |UnderWay { cursor, end, .. }| (cursor, end));
    if under_way.is_none() {
        *sums = Sums::default();
    }
    let first = AccountIndex(first);
    let last = shared.chain.ends_round(group, shape.next(first).get(), end).await?;
    let Some(plan) = plan(shared, shape, &view, table, *sums, first, last) else {
        return Ok(Step::Idle);
    };
    let after = found_after(&plan.witness)?;
    let payee = shared.chain.submitter();
    let statement = plan
        .witness
        .statement(shape, shared.chain.genesis_hash(), payee, plan.first, plan.last)?;
    let job = ProofJob::solvency(shape, statement, plan.witness);
    let proof = prover.prove(job).await?;
    let submission = SolvencySubmission::new(key, plan.batch_no, &statement, proof.0);
    match shared.chain.submit_solvency(group, &submission).await? {
        SubmitOutcome::InBlock(block) if plan.last => {
            *sums = Sums::default();
            log::info!(target: "cloister", "A solvency round of group {group} is complete in block {block}");
            Ok(Step::Complete)
        }
        SubmitOutcome::InBlock(_) => {
            *sums = after;
            Ok(Step::Taken)
        }
        SubmitOutcome::Rejected(rejection) => {
            log::warn!(target: "cloister", "The chain refuses a solvency statement: {rejection}");
            Ok(Step::Refused)
        }
    }
}

/// The statement over the settled ledger. `None` if that is not the one of the chain's newest batch, or if its house
/// was re-keyed since.
fn plan<C: ChainClient>(
    shared: &Shared<C>,
    shape: SolvencyShape,
    view: &RoundView,
    table: RiskTable,
    before: Sums,
    first: AccountIndex,
    last: bool,
) -> Option<Plan> {
    let core = shared.core();
    let settled = core.as_ref()?.batcher.settled();
    let same = to_bytes(&settled.root()) == view.root && to_bytes(&settled.house().commitment()) == view.house;
    if !same {
        return None;
    }
    let account = |index| settled.account(index).map(|state| &state.account);
    let mut witness = SolvencyWitness::open(shape, settled.tree(), account, table, first)?;
    witness.blinding = shared
        .keys
        .solvency_blinding(&view.root, &to_bytes(&before.commitment()));
    witness.before = before;
    witness.house = settled.house().clone();
    Some(Plan {
        witness,
        first,
        last,
        batch_no: view.batch_no,
    })
}

/// The sums after a statement (D-SUMS).
fn found_after(witness: &SolvencyWitness) -> Result<Sums, SolvencyError> {
    let mut found = witness.before.found;
    for (number, account) in witness.accounts.iter().enumerate() {
        if let Some(account) = account {
            let number = u16::try_from(number).map_err(|_| SolvencyError::Shape)?;
            found = found.and(Standing::of(account, &witness.table, number)?)?;
        }
    }
    Ok(Sums {
        blinding: witness.blinding,
        found,
    })
}
