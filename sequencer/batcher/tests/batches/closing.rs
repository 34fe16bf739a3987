//! When batches close, and how they are made again.

use crate::{common::*, sorted, RICH};
use cloister_batcher::BatcherError;
use cloister_ledger::InstructionKind;
use cloister_types::{AccountIndex, Amount, GroupId};

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
    world
        .batcher
        .retime(later.batch_no(), later.time(), later.request.context.salt);
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
