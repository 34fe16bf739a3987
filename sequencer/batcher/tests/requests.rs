//! Forced withdrawals and re-keys in batches.

mod common;

use cloister_batcher::{ClosedBatch, QueueItem, Request};
use cloister_ledger::{Instruction, Mode, Switches};
use cloister_settlement::{check_overdue, lanes, HouseTaking, ItemKind, Taking, Terms};
use cloister_types::{AccountIndex, Amount, ItemId};
use common::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const RICH: u64 = 1_000_000 * ONE;

fn deposit(item: u64, account: u32, amount: u64) -> QueueItem {
    QueueItem::Deposit {
        item: ItemId(item),
        account: AccountIndex(account),
        amount: Amount(amount),
        deadline: 0,
    }
}

fn request(item: u64, account: u32, request: Request) -> QueueItem {
    QueueItem::Request {
        item: ItemId(item),
        account: AccountIndex(account),
        request,
        deadline: u64::MAX,
    }
}

/// The same, as late as it can be.
fn overdue(item: u64, account: u32, request: Request) -> QueueItem {
    QueueItem::Request {
        item: ItemId(item),
        account: AccountIndex(account),
        request,
        deadline: 0,
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

/// Accounts and modes of the units that are neither padding nor normal.
fn requests(batch: &ClosedBatch) -> Vec<(u32, Mode)> {
    let units = batch.witness.units.iter().map(|u| (u.index.get(), u.mode));
    units
        .filter(|(_, mode)| !matches!(mode, Mode::Padding | Mode::Normal))
        .collect()
}

const ON: Request = Request::Switch(Switches { transfers: true });

const ALL: Request = Request::ForcedWithdrawal {
    amount: Amount(u64::MAX),
};

/// A re-key to a trading key of a number.
fn rekey(number: u32) -> Request {
    Request::Rekey {
        public_key: secret(number).public(),
        view_key: cloister_crypto::Fr::from(u64::from(number)),
    }
}

/// Puts table 2 in force for batcher and engine, with requests that are ready at it.
fn ask(world: &mut World, ready: Vec<QueueItem>) {
    world.next_table(ready.clone());
    for item in &ready {
        world.request(item);
    }
    world.engine.set_table(table(2)).unwrap();
}

/// What the units of an account pay out, in order.
fn payouts(batch: &ClosedBatch, account: u32) -> Vec<u64> {
    let units = batch.effect.statement.units.iter();
    units
        .filter(|unit| unit.index == AccountIndex(account) && !unit.withdrawal.is_zero())
        .map(|unit| unit.withdrawal.get())
        .collect()
}

#[test]
fn a_forced_withdrawal_pays_what_margin_leaves_and_the_engine_hears_of_it() {
    let mut world = World::new(2, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.flush();
    ask(&mut world, vec![overdue(9, 1, ALL), deposit(10, 1, 7)]);
    world.engine.deposit(AccountIndex(1), Amount(7)).unwrap();
    world.flush();
    let batch = world.closed.last().unwrap();
    assert_eq!(requests(batch), [(1, Mode::Forced)]);
    assert_eq!(deposits(batch), [(1, Mode::Forced, 7)]);
    let paid = payouts(batch, 1)[0];
    assert!(paid > 0 && paid < RICH);
    let held = world.batcher.holdings()[&AccountIndex(1)];
    let view = world.engine.account(AccountIndex(1)).unwrap();
    assert_eq!((view.holdings, view.usable()), (held, held));
    // There is nothing left for another one, which is taken all the same.
    world
        .batcher
        .set_table(NOW, table(3), vec![request(11, 1, ALL)], &mut world.secrets)
        .unwrap();
    world.flush();
    let batch = world.closed.last().unwrap();
    assert_eq!(
        (requests(batch), payouts(batch, 1)),
        (vec![(1, Mode::Forced)], Vec::new())
    );
}

#[test]
fn fills_that_the_engine_makes_before_a_forced_withdrawal_is_taken_can_be_proven_after_it() {
    let mut world = World::new(3, RICH);
    ask(
        &mut world,
        vec![request(
            9,
            1,
            Request::ForcedWithdrawal {
                amount: Amount(RICH - 2_000 * ONE),
            },
        )],
    );
    // The first fill is what opens the batch, whose first unit is the queue's.
    for id in 1..4 {
        world.submit(sell(0, id, 5, MARK)).unwrap();
    }
    world.submit(buy(1, 1, 15, MARK)).unwrap();
    assert!(world.submit(buy(1, 2, 500, MARK)).is_err());
    world.flush();
    assert_eq!(requests(&world.closed[0])[0], (1, Mode::Forced));
    assert_eq!(payouts(&world.closed[0], 1), [RICH - 2_000 * ONE]);
    assert_eq!(world.closed.iter().map(|batch| batch.fills).sum::<usize>(), 3);
    assert_eq!(
        world.batcher.holdings()[&AccountIndex(1)],
        world.engine.account(AccountIndex(1)).unwrap().holdings
    );
}

#[test]
fn a_forced_withdrawal_that_is_made_again_leaves_margin_for_the_fills_behind_it() {
    let mut world = World::new(2, RICH);
    ask(&mut world, vec![request(9, 1, ALL)]);
    world.batcher.retry(NOW, &mut world.secrets).unwrap();
    world.collect();
    // Everything was paid, so the account lives of a deposit.
    assert_eq!(cash(&world.engine, 1), 0);
    let item = deposit(10, 1, 1_000 * ONE);
    world
        .batcher
        .set_table(NOW, table(3), vec![item], &mut world.secrets)
        .unwrap();
    world.engine.set_table(table(3)).unwrap();
    world.engine.deposit(AccountIndex(1), Amount(1_000 * ONE)).unwrap();
    world.submit(sell(0, 1, 20, MARK)).unwrap();
    world.submit(buy(1, 1, 20, MARK)).unwrap();
    world.flush();
    world.rebase(table(4));
    world.flush();
    let all: Vec<_> = world.closed.iter().flat_map(requests).collect();
    assert_eq!(all, [(1, Mode::Forced)]);
    let paid: u64 = world.closed.iter().flat_map(|batch| payouts(batch, 1)).sum();
    assert!(paid > RICH / 2 && paid < RICH + 1_000 * ONE, "{paid}");
    assert_eq!(world.closed.iter().map(|batch| batch.fills).sum::<usize>(), 1);
}

#[test]
fn a_rekey_comes_between_what_the_old_and_what_the_new_key_signed_also_when_it_is_made_again() {
    let mut world = World::new(2, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    // At rest, by the old key.
    world.submit(buy(1, 2, 5, MARK - ONE)).unwrap();
    ask(&mut world, vec![request(9, 1, rekey(9))]);
    world.submit(sell(0, 2, 5, MARK)).unwrap();
    assert!(world.submit(buy(1, 3, 5, MARK)).is_err());
    let new = |instruction: Instruction| instruction.sign(&GENESIS, &secret(9));
    world.submit_signed(new(buy(1, 3, 5, MARK))).unwrap();
    world.submit(sell(0, 3, 5, MARK - ONE)).unwrap();
    world.flush();
    let fills = |world: &World| world.closed.iter().map(|batch| batch.fills).sum::<usize>();
    let order = |world: &World| -> Vec<(Mode, u64)> {
        let units = world.closed.iter().flat_map(|batch| &batch.witness.units);
        units
            .filter(|unit| unit.index == AccountIndex(1) && unit.mode != Mode::Padding)
            .map(|unit| (unit.mode, unit.places[0].signed.instruction.id.get()))
            .collect()
    };
    let expected = [(Mode::Normal, 1), (Mode::Rekey, 0), (Mode::Normal, 3)];
    assert_eq!((fills(&world), order(&world)), (2, expected.to_vec()));
    // All in one batch if that can be.
    world.rebase(table(3));
    world.flush();
    assert_eq!((fills(&world), order(&world)), (2, expected.to_vec()));
    let account = &world.batcher.head().account(AccountIndex(1)).unwrap().account;
    assert_eq!(account.key.public().unwrap(), secret(9).public());
    assert_eq!(account.view_key, cloister_crypto::Fr::from(9));
}

fn deadline_of(item: &QueueItem) -> u64 {
    match item {
        QueueItem::Open { deadline, .. }
        | QueueItem::Deposit { deadline, .. }
        | QueueItem::Request { deadline, .. } => *deadline,
        QueueItem::PayInsurance { .. } | QueueItem::TakeInsurance { .. } => 0,
    }
}

/// What the batches leave of the queue never makes the chain refuse one. Every item is ready from the start.
fn assert_overdue_first(closed: &[ClosedBatch], ready: &[QueueItem]) {
    let item = |item: &QueueItem| {
        let kind = match item {
            QueueItem::Request {
                request: Request::ForcedWithdrawal { amount },
                ..
            } => ItemKind::ForcedWithdrawal { amount: *amount },
            // Any other request counts the same.
            QueueItem::Request { .. } => ItemKind::Switch(Switches::default()),
            _ => ItemKind::Deposit,
        };
        cloister_settlement::QueueItem {
            owner: (),
            index: item.account(),
            amount: item.amount(),
            queued_at: 0,
            ready_at: 0,
            deadline: deadline_of(item),
            kind,
            until: None,
        }
    };
    let mut queue: BTreeMap<u64, cloister_settlement::QueueItem<()>> =
        ready.iter().map(|i| (i.item().get(), item(i))).collect();
    for batch in closed {
        let taking = Taking {
            items: batch.items.to_vec(),
            ..Taking::default()
        };
        let claimed = Terms::claimed_units(batcher_config().queue_share, batch.witness.units.len());
        let (house, none) = (HouseTaking::default(), BTreeSet::new());
        let checked = check_overdue(lanes(queue.clone()), &[taking], &house, &none, claimed, NOW);
        assert_eq!(checked, Ok(()), "batch {}", batch.batch_no());
        queue.retain(|id, _| !batch.items.contains(&ItemId(*id)));
    }
    assert!(queue.is_empty(), "{queue:?}");
}

/// Makes everything again at table 2, at which these items are ready, and as overdue as anything.
fn rebase_with(world: &mut World, ready: &[QueueItem]) {
    let secrets = &mut world.secrets;
    let held = world.batcher.rebase(world.now, table(2), ready.to_vec(), secrets);
    world.engine.set_table(table(2)).unwrap();
    world.engine.rebase(&held.unwrap()).unwrap();
    world.closed.clear();
    world.flush();
}

/// Accounts of the units that carry an instruction, with its id and the lots filled, in order of these.
fn sorted(mut units: Vec<(u32, u64, u64)>) -> Vec<(u32, u64, u64)> {
    units.sort_unstable();
    units
}

/// Fills of other accounts, then some of account 1, each of orders of its own.
fn traded(own: u64) -> World {
    let mut world = World::new(4, RICH);
    let mut fills = |maker: u32, taker: u32, ids: std::ops::Range<u64>| {
        for id in ids {
            world.submit(sell(maker, id, 5, MARK)).unwrap();
            world.submit(buy(taker, id, 5, MARK)).unwrap();
        }
    };
    fills(2, 3, 1..7);
    fills(0, 1, 7..7 + own);
    world.flush();
    assert!(world.closed.len() > 2);
    world
}

#[test]
fn what_an_overdue_request_waits_for_is_made_again_first() {
    // Otherwise batches of other accounts would come first, and the chain would take none of them.
    let mut world = traded(2);
    let ready = [overdue(9, 1, ALL), overdue(10, 1, rekey(5))];
    rebase_with(&mut world, &ready);
    assert_overdue_first(&world.closed, &ready);
    let first = &world.closed[0];
    assert_eq!(requests(first), [(1, Mode::Forced), (1, Mode::Rekey)]);
    // It pays nothing of the margin of the fills before it, and the old key signed them.
    assert_eq!(sorted(units(first)), [(0, 7, 5), (0, 8, 5), (1, 7, 5), (1, 8, 5)]);
    assert!(payouts(first, 1)[0] < RICH - 100 * ONE);
    assert_eq!(world.closed.iter().map(|batch| batch.fills).sum::<usize>(), 8);
}

#[test]
fn an_overdue_request_that_waits_for_more_than_a_batch_holds_is_taken_all_the_same() {
    let mut world = traded(9);
    let half = Request::ForcedWithdrawal {
        amount: Amount(RICH / 2),
    };
    let ready = [overdue(9, 1, half), overdue(10, 1, ON)];
    rebase_with(&mut world, &ready);
    assert_overdue_first(&world.closed, &ready);
    assert_eq!(requests(&world.closed[0]), [(1, Mode::Forced), (1, Mode::Switch)]);
    assert_eq!(world.closed.iter().map(|batch| batch.fills).sum::<usize>(), 15);
}

#[test]
fn units_are_kept_for_overdue_requests_wherever_they_stand_in_the_queue() {
    for own in [6, 9, 12] {
        let mut world = traded(1);
        let mut ready: Vec<_> = [(7, 2), (8, 3), (10, 0)]
            .map(|(item, account)| deposit(item, account, 1))
            .into();
        ready.push(overdue(own, 1, ALL));
        ready.sort_by_key(QueueItem::item);
        rebase_with(&mut world, &ready);
        assert_overdue_first(&world.closed, &ready);
        assert_eq!(requests(&world.closed[0]), [(1, Mode::Forced)], "item {own}");
    }
}

#[test]
fn a_request_that_is_not_overdue_waits_for_all_of_its_events() {
    let mut world = traded(9);
    let ready = [request(9, 1, ALL), deposit(10, 2, 1)];
    rebase_with(&mut world, &ready);
    let with: Vec<usize> = (0..world.closed.len())
        .filter(|at| !requests(&world.closed[*at]).is_empty())
        .collect();
    assert!(with.len() == 1 && with[0] > 2, "{with:?}");
    let after = world.closed[with[0] + 1..].iter().flat_map(units);
    assert!(after.into_iter().all(|(account, ..)| account != 1));
}

#[test]
fn a_forced_withdrawal_ahead_of_a_rekey_is_made_again_ahead_of_what_the_new_key_signed() {
    let mut world = World::new(2, RICH);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    let half = Request::ForcedWithdrawal {
        amount: Amount(RICH / 2),
    };
    ask(&mut world, vec![request(9, 1, half), request(10, 1, rekey(5))]);
    world.flush();
    world.submit(sell(0, 2, 5, MARK)).unwrap();
    let signed = buy(1, 2, 5, MARK).sign(&GENESIS, &secret(5));
    world.submit_signed(signed).unwrap();
    world.flush();
    world.rebase(table(3));
    world.flush();
    let all: Vec<_> = world.closed.iter().flat_map(requests).collect();
    assert_eq!(all, [(1, Mode::Forced), (1, Mode::Rekey)]);
    assert_eq!(world.closed.iter().map(|batch| batch.fills).sum::<usize>(), 2);
    let own = world
        .closed
        .iter()
        .flat_map(units)
        .filter(|(account, ..)| *account == 1);
    assert_eq!(own.map(|(_, id, _)| id).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn overdue_requests_of_the_priority_lane_should_come_before_a_long_queue() {
    // Nine deposits have waited longer. Three units may be claimed, two of them by the priority lane.
    let mut world = World::new(12, RICH);
    let mut ready: Vec<_> = (0..9).map(|n| deposit(20 + n, n as u32, 1)).collect();
    ready.extend([9, 10, 11].map(|n| overdue(20 + n, n as u32, ALL)));
    ask(&mut world, ready.clone());
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    world.flush();
    assert_overdue_first(&world.closed, &ready);
    // One deposit more comes with the fill.
    let first = &world.closed[0];
    assert_eq!((requests(first).len(), deposits(first).len()), (2, 2));
}

#[test]
fn an_overdue_request_should_bring_the_open_of_its_account_with_it() {
    // Two units of the priority lane: two accounts that are not open yet, behind a long queue.
    let mut world = World::new(10, RICH);
    let mut ready: Vec<_> = (0..9).map(|n| deposit(20 + n, n as u32, 1)).collect();
    for account in [10, 11] {
        ready.push(open_item(20 + u64::from(account), account, RICH));
    }
    for account in [10, 11] {
        ready.push(overdue(30 + u64::from(account), account, ALL));
    }
    world.next_table(ready.clone());
    for account in [10, 11] {
        world.open(account, RICH);
    }
    for item in &ready {
        world.request(item);
    }
    world.engine.set_table(table(2)).unwrap();
    world.flush();
    assert_overdue_first(&world.closed, &ready);
    let modes = [
        (10, Mode::Open),
        (10, Mode::Forced),
        (11, Mode::Open),
        (11, Mode::Forced),
    ];
    assert_eq!(requests(&world.closed[0]), modes);
}

/// An item of an account, whether it is a forced withdrawal, and whether it is overdue.
fn item_of(item: u64, account: u32, forced: bool, is_overdue: bool) -> QueueItem {
    let late = if is_overdue { 0 } else { u64::MAX };
    let amount = Amount(1_000 * ONE);
    if forced {
        return QueueItem::Request {
            item: ItemId(item),
            account: AccountIndex(account),
            request: Request::ForcedWithdrawal { amount },
            deadline: late,
        };
    }
    QueueItem::Deposit {
        item: ItemId(item),
        account: AccountIndex(account),
        amount,
        deadline: late,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever of either lane is overdue, and however many fills want the units, no batch leaves out what the chain
    /// asks for.
    #[test]
    fn no_batch_should_leave_out_what_is_overdue(
        items in prop::collection::vec((any::<bool>(), 0u32..12), 0..24),
        overdue in (0usize..12, 0usize..12),
        fills in 0u64..9,
        again in any::<bool>(),
    ) {
        let mut world = World::new(12, RICH);
        let mut counts = [0; 2];
        let mut asked = BTreeSet::new();
        let mut ready = Vec::new();
        for (n, (forced, account)) in items.into_iter().enumerate() {
            // One forced withdrawal of an account waits at a time.
            if forced && !asked.insert(account) {
                continue;
            }
            let lane = usize::from(forced);
            let is_overdue = counts[lane] < [overdue.0, overdue.1][lane];
            counts[lane] += 1;
            ready.push(item_of(20 + n as u64, account, forced, is_overdue));
        }
        let trade = |world: &mut World| {
            for id in 1..=fills {
                let (maker, taker) = ((id % 5) as u32, 5 + (id % 4) as u32);
                world.submit(sell(maker, id, 5, MARK)).unwrap();
                world.submit(buy(taker, id, 5, MARK)).unwrap();
            }
        };
        if again {
            trade(&mut world);
            world.flush();
            rebase_with(&mut world, &ready);
        } else {
            world.next_table(ready.clone());
            for item in &ready {
                world.request(item);
                if let QueueItem::Deposit { account, amount, .. } = item {
                    world.engine.deposit(*account, *amount).unwrap();
                }
            }
            world.engine.set_table(table(2)).unwrap();
            trade(&mut world);
            world.flush();
        }
        assert_overdue_first(&world.closed, &ready);
        prop_assert_eq!(world.closed.iter().map(|batch| batch.fills).sum::<usize>(), fills as usize);
    }
}
