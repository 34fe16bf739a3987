//! The server side.

use super::{
    api::CloisterRpcServer,
    errors::{busy, halted, not_ready, refusal, unauthentic, unknown_account, unreadable, wrong_kind},
    types::{
        Accepted, AccountInfo, AccountQuery, BatchInfo, BatchStatus, FillInfo, InstrumentInfo, Level, Market,
        OpenOrderInfo, OrderBook, PositionInfo, SettledAccount, Status, Submission, Trade,
    },
};
use crate::{
    chain::ChainClient,
    core::{frees, Core},
    service::Sequencer,
};
use cloister_crypto::{
    auth,
    field::{from_bytes, to_bytes},
};
use cloister_engine::{band, AccountView, DepthLevel, Engine, WorstCase};
use cloister_ledger::{Kind, SignedInstruction};
use cloister_risk::{Assessment, Positions, RiskTable, Status as RowStatus};
use jsonrpsee::{
    core::{async_trait, RpcResult},
    types::ErrorObjectOwned,
    RpcModule,
};

/// How far the time of a question may be off (P-AUTH), milliseconds.
const AUTH_WINDOW: u64 = 60_000;
/// Levels of a book without being asked for more.
const DEFAULT_LEVELS: u32 = 20;
/// Entries of one answer at most.
const PAGE: usize = 1_000;

/// The module, ready to be merged into the node's.
pub fn module<C: ChainClient>(sequencer: Sequencer<C>) -> RpcModule<()> {
    CloisterRpcServer::into_rpc(Server { sequencer }).remove_context()
}

struct Server<C> {
    sequencer: Sequencer<C>,
}

impl<C: ChainClient> Server<C> {
    fn now(&self) -> u64 {
        self.sequencer.shared.chain.now()
    }

    fn with<T>(&self, read: impl FnOnce(&mut Core) -> RpcResult<T>) -> RpcResult<T> {
        self.sequencer
            .shared
            .core()
            .as_mut()
            .map_or_else(|| Err(not_ready()), read)
    }

    /// Holds orders back while too many batches wait for their proofs: what is matched must be proven before it expires.
    async fn admit(&self, kind: Kind) -> RpcResult<()> {
        let shared = &self.sequencer.shared;
        let deadline = tokio::time::Instant::now() + shared.config.busy_patience;
        while kind == Kind::Order && shared.is_busy() {
            if tokio::time::Instant::now() >= deadline {
                return Err(busy());
            }
            shared.wait().await;
        }
        Ok(())
    }

    async fn take(&self, signed: SignedInstruction) -> RpcResult<Accepted> {
        self.admit(signed.instruction.kind).await?;
        let now = self.now();
        let answer = self.with(|core| {
            if core.is_halted() && !frees(signed.instruction.kind) {
                return Err(halted(core.halt.as_ref().map(ToString::to_string)));
            }
            core.submit(now, signed).map_err(|rejection| refusal(&rejection))
        })?;
        self.sequencer.shared.wake.notify_waiters();
        Ok(answer)
    }

    /// Checks a question about an account (P-AUTH).
    fn authenticate(&self, core: &Core, query: &AccountQuery) -> RpcResult<()> {
        let view = core
            .engine
            .account(query.index)
            .ok_or_else(|| unknown_account(query.index))?;
        let expected = auth::tag(view.view_key, core.engine.config().group, query.index, query.time);
        let tag = from_bytes(&query.tag).map_err(|_| unauthentic())?;
        if tag != expected || self.now().abs_diff(query.time) > AUTH_WINDOW {
            return Err(unauthentic());
        }
        Ok(())
    }

    /// What stops batches, in words.
    fn halted(&self, core: &Core) -> Option<String> {
        let pipeline = self.sequencer.shared.pipeline();
        core.halt.as_ref().or(pipeline.halt.as_ref()).map(ToString::to_string)
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn level(level: &DepthLevel) -> Level {
    Level {
        price: level.price,
        quantity: level.quantity,
        orders: small(level.orders),
    }
}

fn out_of_range() -> ErrorObjectOwned {
    refusal(&cloister_engine::Rejection::OutOfRange)
}

fn positions(table: &RiskTable, held: &Positions) -> Vec<PositionInfo> {
    let value = |q: i64, v: i64| i128::from(q).saturating_mul(i128::from(v));
    table
        .rows
        .iter()
        .zip(held)
        .filter(|(_, q)| **q != 0)
        .map(|(row, q)| PositionInfo {
            instrument_id: row.instrument_id,
            quantity: *q,
            value: value(*q, row.value),
        })
        .collect()
}

fn open_orders(view: &AccountView) -> Vec<OpenOrderInfo> {
    view.open_orders()
        .map(|(id, order)| {
            let i = &order.signed.instruction;
            OpenOrderInfo {
                id,
                instrument_id: i.instrument_id,
                side: i.side.into(),
                limit: i.limit,
                quantity: i.quantity,
                remaining: order.remaining,
                flags: i.flags,
                expiry: i.expiry,
            }
        })
        .collect()
}

/// Cash that can go while every initial deficit stays at most 0, with the open orders at their worst.
fn available(engine: &Engine, view: &AccountView) -> Option<u128> {
    let table = engine.table();
    let rate = engine.config().fees.highest().min(table.header.fee_cap);
    let risks = view.open_risks(table, rate, &[])?;
    let held = &view.holdings;
    let worst = WorstCase::new(table, &held.positions, held.cash, &risks, table.header.initial)?;
    let margin = worst
        .deficits
        .iter()
        .copied()
        .fold(i128::MIN, i128::max)
        .checked_neg()?
        >> 8;
    u128::try_from(margin.min(worst.equity).max(0)).ok()
}

fn account_info(core: &Core, index: u32, view: &AccountView) -> RpcResult<AccountInfo> {
    let table = core.engine.table();
    let held = &view.holdings;
    let assessment = Assessment::new(table, &held.positions, held.cash).map_err(|_| out_of_range())?;
    let margin = |ratio| assessment.requirement(ratio).map_err(|_| out_of_range());
    let settled = core.batcher.settled().account(index).map(|state| SettledAccount {
        nonce: state.account.nonce,
        cash: state.account.cash,
        positions: positions(table, &state.account.positions)
            .into_iter()
            .map(|p| (p.instrument_id, p.quantity))
            .collect(),
        leaf: to_bytes(&state.account.leaf()),
    });
    Ok(AccountInfo {
        index,
        nonce: core.batcher.head().account(index).map_or(0, |a| a.account.nonce),
        min_id: view.min_id,
        cash: held.cash,
        equity: assessment.equity,
        initial_margin: margin(table.header.initial)?,
        maintenance_margin: margin(table.header.maintenance)?,
        available: available(&core.engine, view).ok_or_else(out_of_range)?,
        positions: positions(table, &held.positions),
        open_orders: open_orders(view),
        settled,
    })
}

fn instruments(engine: &Engine) -> Vec<InstrumentInfo> {
    let listed = engine
        .table()
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.status != RowStatus::Empty);
    listed
        .map(|(number, row)| {
            let (lowest_price, highest_price) = band(row);
            let book = engine.book(row.instrument_id);
            InstrumentInfo {
                instrument_id: row.instrument_id,
                row: u8::try_from(number).unwrap_or(u8::MAX),
                status: match row.status {
                    RowStatus::Empty | RowStatus::Expired => "expired".into(),
                    RowStatus::Trading => "trading".into(),
                    RowStatus::CloseOnly => "closeOnly".into(),
                },
                mark: row.mark,
                funding: row.funding,
                lowest_price,
                highest_price,
                position_limit: row.limit,
                best_bid: book.and_then(|b| b.best_bid()),
                best_ask: book.and_then(|b| b.best_ask()),
            }
        })
        .collect()
}

#[async_trait]
impl<C: ChainClient> CloisterRpcServer for Server<C> {
    async fn submit_instruction(&self, instruction: Submission) -> RpcResult<Accepted> {
        self.take(instruction.decode().map_err(unreadable)?).await
    }

    async fn cancel(&self, instruction: Submission) -> RpcResult<Accepted> {
        let signed = instruction.decode().map_err(unreadable)?;
        if !matches!(signed.instruction.kind, Kind::Cancel | Kind::CancelAll) {
            return Err(wrong_kind());
        }
        self.take(signed).await
    }

    async fn order_book(&self, instrument_id: u32, levels: Option<u32>) -> RpcResult<OrderBook> {
        let levels = usize::try_from(levels.unwrap_or(DEFAULT_LEVELS))
            .unwrap_or(PAGE)
            .min(PAGE);
        let time = self.now();
        self.with(|core| {
            if core.engine.table().row_of(instrument_id).is_none() {
                return Err(refusal(&cloister_engine::Rejection::UnknownInstrument(instrument_id)));
            }
            let depth = core.engine.depth(instrument_id, levels);
            let side = |levels: &[DepthLevel]| levels.iter().map(level).collect();
            Ok(OrderBook {
                instrument_id,
                time,
                bids: side(&depth.bids),
                asks: side(&depth.asks),
            })
        })
    }

    async fn account(&self, query: AccountQuery) -> RpcResult<AccountInfo> {
        self.with(|core| {
            self.authenticate(core, &query)?;
            let view = core
                .engine
                .account(query.index)
                .ok_or_else(|| unknown_account(query.index))?;
            account_info(core, query.index, view)
        })
    }

    async fn fills(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<FillInfo>> {
        self.with(|core| {
            self.authenticate(core, &query)?;
            Ok(core.tape.of(query.index, from.unwrap_or(0), PAGE))
        })
    }

    async fn batch_status(&self) -> RpcResult<BatchStatus> {
        self.with(|core| {
            let halted = self.halted(core);
            let pipeline = self.sequencer.shared.pipeline();
            Ok(BatchStatus {
                latest: core.records.last_key_value().map(|(_, info)| info.clone()),
                finalized_batches: core.finalized_batches,
                proving: pipeline.proving,
                waiting: small(pipeline.waiting()),
                submitting: small(pipeline.submitting()),
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
            Ok(core
                .records
                .range(from..)
                .take(PAGE)
                .map(|(_, info)| info.clone())
                .collect())
        })
    }

    async fn market(&self) -> RpcResult<Market> {
        self.with(|core| {
            let (config, table) = (core.engine.config(), core.engine.table());
            let seal = core.keys.public();
            Ok(Market {
                genesis: config.genesis,
                group: config.group,
                risk_version: table.header.version,
                risk_time: table.header.time,
                initial: table.header.initial,
                maintenance: table.header.maintenance,
                maker_fee: config.fees.maker,
                taker_fee: config.fees.taker,
                fee_cap: table.header.fee_cap,
                settlement_slack: config.settlement_slack,
                seal_key_x: to_bytes(&seal.x()),
                seal_key_y: to_bytes(&seal.y()),
                instruments: instruments(&core.engine),
            })
        })
    }

    async fn trades(&self, from: Option<u64>, limit: Option<u32>) -> RpcResult<Vec<Trade>> {
        let limit = limit.and_then(|l| usize::try_from(l).ok()).unwrap_or(PAGE).min(PAGE);
        self.with(|core| Ok(core.tape.trades(from, limit)))
    }

    async fn status(&self) -> RpcResult<Status> {
        let time = self.now();
        let shared = &self.sequencer.shared;
        let development_proofs = shared.facts().is_some_and(|f| f.development);
        self.with(|core| {
            Ok(Status {
                version: env!("CARGO_PKG_VERSION").into(),
                group: shared.config.group,
                time,
                started: shared.started,
                accepted: core.accepted,
                rejected: core.rejected,
                fills: core.fills,
                accounts: small(core.engine.accounts().count()),
                open_orders: small(core.engine.accounts().map(|(_, a)| a.open_orders().count()).sum()),
                next_queue_item: core.next_item,
                finalized_block: core.finalized_block,
                risk_version: core.engine.table().header.version,
                development_proofs,
                halted: self.halted(core),
            })
        })
    }
}
