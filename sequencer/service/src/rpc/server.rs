//! The methods.

use super::{
    auth::authenticated,
    refusal::{
        self, busy, busy_checking, entry_error, halted, list_length, not_kept, out_of_range, refusal, refused,
        stopping, too_many_requests, unknown_instrument, unreadable, wrong_kind,
    },
    streams, wire,
};
use crate::{
    chain::ChainClient,
    core::{frees, Core, State, Taken},
    metrics::Fate,
    record::small,
    shared::Shared,
    verify::{Refused, Turn},
};
use cloister_crypto::{auth::Purpose, field::to_bytes};
use cloister_engine::{Claim, TraderInput};
use cloister_sequencer_rpc::{
    openrpc::DOCUMENT,
    types::{
        AcceptedInfo, AccountInfo, AccountQuery, Amendment, BatchEntry, BatchInfo, BatchStatus, ControlSubmission,
        EntryOutcome, FillInfo, HaltInfo, Liquidation, Market, NoticeInfo, OrderBook, Status, Submission, Trade,
    },
    CloisterRpcServer, ErrorCode,
};
use cloister_types::InstrumentId;
use jsonrpsee::{
    core::{async_trait, RpcResult},
    types::ErrorObjectOwned,
    RpcModule,
};
use serde_json::Value;
use std::sync::{
    atomic::{AtomicUsize, Ordering},
    Arc,
};

/// Levels of a book without being asked for more.
const DEFAULT_LEVELS: u32 = 20;
/// Maximum number of instructions in one list.
const LIST: usize = 64;
/// Maximum number of receipts in one answer: each is signed anew.
const RECEIPTS: usize = 100;
/// Maximum number of entries in one answer.
const PAGE: usize = 1_000;

/// The module, ready to be merged into the node's.
pub(crate) fn module<C: ChainClient>(shared: Arc<Shared<C>>) -> RpcModule<()> {
    let mut module = CloisterRpcServer::into_rpc(Server { shared: shared.clone() }).remove_context();
    if let Err(clash) = module.merge(streams::module(shared)) {
        // Methods and subscriptions are two lists of names that have none in common.
        log::error!(target: "cloister", "The streams are not served: {clash}");
    }
    let document: Result<Value, _> = serde_json::from_str(DOCUMENT);
    let discover = module.register_method("rpc.discover", move |_, (), _| document.as_ref().ok().cloned());
    if let Err(clash) = discover {
        log::error!(target: "cloister", "The methods are not described: {clash}");
    }
    module
}

/// Why no orders are taken now; `None` if they are.
pub(crate) fn not_ready<C: ChainClient>(shared: &Shared<C>) -> Option<String> {
    if shared.stopper.is_asked() {
        return Some("the sequencer is stopping".into());
    }
    let now = shared.chain.now();
    let gate = shared.follower.read(|state| gate_of(shared, state, now));
    match gate {
        Some(gate) => gate.map(|halt| halt.message),
        None => Some("the sequencer has not caught up with the chain".into()),
    }
}

/// Why nothing is taken now but what frees (Q-GATE).
fn gate_of<C: ChainClient>(shared: &Shared<C>, state: &State, now: u64) -> Option<HaltInfo> {
    let stops = state.holds_back().map(wire::halt);
    let halted = || shared.backlog().halt.as_ref().map(wire::halt);
    let late = || shared.too_late(state, now).as_ref().map(wire::halt);
    stops.or_else(halted).or_else(late)
}

struct Server<C> {
    shared: Arc<Shared<C>>,
}

impl<C: ChainClient> Server<C> {
    fn now(&self) -> u64 {
        self.shared.chain.now()
    }

    /// Has the core do something. While another one is made to take its place, that is waited for.
    async fn with<T>(&self, act: impl FnOnce(&mut Core) -> RpcResult<T>) -> RpcResult<T> {
        let shared = &self.shared;
        let deadline = tokio::time::Instant::now() + shared.config.busy_patience;
        loop {
            if let Some(core) = shared.core().as_mut() {
                return act(core);
            }
            let comes = shared.rebuilding.load(Ordering::SeqCst);
            if !comes || tokio::time::Instant::now() >= deadline {
                return Err(self.not_there());
            }
            shared.wait().await;
        }
    }

    /// Looks at what was done until now, without the core (Q-READ).
    async fn read<T>(&self, look: impl FnOnce(&State) -> RpcResult<T>) -> RpcResult<T> {
        self.shared.follower.caught_up().await;
        self.shared.follower.read(look).unwrap_or_else(|| Err(self.not_there()))
    }

    /// What is answered while there is no core.
    fn not_there(&self) -> ErrorObjectOwned {
        match self.shared.stopper.is_asked() {
            true => stopping(),
            false => refusal::not_ready(),
        }
    }

    /// Holds orders and withdrawals back while too many batches wait for their proofs: what is taken must be proven
    /// before it expires. They are taken in the order in which they came, and no more than `max_waiting` wait.
    async fn admit(&self) -> RpcResult<()> {
        let shared = &self.shared;
        let deadline = tokio::time::Instant::now() + shared.config.busy_patience;
        let Some(_place) = Place::take(&shared.waiting, shared.config.max_waiting) else {
            return Err(busy());
        };
        let turn = tokio::time::timeout_at(deadline, shared.admission.lock());
        let _turn = turn.await.map_err(|_| busy())?;
        while shared.is_busy() && !shared.stopper.is_asked() {
            if tokio::time::Instant::now() >= deadline {
                return Err(busy());
            }
            shared.wait().await;
        }
        Ok(())
    }

    async fn take(&self, input: TraderInput) -> RpcResult<AcceptedInfo> {
        let since = std::time::Instant::now();
        let taken = self.take_admitted(input).await;
        self.answered(taken.as_ref().err().map(ErrorObjectOwned::code), since);
        taken
    }

    async fn take_admitted(&self, input: TraderInput) -> RpcResult<AcceptedInfo> {
        if adds(&input) {
            self.admit().await?;
        }
        let claim = self.with(|core| self.claim(core, input)).await?;
        let checked = self.shared.verification.check(claim).await;
        let now = self.now();
        let taken = self.with(|core| {
            let taken = self.take_one(core, now, checked)?;
            Ok((taken, core.last_record().map_err(|_| not_kept())?))
        });
        let (taken, record) = taken.await?;
        self.shared.wake.notify_waiters();
        self.shared.keeping.on_disk(record).await.map_err(|_| not_kept())?;
        Ok(self.acknowledged(&taken))
    }

    /// What is answered once it is on the disk, with its receipt.
    fn acknowledged(&self, taken: &Taken) -> AcceptedInfo {
        let signed = self.shared.keeping.signed(taken.receipt);
        AcceptedInfo {
            receipt: signed.map(|signed| signed.to_hex()),
            ..wire::accepted(taken)
        }
    }

    /// Refuses what needs neither a signature nor the books to be refused (Q-VERIFY).
    fn claim(&self, core: &mut Core, input: TraderInput) -> RpcResult<Claim> {
        if core.is_behind(self.shared.config.journal_queue) {
            return Err(busy());
        }
        if !self.shared.requests().has(input.account(), self.now()) {
            return Err(too_many_requests("account"));
        }
        self.pass_gate(core, self.now(), &input)?;
        core.claim(input).map_err(|refusal| refused(&refusal))
    }

    /// Takes one input that was checked, if nothing holds it back. Its turn ends here.
    fn take_one(&self, core: &mut Core, now: u64, checked: Result<Turn, Refused>) -> RpcResult<Taken> {
        let mut turn = checked.map_err(|why| match why {
            Refused::Busy => busy_checking(),
            Refused::Rejected(rejection) => {
                core.reject();
                refusal(&rejection)
            }
        })?;
        let verified = turn.take().ok_or_else(busy_checking)?;
        // It counts for the account from here on: before, nobody knew that the account asks.
        if !self.shared.requests().take(verified.input().account(), now) {
            return Err(too_many_requests("account"));
        }
        self.pass_gate(core, now, verified.input())?;
        core.submit(now, verified).map_err(|refusal| refused(&refusal))
    }

    /// Refuses what adds, while the gate is closed.
    fn pass_gate(&self, core: &State, now: u64, input: &TraderInput) -> RpcResult<()> {
        if self.shared.stopper.is_asked() && adds(input) {
            return Err(stopping());
        }
        match self.gate(core, now).filter(|_| adds(input)) {
            Some(why) => Err(halted(&why)),
            None => Ok(()),
        }
    }

    /// Counts an answer: the code of an error, or none.
    fn answered(&self, code: Option<i32>, since: std::time::Instant) {
        let Some(metrics) = self.shared.metrics.get() else {
            return;
        };
        let fate = match code {
            None => Fate::Taken,
            Some(code) if code == ErrorCode::Busy.code() => Fate::Busy,
            Some(code) if code == ErrorCode::Halted.code() => Fate::Gate,
            Some(_) => Fate::Refused,
        };
        metrics.answered(fate, since.elapsed());
    }

    /// Takes one after the other, and nothing of anybody else between.
    async fn take_all(&self, entries: Vec<BatchEntry>) -> RpcResult<Vec<EntryOutcome>> {
        if entries.is_empty() || entries.len() > LIST {
            return Err(list_length(LIST));
        }
        let since = std::time::Instant::now();
        let inputs: Vec<RpcResult<TraderInput>> = entries.into_iter().map(input_of).collect();
        if inputs.iter().flatten().any(adds) {
            self.admit().await?;
        }
        let claims = self.with(|core| {
            let claims = inputs.into_iter().map(|input| self.claim(core, input?));
            Ok(claims.collect::<Vec<RpcResult<Claim>>>())
        });
        let claims = claims.await?;
        let good = claims.iter().flatten().cloned().collect();
        let mut checked = self.shared.verification.check_list(good).await.into_iter();
        let now = self.now();
        let taken = self.with(|core| {
            let take = |claim: RpcResult<Claim>| {
                claim.and_then(|_| self.take_one(core, now, checked.next().unwrap_or(Err(Refused::Busy))))
            };
            let all: Vec<RpcResult<Taken>> = claims.into_iter().map(take).collect();
            Ok((all, core.last_record().map_err(|_| not_kept())?))
        });
        let (all, record) = taken.await?;
        self.shared.wake.notify_waiters();
        self.shared.keeping.on_disk(record).await.map_err(|_| not_kept())?;
        let outcomes = all.iter().map(|taken| match taken {
            Ok(taken) => EntryOutcome::Accepted(self.acknowledged(taken)),
            Err(refused) => EntryOutcome::Refused(entry_error(refused)),
        });
        let outcomes: Vec<EntryOutcome> = outcomes.collect();
        for outcome in &outcomes {
            let code = match outcome {
                EntryOutcome::Accepted(_) => None,
                EntryOutcome::Refused(why) => Some(why.code),
            };
            self.answered(code, since);
        }
        Ok(outcomes)
    }

    /// Why nothing is taken now but what frees (Q-GATE).
    fn gate(&self, state: &State, now: u64) -> Option<HaltInfo> {
        gate_of(&self.shared, state, now)
    }

    /// What stops batches, or keeps somebody out of them.
    fn halted(&self, state: &State) -> Option<HaltInfo> {
        let gate = self.gate(state, self.now());
        gate.or_else(|| state.halt.as_ref().map(wire::halt))
    }
}

/// A place among those that wait to be taken.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    /// `None` if all are taken.
    fn take(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let place = Self(waiting);
        // Given back when it is dropped, also if it was one too many.
        (waiting.fetch_add(1, Ordering::SeqCst) < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// False for what is taken even while nothing is matched, because it frees: cancels and controls.
fn adds(input: &TraderInput) -> bool {
    input.instruction().is_some_and(|instruction| !frees(instruction.kind))
}

/// Maximum number of entries of an answer for which so many were asked.
fn page(limit: Option<u32>) -> usize {
    limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(PAGE)
        .min(PAGE)
}

/// What an entry of a list asks for.
fn input_of(entry: BatchEntry) -> RpcResult<TraderInput> {
    let signed = entry.instruction.decode().map_err(unreadable)?;
    Ok(match entry.replaces {
        Some(replaces) => TraderInput::Amend { replaces, signed },
        None => TraderInput::Instruction(signed),
    })
}

#[async_trait]
impl<C: ChainClient> CloisterRpcServer for Server<C> {
    async fn submit_instruction(&self, instruction: Submission) -> RpcResult<AcceptedInfo> {
        let signed = instruction.decode().map_err(unreadable)?;
        self.take(TraderInput::Instruction(signed)).await
    }

    async fn cancel(&self, instruction: Submission) -> RpcResult<AcceptedInfo> {
        let signed = instruction.decode().map_err(unreadable)?;
        if !frees(signed.instruction.kind) {
            return Err(wrong_kind());
        }
        self.take(TraderInput::Instruction(signed)).await
    }

    async fn annul(&self, instruction: Submission) -> RpcResult<AcceptedInfo> {
        let signed = instruction.decode().map_err(unreadable)?;
        self.take(TraderInput::Annul(signed)).await
    }

    async fn amend(&self, amendment: Amendment) -> RpcResult<AcceptedInfo> {
        let signed = amendment.instruction.decode().map_err(unreadable)?;
        let replaces = amendment.replaces;
        self.take(TraderInput::Amend { replaces, signed }).await
    }

    async fn submit_batch(&self, entries: Vec<BatchEntry>) -> RpcResult<Vec<EntryOutcome>> {
        self.take_all(entries).await
    }

    async fn control(&self, control: ControlSubmission) -> RpcResult<AcceptedInfo> {
        let signed = control.decode().map_err(unreadable)?;
        self.take(TraderInput::Control(signed)).await
    }

    async fn order_book(&self, instrument_id: InstrumentId, levels: Option<u32>) -> RpcResult<OrderBook> {
        let levels = usize::try_from(levels.unwrap_or(DEFAULT_LEVELS))
            .unwrap_or(PAGE)
            .min(PAGE);
        let time = self.now();
        self.read(|state| {
            if state.engine.table().row_of(instrument_id).is_none() {
                return Err(unknown_instrument(instrument_id));
            }
            Ok(wire::book(
                instrument_id,
                time,
                &state.engine.depth(instrument_id, levels),
            ))
        })
        .await
    }

    async fn account(&self, query: AccountQuery) -> RpcResult<AccountInfo> {
        self.read(|state| {
            let view = authenticated(&self.shared, state, &query, Purpose::Account, self.now())?;
            wire::account(state, query.index, view).ok_or_else(out_of_range)
        })
        .await
    }

    async fn fills(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<FillInfo>> {
        self.read(|state| {
            authenticated(&self.shared, state, &query, Purpose::Fills, self.now())?;
            let fills = state.tape.of(query.index, from.unwrap_or(0), PAGE);
            Ok(fills.map(wire::own_fill).collect())
        })
        .await
    }

    async fn notices(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<NoticeInfo>> {
        self.read(|state| {
            authenticated(&self.shared, state, &query, Purpose::Notices, self.now())?;
            let notices = state.notices.of(query.index, from.unwrap_or(0), PAGE);
            Ok(notices.map(wire::notice).collect())
        })
        .await
    }

    async fn receipts(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<String>> {
        self.shared.follower.caught_up().await;
        let seen = self.shared.follower.read_before(|state| {
            authenticated(&self.shared, state, &query, Purpose::Receipts, self.now())?;
            let own = state.receipts.of(query.index, from.unwrap_or(0));
            RpcResult::Ok(own.take(RECEIPTS).copied().collect::<Vec<_>>())
        });
        let (own, next) = seen.ok_or_else(refusal::not_ready)?;
        let own = own?;
        // None is given that is not on the disk.
        let on_disk = self.shared.keeping.on_disk(next.checked_sub(1)).await;
        on_disk.map_err(|_| not_kept())?;
        let signed = own
            .into_iter()
            .filter_map(|receipt| self.shared.keeping.signed(receipt));
        Ok(signed.map(|signed| signed.to_hex()).collect())
    }

    async fn batch_status(&self) -> RpcResult<BatchStatus> {
        self.read(|state| {
            let halted = self.halted(state);
            let backlog = self.shared.backlog();
            Ok(BatchStatus {
                latest: state.records.last_key_value().map(|(_, record)| wire::batch(record)),
                finalized_batches: state.finalized_batches,
                proving: backlog.proving,
                waiting: small(backlog.waiting.len()),
                submitting: small(backlog.proven.len()),
                open: state.batcher.open_units() > 0 || state.batcher.pending() > 0,
                units: state
                    .batcher
                    .config()
                    .shapes
                    .iter()
                    .map(|shape| u32::from(shape.units))
                    .max()
                    .unwrap_or(0),
                settled_root: to_bytes(&state.batcher.settled().root()),
                head_root: to_bytes(&state.batcher.head().root()),
                halted,
            })
        })
        .await
    }

    async fn batches(&self, from: u64) -> RpcResult<Vec<BatchInfo>> {
        self.read(|state| {
            let records = state.records.range(from..).take(PAGE);
            Ok(records.map(|(_, record)| wire::batch(record)).collect())
        })
        .await
    }

    async fn market(&self) -> RpcResult<Market> {
        self.read(|state| Ok(wire::market(state, &self.shared.keys))).await
    }

    async fn trades(&self, from: Option<u64>, limit: Option<u32>) -> RpcResult<Vec<Trade>> {
        let limit = page(limit);
        self.shared.follower.advance_prints(self.now()).await;
        self.read(|state| Ok(state.tape.prints.read(from, limit).map(wire::trade).collect()))
            .await
    }

    async fn liquidations(&self, from: Option<u64>, limit: Option<u32>) -> RpcResult<Vec<Liquidation>> {
        let limit = page(limit);
        self.shared.follower.advance_prints(self.now()).await;
        self.read(|state| {
            let prints = state.tape.closings.prints.read(from, limit);
            Ok(prints.map(wire::liquidation).collect())
        })
        .await
    }

    async fn status(&self) -> RpcResult<Status> {
        let time = self.now();
        let shared = &self.shared;
        let development_proofs = shared.provable().is_development();
        self.read(|state| {
            Ok(Status {
                version: env!("CARGO_PKG_VERSION").into(),
                group: shared.config.group.into(),
                time,
                started: shared.started,
                next_queue_item: state.next_item.into(),
                finalized_block: shared.finalized_block.load(Ordering::SeqCst),
                risk_version: state.engine.table().header.version,
                development_proofs,
                halted: self.halted(state),
                rounds: shared.config.solvency.map(|_| wire::rounds(shared.rounds().clone())),
            })
        })
        .await
    }
}
