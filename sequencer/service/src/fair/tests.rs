use super::{Entry, FairQueue};
use cloister_engine::AccountIndex;

const A: AccountIndex = AccountIndex(1);
const B: AccountIndex = AccountIndex(2);
const C: AccountIndex = AccountIndex(3);

/// Items of an account, numbered.
fn fill(queue: &mut FairQueue<(u32, u32)>, account: AccountIndex, numbers: core::ops::Range<u32>) {
    for number in numbers {
        assert_eq!(queue.push(account, (account.get(), number)), Entry::Waits);
    }
}

#[test]
fn accounts_should_take_turns_and_each_keep_its_order() {
    let mut queue = FairQueue::new(100);
    fill(&mut queue, A, 0..5);
    fill(&mut queue, B, 0..2);
    fill(&mut queue, C, 0..1);
    assert_eq!(queue.take(4), [(1, 0), (2, 0), (3, 0), (1, 1)]);
    fill(&mut queue, C, 1..2);
    assert_eq!(queue.take(100), [(2, 1), (1, 2), (3, 1), (1, 3), (1, 4)]);
    assert!(queue.is_empty());
    assert_eq!(queue.take(3), []);
}

#[test]
fn one_account_should_wait_for_no_more_than_one_item_of_each_other() {
    let mut queue = FairQueue::new(1_000);
    fill(&mut queue, A, 0..900);
    fill(&mut queue, B, 0..1);
    let place = queue.take(1_000).iter().position(|(account, _)| *account == 2);
    assert_eq!(place, Some(1));
}

#[test]
fn a_flood_should_make_room_for_others_and_lose_its_newest() {
    let mut queue = FairQueue::new(4);
    fill(&mut queue, A, 0..4);
    assert_eq!(queue.push(A, (1, 4)), Entry::Full((1, 4)));
    assert_eq!(queue.push(B, (2, 0)), Entry::Displaces((1, 3)));
    assert_eq!(queue.push(B, (2, 1)), Entry::Displaces((1, 2)));
    // Two and two: nobody has more than their share.
    assert_eq!(queue.push(B, (2, 2)), Entry::Full((2, 2)));
    assert_eq!(queue.push(A, (1, 5)), Entry::Full((1, 5)));
    assert_eq!(queue.push(C, (3, 0)), Entry::Displaces((2, 1)));
    assert_eq!(queue.take(10), [(1, 0), (2, 0), (3, 0), (1, 1)]);
    assert!(queue.is_empty());
}

#[test]
fn a_queue_of_singles_should_be_full_for_everybody() {
    let mut queue = FairQueue::new(2);
    fill(&mut queue, A, 0..1);
    fill(&mut queue, B, 0..1);
    assert_eq!(queue.push(C, (3, 0)), Entry::Full((3, 0)));
    assert_eq!(queue.take(1), [(1, 0)]);
    assert_eq!(queue.push(C, (3, 0)), Entry::Waits);
    assert_eq!(queue.push(A, (1, 1)), Entry::Full((1, 1)));
    assert_eq!(queue.take(5), [(2, 0), (3, 0)]);
}

#[test]
fn an_account_that_was_emptied_should_get_turns_again() {
    let mut queue = FairQueue::new(10);
    for round in 0..5 {
        fill(&mut queue, A, round..round + 1);
        assert_eq!(queue.take(1), [(1, round)]);
    }
    fill(&mut queue, A, 0..3);
    fill(&mut queue, B, 0..1);
    assert_eq!(queue.take(10), [(1, 0), (2, 0), (1, 1), (1, 2)]);
}
