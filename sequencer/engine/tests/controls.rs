//! Controls: cancels in bulk, the dead man's switch, and protection.

use cloister_engine::{Effect, Engine, Field, Rejection, Removal};
use cloister_engine_testing::*;
use cloister_ledger::{
    instruction::flags, Control, ControlAction, InstructionKind, OrdersIn, ProtectionTerms, Side, SignedControl,
};
use cloister_types::{AccountIndex, GroupId, InstructionId, InstrumentId, Lots};

const RICH: u64 = 1_000_000 * ONE;

fn give(engine: &mut Engine, number: u64, action: ControlAction) -> Vec<Effect> {
    engine.control(NOW, control(0, number, action)).unwrap().effects
}

fn dead_man(after: u64) -> ControlAction {
    ControlAction::DeadMan {
        after,
        orders: OrdersIn::AT_REST,
    }
}

fn protect(max_lots: u64, max_delta: u64, window: u64, cool_down: u64) -> ControlAction {
    ControlAction::Protect {
        instrument: InstrumentId(BTC),
        terms: ProtectionTerms {
            max_lots: Lots(max_lots),
            max_delta: Lots(max_delta),
            window,
            cool_down,
        },
    }
}

#[test]
fn a_bulk_cancel_should_take_what_is_meant_out_at_once_and_bind_nothing() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, buy(0, 1, 1, MARK - 1)).unwrap();
    submit(&mut engine, sell(0, 2, 1, MARK + 1)).unwrap();
    let eth = cloister_ledger::Instruction {
        instrument_id: InstrumentId(ETH),
        ..buy(0, 3, 1, 10 * ONE)
    };
    submit(&mut engine, eth).unwrap();
    submit(&mut engine, below(sell(0, 4, 1, MARK), MARK - ONE)).unwrap();
    submit(&mut engine, buy(1, 1, 1, MARK - 1)).unwrap();
    let meant = |instrument, side, waiting| {
        ControlAction::CancelOrders(OrdersIn {
            instrument,
            side,
            waiting,
        })
    };
    let bids = give(&mut engine, 1, meant(Some(InstrumentId(BTC)), Some(Side::Buy), true));
    assert_eq!(removals(&bids), [(0, 1, Removal::Cancelled)]);
    let sells = give(&mut engine, 2, meant(None, Some(Side::Sell), false));
    assert_eq!(removals(&sells), [(0, 2, Removal::Cancelled)]);
    let all = give(&mut engine, 3, meant(None, None, true));
    assert_eq!(removals(&all), [(0, 3, Removal::Cancelled), (0, 4, Removal::Cancelled)]);
    assert!(all.iter().all(|effect| matches!(effect, Effect::Removed { .. })));
    // The ids are spent here; to make them void on the chain needs a cancel that binds.
    let again = submit(&mut engine, buy(0, 1, 1, MARK - 1));
    assert_eq!(again, Err(Rejection::Duplicate(InstructionId(1))));
    let bound = engine
        .annul(NOW, sign(other(InstructionKind::Cancel, 0, 1, 0)))
        .unwrap();
    assert!(matches!(bound.effects[..], [Effect::Bound(_)]));
    assert_eq!(engine.depth(InstrumentId(BTC), 1).bids[0].quantity, 1);
}

#[test]
fn a_control_should_be_refused_for_its_exact_reason() {
    let mut engine = engine(2, RICH);
    let action = || ControlAction::CancelOrders(OrdersIn::ALL);
    engine.control(NOW, control(0, 5, action())).unwrap();
    let mut refused = |signed: SignedControl, expected: Rejection| {
        let before = engine.clone();
        assert_eq!(engine.control(NOW, signed), Err(expected));
        assert_eq!(engine, before);
    };
    // Played again, or behind another one.
    for number in [5, 4, 0] {
        refused(
            control(0, number, action()),
            Rejection::ControlNumber { number, last: 5 },
        );
    }
    let with = |change: &dyn Fn(&mut Control)| {
        let mut own = control(0, 6, action()).control;
        change(&mut own);
        own.sign(&GENESIS, &secret(0))
    };
    refused(
        with(&|c| c.group = GroupId(9)),
        Rejection::WrongGroup {
            expected: GroupId(GROUP),
            found: GroupId(9),
        },
    );
    refused(
        with(&|c| c.index = AccountIndex(7)),
        Rejection::UnknownAccount(AccountIndex(7)),
    );
    refused(with(&|c| c.index = AccountIndex(1)), Rejection::BadSignature);
    refused(
        with(&|c| c.expiry = NOW - 1),
        Rejection::Expired {
            expiry: NOW - 1,
            needed: NOW,
        },
    );
    refused(with(&|c| c.expiry = 1 << 48), Rejection::FieldRange(Field::Expiry));
    refused(
        with(&|c| c.action = dead_man(1 << 48)),
        Rejection::FieldRange(Field::Duration),
    );
    refused(
        with(&|c| c.action = protect(1 << 40, 0, 1, 0)),
        Rejection::FieldRange(Field::Lots),
    );
    refused(with(&|c| c.action = protect(1, 0, 0, 0)), Rejection::NoWindow);
    refused(
        with(&|c| {
            c.action = ControlAction::Protect {
                instrument: InstrumentId(99),
                terms: ProtectionTerms::default(),
            }
        }),
        Rejection::UnknownInstrument(InstrumentId(99)),
    );
    let mut forged = control(0, 6, action());
    forged.control.number = 7;
    refused(forged, Rejection::BadSignature);
    let elsewhere = control(0, 6, action()).control.sign(&[1; 32], &secret(0));
    refused(elsewhere, Rejection::BadSignature);
    engine.control(NOW, control(0, 6, action())).unwrap();
    assert_eq!(engine.account(AccountIndex(0)).unwrap().last_control(), 6);
}

#[test]
fn a_dead_mans_switch_should_take_orders_out_unless_it_is_renewed() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, buy(0, 1, 1, MARK)).unwrap();
    submit(&mut engine, below(sell(0, 2, 1, MARK), MARK - ONE)).unwrap();
    submit(&mut engine, buy(1, 1, 1, MARK)).unwrap();
    give(&mut engine, 1, dead_man(1_000));
    assert_eq!(engine.advance(NOW + 999), []);
    let renewed = engine.control(NOW + 999, control(0, 2, dead_man(1_000))).unwrap();
    assert_eq!(renewed.effects, []);
    assert_eq!(engine.advance(NOW + 1_998), []);
    assert_eq!(removals(&engine.advance(NOW + 1_999)), [(0, 1, Removal::DeadMan)]);
    // It acts once, and what comes later stays.
    assert_eq!(engine.account(AccountIndex(0)).unwrap().dead_man(), None);
    engine.submit(NOW + 2_000, sign(buy(0, 3, 1, MARK))).unwrap();
    assert_eq!(engine.advance(NOW + 9_000), []);
    // Switched off in time, it does nothing.
    engine.control(NOW + 9_000, control(0, 3, dead_man(10))).unwrap();
    engine.control(NOW + 9_001, control(0, 4, dead_man(0))).unwrap();
    assert_eq!(engine.advance(NOW + 9_999), []);
    assert_eq!(engine.account(AccountIndex(0)).unwrap().open_orders().count(), 1);
}

#[test]
fn a_switch_should_end_with_its_account_and_with_its_key() {
    let mut engine = engine(2, RICH);
    give(&mut engine, 1, dead_man(10));
    engine.rekey(AccountIndex(0), secret(9).public(), 9.into()).unwrap();
    let newly = buy(0, 1, 1, MARK).sign(&GENESIS, &secret(9));
    engine.submit(NOW, newly).unwrap();
    assert_eq!(engine.advance(NOW + 99), []);
    let mine = ControlAction::CancelOrders(OrdersIn::ALL);
    let old = engine.control(NOW, control(0, 2, mine));
    assert_eq!(old, Err(Rejection::BadSignature));
    engine.control(NOW, control(1, 1, dead_man(10))).unwrap();
    engine.close(AccountIndex(1)).unwrap();
    engine.forget(AccountIndex(1));
    assert_eq!(engine.advance(NOW + 999), []);
}

#[test]
fn protection_should_stop_orders_in_the_middle_of_a_sweep() {
    let mut engine = engine(3, RICH);
    give(&mut engine, 1, protect(10, 0, 1_000, 0));
    for id in 1..=5 {
        submit(&mut engine, sell(0, id, 4, MARK + id)).unwrap();
    }
    submit(&mut engine, buy(0, 6, 4, MARK - 1)).unwrap();
    let eth = cloister_ledger::Instruction {
        instrument_id: InstrumentId(ETH),
        ..buy(0, 7, 1, 10 * ONE)
    };
    submit(&mut engine, eth).unwrap();
    submit(&mut engine, sell(1, 1, 4, MARK + 4)).unwrap();
    let swept = submit(&mut engine, buy(2, 1, 100, MARK + 5)).unwrap();
    assert_eq!(
        prints(&swept),
        [(0, MARK + 1, 4), (0, MARK + 2, 4), (0, MARK + 3, 2), (1, MARK + 4, 4)]
    );
    let removed = removals(&swept.effects);
    assert_eq!(removed.len(), 4);
    assert!(removed
        .iter()
        .all(|(account, _, reason)| (*account, *reason) == (0, Removal::Protected)));
    assert!(swept.effects.contains(&Effect::ProtectionHit {
        account: AccountIndex(0),
        instrument_id: InstrumentId(BTC)
    }));
    // Both sides are gone, and the other instrument is as it was.
    let left: Vec<_> = engine
        .account(AccountIndex(0))
        .unwrap()
        .open_orders()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(left, [InstructionId(7)]);
    assert_eq!(position(&engine, 0), -10);
    // Until it is reset nothing may rest; what is immediate may hedge.
    let instrument = InstrumentId(BTC);
    let stopped = Rejection::Protected {
        instrument,
        until: None,
    };
    assert_eq!(submit(&mut engine, sell(0, 8, 1, MARK + 9)), Err(stopped.clone()));
    assert_eq!(engine.submit(LATER, sign(sell(0, 8, 1, MARK + 9))), Err(stopped));
    engine.submit(LATER, sign(market(buy(0, 9, 1, MARK)))).unwrap();
    engine
        .control(LATER, control(0, 2, ControlAction::ResetProtection { instrument }))
        .unwrap();
    engine.submit(LATER, sign(sell(0, 8, 1, MARK + 9))).unwrap();
}

#[test]
fn a_bound_on_the_net_should_let_both_sides_fill() {
    let mut engine = engine(2, RICH);
    give(&mut engine, 1, protect(0, 5, 1_000, 500));
    submit(&mut engine, sell(0, 1, 50, MARK + 1)).unwrap();
    submit(&mut engine, buy(0, 2, 50, MARK - 1)).unwrap();
    for round in 0..4 {
        submit(&mut engine, market(buy(1, 1 + 2 * round, 4, MARK + 1))).unwrap();
        submit(&mut engine, market(sell(1, 2 + 2 * round, 4, MARK - 1))).unwrap();
    }
    let hit = submit(&mut engine, market(buy(1, 20, 9, MARK + 1))).unwrap();
    assert_eq!(prints(&hit), [(0, MARK + 1, 5)]);
    assert_eq!(
        removals(&hit.effects)[..2],
        [(0, 1, Removal::Protected), (0, 2, Removal::Protected)]
    );
    let until = Some(NOW + 500);
    let instrument = InstrumentId(BTC);
    assert_eq!(
        submit(&mut engine, buy(0, 3, 1, MARK)),
        Err(Rejection::Protected { instrument, until })
    );
    // After the pause it starts anew by itself.
    engine.submit(NOW + 500, sign(sell(0, 3, 50, MARK + 1))).unwrap();
    let again = engine.submit(NOW + 500, sign(market(buy(1, 21, 4, MARK + 1)))).unwrap();
    assert_eq!(prints(&again), [(0, MARK + 1, 4)]);
    assert_eq!(removals(&again.effects), []);
}

#[test]
fn fills_outside_the_window_and_own_incoming_orders_should_not_count() {
    let mut engine = engine(2, RICH);
    give(&mut engine, 1, protect(10, 0, 100, 0));
    submit(&mut engine, sell(0, 1, 50, MARK)).unwrap();
    submit(&mut engine, market(buy(1, 1, 6, MARK))).unwrap();
    let later = engine.submit(NOW + 100, sign(market(buy(1, 2, 6, MARK)))).unwrap();
    assert_eq!(removals(&later.effects), []);
    submit(&mut engine, buy(1, 3, 20, MARK - 1)).unwrap();
    let own = engine
        .submit(NOW + 100, sign(market(sell(0, 2, 20, MARK - 1))))
        .unwrap();
    assert_eq!(removals(&own.effects), []);
    assert_eq!(engine.account(AccountIndex(0)).unwrap().open_orders().count(), 1);
    // Taken away, it stops nothing.
    engine.control(NOW + 100, control(0, 2, protect(0, 0, 0, 0))).unwrap();
    let free = engine.submit(NOW + 100, sign(market(buy(1, 4, 20, MARK)))).unwrap();
    assert_eq!(removals(&free.effects), []);
    assert!(engine.account(AccountIndex(0)).unwrap().protections().next().is_none());
}

#[test]
fn an_order_that_fires_while_protection_holds_should_leave() {
    let mut engine = engine(2, RICH);
    give(&mut engine, 1, protect(2, 0, 1_000, 0));
    submit(&mut engine, below(sell(0, 1, 1, MARK), MARK - ONE)).unwrap();
    submit(&mut engine, below(market(sell(0, 2, 1, MARK)), MARK - ONE)).unwrap();
    submit(&mut engine, sell(0, 3, 2, MARK)).unwrap();
    submit(&mut engine, with_flags(buy(1, 1, 2, MARK), flags::FILL_OR_KILL)).unwrap();
    let effects = engine.set_table(table_at(2, MARK - ONE)).unwrap();
    assert_eq!(
        removals(&effects),
        [(0, 1, Removal::Protected), (0, 2, Removal::Immediate)]
    );
}
