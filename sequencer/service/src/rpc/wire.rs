//! The core's outcomes as they go over the wire.

use super::cause::broken_rule;
use crate::{
    account::{positions, Balances, ValuedPosition},
    closings::ClosingKind,
    core::{State, Taken},
    halt::Halt,
    keys::SequencerKeys,
    notices::{Notice, What},
    prints::Print,
    record::BatchRecord,
    rounds::Rounds,
    tape::OwnFill,
};
use cloister_crypto::field::to_bytes;
use cloister_engine::{band, AccountView, Depth, DepthLevel, Engine, Removal, WaitingOrder};
use cloister_ledger::{instruction::flags, state::AccountState};
use cloister_risk::{RiskTable, Row, Status as RowStatus};
use cloister_sequencer_rpc::types::{
    AcceptedInfo, AccountInfo, BatchInfo, DropReason, FillInfo, HaltInfo, HaltKind, InstrumentInfo, InstrumentStatus,
    Level, Liquidation, LiquidationKind, Market, NoticeInfo, OpenOrderInfo, OrderBook, PositionInfo, RemovedInfo,
    RoundsInfo, SettledAccount, Trade, VoidInfo, WaitingOrderInfo,
};
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots};

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
        filled: taken.filled,
        resting: taken.order.map_or(Lots::ZERO, |order| order.resting),
        waits: taken.order.is_some_and(|order| order.waits),
        removed: taken.removed.iter().copied().map(removed).collect(),
        dropped: taken.order.and_then(|order| order.dropped).map(drop_reason),
        fills: taken.fills.iter().filter_map(own).collect(),
        bound: taken.bound,
        receipt: None,
    }
}

fn removed((id, remaining, reason): (InstructionId, Lots, Removal)) -> RemovedInfo {
    RemovedInfo {
        id,
        remaining,
        reason: drop_reason(reason),
    }
}

/// Why lots neither traded nor rest.
pub fn drop_reason(removal: Removal) -> DropReason {
    match removal {
        Removal::Cancelled => DropReason::Cancelled,
        Removal::Expired => DropReason::Expired,
        Removal::Amended => DropReason::Amended,
        Removal::SelfTrade => DropReason::SelfTrade,
        Removal::Immediate => DropReason::Immediate,
        Removal::NothingToReduce => DropReason::NothingToReduce,
        Removal::NotTrading => DropReason::NotTrading,
        Removal::WouldCross => DropReason::WouldCross,
        Removal::NotFilledInFull => DropReason::NotFilledInFull,
        Removal::InsufficientMargin => DropReason::InsufficientMargin,
        Removal::MaxFeeTooLow => DropReason::MaxFeeTooLow,
        Removal::Protected => DropReason::Protected,
        Removal::DeadMan => DropReason::DeadMan,
        Removal::Disconnected => DropReason::Disconnected,
        Removal::Rule(rule) => DropReason::Rule(broken_rule(rule)),
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
        void: seen.void,
    }
}

/// What an account is told of something that could not be proven.
pub fn notice(notice: &Notice) -> NoticeInfo {
    let what = match &notice.what {
        What::Fill {
            fill,
            order,
            instrument,
            price,
            quantity,
        } => VoidInfo::Fill {
            fill: *fill,
            order_id: *order,
            instrument_id: *instrument,
            price: *price,
            quantity: *quantity,
        },
        What::Withdrawal { id, amount } => VoidInfo::Withdrawal {
            id: *id,
            amount: *amount,
        },
    };
    NoticeInfo {
        number: notice.number,
        time: notice.time,
        what,
        reason: notice.reason,
        message: notice.message.clone(),
    }
}

/// A print of the public tape.
pub fn trade(print: &Print) -> Trade {
    Trade {
        id: print.id,
        time: print.time,
        instrument_id: print.level.instrument_id,
        price: print.level.price,
        quantity: print.quantity,
    }
}

/// A print of the public tape of liquidations.
pub fn liquidation(print: &Print<ClosingKind>) -> Liquidation {
    Liquidation {
        id: print.id,
        time: print.time,
        instrument_id: print.level.instrument_id,
        price: print.level.price,
        quantity: print.quantity,
        kind: match print.level.kind {
            ClosingKind::Book => LiquidationKind::Book,
            ClosingKind::House => LiquidationKind::House,
            ClosingKind::Takeover => LiquidationKind::Takeover,
            ClosingKind::Deleveraging => LiquidationKind::Deleveraging,
        },
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
    }
}

/// An account; `None` if a sum is out of range.
pub fn account(core: &State, index: AccountIndex, view: &AccountView) -> Option<AccountInfo> {
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
        positions: positions_of(core, view),
        open_orders: open_orders(view),
        waiting_orders: view.waiting_orders().filter_map(waiting_order).collect(),
        last_control: view.last_control(),
        dead_man_at: view.dead_man().map(|switch| switch.at),
        settled: core.batcher.settled().account(index).map(|state| settled(table, state)),
    })
}

/// An account's positions that are not 0.
pub fn positions_of(core: &State, view: &AccountView) -> Vec<PositionInfo> {
    let held = positions(core.engine.table(), &view.holdings.positions);
    held.into_iter().map(position).collect()
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

/// An account's orders at rest.
pub fn open_orders(view: &AccountView) -> Vec<OpenOrderInfo> {
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

fn waiting_order((id, order): (InstructionId, &WaitingOrder)) -> Option<WaitingOrderInfo> {
    let i = order.instruction();
    Some(WaitingOrderInfo {
        id,
        instrument_id: i.instrument_id,
        side: i.side.into(),
        trigger: i.waits_for().ok()??.into(),
        limit: i.price(),
        quantity: i.lots(),
        flags: i.flags & !flags::DIRECTIONS,
        expiry: i.expiry,
    })
}

/// A batch in a block.
pub fn batch(record: &BatchRecord) -> BatchInfo {
    BatchInfo {
        batch_no: record.batch_no,
        time: record.time,
        risk_version: record.risk_version,
        root: record.root,
        house: record.house,
        units: record.units,
        constraints: record.constraints,
        prove_ms: record.prove_ms,
        submit_to_settle_ms: record.submit_to_settle_ms,
        attempts: record.attempts,
        block: record.block,
        finalized: record.finalized,
    }
}

/// What everybody may hear of a halt. Why events do not go into a batch is for the operator's log: it names accounts
/// and their orders.
pub fn halt_words(halt: &Halt) -> String {
    match halt {
        Halt::Batcher(_) | Halt::Kept { events: true, .. } => {
            "events wait for a batch; the sequencer's log says why".into()
        }
        Halt::Engine(_) | Halt::Kept { events: false, .. } => {
            "the engine refused a queue item or a table; the sequencer's log says why".into()
        }
        Halt::Prover { batch_no, .. } => format!("batch {batch_no} cannot be proven; it is tried again"),
        Halt::Sealed { .. }
        | Halt::Superseded(_)
        | Halt::Refused { .. }
        | Halt::OldTable { .. }
        | Halt::Unsettled { .. }
        | Halt::Finality { .. }
        | Halt::Round { .. }
        | Halt::Paused
        | Halt::Following
        | Halt::Foreign { .. }
        | Halt::Rekeyed
        | Halt::Rebuild(_)
        | Halt::Diverged { .. } => halt.to_string(),
    }
}

/// A halt: its kind, and what can be done.
pub fn halt(halt: &Halt) -> HaltInfo {
    let kind = match halt {
        Halt::Batcher(_) | Halt::Kept { events: true, .. } => HaltKind::Events,
        Halt::Kept { events: false, .. } => HaltKind::Input,
        Halt::Engine(_) => HaltKind::Input,
        Halt::Sealed { .. } => HaltKind::Seal,
        Halt::Prover { .. } => HaltKind::Proof,
        Halt::Refused { .. } => HaltKind::Refused,
        Halt::Paused => HaltKind::Paused,
        Halt::Following => HaltKind::Following,
        Halt::OldTable { .. } => HaltKind::Table,
        Halt::Unsettled { .. } => HaltKind::Unsettled,
        Halt::Finality { .. } => HaltKind::Finality,
        Halt::Round { .. } => HaltKind::Solvency,
        Halt::Superseded(_) | Halt::Foreign { .. } | Halt::Rekeyed | Halt::Rebuild(_) => HaltKind::Foreign,
        Halt::Diverged { .. } => HaltKind::Diverged,
    };
    HaltInfo {
        kind,
        message: halt_words(halt),
    }
}

/// What a trader must know to sign orders.
pub fn market(core: &State, keys: &SequencerKeys) -> Market {
    let (config, table) = (core.engine.config(), core.engine.table());
    let seal = keys.public();
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
pub fn instrument(engine: &Engine, number: usize, row: &Row) -> Option<InstrumentInfo> {
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
