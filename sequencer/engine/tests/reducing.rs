//! Orders that can only reduce, the band, and the group's collar.

use cloister_engine::{Effect, Engine, Rejection, Removal, Rules};
use cloister_engine_testing::*;
use cloister_ledger::{instruction::flags, InstructionKind, Side};
use cloister_risk::Status;
use cloister_types::{AccountIndex, Amount, InstructionId, InstrumentId, Lots, Price};

const RICH: u64 = 1_000_000 * ONE;

fn only_reduces(order: cloister_ledger::Instruction) -> cloister_ledger::Instruction {
    with_flags(order, flags::REDUCE_ONLY)
}

/// Account 1 is long, account 0 short.
fn long(lots: u64) -> Engine {
    let mut engine = engine(4, RICH);
    submit(&mut engine, sell(0, 1, lots, MARK)).unwrap();
    submit(&mut engine, buy(1, 1, lots, MARK)).unwrap();
    engine
}

#[test]
fn all_that_reduced_a_position_should_leave_with_it() {
    let mut engine = long(130);
    submit(&mut engine, only_reduces(sell(1, 2, 130, MARK + ONE))).unwrap();
    submit(&mut engine, only_reduces(sell(1, 3, 130, MARK + 2 * ONE))).unwrap();
    submit(&mut engine, sell(1, 4, 1, MARK + 3 * ONE)).unwrap();
    submit(&mut engine, buy(2, 1, 130, MARK)).unwrap();
    let sold = submit(&mut engine, market(sell(1, 5, 130, MARK))).unwrap();
    assert_eq!(
        removals(&sold.effects),
        [(1, 2, Removal::NothingToReduce), (1, 3, Removal::NothingToReduce)]
    );
    // They bind no margin, and stand in nobody's way.
    assert_eq!(engine.depth(InstrumentId(BTC), 9).asks[0].price, Price(MARK + 3 * ONE));
    submit(&mut engine, with_flags(buy(2, 2, 1, MARK + 2 * ONE), flags::POST_ONLY)).unwrap();
}

#[test]
fn an_order_at_rest_should_leave_when_another_one_at_rest_closes_the_position() {
    let mut engine = long(10);
    submit(&mut engine, only_reduces(sell(1, 2, 10, MARK + ONE))).unwrap();
    submit(&mut engine, only_reduces(sell(1, 3, 10, MARK + 2 * ONE))).unwrap();
    let bought = submit(&mut engine, buy(2, 1, 10, MARK + ONE)).unwrap();
    assert_eq!(removals(&bought.effects), [(1, 3, Removal::NothingToReduce)]);
    assert_eq!(position(&engine, 1), 0);
}

#[test]
fn an_order_at_rest_should_leave_when_the_position_flips_and_stay_while_it_only_shrinks() {
    let mut engine = long(10);
    submit(&mut engine, only_reduces(sell(1, 2, 10, MARK + ONE))).unwrap();
    submit(&mut engine, buy(2, 1, 30, MARK)).unwrap();
    let shrunk = submit(&mut engine, market(sell(1, 3, 4, MARK))).unwrap();
    assert_eq!(removals(&shrunk.effects), []);
    let flipped = submit(&mut engine, market(sell(1, 4, 9, MARK))).unwrap();
    assert_eq!(removals(&flipped.effects), [(1, 2, Removal::NothingToReduce)]);
    assert_eq!(position(&engine, 1), -3);
}

#[test]
fn orders_that_only_reduce_should_bind_no_margin() {
    let mut engine = long(10);
    let before = engine
        .account(AccountIndex(1))
        .unwrap()
        .open_risks(engine.table(), 500, None);
    submit(&mut engine, only_reduces(sell(1, 2, 900, MARK - ONE))).unwrap();
    let view = engine.account(AccountIndex(1)).unwrap();
    assert_eq!(view.open_risks(engine.table(), 500, None), before);
    // Nor do they use up the position limit of the side.
    submit(&mut engine, sell(1, 3, 900, MARK + ONE)).unwrap();
}

#[test]
fn holdings_that_change_without_an_order_should_take_spent_orders_out() {
    let mut engine = long(10);
    submit(&mut engine, only_reduces(sell(1, 2, 10, MARK + ONE))).unwrap();
    let mut held = engine.account(AccountIndex(1)).unwrap().holdings;
    held.positions = Default::default();
    let effects = engine.clone().adjust(AccountIndex(1), held).unwrap();
    assert_eq!(removals(&effects), [(1, 2, Removal::NothingToReduce)]);
    let all = engine.accounts().map(|(index, view)| (index, view.holdings));
    let mut all: std::collections::BTreeMap<_, _> = all.collect();
    all.insert(AccountIndex(1), held);
    engine.rebase(&all).unwrap();
    // It is gone at once, and told with the next input.
    assert_eq!(engine.depth(InstrumentId(BTC), 1), Default::default());
    let effects = engine.advance(NOW);
    assert_eq!(removals(&effects), [(1, 2, Removal::NothingToReduce)]);
    assert_eq!(engine.depth(InstrumentId(BTC), 1), Default::default());
}

#[test]
fn orders_that_open_should_leave_a_row_that_only_reduces() {
    let mut engine = long(10);
    submit(&mut engine, sell(1, 2, 5, MARK + ONE)).unwrap();
    submit(&mut engine, buy(1, 3, 5, MARK - ONE)).unwrap();
    submit(&mut engine, sell(2, 1, 5, MARK + ONE)).unwrap();
    let mut closing = table(2);
    closing.rows[0].status = Status::CloseOnly;
    let effects = engine.set_table(closing).unwrap();
    assert_eq!(
        removals(&effects),
        [(1, 3, Removal::NothingToReduce), (2, 1, Removal::NothingToReduce)]
    );
    // A sale that reduces stays until the position is gone, though nobody signed it as one.
    submit(&mut engine, buy(0, 2, 10, MARK)).unwrap();
    let sold = submit(&mut engine, market(sell(1, 4, 10, MARK))).unwrap();
    assert_eq!(removals(&sold.effects), [(1, 2, Removal::NothingToReduce)]);
}

#[test]
fn a_bid_outside_the_band_should_leave_and_bind_no_margin() {
    let mut engine = engine(2, RICH);
    engine.set_table(table_at(2, MARK + 6 * ONE)).unwrap();
    submit(&mut engine, buy(0, 1, 100, MARK + 9 * ONE)).unwrap();
    submit(&mut engine, buy(0, 2, 100, MARK - 3 * ONE)).unwrap();
    let effects = engine.set_table(table_at(3, MARK - 3 * ONE)).unwrap();
    let reason = Removal::Rule(cloister_engine::TradeError::Band);
    assert_eq!(removals(&effects), [(0, 1, reason)]);
    let free = with_flags(sell(1, 1, 1, MARK + ONE), flags::POST_ONLY);
    submit(&mut engine, free).unwrap();
    let all = Amount(RICH).get();
    let held = other(InstructionKind::Withdrawal, 0, 3, all);
    assert!(matches!(
        submit(&mut engine, held),
        Err(Rejection::WithdrawalShort { .. })
    ));
    submit(&mut engine, other(InstructionKind::Cancel, 0, 2, 0)).unwrap();
    submit(&mut engine, other(InstructionKind::Withdrawal, 0, 4, all)).unwrap();
}

#[test]
fn orders_at_the_edge_of_the_band_should_stay_and_trade() {
    let mut engine = engine(2, RICH);
    // The band of the second table is 99 to 121.
    submit(&mut engine, buy(0, 1, 1, 99 * ONE)).unwrap();
    submit(&mut engine, buy(0, 2, 1, 99 * ONE - 1)).unwrap();
    let effects = engine.set_table(table_at(2, 110 * ONE)).unwrap();
    let reason = Removal::Rule(cloister_engine::TradeError::Band);
    assert_eq!(removals(&effects), [(0, 2, reason)]);
    let sold = submit(&mut engine, sell(1, 1, 1, 99 * ONE)).unwrap();
    assert_eq!(prints(&sold), [(0, 99 * ONE, 1)]);
}

#[test]
fn a_limit_beyond_the_collar_should_be_refused() {
    let mut rules = config();
    rules.rules = Rules {
        collar: Some(10_000),
        ..Rules::default()
    };
    let mut engine = Engine::new(rules, table(1)).unwrap();
    let deposit = Amount(RICH);
    engine
        .open(AccountIndex(0), secret(0).public(), 1.into(), deposit)
        .unwrap();
    let beyond = |limit, furthest| Rejection::BeyondCollar {
        limit: Price(limit),
        furthest: Price(furthest),
    };
    let edge = MARK / 100;
    for (side, inside, outside) in [
        (Side::Buy, MARK + edge, MARK + edge + 1),
        (Side::Sell, MARK - edge, MARK - edge - 1),
    ] {
        let id = 1 + side as u64;
        let refused = submit(&mut engine, order(0, id, side, 1, outside));
        assert_eq!(refused, Err(beyond(outside, inside)));
        submit(&mut engine, market(order(0, id, side, 1, inside))).unwrap();
    }
    // The passive side is the band's alone.
    submit(&mut engine, buy(0, 3, 1, MARK - MARK / 10)).unwrap();
    // Of an order that waits, the collar counts from its trigger.
    let stop = below(sell(0, 4, 1, 79 * ONE), 80 * ONE);
    assert_eq!(submit(&mut engine, stop), Err(beyond(79 * ONE, 79_200_000)));
    let stop = below(sell(0, 4, 1, 79_200_000), 80 * ONE);
    let waits = submit(&mut engine, stop).unwrap();
    assert_eq!(waits.effects, [Effect::Waits { key: key(0, 4) }]);
    assert!(engine
        .account(AccountIndex(0))
        .unwrap()
        .waiting_order(InstructionId(4))
        .is_some());
    assert_eq!(waits.filled, Lots::ZERO);
}
