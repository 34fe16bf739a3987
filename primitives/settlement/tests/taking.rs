//! What each unit of a batch takes from the queue.

use cloister_crypto::constants::INDEX_BITS;
use cloister_ledger::Switches;
use cloister_settlement::{
    check_overdue, lanes, queue::MAX_PASSED_OVER, take, take_house, HouseTaking, InsuranceTake, ItemKind, Lanes,
    LeftOut, OpenKeys, QueueItem, Request, TakeError, Taking, Terms, Waiting,
};
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
        until: None,
    }
}

fn deposit(index: u32, amount: u64, ready_at: u64) -> QueueItem<()> {
    item(index, amount, ready_at, ItemKind::Deposit)
}

fn waiting(items: Vec<QueueItem<()>>) -> Waiting<()> {
    (0..).zip(items).collect()
}

fn units(indices: &[u32]) -> Vec<(AccountIndex, bool)> {
    indices.iter().map(|index| (AccountIndex(*index), false)).collect()
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
        Err(TakeError::SumTooLarge(AccountIndex(1)))
    );
    let takings = take(&mut waiting(items), units(&[2]), 0);
    assert_eq!(takings, Ok(vec![Taking::default()]));
}

#[test]
fn overdue_items_should_claim_their_share_and_one_unit_at_least() {
    let claimed = |share, units| Terms::claimed_units(share, units);
    assert_eq!([claimed(50, 21), claimed(10, 21), claimed(90, 21)], [10, 2, 18]);
    assert_eq!([claimed(10, 2), claimed(50, 1), claimed(90, 128)], [1, 1, 115]);
    // A fill needs two units.
    assert_eq!([claimed(90, 6), claimed(90, 3), claimed(90, 2)], [4, 1, 1]);
}

/// Checks a batch of these units over a queue that is overdue up to time 30.
fn overdue(
    queue: &[QueueItem<()>],
    units: &[(u32, bool)],
    closed: &[u32],
    claimed: usize,
) -> (Result<(), LeftOut>, usize) {
    let takings = take(&mut waiting(queue.to_vec()), asks(units), 30).expect("what units ask for is there");
    let closed = closed.iter().map(|index| AccountIndex(*index)).collect();
    let Lanes { priority, others } = lanes((0..).zip(queue.to_vec()));
    let (mut of_priority, mut of_others) = (0, 0);
    let lanes = Lanes {
        priority: priority.into_iter().inspect(|_| of_priority += 1),
        others: others.into_iter().inspect(|_| of_others += 1),
    };
    let checked = check_overdue(lanes, &takings, &HouseTaking::default(), &closed, claimed, 30);
    (checked, of_priority + of_others)
}

#[test]
fn batch_should_take_what_is_overdue_in_the_order_of_the_queue() {
    let queue = [(1, 10), (2, 10), (1, 20), (3, 30), (4, 31)].map(|(index, at)| deposit(index, 5, at));
    let check = |accounts: &[u32], claimed| {
        let units: Vec<_> = accounts.iter().map(|index| (*index, false)).collect();
        overdue(&queue, &units, &[], claimed).0
    };
    let left_out = |item| Err(LeftOut(ItemId(item)));
    assert_eq!(check(&[1, 2, 3], 9), Ok(()));
    assert_eq!(check(&[1, 2, 4], 9), left_out(3));
    assert_eq!(check(&[3, 4], 9), left_out(0));
    // The second item of account 1 claims no other unit.
    assert_eq!(check(&[1, 2], 2), Ok(()));
    assert_eq!(check(&[1, 3], 2), left_out(1));
    // No more is looked at than the batch must take, and one item behind it.
    assert_eq!(overdue(&queue, &[(1, false)], &[], 1), (Ok(()), 2));
}

#[test]
fn overdue_requests_should_claim_a_unit_each_and_refunds_none() {
    let close = item(2, 0, 20, ItemKind::Close);
    let queue = [switch(1, true, 10), switch(1, false, 10), deposit(2, 5, 10), close];
    let check = |units: &[(u32, bool)], closed: &[u32], claimed| overdue(&queue, units, closed, claimed).0;
    let left_out = |item| Err(LeftOut(ItemId(item)));
    let both = [(1, true), (1, true)];
    assert_eq!(check(&both, &[], 2), Ok(()));
    assert_eq!(check(&[(1, true), (2, false)], &[], 2), left_out(1));
    // The deposit that waits beside a close is taken by a unit of its own, or goes back if the account ends.
    assert_eq!(check(&[(1, true), (1, true), (2, true)], &[], 4), left_out(2));
    assert_eq!(check(&[(1, true), (1, true), (2, true)], &[2], 4), Ok(()));
    assert_eq!(check(&[(1, true), (1, true), (2, false), (2, true)], &[], 4), Ok(()));
}

#[test]
fn the_priority_lane_should_come_before_any_queue_and_leave_it_half() {
    let force = |index, at| {
        let amount = Amount(1);
        item(index, 0, at, ItemKind::ForcedWithdrawal { amount })
    };
    // Nine deposits have waited longer than three forced withdrawals.
    let mut queue: Vec<_> = (0..9).map(|index| deposit(index, 5, 10)).collect();
    queue.extend([11, 12, 13].map(|index| force(index, 20)));
    let check = |deposits: &[u32], forced: &[u32], claimed| {
        let mut units: Vec<_> = deposits.iter().map(|index| (*index, false)).collect();
        units.extend(forced.iter().map(|index| (*index, true)));
        overdue(&queue, &units, &[], claimed).0
    };
    let left_out = |item| Err(LeftOut(ItemId(item)));
    // Of four units two each, of three two and one, of one the one.
    assert_eq!(check(&[0, 1], &[11, 12], 4), Ok(()));
    assert_eq!(check(&[0, 1, 2], &[11], 4), left_out(10));
    assert_eq!(check(&[0], &[11, 12, 13], 4), left_out(1));
    assert_eq!(check(&[0], &[11, 12], 3), Ok(()));
    assert_eq!(check(&[0, 1], &[11], 3), left_out(10));
    assert_eq!((check(&[], &[11], 1), check(&[0], &[], 1)), (Ok(()), left_out(9)));
    // What the others leave is the priority lane's again.
    let alone = |claimed| overdue(&queue[9..], &[(11, true), (12, true)], &[], claimed).0;
    assert_eq!((alone(2), alone(3)), (Ok(()), left_out(2)));
    // What the priority lane does not need is the others'.
    assert_eq!(check(&[0, 1, 2, 3, 4], &[11, 12, 13], 8), Ok(()));
    assert_eq!(check(&[0, 1, 2, 3], &[11, 12, 13], 8), left_out(4));
    // In it items have their order, too.
    assert_eq!(check(&[0, 1], &[12, 13], 4), left_out(9));
    // No more is looked at than must be taken, and one item of each lane behind it.
    assert_eq!(overdue(&queue, &[(0, false), (11, true)], &[], 2), (Ok(()), 4));
}

#[test]
fn terms_should_be_bounded() {
    let within = |notice, share| Terms { notice, share }.are_within_bounds();
    assert!(Terms::default().are_within_bounds());
    assert!(within(1_000, 10) && within(120_000, 90));
    assert!(!within(999, 50) && !within(120_001, 50) && !within(5_000, 9) && !within(5_000, 91));
}

fn of_house(amount: u64, ready_at: u64, kind: ItemKind) -> QueueItem<()> {
    item(AccountIndex::HOUSE.get(), amount, ready_at, kind)
}

fn pay(amount: u64, ready_at: u64) -> QueueItem<()> {
    of_house(amount, ready_at, ItemKind::PayInsurance)
}

fn asking(amount: u64, ready_at: u64) -> QueueItem<()> {
    let kind = ItemKind::TakeInsurance {
        amount: Amount(amount),
        keep: Amount(3),
    };
    of_house(0, ready_at, kind)
}

#[test]
fn house_has_an_index_that_no_account_gets() {
    assert_eq!(AccountIndex::HOUSE, AccountIndex(1 << INDEX_BITS));
}

#[test]
fn house_should_take_all_payments_that_are_ready_and_no_unit_any() {
    let items = vec![pay(5, 10), deposit(1, 7, 10), asking(9, 10), pay(6, 11), pay(100, 12)];
    let mut queue = waiting(items);
    // Not even a unit of the index that stands for the house.
    let units = take(&mut queue, units(&[1, AccountIndex::HOUSE.get()]), 11).expect("small amounts");
    assert_eq!(sums(&units), [7, 0]);
    let first = take_house(&mut queue, false, 11).expect("small amounts");
    assert_eq!((first.paid_in, &first.items), (Amount(11), &vec![ItemId(0), ItemId(3)]));
    assert_eq!((first.taken.as_ref(), first.left_out), (None, Some(ItemId(2))));
    assert_eq!(first.doors().asked, Amount::ZERO);
    let second = take_house(&mut queue, true, 11).expect("somebody asks");
    assert_eq!((second.paid_in, second.left_out), (Amount::ZERO, None));
    let taken = InsuranceTake {
        to: (),
        asked: Amount(9),
        keep: Amount(3),
    };
    assert_eq!((second.taken.as_ref(), &second.items), (Some(&taken), &vec![ItemId(2)]));
    assert_eq!(second.doors().keep, Amount(3));
    let none = Err(TakeError::NoRequest(AccountIndex::HOUSE));
    assert_eq!(take_house(&mut queue.clone(), true, u64::MAX), none);
    let last = take_house(&mut queue, false, u64::MAX).expect("small amounts");
    assert_eq!(last.items, [ItemId(4)]);
    assert_eq!(take_house(&mut queue, false, u64::MAX), Ok(HouseTaking::default()));
    let beyond = vec![pay(u64::MAX, 0), pay(1, 0)];
    let error = Err(TakeError::SumTooLarge(AccountIndex::HOUSE));
    assert_eq!(take_house(&mut waiting(beyond), false, 0), error);
}

#[test]
fn an_overdue_take_of_insurance_must_be_taken_and_claims_no_unit() {
    // Far more is overdue before it than may claim units.
    let mut queue: Vec<_> = (0..9).map(|index| deposit(index, 5, 10)).collect();
    queue.push(pay(5, 20));
    queue.push(asking(9, 20));
    let check = |takes, time| {
        let mut items = waiting(queue.clone());
        let takings = take(&mut items, units(&[0]), time).expect("small amounts");
        let house = take_house(&mut items, takes, time)?;
        let listed = (0..).zip(queue.clone());
        Ok(check_overdue(
            lanes(listed),
            &takings,
            &house,
            &Default::default(),
            1,
            time,
        ))
    };
    assert_eq!(check(false, 19), Ok(Ok(())));
    assert_eq!(check(false, 20), Ok(Err(LeftOut(ItemId(10)))));
    assert_eq!(check(true, 20), Ok(Ok(())));
    assert_eq!(check(true, 19), Err(TakeError::NoRequest(AccountIndex::HOUSE)));
    // Ready, and not overdue.
    queue[10].deadline = 21;
    let mut items = waiting(queue);
    assert_eq!(take_house(&mut items, false, 20).expect("small amounts").left_out, None);
}

fn asks(units: &[(u32, bool)]) -> Vec<(AccountIndex, bool)> {
    units
        .iter()
        .map(|(index, request)| (AccountIndex(*index), *request))
        .collect()
}

fn switch(index: u32, transfers: bool, ready_at: u64) -> QueueItem<()> {
    item(index, 0, ready_at, ItemKind::Switch(Switches { transfers }))
}

#[test]
fn each_request_should_be_taken_by_a_unit_that_says_so_in_the_order_of_the_queue() {
    let items = vec![
        deposit(1, 7, 10),
        switch(1, true, 10),
        switch(1, false, 10),
        deposit(1, 8, 10),
    ];
    let asked = |transfers| Some(Request::Switch(Switches { transfers }));
    let mut queue = waiting(items.clone());
    let takings = take(&mut queue, asks(&[(1, true), (1, false), (1, true)]), 10).expect("two requests");
    assert_eq!(sums(&takings), [15, 0, 0]);
    let requests: Vec<_> = takings.iter().map(|taking| taking.request.clone()).collect();
    assert_eq!(requests, [asked(true), None, asked(false)]);
    assert_eq!(takings[0].items, [ItemId(0), ItemId(1), ItemId(3)]);
    // A unit that says nothing takes none, and the money all the same.
    let mut queue = waiting(items);
    let takings = take(&mut queue, asks(&[(1, false)]), 10).expect("small amounts");
    assert_eq!((sums(&takings), &takings[0].request), (vec![15], &None));
}

#[test]
fn request_that_is_not_there_or_not_ready_or_behind_its_open_should_be_refused() {
    let none = Err(TakeError::NoRequest(AccountIndex(1)));
    let at = |items: Vec<QueueItem<()>>, units: &[(u32, bool)], time| take(&mut waiting(items), asks(units), time);
    assert_eq!(at(vec![], &[(1, true)], 10), none);
    assert_eq!(at(vec![deposit(1, 5, 10)], &[(1, true)], 10), none);
    assert_eq!(at(vec![switch(2, true, 10)], &[(1, true)], 10), none);
    assert_eq!(at(vec![switch(1, true, 11)], &[(1, true)], 10), none);
    assert_eq!(at(vec![switch(1, true, 10)], &[(1, true), (1, true)], 10), none);
    let opening = || vec![item(1, 100, 10, ItemKind::Open(keys(1))), switch(1, true, 10)];
    assert_eq!(at(opening(), &[(1, true)], 10), none);
    let takings = at(opening(), &[(1, false), (1, true)], 10).expect("the open comes first");
    assert!(takings[0].open.is_some() && takings[1].request.is_some());
}

#[test]
fn close_should_take_no_money_and_leave_it_to_the_next_unit() {
    let items = vec![deposit(1, 7, 10), item(1, 0, 10, ItemKind::Close)];
    let mut queue = waiting(items);
    let takings = take(&mut queue, asks(&[(1, true), (1, false)]), 10).expect("a close");
    assert_eq!(sums(&takings), [0, 7]);
    assert_eq!(takings[0].request, Some(Request::Close));
    assert_eq!(takings[0].items, [ItemId(1)]);
}

#[test]
fn forced_withdrawal_and_rekey_should_be_taken_like_any_request_with_the_money_beside_them() {
    let amount = Amount(50);
    let forced = || item(1, 0, 10, ItemKind::ForcedWithdrawal { amount });
    let rekey = || item(2, 0, 10, ItemKind::Rekey(keys(2)));
    let mut queue = waiting(vec![
        deposit(1, 7, 10),
        forced(),
        deposit(1, 8, 10),
        rekey(),
        deposit(2, 9, 11),
    ]);
    let asks = asks(&[(1, true), (2, true), (1, false), (2, false)]);
    let takings = take(&mut queue, asks.clone(), 10).expect("two requests");
    assert_eq!(sums(&takings), [15, 0, 0, 0]);
    assert_eq!(takings[0].request, Some(Request::ForcedWithdrawal { amount }));
    assert_eq!(takings[0].items, [ItemId(0), ItemId(1), ItemId(2)]);
    assert_eq!(takings[0].keys(), None);
    assert_eq!(takings[1].request, Some(Request::Rekey(keys(2))));
    assert_eq!((takings[1].keys(), &takings[1].open), (Some(&keys(2)), &None));
    let again = take(&mut queue, asks, 10);
    assert_eq!(again, Err(TakeError::NoRequest(AccountIndex(1))));
    // They do not come before the open of their account, and they claim a unit each when they are overdue.
    let opening = vec![item(1, 100, 10, ItemKind::Open(keys(1))), forced()];
    let early = take(&mut waiting(opening), [(AccountIndex(1), true)], 10);
    assert_eq!(early, Err(TakeError::NoRequest(AccountIndex(1))));
    let queue = [forced(), rekey()];
    let check = |units: &[(u32, bool)], claimed| overdue(&queue, units, &[], claimed).0;
    assert_eq!(check(&[(1, true), (2, false)], 2), Err(LeftOut(ItemId(1))));
    assert_eq!(check(&[(1, true), (2, false)], 1), Ok(()));
    assert_eq!(check(&[(2, true), (1, true)], 2), Ok(()));
}

/// A deposit that its owner takes back.
fn leaving(index: u32, until: u64) -> QueueItem<()> {
    QueueItem {
        until: Some(until),
        ..deposit(index, 10, 1)
    }
}

#[test]
fn what_is_taken_back_should_count_at_older_tables_alone() {
    let money = |time| {
        let mut queue = waiting(vec![leaving(1, 5), deposit(1, 3, 1)]);
        let takings = take(&mut queue, units(&[1]), time).expect("small amounts");
        (takings[0].amount, takings[0].items.clone())
    };
    assert_eq!(money(4), (Amount(13), vec![ItemId(0), ItemId(1)]));
    assert_eq!(money(5), (Amount(3), vec![ItemId(1)]));
}

#[test]
fn an_open_that_is_taken_back_should_open_nothing() {
    let open = |until| QueueItem {
        until,
        ..item(1, 10, 1, ItemKind::Open(keys(1)))
    };
    let taken = |until, request| take(&mut waiting(vec![open(until)]), [(AccountIndex(1), request)], 5);
    assert!(taken(Some(6), false).expect("small amounts")[0].open.is_some());
    assert_eq!(taken(Some(5), false), Ok(vec![Taking::default()]));
    assert_eq!(taken(Some(5), true), Err(TakeError::NoRequest(AccountIndex(1))));
}

#[test]
fn what_is_taken_back_should_claim_a_unit_at_older_tables_alone() {
    // The walk is at the time 30.
    let check = |until, units: &[(u32, bool)]| overdue(&[leaving(1, until), deposit(2, 10, 1)], units, &[], 1).0;
    assert_eq!(check(31, &[(2, false)]), Err(LeftOut(ItemId(0))));
    assert_eq!(check(31, &[(1, false)]), Ok(()));
    assert_eq!(check(30, &[(1, false)]), Err(LeftOut(ItemId(1))));
    assert_eq!(check(30, &[(2, false)]), Ok(()));
}

#[test]
fn a_walk_should_pass_over_no_more_than_its_bound() {
    let behind = |count: usize| {
        let gone = (0..count as u32).map(|index| leaving(100 + index, 2));
        let queue: Vec<_> = gone.chain([deposit(2, 10, 1)]).collect();
        overdue(&queue, &[(7, false)], &[], 1).0
    };
    let left_out = ItemId(MAX_PASSED_OVER as u64);
    assert_eq!(behind(MAX_PASSED_OVER), Err(LeftOut(left_out)));
    assert_eq!(behind(MAX_PASSED_OVER + 1), Ok(()), "until they are paid back");
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
