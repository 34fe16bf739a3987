//! Orders that wait for a mark.

use cloister_engine::{Effect, Engine, OrderOutcome, Rejection, Removal, TradeError};
use cloister_engine_testing::*;
use cloister_ledger::{instruction::flags, Instruction, InstructionKind, OrdersIn};
use cloister_risk::Status;
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots, Price};

const RICH: u64 = 1_000_000 * ONE;

/// What became of the account's orders: those at rest, and those that wait.
fn orders(engine: &Engine, account: u32) -> (Vec<u64>, Vec<u64>) {
    let view = engine.account(AccountIndex(account)).unwrap();
    (
        view.open_orders().map(|(id, _)| id.get()).collect(),
        view.waiting_orders().map(|(id, _)| id.get()).collect(),
    )
}

#[test]
fn an_order_that_waits_should_be_seen_by_nobody_and_bind_no_margin() {
    let mut engine = engine(2, RICH);
    // Far more than its margin could carry, and a limit far outside the band of now.
    let stop = below(sell(0, 1, 900_000, MARK / 2), MARK / 2);
    let taken = submit(&mut engine, stop).unwrap();
    assert_eq!(taken.effects, [Effect::Waits { key: key(0, 1) }]);
    let outcome = OrderOutcome {
        waits: true,
        ..OrderOutcome::default()
    };
    assert_eq!(taken.order, Some(outcome));
    assert_eq!(engine.depth(InstrumentId(BTC), 9), Default::default());
    assert_eq!(orders(&engine, 0), (vec![], vec![1]));
    submit(&mut engine, other(InstructionKind::Withdrawal, 0, 2, RICH)).unwrap();
}

#[test]
fn a_stop_should_fire_at_the_first_table_whose_mark_reaches_its_trigger() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, buy(1, 1, 5, MARK - 2 * ONE)).unwrap();
    submit(
        &mut engine,
        below(market(sell(0, 1, 8, MARK - 4 * ONE)), MARK - 3 * ONE),
    )
    .unwrap();
    submit(&mut engine, above(buy(0, 2, 8, MARK + 5 * ONE), MARK + 3 * ONE)).unwrap();
    assert_eq!(engine.set_table(table_at(2, MARK - 3 * ONE + 1)).unwrap(), []);
    let effects = engine.set_table(table_at(3, MARK - 3 * ONE)).unwrap();
    let [Effect::Fired { key: first }, Effect::Filled(fill), Effect::Removed { remaining, reason, .. }] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((*first, fill.taker.key), (key(0, 1), key(0, 1)));
    assert_eq!((fill.price, fill.quantity), (Price(MARK - 2 * ONE), Lots(5)));
    assert_eq!((*remaining, *reason), (Lots(3), Removal::Immediate));
    // The other one rests when its turn comes.
    let effects = engine.set_table(table_at(4, MARK + 4 * ONE)).unwrap();
    assert_eq!(fired(&effects), [(0, 2)]);
    assert_eq!(orders(&engine, 0), (vec![2], vec![]));
}

#[test]
fn an_order_whose_trigger_holds_already_should_come_in_at_once() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(1, 1, 5, MARK)).unwrap();
    let taken = submit(&mut engine, above(buy(0, 1, 8, MARK), MARK)).unwrap();
    assert_eq!(prints(&taken), [(1, MARK, 5)]);
    assert_eq!(fired(&taken.effects), []);
    assert_eq!(taken.order.unwrap().resting, Lots(3));
}

#[test]
fn orders_should_fire_in_the_order_in_which_the_mark_passes_them() {
    let mut engine = engine(6, RICH);
    let at = |account, id, mark| below(sell(account, id, 1, MARK - 9 * ONE), mark);
    submit(&mut engine, at(0, 1, MARK - 3 * ONE)).unwrap();
    submit(&mut engine, at(5, 1, MARK - ONE)).unwrap();
    submit(&mut engine, at(2, 1, MARK - 2 * ONE)).unwrap();
    submit(&mut engine, at(1, 1, MARK - 2 * ONE)).unwrap();
    submit(&mut engine, at(3, 1, MARK - 4 * ONE)).unwrap();
    // Upwards likewise.
    let mut up = engine.clone();
    let effects = engine.set_table(table_at(2, MARK - 3 * ONE)).unwrap();
    assert_eq!(fired(&effects), [(5, 1), (2, 1), (1, 1), (0, 1)]);
    let at = |account, id, mark| above(buy(account, id, 1, MARK + 9 * ONE), mark);
    submit(&mut up, at(0, 2, MARK + 3 * ONE)).unwrap();
    submit(&mut up, at(1, 2, MARK + ONE)).unwrap();
    let effects = up.set_table(table_at(2, MARK + 3 * ONE)).unwrap();
    assert_eq!(fired(&effects), [(1, 2), (0, 2)]);
}

#[test]
fn an_order_at_rest_that_is_not_begun_should_wait_again_when_its_trigger_no_longer_holds() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, below(sell(0, 1, 8, MARK - ONE), MARK - ONE)).unwrap();
    submit(&mut engine, below(sell(1, 1, 8, MARK - ONE), MARK - ONE)).unwrap();
    let effects = engine.set_table(table_at(2, MARK - ONE)).unwrap();
    assert_eq!(fired(&effects), [(0, 1), (1, 1)]);
    // One of them begins to fill: it can be proven wherever the mark is from now on.
    submit(&mut engine, market(buy(2, 1, 3, MARK))).unwrap();
    let effects = engine.set_table(table_at(3, MARK)).unwrap();
    assert_eq!(effects, [Effect::Waits { key: key(1, 1) }]);
    assert_eq!(
        (orders(&engine, 0), orders(&engine, 1)),
        ((vec![1], vec![]), (vec![], vec![1]))
    );
    // So nobody fills the other one where it could not be proven.
    let bought = submit(&mut engine, buy(2, 2, 20, MARK)).unwrap();
    assert_eq!(prints(&bought), [(0, MARK - ONE, 5)]);
    let effects = engine.set_table(table_at(4, MARK - ONE)).unwrap();
    assert_eq!(fired(&effects), [(1, 1)]);
    assert_eq!(position(&engine, 1), -8);
}

#[test]
fn an_order_whose_trigger_held_when_it_came_should_wait_again_as_well() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, above(sell(0, 1, 8, MARK + ONE), MARK)).unwrap();
    assert_eq!(orders(&engine, 0), (vec![1], vec![]));
    let effects = engine.set_table(table_at(2, MARK - 1)).unwrap();
    assert_eq!(waits(&effects), [(0, 1)]);
    assert_eq!(engine.depth(InstrumentId(BTC), 1), Default::default());
}

#[test]
fn what_cannot_be_taken_when_it_fires_should_leave_and_say_why() {
    let mut engine = engine(4, RICH);
    submit(&mut engine, buy(3, 1, 5, MARK - 2 * ONE)).unwrap();
    let at = |order| below(order, MARK - ONE);
    let flagged = |order, flag| at(with_flags(order, flag));
    let price = MARK - 2 * ONE;
    submit(&mut engine, flagged(sell(0, 1, 5, price), flags::POST_ONLY)).unwrap();
    submit(&mut engine, flagged(sell(0, 2, 6, price), flags::FILL_OR_KILL)).unwrap();
    submit(&mut engine, flagged(sell(0, 3, 5, price), flags::REDUCE_ONLY)).unwrap();
    submit(&mut engine, at(sell(0, 4, 2_000, price))).unwrap();
    submit(&mut engine, at(sell(0, 5, 1, MARK + MARK / 5))).unwrap();
    submit(&mut engine, at(sell(3, 6, 5, price))).unwrap();
    let mut poor = engine.clone();
    let effects = engine.set_table(table_at(2, MARK - ONE)).unwrap();
    assert_eq!(
        removals(&effects),
        [
            (0, 1, Removal::WouldCross),
            (0, 2, Removal::NotFilledInFull),
            (0, 3, Removal::NothingToReduce),
            (0, 4, Removal::Rule(TradeError::Limit)),
            (0, 5, Removal::Rule(TradeError::Band)),
            (3, 6, Removal::SelfTrade),
        ]
    );
    assert_eq!(fired(&effects).len(), 6);
    assert_eq!(orders(&engine, 0), (vec![], vec![]));
    assert_eq!(engine.depth(InstrumentId(BTC), 1).bids[0].quantity, 5);
    // Without the money, that is the reason.
    submit(&mut poor, other(InstructionKind::Withdrawal, 0, 9, RICH)).unwrap();
    submit(&mut poor, at(sell(0, 10, 1, MARK))).unwrap();
    let effects = poor.set_table(table_at(2, MARK - ONE)).unwrap();
    assert!(
        removals(&effects).contains(&(0, 10, Removal::InsufficientMargin)),
        "{effects:?}"
    );
}

#[test]
fn a_protective_limit_beyond_the_band_should_trade_within_it_and_not_rest() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, buy(1, 1, 5, MARK - 7 * ONE)).unwrap();
    // The market falls further than the limit foresaw; the band of the new mark ends at 82.8.
    submit(&mut engine, below(sell(0, 1, 8, 80 * ONE), MARK - ONE)).unwrap();
    let effects = engine.set_table(table_at(2, 92 * ONE)).unwrap();
    let sold: Vec<_> = effects.iter().filter(|e| matches!(e, Effect::Filled(_))).collect();
    assert_eq!(sold.len(), 1);
    assert_eq!(removals(&effects), [(0, 1, Removal::Rule(TradeError::Band))]);
    assert_eq!(position(&engine, 0), -5);
}

#[test]
fn an_order_that_waits_should_leave_by_cancel_expiry_or_the_end_of_its_instrument() {
    let mut engine = engine(2, RICH);
    let stop = |id| below(sell(0, id, 1, MARK), MARK - ONE);
    submit(&mut engine, stop(1)).unwrap();
    submit(&mut engine, stop(2)).unwrap();
    submit(&mut engine, stop(3)).unwrap();
    submit(
        &mut engine,
        Instruction {
            expiry: LATER + 1,
            ..stop(4)
        },
    )
    .unwrap();
    let cancelled = submit(&mut engine, other(InstructionKind::Cancel, 0, 2, 0)).unwrap();
    assert_eq!(removals(&cancelled.effects), [(0, 2, Removal::Cancelled)]);
    let all = submit(&mut engine, other(InstructionKind::CancelAll, 0, 1, 0)).unwrap();
    assert_eq!(removals(&all.effects), [(0, 1, Removal::Cancelled)]);
    assert_eq!(removals(&engine.advance(LATER + 1)), [(0, 3, Removal::Expired)]);
    let mut stopped = table(2);
    stopped.rows[0].status = Status::Expired;
    let effects = engine.set_table(stopped).unwrap();
    assert_eq!(removals(&effects), [(0, 4, Removal::NotTrading)]);
    assert_eq!(engine.advance(LATER + 9), []);
}

#[test]
fn amendments_should_lead_from_waiting_to_the_book_and_back() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, below(sell(0, 1, 5, MARK), MARK - ONE)).unwrap();
    let other_trigger = below(sell(0, 513, 5, MARK), MARK - 2 * ONE);
    let amended = amend(&mut engine, 1, other_trigger).unwrap();
    assert_eq!(removals(&amended.effects), [(0, 1, Removal::Amended)]);
    assert_eq!(waits(&amended.effects), [(0, 513)]);
    assert_eq!(engine.set_table(table_at(2, MARK - ONE)).unwrap(), []);
    amend(&mut engine, 513, sell(0, 1_025, 5, MARK)).unwrap();
    assert_eq!(orders(&engine, 0), (vec![1_025], vec![]));
    amend(&mut engine, 1_025, below(sell(0, 1_537, 5, MARK), MARK - 2 * ONE)).unwrap();
    assert_eq!(orders(&engine, 0), (vec![], vec![1_537]));
    let effects = engine.set_table(table_at(3, MARK - 2 * ONE)).unwrap();
    assert_eq!(fired(&effects), [(0, 1_537)]);
    // One whose trigger holds keeps its place as any other does, and is still bound to its mark.
    amend(&mut engine, 1_537, below(sell(0, 2_049, 4, MARK), MARK - 2 * ONE)).unwrap();
    assert_eq!(waits(&engine.set_table(table_at(4, MARK)).unwrap()), [(0, 2_049)]);
}

#[test]
fn only_so_many_orders_of_an_account_should_wait() {
    let mut engine = engine(2, RICH);
    let limit = u64::from(config().rules.max_waiting);
    let stop = |account, id| below(sell(account, id, 1, MARK), MARK - ONE);
    for id in 0..limit {
        submit(&mut engine, stop(0, id)).unwrap();
    }
    let limit = limit as usize;
    assert_eq!(
        submit(&mut engine, stop(0, 200)),
        Err(Rejection::TooManyWaiting { limit })
    );
    submit(&mut engine, stop(1, 200)).unwrap();
    amend(&mut engine, 0, stop(0, 512)).unwrap();
}

#[test]
fn held_triggers_should_fire_once_they_are_let_go_if_the_mark_is_still_there() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, below(sell(0, 1, 1, MARK), MARK - ONE)).unwrap();
    submit(&mut engine, below(sell(0, 2, 1, MARK), MARK - 3 * ONE)).unwrap();
    assert_eq!(engine.hold_triggers(true), []);
    assert_eq!(engine.set_table(table_at(2, MARK - 3 * ONE)).unwrap(), []);
    assert_eq!(engine.set_table(table_at(3, MARK - 2 * ONE)).unwrap(), []);
    let effects = engine.hold_triggers(false);
    assert_eq!(fired(&effects), [(0, 1)]);
    assert_eq!(orders(&engine, 0), (vec![1], vec![2]));
}

#[test]
fn a_re_key_or_a_close_should_end_what_waits() {
    let mut engine = engine(2, RICH);
    for account in 0..2 {
        submit(&mut engine, below(sell(account, 1, 1, MARK), MARK - ONE)).unwrap();
    }
    let effects = engine.rekey(AccountIndex(0), secret(9).public(), 9.into()).unwrap();
    assert_eq!(removals(&effects), [(0, 1, Removal::Cancelled)]);
    let effects = engine.close(AccountIndex(1)).unwrap();
    assert_eq!(removals(&effects), [(1, 1, Removal::Cancelled)]);
    assert_eq!(engine.set_table(table_at(2, MARK - ONE)).unwrap(), []);
}

#[test]
fn a_bulk_cancel_should_spare_stops_unless_they_are_meant() {
    let mut engine = engine(1, RICH);
    submit(&mut engine, below(sell(0, 1, 1, MARK), MARK - ONE)).unwrap();
    submit(&mut engine, sell(0, 2, 1, MARK)).unwrap();
    let effects = engine.drop_all_of(AccountIndex(0), &OrdersIn::AT_REST, Removal::Disconnected);
    assert_eq!(removals(&effects), [(0, 2, Removal::Disconnected)]);
    let effects = engine.drop_all_of(AccountIndex(0), &OrdersIn::ALL, Removal::Disconnected);
    assert_eq!(removals(&effects), [(0, 1, Removal::Disconnected)]);
    assert!(engine
        .account(AccountIndex(0))
        .unwrap()
        .waiting_order(InstructionId(1))
        .is_none());
}

#[test]
fn a_first_fill_that_is_void_should_bind_the_order_to_its_mark_again() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, below(sell(0, 1, 8, MARK - ONE), MARK - ONE)).unwrap();
    engine.set_table(table_at(2, MARK - ONE)).unwrap();
    let bought = submit(&mut engine, market(buy(1, 1, 3, MARK))).unwrap();
    let fill = fills(&bought)[0].clone();
    // Where its trigger holds it stays, and goes when it no longer does.
    let mut there = engine.clone();
    there.void(&fill);
    assert_eq!(orders(&there, 0), (vec![1], vec![]));
    assert_eq!(waits(&there.set_table(table_at(3, MARK)).unwrap()), [(0, 1)]);
    // Where it does not hold any more it goes at once, and is told with the next input.
    engine.set_table(table_at(3, MARK)).unwrap();
    engine.void(&fill);
    assert_eq!(orders(&engine, 0), (vec![], vec![1]));
    assert_eq!(engine.depth(InstrumentId(BTC), 1), Default::default());
    assert_eq!(waits(&engine.advance(NOW)), [(0, 1)]);
    let effects = engine.set_table(table_at(4, MARK - ONE)).unwrap();
    assert_eq!(fired(&effects), [(0, 1)]);
}

#[test]
fn a_successor_should_refuse_what_was_taken_and_know_what_was_filled() {
    let mut before = engine(2, RICH);
    submit(&mut before, sell(0, 1, 8, MARK)).unwrap();
    submit(&mut before, market(buy(1, 1, 3, MARK))).unwrap();
    before
        .control(
            NOW,
            control(0, 7, cloister_ledger::ControlAction::CancelOrders(OrdersIn::AT_REST)),
        )
        .unwrap();
    // Nothing of it has settled.
    let mut after = engine(2, RICH);
    after.succeed(&before);
    assert_eq!(
        submit(&mut after, sell(0, 1, 8, MARK)),
        Err(Rejection::Duplicate(InstructionId(1)))
    );
    let gone = Rejection::AlreadyGone {
        id: InstructionId(1),
        filled: Lots::ZERO,
    };
    assert_eq!(submit(&mut after, other(InstructionKind::Cancel, 0, 1, 0)), Err(gone));
    let action = cloister_ledger::ControlAction::CancelOrders(OrdersIn::AT_REST);
    assert_eq!(
        after.control(NOW, control(0, 7, action)),
        Err(Rejection::ControlNumber { number: 7, last: 7 })
    );
}
