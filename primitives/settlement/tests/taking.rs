//! What each unit of a batch takes from the queue.

use cloister_settlement::{take, ItemKind, OpenKeys, QueueItem, SumTooLarge, Taking, Terms, Waiting};
use cloister_types::{AccountIndex, Amount, ItemId};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn keys(seed: u8) -> OpenKeys {
    OpenKeys {
        pk_x: [seed; 32],
        pk_y: [seed; 32],
        view_commitment: [seed; 32],
        sealed_view_key: [seed; 96],
    }
}

fn item(index: u32, amount: u64, ready_at: u64, kind: ItemKind) -> QueueItem<()> {
    QueueItem {
        owner: (),
        index: AccountIndex(index),
        amount: Amount(amount),
        queued_at: 0,
        ready_at,
        deadline: ready_at,
        kind,
    }
}

fn deposit(index: u32, amount: u64, ready_at: u64) -> QueueItem<()> {
    item(index, amount, ready_at, ItemKind::Deposit)
}

fn waiting(items: Vec<QueueItem<()>>) -> Waiting<()> {
    (0..).zip(items).collect()
}

fn units(indices: &[u32]) -> Vec<AccountIndex> {
    indices.iter().copied().map(AccountIndex).collect()
}

fn sums(takings: &[Taking]) -> Vec<u64> {
    takings.iter().map(|taking| taking.amount.get()).collect()
}

#[test]
fn first_unit_of_an_account_should_take_all_that_is_ready() {
    let items = vec![
        item(3, 100, 10, ItemKind::Open(keys(3))),
        deposit(1, 7, 10),
        deposit(3, 20, 11),
        deposit(3, 3, 12),
        deposit(3, 1_000, 13),
    ];
    let mut queue = waiting(items);
    let takings = take(&mut queue, units(&[3, 2, 3, 1, 1]), 12).expect("small amounts");
    assert_eq!(sums(&takings), [123, 0, 0, 7, 0]);
    assert_eq!(takings[0].items, [ItemId(0), ItemId(2), ItemId(3)]);
    assert_eq!(takings[0].open, Some(keys(3)));
    assert!(takings[1..].iter().all(|taking| taking.open.is_none()));
    assert_eq!(takings[2], Taking::default());
    // What was taken waits no more; what was not ready does.
    let next = take(&mut queue, units(&[3, 1]), 13).expect("small amounts");
    assert_eq!((sums(&next), &next[0].items), (vec![1_000, 0], &vec![ItemId(4)]));
    let last = take(&mut queue, units(&[3, 1]), u64::MAX).expect("small amounts");
    assert_eq!(last, [Taking::default(), Taking::default()]);
}

#[test]
fn item_should_be_ready_from_its_time_on() {
    for (time, taken) in [(9, 0), (10, 5), (11, 5)] {
        let takings = take(&mut waiting(vec![deposit(1, 5, 10)]), units(&[1]), time);
        assert_eq!(sums(&takings.expect("small amounts")), [taken], "at {time}");
    }
}

#[test]
fn sum_beyond_the_record_should_be_named() {
    let items = vec![deposit(1, u64::MAX, 0), deposit(1, 1, 0)];
    assert_eq!(
        take(&mut waiting(items.clone()), units(&[2, 1]), 0),
        Err(SumTooLarge(AccountIndex(1)))
    );
    let takings = take(&mut waiting(items), units(&[2]), 0);
    assert_eq!(takings, Ok(vec![Taking::default()]));
}

#[test]
fn overdue_items_should_claim_their_share_and_one_unit_at_least() {
    let claimed = |share, units| Terms::claimed_units(share, units);
    assert_eq!([claimed(50, 21), claimed(10, 21), claimed(90, 21)], [10, 2, 18]);
    assert_eq!([claimed(10, 2), claimed(50, 1), claimed(90, 128)], [1, 1, 115]);
}

#[test]
fn terms_should_be_bounded() {
    let within = |notice, share| Terms { notice, share }.are_within_bounds();
    assert!(Terms::default().are_within_bounds());
    assert!(within(1_000, 10) && within(120_000, 90));
    assert!(!within(999, 50) && !within(120_001, 50) && !within(5_000, 9) && !within(5_000, 91));
}

proptest! {
    #[test]
    fn every_ready_item_of_a_units_account_should_be_taken_once(
        items in prop::collection::vec((0u32..5, 1u64..1_000, 0u64..20), 0..40),
        batches in prop::collection::vec((prop::collection::vec(0u32..6, 1..6), 0u64..25), 1..6),
    ) {
        // The chain queues items that become ready in their order.
        let mut times: Vec<u64> = items.iter().map(|(_, _, at)| *at).collect();
        times.sort_unstable();
        let items = items.iter().zip(times);
        let items: Vec<_> = items.map(|((index, amount, _), at)| deposit(*index, *amount, at)).collect();
        let mut left: BTreeMap<u64, QueueItem<()>> = (0..).zip(items.clone()).collect();
        let mut queue = waiting(items);
        for (indices, time) in batches {
            let takings = take(&mut queue, units(&indices), time).expect("small amounts");
            for (at, (index, taking)) in indices.iter().zip(&takings).enumerate() {
                let first = !indices[..at].contains(index);
                let expected: Vec<u64> = left
                    .iter()
                    .filter(|(_, item)| first && item.index == AccountIndex(*index) && item.ready_at <= time)
                    .map(|(id, _)| *id)
                    .collect();
                let sum: u64 = expected.iter().map(|id| left[id].amount.get()).sum();
                prop_assert_eq!(&taking.items, &expected.iter().copied().map(ItemId).collect::<Vec<_>>());
                prop_assert_eq!(taking.amount, Amount(sum));
                left.retain(|id, _| !expected.contains(id));
            }
        }
    }
}
