//! Equity, margin and what can be withdrawn, beside the engine that decides about withdrawals.

use cloister_engine::{Engine, Rejection};
use cloister_engine_testing::{buy, engine, other, sell, submit, table, BTC, ETH, MARK, ONE};
use cloister_ledger::InstructionKind;
use cloister_sequencer::account::{positions, Balances, ValuedPosition};
use cloister_types::{AccountIndex, Amount, InstrumentId, Money, Position, Total};

const RICH: u64 = 1_000 * ONE;

fn balances(engine: &Engine, account: u32) -> Balances {
    Balances::of(engine, engine.account(AccountIndex(account)).unwrap()).unwrap()
}

/// The engine takes a withdrawal of everything that is available, and nothing above it.
fn assert_available(engine: &Engine, account: u32, id: u64) {
    let available = u64::try_from(balances(engine, account).available.get()).unwrap();
    let above = submit(
        &mut engine.clone(),
        other(InstructionKind::Withdrawal, account, id, available + 1),
    );
    assert!(matches!(above, Err(Rejection::WithdrawalShort { .. })), "{above:?}");
    let mut after = engine.clone();
    submit(&mut after, other(InstructionKind::Withdrawal, account, id, available)).unwrap();
    assert_eq!(balances(&after, account).available, Total::ZERO);
}

#[test]
fn an_account_without_positions_can_take_out_all_its_cash() {
    let engine = engine(1, RICH);
    let expected = Balances {
        equity: Amount(RICH).into(),
        initial_margin: Money::ZERO,
        maintenance_margin: Money::ZERO,
        available: Amount(RICH).into(),
    };
    assert_eq!(balances(&engine, 0), expected);
    assert_available(&engine, 0, 1);
}

#[test]
fn a_position_is_valued_at_the_table_and_binds_margin() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK)).unwrap();
    submit(&mut engine, buy(1, 1, 5, MARK)).unwrap();
    let account = engine.account(AccountIndex(1)).unwrap();
    // The mark without the funding that has accrued: 3 per lot.
    let value = Money(5 * i128::from(MARK - 3 * ONE));
    let held = positions(engine.table(), &account.holdings.positions);
    let expected = ValuedPosition {
        instrument_id: InstrumentId(BTC),
        quantity: Position(5),
        value,
    };
    assert_eq!(held, [expected]);
    let own = balances(&engine, 1);
    assert_eq!(Some(own.equity), account.holdings.cash.checked_add(value));
    // Ratios of 384 and 256 over 2^8.
    assert_eq!(own.initial_margin.get() * 2, own.maintenance_margin.get() * 3);
    assert!(own.maintenance_margin > Money::ZERO);
    assert_eq!(own.available.signed(), own.equity.checked_sub(own.initial_margin));
    assert_available(&engine, 0, 2);
    assert_available(&engine, 1, 2);
}

#[test]
fn open_orders_bind_what_their_worst_fills_would_need() {
    let mut engine = engine(1, RICH);
    submit(&mut engine, buy(0, 1, 5, MARK)).unwrap();
    let own = balances(&engine, 0);
    assert_eq!((own.equity, own.initial_margin), (Amount(RICH).into(), Money::ZERO));
    assert!(Total::ZERO < own.available && own.available < Amount(RICH).into());
    assert_available(&engine, 0, 2);
}

#[test]
fn positions_follow_the_rows_of_the_table_and_leave_zeros_out() {
    let mut held = cloister_risk::Positions::default();
    held[3] = cloister_types::Position(2);
    held[0] = cloister_types::Position(-1);
    let found = positions(&table(1), &held);
    let named: Vec<_> = found.iter().map(|p| (p.instrument_id, p.quantity)).collect();
    assert_eq!(
        named,
        [(InstrumentId(BTC), Position(-1)), (InstrumentId(ETH), Position(2))]
    );
    assert_eq!(found[1].value, Money(2 * i128::from(10 * ONE + ONE)));
}
