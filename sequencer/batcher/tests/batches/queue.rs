//! What batches take from the queue.

use crate::{common::*, deposit, deposits, sorted, RICH};
use cloister_batcher::{BatcherError, ClosedBatch, Event, QueueItem};
use cloister_ledger::{InstructionKind, Mode};
use cloister_settlement::{check_overdue, lanes, HouseTaking, Terms};
use cloister_types::{AccountIndex, ItemId, Money};
use std::collections::{BTreeMap, BTreeSet};

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
        until: None,
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
        check_overdue(
            lanes(queue.clone()),
            &takings,
            &HouseTaking::default(),
            &none,
            claimed,
            0,
        )
        .unwrap();
        queue.retain(|id, _| !batch.items.contains(&ItemId(*id)));
        let mut items: Vec<ItemId> = takings.into_iter().flat_map(|taking| taking.items).collect();
        items.sort_unstable();
        let mut own = batch.items.clone();
        own.sort_unstable();
        assert_eq!(own, items);
    }
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
