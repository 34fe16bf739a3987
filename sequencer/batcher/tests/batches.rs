//! How events become units and batches.

mod common;

use cloister_batcher::{Batcher, BatcherError, Event, QueueItem, UnitName};
use cloister_engine::{Fill, FillSide, OrderKey, TradeError};
use cloister_ledger::{
    BatchError, GroupLedger, Instruction, InstructionKind, Mode, Shape, Side, StateError, UnitError,
};
use cloister_risk::MarginError;
use cloister_types::{
    AccountIndex, Amount, GroupId, InstructionId, InstrumentId, ItemId, Lots, Money, PerLot, Price, Total,
};
use common::*;
use std::sync::Arc;

const RICH: u64 = 1_000_000 * ONE;

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

fn sorted(mut units: Vec<(u32, u64, u64)>) -> Vec<(u32, u64, u64)> {
    units.sort_unstable();
    units
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
fn queue_items_are_taken_in_order_and_flagged() {
    let mut world = World::new(0, 0);
    world.flush();
    assert!(world.closed.is_empty());
    world.push(open_item(4, 7, 5).into()).unwrap();
    world
        .push(
            QueueItem::Deposit {
                item: ItemId(5),
                account: AccountIndex(7),
                amount: Amount(6),
            }
            .into(),
        )
        .unwrap();
    world.flush();
    let batch = &world.closed[0];
    assert_eq!(batch.last_item, Some(ItemId(5)));
    let queued: Vec<(Mode, u64)> = batch
        .witness
        .units
        .iter()
        .zip(&batch.queued)
        .filter(|(_, queued)| **queued)
        .map(|(u, _)| (u.mode, u.deposit.get()))
        .collect();
    assert_eq!(queued, [(Mode::Open, 5), (Mode::Padding, 6)]);
    assert_eq!(
        world.batcher.head().account(AccountIndex(7)).unwrap().account.cash,
        Money(11)
    );
}

#[test]
fn padding_is_spread_over_the_accounts_that_are_idle() {
    let mut world = World::new(9, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.flush();
    let mut touched: Vec<AccountIndex> = world.closed[0].witness.units.iter().map(|u| u.index).collect();
    touched.sort_unstable();
    touched.dedup();
    assert_eq!(touched.len(), usize::from(SHAPE.units));
}

#[test]
fn a_batch_closes_when_it_is_old() {
    let mut world = World::new(2, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.batcher.tick(NOW + 999, &mut world.secrets).unwrap();
    assert_eq!(world.batcher.open_units(), 2);
    world.batcher.tick(NOW + 1_000, &mut world.secrets).unwrap();
    let batch = world.batcher.next_closed().unwrap();
    assert_eq!((batch.time(), batch.closed_at), (NOW, NOW + 1_000));
}

#[test]
fn a_new_table_closes_the_batch_at_the_old_one() {
    let mut world = World::new(2, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 3, MARK)).unwrap();
    world.batcher.set_table(NOW, table(2), &mut world.secrets).unwrap();
    world.engine.set_table(table(2)).unwrap();
    world.collect();
    world.submit(buy(1, 2, 2, MARK)).unwrap();
    world.flush();
    let versions: Vec<u64> = world.closed.iter().map(|b| b.risk_version()).collect();
    assert_eq!(versions, [1, 2]);
    let expected = BatcherError::Table {
        current: 2,
        found: 1,
        group: GroupId(GROUP),
    };
    assert_eq!(
        world.batcher.set_table(NOW, table(1), &mut world.secrets),
        Err(expected)
    );
}

#[test]
fn signed_cancels_and_withdrawals_are_units() {
    let mut world = World::new(2, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(other(InstructionKind::Cancel, 0, 1, 0)).unwrap();
    world.submit(other(InstructionKind::CancelAll, 0, 9, 0)).unwrap();
    world.submit(other(InstructionKind::Withdrawal, 1, 3, 4 * ONE)).unwrap();
    world.flush();
    assert_eq!(sorted(units(&world.closed[0])), [(0, 1, 0), (0, 9, 0), (1, 3, 0)]);
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
fn a_fill_that_breaks_a_rule_is_named_and_kept() {
    let mut world = World::new(2, 10 * ONE);
    let rule = TradeError::Margin(MarginError::InitialMarginShort);
    let error = BatcherError::Unprovable {
        account: AccountIndex::ZERO,
        id: InstructionId(1),
        rule,
    };
    assert_eq!(
        world.push(fill(sell(0, 1, 5, MARK), buy(1, 1, 5, MARK), 5)),
        Err(error.clone())
    );
    assert_eq!((world.batcher.pending(), world.batcher.open_units()), (1, 0));
    // Money that is already queued behind it does not overtake it.
    let deposit = |item, account| {
        QueueItem::Deposit {
            item,
            account,
            amount: Amount(RICH),
        }
        .into()
    };
    assert_eq!(world.push(deposit(ItemId(9), AccountIndex::ZERO)), Err(error));
    assert_eq!(world.batcher.pending(), 2);
    // A kinder table makes it provable: nothing was lost.
    let mut kind = table(2);
    kind.rows[0].scenarios = [PerLot::ZERO; 16];
    kind.rows[0].floor_short = Price::ZERO;
    kind.rows[0].floor_long = Price::ZERO;
    world.batcher.rebase(NOW, kind, &mut world.secrets).unwrap();
    assert_eq!((world.batcher.pending(), world.batcher.open_units()), (0, 3));
}

#[test]
fn a_batch_that_the_transition_refuses_names_the_unit_and_stays_open() {
    let mut world = World::new(2, RICH);
    let mut forged = sign(other(InstructionKind::Withdrawal, 1, 4, ONE));
    forged.instruction.limit = 2 * ONE;
    world.push(Event::Bound(forged.into())).unwrap();
    let refused = world.batcher.close(NOW, &mut world.secrets).unwrap_err();
    let BatcherError::Refused { batch_no, unit, source } = refused else {
        panic!("{refused:?}")
    };
    let unit: UnitName = unit.unwrap();
    assert_eq!(
        (batch_no, unit.account, unit.id),
        (world.batcher.head().batch_no(), AccountIndex(1), Some(InstructionId(4)))
    );
    let StateError::Batch(BatchError::Unit(at, UnitError::Place(0, _))) = source else {
        panic!("{source:?}")
    };
    assert_eq!(usize::from(at), unit.position);
    assert_eq!(world.batcher.open_units(), 1);
}

#[test]
fn a_cancel_that_cannot_be_proven_is_left_out() {
    let mut world = World::new(3, 300 * ONE);
    world.submit(sell(1, 1, 10, MARK)).unwrap();
    world.submit(buy(0, 1, 10, MARK)).unwrap();
    world.flush();
    let mut crash = table(2);
    crash.rows[0] = row(BTC, MARK / 2, 3 * ONE as i64);
    world.batcher.set_table(NOW, crash, &mut world.secrets).unwrap();
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
fn a_refreshed_batch_differs_only_in_time_and_salt() {
    let mut world = World::new(2, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.flush();
    let batch = world.closed.remove(0);
    let secrets = cloister_batcher::SecretSource::secrets(&mut world.secrets, batch.batch_no(), &[0; 32]);
    let later = batch.refresh(LATER, &secrets).unwrap();
    let (a, b) = (&batch.effect.statement, &later.effect.statement);
    assert_eq!((a.new_root, a.new_house), (b.new_root, b.new_house));
    assert_ne!(
        (a.salt, a.time, &a.units[0].ciphertext),
        (b.salt, b.time, &b.units[0].ciphertext)
    );
    let expired = batch.refresh(LATER + 1, &secrets).unwrap_err();
    assert!(matches!(expired, BatcherError::Refresh { batch_no, .. } if batch_no == batch.batch_no()));
    world.batcher.refreshed(&later);
    world.batcher.settle(batch.batch_no()).unwrap();
    assert_eq!(world.batcher.settled().root(), b.new_root);
}

#[test]
fn no_batch_is_before_its_table() {
    let mut world = World::new(2, RICH);
    // The chain's clock is ahead of ours.
    let mut ahead = table(2);
    ahead.header.time = NOW + 700;
    world.batcher.set_table(NOW, ahead.clone(), &mut world.secrets).unwrap();
    world.engine.set_table(ahead).unwrap();
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.flush();
    assert_eq!(world.closed.last().unwrap().time(), NOW + 700);
    // In a batch that is made again likewise.
    let mut later = table(3);
    later.header.time = NOW + 900;
    world.batcher.rebase(NOW, later, &mut world.secrets).unwrap();
    world.batcher.close(NOW, &mut world.secrets).unwrap();
    let again = world.batcher.next_closed().unwrap();
    assert_eq!((again.risk_version(), again.time()), (3, NOW + 900));
}

#[test]
fn a_rebase_makes_every_unsettled_batch_again_at_the_new_table() {
    let mut world = World::new(2, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.flush();
    world.submit(other(InstructionKind::Withdrawal, 0, 2, ONE)).unwrap();
    let before = world.batcher.holdings();
    let mut next = table(2);
    next.rows[0] = row(BTC, MARK, 4 * ONE as i64);
    let after = world.batcher.rebase(NOW + 5, next.clone(), &mut world.secrets).unwrap();
    // Funding moved by one unit per lot.
    let (later, earlier) = (after[&AccountIndex(1)].cash, before[&AccountIndex(1)].cash);
    assert_eq!(later.checked_sub(earlier), Some(Amount(5 * ONE).into()));
    world.engine.set_table(next).unwrap();
    world.engine.rebase(&after).unwrap();
    world.closed.clear();
    world.flush();
    let batch = &world.closed[0];
    assert_eq!((batch.risk_version(), batch.time(), batch.fills), (2, NOW + 5, 1));
    assert_eq!(sorted(units(batch)), [(0, 1, 5), (0, 2, 0), (1, 1, 5)]);
    assert_eq!(
        world.engine.account(AccountIndex(1)).unwrap().holdings,
        after[&AccountIndex(1)]
    );
}

#[test]
fn fees_are_swept_when_due() {
    let config = cloister_batcher::BatcherConfig {
        sweep_every: Some(2),
        ..batcher_config()
    };
    let mut world = World::with(config, 2, RICH);
    assert_eq!(world.batcher.head().batch_no(), 1);
    let mut trade = |id| {
        world.submit(sell(0, id, 5, MARK)).unwrap();
        world.submit(buy(1, id, 5, MARK)).unwrap();
        world.flush();
        (
            world.closed.last().unwrap().request.sweep.get(),
            world.batcher.head().house().fee_pool.get(),
        )
    };
    let fees = (5 * MARK * 600).div_ceil(1_000_000);
    assert_eq!(trade(1), (0, fees.into()));
    assert_eq!(trade(2), (0, (2 * fees).into()));
    assert_eq!(trade(3), (2 * fees, fees.into()));
}

#[test]
fn settlement_must_come_in_order() {
    let mut world = World::new(2, RICH);
    let next = world.batcher.head().batch_no();
    assert_eq!(
        world.batcher.settle(next),
        Err(BatcherError::NotNext {
            expected: None,
            found: next
        })
    );
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.flush();
    let wrong = BatcherError::NotNext {
        expected: Some(next),
        found: next + 1,
    };
    assert_eq!(world.batcher.settle(next + 1), Err(wrong));
    world.batcher.settle(next).unwrap();
    assert_eq!(world.batcher.unsettled(), 0);
}

#[test]
fn a_shape_with_one_unit_should_be_refused() {
    let shape = Shape { units: 1, places: 1 };
    let config = cloister_batcher::BatcherConfig {
        shape,
        ..batcher_config()
    };
    let error = Batcher::new(config, GroupLedger::default(), 0, table(1)).unwrap_err();
    assert_eq!(error, BatcherError::Shape);
}
