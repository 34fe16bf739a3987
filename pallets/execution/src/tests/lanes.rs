//! The two lanes of the queue: fees, order, and the clock that ends a queue that nobody takes (C-QUEUE, C-FREEZE).

use crate::{
    mock::{
        solvency::{blocks, gate_on},
        *,
    },
    tests::takings::{newcomer, wide_of},
    Error, Frozen, Groups, QueueClocks, MAX_LAG, MAX_STOPPED, STOP_WINDOW,
};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, traits::Hooks},
    sp_runtime::{AccountId32, DispatchResult},
};

const BLOCK: u64 = 60_000;

fn force(owner: &AccountId32) -> DispatchResult {
    Execution::force_withdrawal(signed(owner), GROUP, 1)
}

fn deposit(owner: &AccountId32) -> DispatchResult {
    Execution::deposit(signed(owner), GROUP, 100)
}

fn fee_account() -> AccountId32 {
    Groups::<Test>::get(GROUP).unwrap().fee_account
}

/// What the next item costs, and what it costs in the priority lane.
fn fees() -> (u64, u64) {
    (Execution::queue_fee(GROUP, false), Execution::queue_fee(GROUP, true))
}

fn waited() -> u64 {
    Execution::solvency(GROUP).queue_waited
}

fn freeze() -> DispatchResult {
    Execution::freeze(signed(&BOB), GROUP)
}

#[test]
fn forced_withdrawals_and_rekeys_should_find_room_in_a_full_queue() {
    on_open(|| {
        MaxQueue::set(0);
        assert_noop!(
            Execution::switch(signed(&ALICE), GROUP, Default::default()),
            Error::<Test>::QueueFull
        );
        assert_noop!(Execution::close(signed(&ALICE), GROUP), Error::<Test>::QueueFull);
        assert_noop!(open(&BOB, 2, 1_000), Error::<Test>::QueueFull);
        assert_ok!(force(&ALICE));
        // One of an account.
        assert_noop!(force(&ALICE), Error::<Test>::RequestWaits);
        let state = Groups::<Test>::get(GROUP).unwrap();
        assert_eq!(
            (state.queue.length, state.priority.length, state.queue_length()),
            (0, 1, 1)
        );
        assert_eq!((state.priority.first, state.first_item()), (Some(1), Some(1)));
        Execution::do_try_state().unwrap();
    });
}

#[test]
fn fees_should_double_with_the_length_of_the_lane_and_go_to_the_fee_account() {
    on_open(|| {
        QueueFee::set(10);
        MaxQueue::set(100);
        let collected = balance(&fee_account());
        // Two items double the fee.
        for (waiting, fee) in [10, 10, 20].into_iter().enumerate() {
            assert_eq!(fees(), (fee, 10), "{waiting} wait");
            let before = balance(&ALICE);
            assert_ok!(deposit(&ALICE));
            assert_eq!(before - balance(&ALICE), 100 + u128::from(fee));
        }
        assert_eq!(balance(&fee_account()) - collected, 40);
        assert_eq!(fees(), (20, 10));
        assert_ok!(force(&ALICE));
        assert_eq!((balance(&fee_account()) - collected, fees()), (50, (20, 10)));
        // Whoever has too little queues nothing.
        QueueFee::set(1_000_000_000);
        assert_noop!(open(&BOB, 2, 1_000), Error::<Test>::InsufficientBalance);
    });
}

#[test]
fn what_is_too_small_to_stay_should_go_along_with_the_fee() {
    for (rest, more) in [(0, 0), (1, 1), (MIN_BALANCE - 1, MIN_BALANCE - 1), (MIN_BALANCE, 0)] {
        on_open(|| {
            QueueFee::set(100);
            let others = balance(&ALICE) - 100 - rest;
            assert_ok!(Assets::transfer(signed(&ALICE), ASSET, BOB, others));
            let (collected, supply) = (balance(&fee_account()), Assets::total_supply(ASSET));
            assert_ok!(force(&ALICE));
            assert_eq!(balance(&fee_account()) - collected, 100 + more);
            assert_eq!((balance(&ALICE), Assets::total_supply(ASSET)), (rest - more, supply));
        });
    }
}

#[test]
fn fee_of_the_way_out_should_have_an_end() {
    on_open(|| {
        QueueFee::set(10);
        let with = |length: u32| {
            Groups::<Test>::mutate(GROUP, |state| {
                let state = state.as_mut().unwrap();
                (state.queue.length, state.priority.length) = (length, length);
            });
            fees()
        };
        assert_eq!(with(12), (640, 640));
        assert_eq!(with(14), (1_280, 640));
        assert_eq!(with(40), (10 << 20, 640));
        assert_eq!(with(126), (u64::MAX, 640));
        assert_eq!(with(u32::MAX), (u64::MAX, 640));
        with(0);
    });
}

#[test]
fn deadlines_of_a_lane_should_be_apart() {
    on_open(|| {
        DeadlineSpacing::set(500);
        for n in 1..4 {
            newcomer(n);
        }
        assert_ok!(force(&ALICE));
        let deadlines: Vec<u64> = Execution::queue(GROUP, 0, 9)
            .iter()
            .map(|(_, item)| item.deadline)
            .collect();
        let first = Now::get() + DEADLINE;
        assert_eq!(deadlines, [first, first + 500, first + 1_000, first]);
        // Time makes up for it.
        pass_with_table(10_000);
        newcomer(4);
        assert_eq!(Execution::queue(GROUP, 5, 1)[0].1.deadline, Now::get() + DEADLINE);
    });
}

#[test]
fn items_of_both_lanes_should_be_listed_in_the_order_in_which_they_came() {
    on_open(|| {
        MaxQueue::set(100);
        let who: Vec<_> = (1..4).map(newcomer).collect();
        assert_ok!(force(&ALICE));
        assert_ok!(deposit(&who[0]));
        assert_ok!(deposit(&who[1]));
        assert_ok!(deposit(&who[2]));
        let ids = |from, limit| -> Vec<u64> {
            let page = Execution::queue(GROUP, from, limit);
            page.iter().map(|(id, _)| *id).collect()
        };
        assert_eq!(ids(0, 99), [1, 2, 3, 4, 5, 6, 7]);
        for from in 0..9 {
            for limit in 0..9u32 {
                let expected = (from.max(1)..8).take(limit as usize);
                assert!(
                    ids(from, limit).into_iter().eq(expected),
                    "from {from}, {limit} of them"
                );
            }
        }
    });
}

#[test]
fn overdue_item_of_the_priority_lane_should_be_taken_before_those_that_have_waited_longer() {
    on_open(|| {
        MaxQueue::set(100);
        for n in 1..4 {
            newcomer(n);
        }
        assert_ok!(force(&ALICE));
        pass_with_table(DEADLINE);
        // Half of four units may be claimed: one by each lane.
        let without = wide_of(vec![unit(1), unit(2), unit(0), unit(0)]);
        assert_noop!(submit(&without), Error::<Test>::QueueItemOverdue);
        let with = wide_of(vec![unit(1), asking(0), unit(0), unit(0)]);
        assert_ok!(submit(&with));
        assert_eq!(Groups::<Test>::get(GROUP).unwrap().priority.length, 0);
    });
}

#[test]
fn group_whose_queue_nobody_takes_should_be_frozen_by_anyone() {
    on_open(|| {
        // It has no solvency terms.
        assert_noop!(freeze(), Error::<Test>::NoSolvencyTerms);
        assert_ok!(deposit(&ALICE));
        blocks(DEADLINE / BLOCK + 1, BLOCK);
        // Overdue from here on.
        let start = waited();
        blocks(3, BLOCK);
        assert_eq!(waited() - start, 3 * BLOCK);
        let left = (QueuePatience::get() - waited()).div_ceil(BLOCK);
        blocks(left - 1, BLOCK);
        assert_noop!(freeze(), Error::<Test>::NoSolvencyTerms);
        blocks(1, BLOCK);
        assert_ok!(freeze());
        assert!(Frozen::<Test>::contains_key(GROUP));
        // The clock stands.
        let end = waited();
        blocks(2, BLOCK);
        assert_eq!(waited(), end);
    });
}

#[test]
fn clock_should_start_anew_when_what_is_overdue_is_taken() {
    on_open(|| {
        gate_on();
        assert_ok!(deposit(&ALICE));
        newcomer(1);
        blocks(DEADLINE / BLOCK + 4, BLOCK);
        let item = || QueueClocks::<Test>::get(GROUP).unwrap().item;
        assert_eq!((waited() > 0, item()), (true, Some(1)));
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        blocks(1, BLOCK);
        assert_eq!((waited(), item()), (0, Some(2)));
        blocks(1, BLOCK);
        assert_eq!(waited(), BLOCK);
        assert_noop!(freeze(), Error::<Test>::FreezeNotDue);
        // Nothing is overdue: nothing is counted.
        assert_ok!(submit(&proven(batch(vec![unit(1), unit(0)]))));
        blocks(5, BLOCK);
        assert_eq!((waited(), item()), (0, None));
    });
}

#[test]
fn clock_should_look_at_both_lanes() {
    on_open(|| {
        assert_ok!(force(&ALICE));
        newcomer(1);
        pass_with_table(1_000);
        blocks(DEADLINE / BLOCK + 4, BLOCK);
        assert_eq!(QueueClocks::<Test>::get(GROUP).unwrap().item, Some(1));
        // The way out is taken, and another item left.
        assert_ok!(submit(&proven(batch(vec![asking(0), unit(0)]))));
        blocks(2, BLOCK);
        assert_eq!(QueueClocks::<Test>::get(GROUP).unwrap().item, Some(2));
        assert_eq!(waited(), BLOCK);
    });
}

#[test]
fn clock_should_run_without_keys_and_submitters() {
    on_open(|| {
        assert_ok!(deposit(&ALICE));
        blocks(DEADLINE / BLOCK + 2, BLOCK);
        assert_ok!(Verifier::remove_verifying_key(RuntimeOrigin::root(), BATCH_KEY));
        assert_ok!(Sequencers::set_members(
            RuntimeOrigin::root(),
            GROUP,
            Default::default()
        ));
        let before = waited();
        blocks(3, BLOCK);
        assert_eq!(waited() - before, 3 * BLOCK);
    });
}

#[test]
fn clock_should_stand_for_a_pause_but_for_no_more_than_three_days_of_thirty() {
    on_open(|| {
        QueuePatience::set(u64::MAX);
        assert_ok!(deposit(&ALICE));
        blocks(DEADLINE / BLOCK + 2, BLOCK);
        let enable = |enabled| Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().enabled = enabled);
        let clock = || QueueClocks::<Test>::get(GROUP).unwrap();
        let start = waited();
        enable(false);
        blocks(3, BLOCK);
        assert_eq!((waited(), clock().stops.stopped), (start, 3 * BLOCK));
        // A dead oracle is a cause like any other: the mock's tables are good for half a minute.
        enable(true);
        for _ in 0..2 {
            pass(BLOCK);
            Execution::on_initialize(1);
        }
        assert_eq!((waited(), clock().stops.stopped), (start, 5 * BLOCK));
        // Two minutes and a half are left.
        QueueClocks::<Test>::mutate(GROUP, |clock| {
            clock.as_mut().unwrap().stops.stopped = MAX_STOPPED - 5 * BLOCK / 2
        });
        enable(false);
        blocks(4, BLOCK);
        assert_eq!((waited(), clock().stops.stopped), (start + 3 * BLOCK / 2, MAX_STOPPED));
        // In the next window it may stand again.
        QueueClocks::<Test>::mutate(GROUP, |clock| {
            clock.as_mut().unwrap().stops.window_from = Now::get() - STOP_WINDOW
        });
        blocks(2, BLOCK);
        assert_eq!((waited(), clock().stops.stopped), (start + 3 * BLOCK / 2, 2 * BLOCK));
        // No single block counts for more than a minute.
        enable(true);
        blocks(1, 100 * BLOCK);
        assert_eq!(waited(), start + 5 * BLOCK / 2);
    });
}

#[test]
fn group_without_accounts_or_without_a_first_batch_should_not_be_frozen_for_its_queue() {
    on_genesis(|| {
        // No batch can be made for a payment into the insurance while no account is open.
        assert_ok!(Execution::pay_insurance(signed(&BOB), GROUP, 100));
        blocks(DEADLINE / BLOCK + 5, BLOCK);
        assert_eq!((waited(), QueueClocks::<Test>::get(GROUP).unwrap().item), (0, None));
        // Before the first batch the clock stands: the group may not be set up yet.
        assert_ok!(open(&ALICE, 1, 1_000));
        blocks(DEADLINE / BLOCK + 5, BLOCK);
        let clock = QueueClocks::<Test>::get(GROUP).unwrap();
        assert_eq!((clock.waited, clock.item), (0, Some(1)));
        assert!(clock.stops.stopped >= 3 * BLOCK);
    });
}

#[test]
fn taking_an_item_a_day_should_not_keep_the_rest_in_for_ever() {
    on_open(|| {
        assert_ok!(deposit(&ALICE));
        newcomer(1);
        blocks(DEADLINE / BLOCK + 4, BLOCK);
        let clock = || QueueClocks::<Test>::get(GROUP).unwrap();
        assert_eq!((clock().item, clock().lag), (Some(1), clock().waited));
        // Nearly ten days on, in which something was taken again and again.
        QueueClocks::<Test>::mutate(GROUP, |clock| {
            let clock = clock.as_mut().unwrap();
            (clock.lag, clock.counted_at) = (MAX_LAG - 2 * BLOCK, Now::get());
        });
        let deadline = Execution::queue(GROUP, 2, 1)[0].1.deadline;
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        blocks(1, BLOCK);
        // The next item cannot have been overdue for longer than since its deadline.
        assert_eq!(
            (clock().item, clock().waited, clock().lag),
            (Some(2), 0, Now::get() - deadline)
        );
        // If it has been, another item taken before it helps nobody.
        crate::Queue::<Test>::mutate(GROUP, 2, |waiting| {
            let item = &mut waiting.as_mut().unwrap().item;
            (item.queued_at, item.ready_at, item.deadline) = (0, 0, 0);
        });
        QueueClocks::<Test>::mutate(GROUP, |clock| {
            let clock = clock.as_mut().unwrap();
            (clock.item, clock.lag) = (Some(1), MAX_LAG - 2 * BLOCK);
        });
        blocks(1, BLOCK);
        assert_eq!(
            (clock().item, clock().waited, clock().lag),
            (Some(2), 0, MAX_LAG - 2 * BLOCK)
        );
        blocks(1, BLOCK);
        assert_noop!(freeze(), Error::<Test>::NoSolvencyTerms);
        blocks(1, BLOCK);
        assert_ok!(freeze());
    });
}

#[test]
fn a_chain_that_stood_still_should_freeze_no_group() {
    on_open(|| {
        assert_ok!(deposit(&ALICE));
        blocks(DEADLINE / BLOCK + 2, BLOCK);
        blocks(1, 2 * MAX_LAG);
        assert!(waited() <= 3 * BLOCK, "{}", waited());
        assert_noop!(freeze(), Error::<Test>::NoSolvencyTerms);
    });
}
