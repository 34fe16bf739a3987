//! Forced withdrawals and re-keys in batches.

mod common;

use cloister_batcher::{ClosedBatch, QueueItem, Request};
use cloister_ledger::{Instruction, Mode};
use cloister_types::{AccountIndex, Amount, ItemId};
use common::*;

const RICH: u64 = 1_000_000 * ONE;

fn deposit(item: u64, account: u32, amount: u64) -> QueueItem {
    QueueItem::Deposit {
        item: ItemId(item),
        account: AccountIndex(account),
        amount: Amount(amount),
    }
}

fn request(item: u64, account: u32, request: Request) -> QueueItem {
    QueueItem::Request {
        item: ItemId(item),
        account: AccountIndex(account),
        request,
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
    ask(&mut world, vec![request(9, 1, ALL), deposit(10, 1, 7)]);
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
