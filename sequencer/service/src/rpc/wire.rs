//! The core's outcomes as they go over the wire.

use crate::{
    account::{positions, Balances, ValuedPosition},
    core::{Core, Taken},
    halt::Halt,
    record::BatchRecord,
    rounds::Rounds,
    tape::OwnFill,
};
use cloister_crypto::field::to_bytes;
use cloister_engine::{band, AccountView, Depth, DepthLevel, Engine, Fill, Removal, TradeError};
use cloister_ledger::state::AccountState;
use cloister_risk::{MarginError, RiskTable, Row, Status as RowStatus};
use cloister_sequencer_rpc::types::{
    AcceptedInfo, AccountInfo, BatchInfo, BrokenRule, DropReason, FillInfo, HaltInfo, HaltKind, InstrumentInfo,
    InstrumentStatus, Level, Market, OpenOrderInfo, OrderBook, PositionInfo, RoundsInfo, SettledAccount, Trade,
};
use cloister_types::{AccountIndex, InstrumentId, Lots};

/// A count; one that does not fit becomes the highest number that does.
pub fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// How far solvency rounds have come.
pub fn rounds(rounds: Rounds) -> RoundsInfo {
    RoundsInfo {
        statements: rounds.statements,
        complete: rounds.complete,
        last_complete: rounds.last_complete,
        problem: rounds.problem,
    }
}

/// What an instruction did.
pub fn accepted(taken: &Taken) -> AcceptedInfo {
    let own = |fill| OwnFill::of(fill, taken.account).map(own_fill);
    AcceptedInfo {
        time: taken.time,
        filled: taken.order.map_or(Lots::ZERO, |order| order.filled),
        resting: taken.order.map_or(Lots::ZERO, |order| order.resting),
        dropped: taken.order.and_then(|order| order.dropped).map(drop_reason),
        fills: taken.fills.iter().filter_map(own).collect(),
    }
}

fn drop_reason(removal: Removal) -> DropReason {
    match removal {
        Removal::Cancelled => DropReason::Cancelled,
        Removal::Expired => DropReason::Expired,
        Removal::Overtaken => DropReason::Overtaken,
        Removal::SelfTrade => DropReason::SelfTrade,
        Removal::Immediate => DropReason::Immediate,
        Removal::NothingToReduce => DropReason::NothingToReduce,
        Removal::NotTrading => DropReason::NotTrading,
        Removal::Rule(rule) => DropReason::Rule(broken_rule(rule)),
    }
}

fn broken_rule(error: TradeError) -> BrokenRule {
    match error {
        TradeError::NotTrading => BrokenRule::Instrument,
        TradeError::Band => BrokenRule::Band,
        TradeError::Reduce => BrokenRule::Reduce,
        TradeError::Limit => BrokenRule::Limit,
        TradeError::OutOfRange | TradeError::Margin(MarginError::OutOfRange) => BrokenRule::Range,
        TradeError::Margin(MarginError::NegativeEquity) => BrokenRule::Equity,
        TradeError::Margin(_) => BrokenRule::Margin,
    }
}

/// A fill as one of its accounts sees it.
pub fn own_fill(seen: OwnFill<'_>) -> FillInfo {
    let (fill, own) = (seen.fill, seen.own());
    FillInfo {
        id: fill.id,
        time: fill.time,
        instrument_id: fill.instrument_id,
        order_id: own.key.id,
        side: seen.side().into(),
        maker: seen.maker,
        price: fill.price,
        quantity: fill.quantity,
        fee: own.fee,
    }
}

/// A fill as everybody sees it.
pub fn trade(fill: &Fill) -> Trade {
    Trade {
        id: fill.id,
        time: fill.time,
        instrument_id: fill.instrument_id,
        price: fill.price,
        quantity: fill.quantity,
        taker_side: fill.taker_side.into(),
    }
}

/// A book.
pub fn book(instrument_id: InstrumentId, time: u64, depth: &Depth) -> OrderBook {
    let side = |levels: &[DepthLevel]| levels.iter().map(level).collect();
    OrderBook {
        instrument_id,
        time,
        bids: side(&depth.bids),
        asks: side(&depth.asks),
    }
}

fn level(level: &DepthLevel) -> Level {
    Level {
        price: level.price,
        quantity: level.quantity,
        orders: small(level.orders),
    }
}

/// An account; `None` if a sum is out of range.
pub fn account(core: &Core, index: AccountIndex, view: &AccountView) -> Option<AccountInfo> {
    let table = core.engine.table();
    let held = &view.holdings;
    let balances = Balances::of(&core.engine, view)?;
    Some(AccountInfo {
        index,
        nonce: core.batcher.head().account(index).map_or(0, |a| a.account.nonce),
        min_id: view.min_id,
        cash: held.cash,
        equity: balances.equity,
        initial_margin: balances.initial_margin,
        maintenance_margin: balances.maintenance_margin,
        available: balances.available,
        positions: positions(table, &held.positions).into_iter().map(position).collect(),
        open_orders: open_orders(view),
        settled: core.batcher.settled().account(index).map(|state| settled(table, state)),
    })
}

fn position(position: ValuedPosition) -> PositionInfo {
    PositionInfo {
        instrument_id: position.instrument_id,
        quantity: position.quantity,
        value: position.value,
    }
}

fn settled(table: &RiskTable, state: &AccountState) -> SettledAccount {
    let account = &state.account;
    SettledAccount {
        nonce: account.nonce,
        cash: account.cash,
        positions: positions(table, &account.positions)
            .into_iter()
            .map(|p| (p.instrument_id, p.quantity))
            .collect(),
        leaf: to_bytes(&account.leaf()),
    }
}

fn open_orders(view: &AccountView) -> Vec<OpenOrderInfo> {
    view.open_orders()
        .map(|(id, order)| {
            let i = &order.signed.instruction;
            OpenOrderInfo {
                id,
                instrument_id: i.instrument_id,
                side: i.side.into(),
                limit: i.limit.into(),
                quantity: i.quantity.into(),
                remaining: order.remaining,
                flags: i.flags,
                expiry: i.expiry,
            }
        })
        .collect()
}

/// A batch in a block.
pub fn batch(record: &BatchRecord) -> BatchInfo {
    BatchInfo {
        batch_no: record.batch_no,
        time: record.time,
        risk_version: record.risk_version,
        root: to_bytes(&record.root),
        house: to_bytes(&record.house),
        units: small(record.units),
        used: small(record.used),
        fills: small(record.fills),
        constraints: record.constraints,
        prove_ms: record.prove_ms,
        submit_to_settle_ms: record.submit_to_settle_ms,
        attempts: record.attempts,
        block: record.block,
        finalized: record.finalized,
    }
}

/// A halt: its kind, and what the operator reads.
pub fn halt(halt: &Halt) -> HaltInfo {
    let kind = match halt {
        Halt::Batcher(_) => HaltKind::Events,
        Halt::Engine(_) => HaltKind::Input,
        Halt::Sealed { .. } => HaltKind::Seal,
        Halt::Prover { .. } => HaltKind::Proof,
        Halt::Refused { .. } => HaltKind::Refused,
        Halt::Paused => HaltKind::Paused,
        Halt::Following => HaltKind::Following,
        Halt::Foreign { .. } | Halt::Rekeyed => HaltKind::Foreign,
        Halt::Diverged { .. } => HaltKind::Diverged,
    };
    HaltInfo {
        kind,
        message: halt.to_string(),
    }
}

/// What a trader must know to sign orders.
pub fn market(core: &Core) -> Market {
    let (config, table) = (core.engine.config(), core.engine.table());
    let seal = core.keys.public();
    Market {
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
        instruments: table
            .rows
            .iter()
            .enumerate()
            .filter_map(|(number, row)| instrument(&core.engine, number, row))
            .collect(),
    }
}

/// An instrument; `None` for a row that lists none.
fn instrument(engine: &Engine, number: usize, row: &Row) -> Option<InstrumentInfo> {
    let status = match row.status {
        RowStatus::Empty => return None,
        RowStatus::Trading if !row.stale => InstrumentStatus::Trading,
        // In a stale row too, positions can only shrink.
        RowStatus::Trading => InstrumentStatus::CloseOnly,
        RowStatus::CloseOnly => InstrumentStatus::CloseOnly,
        RowStatus::Expired => InstrumentStatus::Expired,
    };
    let (lowest_price, highest_price) = band(row);
    let book = engine.book(row.instrument_id);
    Some(InstrumentInfo {
        instrument_id: row.instrument_id,
        row: u8::try_from(number).unwrap_or(u8::MAX),
        status,
        mark: row.mark,
        funding: row.funding,
        lowest_price,
        highest_price,
        position_limit: row.limit,
        best_bid: book.and_then(|b| b.best_bid()),
        best_ask: book.and_then(|b| b.best_ask()),
    })
}
