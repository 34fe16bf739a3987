//! How events become units and batches.

mod common;

use cloister_batcher::{BatchSecrets, Batcher, BatcherError, ClosedBatch, Event, QueueItem, Request, UnitName};
use cloister_engine::{Fill, FillSide, OrderKey, TradeError};
use cloister_ledger::{
    BatchError, GroupLedger, Instruction, InstructionKind, Mode, Shape, Side, StateError, Switches, UnitError,
};
use cloister_risk::MarginError;
use cloister_settlement::{check_overdue, HouseTaking, ItemKind, Terms};
use cloister_types::{
    AccountIndex, Amount, GroupId, InstructionId, InstrumentId, ItemId, Lots, Money, PerLot, Price, Total,
};
use common::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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

fn deposit(item: u64, account: u32, amount: u64) -> QueueItem {
    QueueItem::Deposit {
        item: ItemId(item),
        account: AccountIndex(account),
        amount: Amount(amount),
    }
}

/// Queued deposits of the units of a batch, by account.
fn deposits(batch: &ClosedBatch) -> Vec<(u32, Mode, u64)> {
    let units = batch.witness.units.iter();
    units
        .filter(|u| u.deposit > Amount::ZERO)
        .map(|u| (u.index.get(), u.mode, u.deposit.get()))
        .collect()
}

/// That every batch takes what the queue says, in the first unit of each account, and what claims its share of the
/// batch first, as if all of it were overdue.
fn assert_takings(batches: &[ClosedBatch], ready: &[QueueItem]) {
    let item = |item: &QueueItem| cloister_settlement::QueueItem {
        owner: (),
        index: item.account(),
        amount: item.amount(),
        queued_at: 0,
        ready_at: 0,
        deadline: 0,
        kind: cloister_settlement::ItemKind::Deposit,
    };
    let mut queue: BTreeMap<u64, cloister_settlement::QueueItem<()>> =
        ready.iter().map(|i| (i.item().get(), item(i))).collect();
    let mut waiting: cloister_settlement::Waiting<()> = queue.clone().into_iter().collect();
    for batch in batches {
        let accounts = batch.witness.units.iter().map(|u| (u.index, false));
        let takings = cloister_settlement::take(&mut waiting, accounts, 0).unwrap();
        for (unit, taking) in batch.witness.units.iter().zip(&takings) {
            assert_eq!(unit.deposit, taking.amount, "account {}", unit.index);
        }
        let claimed = Terms::claimed_units(batcher_config().queue_share, batch.witness.units.len());
        let none = BTreeSet::new();
        check_overdue(queue.clone(), &takings, &HouseTaking::default(), &none, claimed, 0).unwrap();
        queue.retain(|id, _| !batch.items.contains(&ItemId(*id)));
        let mut items: Vec<ItemId> = takings.into_iter().flat_map(|taking| taking.items).collect();
        items.sort_unstable();
        let mut own = batch.items.clone();
        own.sort_unstable();
        assert_eq!(own, items);
    }
}

fn pay(item: u64, amount: u64) -> QueueItem {
    QueueItem::PayInsurance {
        item: ItemId(item),
        amount: Amount(amount),
    }
}

fn asking(item: u64, asked: u64, keep: u64) -> QueueItem {
    QueueItem::TakeInsurance {
        item: ItemId(item),
        asked: Amount(asked),
        keep: Amount(keep),
    }
}

/// What is paid in and out of the insurance, with the items that the batch takes.
fn doors(batch: &ClosedBatch) -> (u64, u64, Vec<u64>) {
    let statement = &batch.effect.statement;
    let items = batch.items.iter().map(|item| item.get()).collect();
    (statement.doors.paid_in.get(), statement.insurance_out.get(), items)
}

#[test]
fn insurance_goes_in_and_out_with_the_next_batch_and_needs_no_unit() {
    let mut world = World::new(3, RICH);
    // There is nothing else to prove; padding carries it.
    world.next_table(vec![pay(9, 1_000), asking(10, 300, 200), pay(11, 5)]);
    assert_eq!((world.batcher.waiting(), world.batcher.open_units()), (0, 0));
    world.flush();
    assert_eq!(doors(&world.closed[0]), (1_005, 300, vec![9, 10, 11]));
    assert_eq!((world.closed[0].used, world.closed.len()), (0, 1));
    // And nothing again.
    world.flush();
    assert_eq!(world.closed.len(), 1);
    assert_eq!(world.batcher.head().house().insurance.get(), 705);
    // Beside trades it takes none of their units.
    let result = world.batcher.set_table(
        NOW,
        table(3),
        vec![pay(12, 7), asking(13, 900, 700)],
        &mut world.secrets,
    );
    result.expect("the batcher takes a newer table");
    world.submit(sell(0, 1, 50, MARK)).unwrap();
    world.submit(buy(1, 1, 1, MARK)).unwrap();
    world.flush();
    assert_eq!(doors(&world.closed[1]), (7, 12, vec![12, 13]));
    assert_eq!(world.closed[1].used, 2);
}

#[test]
fn insurance_waits_until_there_is_an_account_to_pad_with() {
    let mut world = World::new(0, 0);
    world.next_table(vec![pay(1, 1_000)]);
    world.flush();
    assert!(world.closed.is_empty());
    let ready = vec![open_item(2, 0, RICH)];
    let result = world.batcher.set_table(NOW, table(3), ready, &mut world.secrets);
    result.expect("the batcher takes a newer table");
    world.flush();
    assert_eq!(doors(&world.closed[0]), (1_000, 0, vec![2, 1]));
}

#[test]
fn insurance_is_taken_again_after_a_rebase_and_no_sooner() {
    let mut world = World::new(3, RICH);
    world.next_table(vec![pay(9, 1_000), asking(10, 300, 0)]);
    world.flush();
    assert_eq!(doors(&world.closed[0]), (1_000, 300, vec![9, 10]));
    let ready = vec![pay(11, 50)];
    world.batcher.rebase(NOW, table(3), ready, &mut world.secrets).unwrap();
    world.closed.clear();
    world.flush();
    assert_eq!(doors(&world.closed[0]), (1_050, 300, vec![9, 10, 11]));
    assert_eq!(world.closed.len(), 1);
    // The batch can be refreshed: the amount is that of its table.
    let secrets = BatchSecrets {
        salt: cloister_crypto::Fr::from(77),
        padding: 0,
    };
    let later = world.closed[0].refresh(world.closed[0].time() + 1, &secrets).unwrap();
    assert_eq!(doors(&later), doors(&world.closed[0]));
}

#[test]
fn one_unit_takes_all_that_the_queue_has_for_an_account() {
    let mut world = World::new(0, 0);
    world.flush();
    assert!(world.closed.is_empty());
    let ready = vec![open_item(4, 7, 5), open_item(5, 8, 1), deposit(6, 7, 6)];
    let next = table(2);
    world
        .batcher
        .set_table(NOW, next, ready.clone(), &mut world.secrets)
        .unwrap();
    world.open(7, 5);
    world.flush();
    let batch = &world.closed[0];
    assert_eq!(batch.items, [ItemId(4), ItemId(6), ItemId(5)]);
    assert_eq!(deposits(batch), [(7, Mode::Open, 11), (8, Mode::Open, 1)]);
    let cash = world.batcher.head().account(AccountIndex(7)).unwrap().account.cash;
    assert_eq!(cash, Money(11));
    assert_takings(&world.closed, &ready);
}

#[test]
fn what_the_queue_has_for_an_account_goes_before_its_fills() {
    let mut world = World::new(8, RICH);
    let ready: Vec<QueueItem> = (0..8).map(|n| deposit(20 + n, n as u32, 100 + n)).collect();
    world.next_table(ready.clone());
    world.engine.set_table(table(2)).unwrap();
    // Half of six units are for what has waited longest.
    world.submit(sell(6, 1, 5, MARK)).unwrap();
    assert_eq!(world.batcher.open_units(), 0);
    world.submit(buy(7, 1, 5, MARK)).unwrap();
    assert_eq!((world.closed.len(), world.batcher.open_units()), (1, 4));
    // Accounts 0, 1 and 2, then 6 and 7, whose fill needs two more units. The room left is the queue's.
    let taken = |batch: &ClosedBatch| batch.items.iter().map(|item| item.get() - 20).collect::<Vec<_>>();
    assert_eq!(taken(&world.closed[0]), [0, 1, 2, 6, 7, 3]);
    world.flush();
    assert_eq!(taken(&world.closed[1]), [4, 5]);
    assert_eq!(sorted(units(&world.closed[1])), [(6, 1, 5), (7, 1, 5)]);
    assert_takings(&world.closed, &ready);
}

#[test]
fn a_long_queue_leaves_room_for_fills() {
    let mut world = World::new(8, RICH);
    let ready: Vec<QueueItem> = (0..40).map(|n| open_item(20 + n, 10 + n as u32, 100)).collect();
    world.next_table(ready.clone());
    world.engine.set_table(table(2)).unwrap();
    for id in 1..=4 {
        world.submit(sell(0, id, 1, MARK)).unwrap();
        world.submit(buy(1, id, 1, MARK)).unwrap();
    }
    // Three units of six are for the queue, two for a fill; the last one goes to the queue, too.
    let shares: Vec<(usize, usize)> = world.closed.iter().map(|b| (b.items.len(), b.fills)).collect();
    assert_eq!(shares, [(4, 1), (4, 1), (4, 1)]);
    world.flush();
    assert_takings(&world.closed, &ready);
    assert_eq!(world.closed.iter().map(|b| b.items.len()).sum::<usize>(), 40);
}

#[test]
fn padding_does_not_come_before_what_its_account_takes() {
    // Every account is touched, so padding is of accounts whose deposits are in the batch.
    for seed in 0..20 {
        let mut world = World::new(2, RICH);
        world.secrets.0 = seed * 1_000;
        let ready = vec![deposit(9, 0, 7), deposit(10, 1, 8)];
        world
            .batcher
            .set_table(NOW, table(2), ready.clone(), &mut world.secrets)
            .unwrap();
        world.flush();
        assert_takings(&world.closed, &ready);
    }
}

#[test]
fn a_rebase_counts_what_is_ready_at_its_table() {
    let mut world = World::new(3, RICH);
    let mut ready = vec![deposit(9, 0, 7)];
    world.next_table(ready.clone());
    world.engine.set_table(table(2)).unwrap();
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.flush();
    assert_takings(&world.closed, &ready);
    // One more deposit of the same account is ready at the next table: both come in its first unit.
    let before = world.batcher.holdings()[&AccountIndex::ZERO].cash;
    ready.push(deposit(10, 0, 8));
    let after = world
        .batcher
        .rebase(NOW, table(3), ready[1..].to_vec(), &mut world.secrets)
        .unwrap();
    assert_eq!(after[&AccountIndex::ZERO].cash.checked_sub(before), Some(Money(8)));
    world.closed.clear();
    world.flush();
    assert_eq!(deposits(&world.closed[0]), [(0, Mode::Padding, 15)]);
    assert_takings(&world.closed, &ready);
}

#[test]
fn a_table_that_is_not_taken_leaves_its_items() {
    let mut world = World::new(2, RICH);
    let ready = vec![deposit(9, 0, 7)];
    world
        .batcher
        .set_table(NOW, table(3), Vec::new(), &mut world.secrets)
        .unwrap();
    for refused in [
        world
            .batcher
            .set_table(NOW, table(2), ready.clone(), &mut world.secrets),
        world
            .batcher
            .rebase(NOW, table(2), ready, &mut world.secrets)
            .map(|_| ()),
    ] {
        assert!(matches!(
            refused,
            Err(BatcherError::Table {
                current: 3,
                found: 2,
                ..
            })
        ));
    }
    assert_eq!(world.batcher.waiting(), 0);
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
    world.next_table(Vec::new());
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
        world.batcher.set_table(NOW, table(1), Vec::new(), &mut world.secrets),
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
    assert_eq!(world.push(fill(sell(0, 1, 5, MARK), buy(1, 1, 5, MARK), 5)), Err(error));
    assert_eq!((world.batcher.pending(), world.batcher.open_units()), (1, 0));
    // A kinder table makes it provable: nothing was lost.
    let mut kind = table(2);
    kind.rows[0].scenarios = [PerLot::ZERO; 16];
    kind.rows[0].floor_short = Price::ZERO;
    kind.rows[0].floor_long = Price::ZERO;
    world
        .batcher
        .rebase(NOW, kind, vec![deposit(9, 0, RICH)], &mut world.secrets)
        .unwrap();
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
fn room_of_a_cancel_that_is_left_out_goes_to_the_queue() {
    // Account 0 is under water, and every account that no unit of the batch is about has a deposit that is ready.
    let mut world = World::new(12, 300 * ONE);
    world.submit(sell(1, 1, 10, MARK)).unwrap();
    world.submit(buy(0, 1, 10, MARK)).unwrap();
    world.flush();
    world.closed.clear();
    let mut crash = table(2);
    crash.rows[0] = row(BTC, MARK / 2, 3 * ONE as i64);
    let ready: Vec<QueueItem> = (1..12).map(|n| deposit(20 + n, n as u32, 100 + n)).collect();
    world
        .batcher
        .set_table(NOW, crash, ready.clone(), &mut world.secrets)
        .unwrap();
    for account in 0..3 {
        let cancel = sign(other(InstructionKind::Cancel, account, 2, 0));
        world.push(Event::Bound(cancel.into())).unwrap();
    }
    assert_takings(&world.closed, &ready);
    let batch = &world.closed[0];
    assert_eq!((world.closed.len(), batch.unbound.len(), batch.used), (1, 1, 6));
    world.flush();
    assert_takings(&world.closed, &ready);
}

#[test]
fn what_an_error_leaves_of_the_queues_claims_is_claimed_before_anything_else() {
    let mut world = World::new(6, RICH);
    // The second sum leaves the range of cash, which the chain's caps rule out.
    let ready: Vec<QueueItem> = [(0, 100), (1, u64::MAX), (1, u64::MAX), (2, 100)]
        .into_iter()
        .zip(20..)
        .map(|((account, amount), item)| deposit(item, account, amount))
        .collect();
    world.next_table(ready);
    for account in 3..5 {
        let cancel = Event::Bound(sign(other(InstructionKind::Cancel, account, 1, 0)).into());
        let refused = Err(BatcherError::CashRange(AccountIndex(1)));
        assert_eq!(world.push(cancel), refused);
        // What came before it in the queue is in, and no event is.
        assert_eq!((world.batcher.open_units(), world.batcher.waiting()), (1, 2));
    }
    assert_eq!(world.batcher.pending(), 2);
}

#[test]
fn a_share_of_nearly_all_leaves_room_for_fills() {
    let config = cloister_batcher::BatcherConfig {
        queue_share: 90,
        ..batcher_config()
    };
    let mut world = World::with(config, 2, RICH);
    let ready: Vec<QueueItem> = (0..40).map(|n| open_item(20 + n, 10 + n as u32, 100)).collect();
    world.next_table(ready);
    world.engine.set_table(table(2)).unwrap();
    world.submit(sell(0, 1, 1, MARK)).unwrap();
    world.submit(buy(1, 1, 1, MARK)).unwrap();
    let shares: Vec<(usize, usize)> = world.closed.iter().map(|b| (b.items.len(), b.fills)).collect();
    assert_eq!(shares, [(4, 1)]);
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
    world
        .batcher
        .set_table(NOW, ahead.clone(), Vec::new(), &mut world.secrets)
        .unwrap();
    world.engine.set_table(ahead).unwrap();
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.flush();
    assert_eq!(world.closed.last().unwrap().time(), NOW + 700);
    // In a batch that is made again likewise.
    let mut later = table(3);
    later.header.time = NOW + 900;
    world
        .batcher
        .rebase(NOW, later, Vec::new(), &mut world.secrets)
        .unwrap();
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
    let after = world
        .batcher
        .rebase(NOW + 5, next.clone(), Vec::new(), &mut world.secrets)
        .unwrap();
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
    let error = Batcher::new(config, GroupLedger::default(), 0, table(1), Vec::new()).unwrap_err();
    assert_eq!(error, BatcherError::Shape);
}

fn request(item: u64, account: u32, request: Request) -> QueueItem {
    QueueItem::Request {
        item: ItemId(item),
        account: AccountIndex(account),
        request,
    }
}

/// Accounts and modes of the units that are neither padding nor normal.
fn requests(batch: &ClosedBatch) -> Vec<(u32, Mode)> {
    let units = batch.witness.units.iter().map(|u| (u.index.get(), u.mode));
    units
        .filter(|(_, mode)| !matches!(mode, Mode::Padding | Mode::Normal))
        .collect()
}

const ON: Request = Request::Switch(Switches { transfers: true });

#[test]
fn a_request_gets_a_unit_of_its_mode_with_what_waits_for_its_account() {
    let mut world = World::new(2, RICH);
    let ready = vec![request(9, 1, ON), deposit(10, 1, 7), request(11, 0, Request::Close)];
    world.next_table(ready);
    world.flush();
    assert_eq!(requests(&world.closed[0]), [(1, Mode::Switch), (0, Mode::Close)]);
    assert_eq!(deposits(&world.closed[0]), [(1, Mode::Switch, 7)]);
    let mut items = world.closed[0].items.clone();
    items.sort_unstable();
    assert_eq!(items, [ItemId(9), ItemId(10), ItemId(11)]);
    // Account 0 holds something.
    assert!(world.batcher.head().account(AccountIndex::ZERO).is_some());
}

#[test]
fn requests_are_taken_in_their_order_and_leave_their_share() {
    let mut world = World::new(2, RICH);
    let off = Request::Switch(Switches::default());
    let ready = (0..7)
        .map(|n| request(9 + n, 0, if n % 2 == 0 { ON } else { off }))
        .collect();
    world.next_table(ready);
    world.engine.set_table(table(2)).unwrap();
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    // Half of six units is theirs, until the batch is closed.
    assert_eq!(world.batcher.open_units(), 5);
    world.flush();
    assert_eq!(requests(&world.closed[0]), [(0, Mode::Switch); 4]);
    assert_eq!(requests(&world.closed[1]), [(0, Mode::Switch); 3]);
    let taken = world.closed.iter().flat_map(|batch| batch.items.clone());
    assert!(taken.eq((9..16).map(ItemId)));
}

#[test]
fn a_close_of_an_empty_account_ends_it_and_nothing_pads_with_it() {
    let mut world = World::new(2, RICH);
    world.submit(other(InstructionKind::Withdrawal, 1, 1, RICH)).unwrap();
    world.flush();
    let ready = vec![request(9, 1, Request::Close)];
    world.next_table(ready);
    world.flush();
    let batch = world.closed.last().unwrap();
    assert_eq!(requests(batch), [(1, Mode::Close)]);
    assert!(batch.effect.units.iter().any(|unit| unit.closed));
    assert!(world.batcher.head().account(AccountIndex(1)).is_none());
}

#[test]
fn the_last_account_can_be_closed_too() {
    let mut world = World::new(1, RICH);
    world.submit(other(InstructionKind::Withdrawal, 0, 1, RICH)).unwrap();
    world.flush();
    let ready = vec![request(9, 0, Request::Close)];
    world.next_table(ready);
    world.flush();
    let batch = world.closed.last().unwrap();
    assert_eq!(batch.witness.units.last().map(|u| u.mode), Some(Mode::Close));
    assert_eq!(world.batcher.head().accounts().count(), 0);
}

#[test]
fn a_close_takes_effect_where_it_is_put_into_a_batch_and_no_cancel_after_it_stops_the_batcher() {
    let mut world = World::new(3, RICH);
    // Account 0 holds something when its close becomes ready, behind what others ask for.
    let mut ready: Vec<QueueItem> = (0..10).map(|n| request(20 + n, 1 + n as u32 % 2, ON)).collect();
    ready.push(request(30, 0, Request::Close));
    world.next_table(ready);
    world.engine.set_table(table(2)).unwrap();
    world.submit(other(InstructionKind::Withdrawal, 0, 1, RICH)).unwrap();
    assert_eq!(world.batcher.take_ended(), []);
    world.flush();
    assert_eq!(world.batcher.take_ended(), [AccountIndex(0)]);
    assert!(!world.batcher.holdings().contains_key(&AccountIndex(0)));
    // Nobody has told the engine.
    let cancels = [2, 3].map(|id| Arc::new(sign(other(InstructionKind::Cancel, 0, id, 0))));
    for cancel in &cancels {
        world.push(Event::Bound(cancel.clone())).unwrap();
    }
    world.submit(sell(1, 1, 5, MARK)).unwrap();
    world.submit(buy(2, 1, 5, MARK)).unwrap();
    world.flush();
    let last = world.closed.last().unwrap();
    assert_eq!((last.unbound.as_slice(), last.fills), (&cancels[..], 1));
    // The chain says which account is no more.
    let ended = world
        .closed
        .iter()
        .flat_map(|b| world.batcher.settle(b.batch_no()).unwrap());
    assert!(ended.eq([AccountIndex(0)]));
}

#[test]
fn a_cancel_of_the_batch_that_ends_its_account_is_left_out() {
    let mut world = World::new(3, RICH);
    world.submit(other(InstructionKind::Withdrawal, 0, 1, RICH)).unwrap();
    world.flush();
    world.next_table(vec![request(9, 0, Request::Close), request(10, 1, ON)]);
    let cancel = Arc::new(sign(other(InstructionKind::Cancel, 0, 2, 0)));
    world.push(Event::Bound(cancel.clone())).unwrap();
    assert_eq!(world.batcher.take_ended(), [AccountIndex(0)]);
    // The open batch ends it already.
    assert!(!world.batcher.holdings().contains_key(&AccountIndex(0)));
    world.flush();
    let last = world.closed.last().unwrap();
    assert_eq!(
        (requests(last), last.unbound.clone()),
        (vec![(0, Mode::Close), (1, Mode::Switch)], vec![cancel])
    );
}

#[test]
fn padding_of_the_last_account_leaves_its_deposit_to_the_unit_that_takes_it() {
    let config = cloister_batcher::BatcherConfig {
        shape: Shape { units: 8, places: 1 },
        ..batcher_config()
    };
    let mut world = World::with(config, 1, RICH);
    let mut ready = vec![deposit(9, 0, 7)];
    ready.extend((10..13).map(|item| request(item, 0, ON)));
    ready.push(request(13, 0, Request::Close));
    world.next_table(ready.clone());
    world.engine.set_table(table(2)).unwrap();
    world.engine.deposit(AccountIndex(0), Amount(7)).unwrap();
    // Four units take the deposit and the switches.
    world
        .submit(other(InstructionKind::Withdrawal, 0, 1, RICH + 7))
        .unwrap();
    world.flush();
    let batch = world.closed.last().unwrap();
    assert_eq!(batch.used, 6);
    let queued = ready.iter().map(|item| {
        let kind = match item {
            QueueItem::Request { request, .. } => match request {
                Request::Switch(switches) => ItemKind::Switch(*switches),
                Request::Close => ItemKind::Close,
                Request::ForcedWithdrawal { .. } | Request::Rekey { .. } => panic!("none is queued"),
            },
            _ => ItemKind::Deposit,
        };
        let queued = cloister_settlement::QueueItem {
            owner: (),
            index: item.account(),
            amount: item.amount(),
            queued_at: 0,
            ready_at: 0,
            deadline: 0,
            kind,
        };
        (item.item().get(), queued)
    });
    let mut waiting: cloister_settlement::Waiting<()> = queued.collect();
    let units = &batch.witness.units;
    let asks = units
        .iter()
        .map(|u| (u.index, matches!(u.mode, Mode::Switch | Mode::Close)));
    let takings = cloister_settlement::take(&mut waiting, asks, 0).unwrap();
    for (unit, taking) in units.iter().zip(&takings) {
        assert_eq!(unit.deposit, taking.amount, "{:?}", unit.mode);
    }
}
