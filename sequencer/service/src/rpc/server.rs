//! The methods.

use super::{
    refusal::{
        busy, halted, not_ready, out_of_range, refusal, unauthentic, unknown_account, unknown_instrument, unreadable,
        wrong_kind,
    },
    wire::{self, small},
};
use crate::{
    chain::ChainClient,
    core::{frees, Core},
    shared::Shared,
};
use cloister_crypto::{
    auth,
    field::{from_bytes, to_bytes},
};
use cloister_engine::AccountView;
use cloister_ledger::{InstructionKind, SignedInstruction};
use cloister_sequencer_rpc::{
    types::{
        AcceptedInfo, AccountInfo, AccountQuery, BatchInfo, BatchStatus, FillInfo, HaltInfo, Market, OrderBook, Status,
        Submission, Trade,
    },
    CloisterRpcServer,
};
use cloister_types::InstrumentId;
use jsonrpsee::{
    core::{async_trait, RpcResult},
    RpcModule,
};
use std::sync::Arc;

/// How far the time of a question may be off (P-AUTH), milliseconds.
const AUTH_WINDOW: u64 = 60_000;
/// Levels of a book without being asked for more.
const DEFAULT_LEVELS: u32 = 20;
/// Maximum number of entries in one answer.
const PAGE: usize = 1_000;

/// The module, ready to be merged into the node's.
pub(crate) fn module<C: ChainClient>(shared: Arc<Shared<C>>) -> RpcModule<()> {
    CloisterRpcServer::into_rpc(Server { shared }).remove_context()
}

struct Server<C> {
    shared: Arc<Shared<C>>,
}

impl<C: ChainClient> Server<C> {
    fn now(&self) -> u64 {
        self.shared.chain.now()
    }

    fn with<T>(&self, read: impl FnOnce(&mut Core) -> RpcResult<T>) -> RpcResult<T> {
        self.shared.core().as_mut().map_or_else(|| Err(not_ready()), read)
    }

    /// Holds orders back while too many batches wait for their proofs: what is matched must be proven before it
    /// expires.
    async fn admit(&self, kind: InstructionKind) -> RpcResult<()> {
        let shared = &self.shared;
        let deadline = tokio::time::Instant::now() + shared.config.busy_patience;
        while kind == InstructionKind::Order && shared.is_busy() {
            if tokio::time::Instant::now() >= deadline {
                return Err(busy());
            }
            shared.wait().await;
        }
        Ok(())
    }

    async fn take(&self, signed: SignedInstruction) -> RpcResult<AcceptedInfo> {
        self.admit(signed.instruction.kind).await?;
        let now = self.now();
        let taken = self.with(|core| {
            if let Some(why) = core.holds_back().filter(|_| !frees(signed.instruction.kind)) {
                return Err(halted(why));
            }
            core.submit(now, signed).map_err(|rejection| refusal(&rejection))
        })?;
        self.shared.wake.notify_waiters();
        Ok(wire::accepted(&taken))
    }

    /// The account that a question is about, if the question proves its view key (P-AUTH).
    fn authenticated<'a>(&self, core: &'a Core, query: &AccountQuery) -> RpcResult<&'a AccountView> {
        let (index, group) = (query.index, core.engine.config().group);
        let view = core.engine.account(index).ok_or_else(|| unknown_account(index))?;
        let expected = auth::tag(view.view_key, group.get(), index.get(), query.time);
        let tag = from_bytes(&query.tag).map_err(|_| unauthentic())?;
        if tag != expected || self.now().abs_diff(query.time) > AUTH_WINDOW {
            return Err(unauthentic());
        }
        Ok(view)
    }

    /// What stops batches.
    fn halted(&self, core: &Core) -> Option<HaltInfo> {
        let backlog = self.shared.backlog();
        let halt = core.halt.as_ref().or(backlog.halt.as_ref());
        core.paused.as_ref().or(halt).map(wire::halt)
    }
}

#[async_trait]
impl<C: ChainClient> CloisterRpcServer for Server<C> {
    async fn submit_instruction(&self, instruction: Submission) -> RpcResult<AcceptedInfo> {
        self.take(instruction.decode().map_err(unreadable)?).await
    }

    async fn cancel(&self, instruction: Submission) -> RpcResult<AcceptedInfo> {
        let signed = instruction.decode().map_err(unreadable)?;
        if !frees(signed.instruction.kind) {
            return Err(wrong_kind());
        }
        self.take(signed).await
    }

    async fn order_book(&self, instrument_id: InstrumentId, levels: Option<u32>) -> RpcResult<OrderBook> {
        let levels = usize::try_from(levels.unwrap_or(DEFAULT_LEVELS))
            .unwrap_or(PAGE)
            .min(PAGE);
        let time = self.now();
        self.with(|core| {
            if core.engine.table().row_of(instrument_id).is_none() {
                return Err(unknown_instrument(instrument_id));
            }
            Ok(wire::book(
                instrument_id,
                time,
                &core.engine.depth(instrument_id, levels),
            ))
        })
    }

    async fn account(&self, query: AccountQuery) -> RpcResult<AccountInfo> {
        self.with(|core| {
            let view = self.authenticated(core, &query)?;
            wire::account(core, query.index, view).ok_or_else(out_of_range)
        })
    }

    async fn fills(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<FillInfo>> {
        self.with(|core| {
            self.authenticated(core, &query)?;
            let fills = core.tape.of(query.index, from.unwrap_or(0), PAGE);
            Ok(fills.map(wire::own_fill).collect())
        })
    }

    async fn batch_status(&self) -> RpcResult<BatchStatus> {
        self.with(|core| {
            let halted = self.halted(core);
            let backlog = self.shared.backlog();
            Ok(BatchStatus {
                latest: core.records.last_key_value().map(|(_, record)| wire::batch(record)),
                finalized_batches: core.finalized_batches,
                proving: backlog.proving,
                waiting: small(backlog.waiting.len()),
                submitting: small(backlog.proven.len()),
                open_units: small(core.batcher.open_units()),
                stuck_events: small(core.batcher.pending()),
                units: core.batcher.config().shape.units.into(),
                settled_root: to_bytes(&core.batcher.settled().root()),
                head_root: to_bytes(&core.batcher.head().root()),
                halted,
            })
        })
    }

    async fn batches(&self, from: u64) -> RpcResult<Vec<BatchInfo>> {
        self.with(|core| {
            let records = core.records.range(from..).take(PAGE);
            Ok(records.map(|(_, record)| wire::batch(record)).collect())
        })
    }

    async fn market(&self) -> RpcResult<Market> {
        self.with(|core| Ok(wire::market(core)))
    }

    async fn trades(&self, from: Option<u64>, limit: Option<u32>) -> RpcResult<Vec<Trade>> {
        let limit = limit.and_then(|l| usize::try_from(l).ok()).unwrap_or(PAGE).min(PAGE);
        self.with(|core| Ok(core.tape.trades(from, limit).map(wire::trade).collect()))
    }

    async fn status(&self) -> RpcResult<Status> {
        let time = self.now();
        let shared = &self.shared;
        let development_proofs = shared.facts().is_some_and(|f| f.development);
        self.with(|core| {
            Ok(Status {
                version: env!("CARGO_PKG_VERSION").into(),
                group: shared.config.group.into(),
                time,
                started: shared.started,
                accepted: core.accepted,
                rejected: core.rejected,
                fills: core.fills,
                accounts: small(core.engine.accounts().count()),
                open_orders: small(core.engine.accounts().map(|(_, a)| a.open_orders().count()).sum()),
                next_queue_item: core.next_item.into(),
                finalized_block: core.finalized_block,
                risk_version: core.engine.table().header.version,
                development_proofs,
                halted: self.halted(core),
                rounds: shared.config.solvency.map(|_| wire::rounds(shared.rounds().clone())),
            })
        })
    }
}
