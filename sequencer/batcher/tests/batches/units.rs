//! How fills, cancels and withdrawals become units.

use crate::{common::*, sorted, RICH};
use cloister_batcher::{Batcher, BatcherError, Event, VoidReason, Voided};
use cloister_engine::{Fill, FillSide, OrderKey, TradeError};
use cloister_ledger::{
    BatchError, GroupLedger, Instruction, InstructionKind, Mode, Shape, Side, StateError, UnitError,
};
use cloister_risk::MarginError;
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots, Price, Total};
use std::sync::Arc;

#[test]
fn fills_of_one_order_are_netted_into_one_unit() {
    let mut world = World::new(4, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(sell(1, 1, 5, MARK + 1)).unwrap();
    world.submit(buy(2, 1, 8, MARK + 1)).unwrap();
    world.submit(buy(3, 1, 2, MARK + 1)).unwrap();
    world.flush();
    let batch = &world.closed[0];
    assert_eq!(sorted(units(batch)), [(0, 1, 5), (1, 1, 5), (2, 1, 8), (3, 1, 2)]);
    assert_eq!((batch.fills, batch.used), (3, 4));
    let taker = batch
        .witness
        .units
        .iter()
        .find(|u| u.index == AccountIndex(2) && u.mode == Mode::Normal)
        .unwrap();
    assert_eq!(
        taker.places[0].fill.cost,
        Total(5 * u128::from(MARK) + 3 * u128::from(MARK + 1))
    );
}

#[test]
fn an_order_gets_a_new_unit_after_another_unit_of_its_account() {
    let mut world = World::new(3, RICH);
    world.submit(sell(0, 1, 9, MARK)).unwrap();
    world.submit(buy(0, 2, 9, MARK - ONE)).unwrap();
    world.submit(buy(1, 1, 2, MARK)).unwrap();
    world.submit(sell(2, 1, 3, MARK - ONE)).unwrap();
    world.submit(buy(1, 2, 4, MARK)).unwrap();
    world.flush();
    let account = units(&world.closed[0])
        .into_iter()
        .filter(|u| u.0 == 0)
        .collect::<Vec<_>>();
    assert_eq!(account, [(0, 1, 2), (0, 2, 3), (0, 1, 4)]);
}

#[test]
fn both_sides_of_a_fill_are_in_one_batch() {
    let mut world = World::new(9, RICH);
    // Five units used, one free: the next fill needs two.
    world.submit(sell(0, 1, 50, MARK)).unwrap();
    for account in 1..=4 {
        world.submit(buy(account, 1, 1, MARK)).unwrap();
    }
    assert_eq!(world.batcher.open_units(), 5);
    world.submit(sell(5, 1, 1, MARK - 1)).unwrap();
    assert!(world.closed.is_empty());
    world.submit(buy(6, 1, 1, MARK - 1)).unwrap();
    assert_eq!(
        (world.closed.len(), world.closed[0].used, world.batcher.open_units()),
        (1, 5, 2)
    );
    world.flush();
    assert_eq!(sorted(units(&world.closed[1])), [(5, 1, 1), (6, 1, 1)]);
}

#[test]
fn a_full_batch_is_closed_at_once() {
    let mut world = World::new(6, RICH);
    world.submit(sell(0, 1, 50, MARK)).unwrap();
    for account in 1..=5 {
        world.submit(buy(account, 1, 1, MARK)).unwrap();
    }
    assert_eq!((world.closed.len(), world.batcher.open_units()), (1, 0));
}

#[test]
fn signed_cancels_and_withdrawals_are_units() {
    let mut world = World::new(3, RICH);
    world.submit(sell(2, 1, 5, MARK)).unwrap();
    world.submit(other(InstructionKind::Cancel, 2, 1, 0)).unwrap();
    world.submit(other(InstructionKind::CancelAll, 0, 9, 0)).unwrap();
    world.submit(other(InstructionKind::Withdrawal, 1, 3, 4 * ONE)).unwrap();
    world.flush();
    assert_eq!(sorted(units(&world.closed[0])), [(0, 9, 0), (1, 3, 0), (2, 1, 0)]);
    let paid: u64 = world.closed[0]
        .effect
        .statement
        .units
        .iter()
        .map(|u| u.withdrawal.get())
        .sum();
    assert_eq!(paid, 4 * ONE);
    assert_eq!(
        world.batcher.head().account(AccountIndex::ZERO).unwrap().account.min_id,
        InstructionId(9)
    );
}

/// A fill that no engine would make.
fn fill(maker: Instruction, taker: Instruction, quantity: u64) -> Event {
    let side = |i: Instruction| FillSide {
        key: OrderKey {
            account: i.index,
            id: i.id,
        },
        order: Arc::new(sign(i)),
        fee: Total::ZERO,
    };
    Event::Filled(Fill {
        id: 0,
        time: NOW,
        instrument_id: InstrumentId(BTC),
        price: Price(maker.limit),
        quantity: Lots(quantity),
        taker_side: Side::Buy,
        maker: side(maker),
        taker: side(taker),
    })
}

#[test]
fn a_fill_that_breaks_a_rule_is_void_and_keeps_nobody_out() {
    let mut world = World::new(2, 10 * ONE);
    let broken = fill(sell(0, 1, 5, MARK), buy(1, 1, 5, MARK), 5);
    world.push(broken.clone()).unwrap();
    let reason = VoidReason::Rule {
        account: AccountIndex::ZERO,
        rule: TradeError::Margin(MarginError::InitialMarginShort),
    };
    assert_eq!(world.batcher.take_voided(), [Voided { event: broken, reason }]);
    assert_eq!((world.batcher.pending(), world.batcher.open_units()), (0, 0));
}

#[test]
fn a_withdrawal_that_the_transition_refuses_is_void_and_the_rest_of_its_batch_is_made_again() {
    let mut world = World::new(2, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    let mut forged = sign(other(InstructionKind::Withdrawal, 1, 4, ONE));
    forged.instruction.limit = 2 * ONE;
    let event = Event::Bound(forged.into());
    world.push(event.clone()).unwrap();
    world.flush();
    let voided = world.batcher.take_voided();
    assert_eq!(voided.len(), 1);
    assert_eq!(voided[0].event, event);
    let VoidReason::Refused(StateError::Batch(BatchError::Unit(_, UnitError::Place(0, _)))) = voided[0].reason else {
        panic!("{voided:?}")
    };
    assert_eq!(sorted(units(&world.closed[0])), [(0, 1, 5), (1, 1, 5)]);
    assert_eq!((world.closed.len(), world.batcher.open_units()), (1, 0));
}

#[test]
fn a_cancel_all_takes_the_place_of_its_accounts_older_cancels() {
    let mut world = World::new(2, RICH);
    for id in 1..4 {
        world.submit(sell(0, id, 1, MARK)).unwrap();
        world.submit(other(InstructionKind::Cancel, 0, id, 0)).unwrap();
    }
    world.submit(sell(1, 1, 1, MARK)).unwrap();
    world.submit(other(InstructionKind::Cancel, 1, 1, 0)).unwrap();
    world.submit(other(InstructionKind::CancelAll, 0, 9, 0)).unwrap();
    world.flush();
    assert_eq!(units(&world.closed[0]).len(), 2);
    assert_eq!(sorted(units(&world.closed[0])), [(0, 9, 0), (1, 1, 0)]);
    assert_eq!(world.closed.len(), 1);
    let account = |index| &world.batcher.head().account(AccountIndex(index)).unwrap().account;
    assert_eq!(account(0).min_id, InstructionId(9));
}

#[test]
fn a_cancel_that_cannot_be_proven_is_left_out() {
    let mut world = World::new(3, 300 * ONE);
    world.submit(sell(1, 1, 10, MARK)).unwrap();
    world.submit(buy(0, 1, 10, MARK)).unwrap();
    world.flush();
    let mut crash = table(2);
    crash.rows[0] = row(BTC, MARK / 2, 3 * ONE as i64);
    world
        .batcher
        .set_table(NOW, crash, Vec::new(), &mut world.secrets)
        .unwrap();
    let cancel = Arc::new(sign(other(InstructionKind::Cancel, 0, 2, 0)));
    world.push(Event::Bound(cancel.clone())).unwrap();
    world
        .push(Event::Bound(sign(other(InstructionKind::Cancel, 2, 2, 0)).into()))
        .unwrap();
    world.flush();
    let batch = world.closed.last().unwrap();
    assert_eq!((units(batch), batch.unbound.clone()), (vec![(2, 2, 0)], vec![cancel]));
}

#[test]
fn a_shape_with_one_unit_should_be_refused() {
    let shape = Shape { units: 1, places: 1 };
    let config = cloister_batcher::BatcherConfig {
        shapes: vec![shape],
        ..batcher_config()
    };
    let error = Batcher::new(config, GroupLedger::default(), 0, table(1), Vec::new()).unwrap_err();
    assert_eq!(error, BatcherError::Shape);
}
