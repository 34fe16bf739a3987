//! Owners take back what no batch has taken (C-TAKE-BACK).

use crate::{mock::*, Accounts, Error, Event, Groups, Indices, PendingItems, Queue, Totals, TAKE_BACK_AFTER};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, traits::Get},
    sp_runtime::{AccountId32, DispatchResult},
};

/// From a request on: until no table before the item's end can be named any more.
const WAIT: u64 = NOTICE + 30_000;

fn deposit(who: &AccountId32, amount: u64) {
    assert_ok!(Execution::deposit(signed(who), GROUP, amount));
}

fn take_back(who: &AccountId32) -> DispatchResult {
    Execution::take_back(signed(who), GROUP)
}

fn pay_back(index: u32) -> DispatchResult {
    Execution::pay_back(signed(&BOB), GROUP, index)
}

/// Lets the time pass that makes everything in the queue overdue for long enough.
fn wait() {
    pass_with_table(DEADLINE + TAKE_BACK_AFTER);
}

#[test]
fn the_wait_should_be_that_of_the_oldest_table_that_can_be_named() {
    let oldest: u64 = <Test as crate::Config>::MaxRiskAge::get();
    assert_eq!(oldest + NOTICE, WAIT);
}

#[test]
fn a_deposit_that_nobody_takes_should_come_back_in_two_steps() {
    on_open(|| {
        let before = balance(&ALICE);
        deposit(&ALICE, 500);
        deposit(&ALICE, 170);
        pass_with_table(DEADLINE + TAKE_BACK_AFTER - 1);
        assert_noop!(take_back(&ALICE), Error::<Test>::TakeBackNotDue);
        pass(1);
        assert_noop!(pay_back(0), Error::<Test>::NothingTakenBack);
        System::reset_events();
        assert_ok!(take_back(&ALICE));
        let until = Now::get() + NOTICE;
        let asked = Event::TakeBackAsked {
            group: GROUP,
            index: 0,
            owner: ALICE,
            amount: 670,
            until,
        };
        assert_eq!(events(), [asked]);
        assert_noop!(take_back(&ALICE), Error::<Test>::TakeBackNotDue);
        pass(WAIT - 1);
        assert_noop!(pay_back(0), Error::<Test>::TakeBackNotDue);
        pass(1);
        System::reset_events();
        assert_ok!(pay_back(0));
        let paid = Event::TakenBack {
            group: GROUP,
            index: 0,
            owner: ALICE,
            amount: 670,
        };
        assert_eq!(events().last(), Some(&paid));
        assert_eq!(balance(&ALICE), before);
        assert_eq!(Totals::<Test>::get(GROUP).queued, 0);
        assert_eq!(
            Accounts::<Test>::get(GROUP, 0).map(|account| account.deposited),
            Some(10_000)
        );
        assert_noop!(pay_back(0), Error::<Test>::NothingTakenBack);
        // The account goes on.
        deposit(&ALICE, 130);
        pass_with_table(NOTICE);
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        assert!(!PendingItems::<Test>::contains_key(GROUP, 0));
    });
}

#[test]
fn a_batch_in_flight_should_take_what_is_taken_back() {
    on_open(|| {
        deposit(&ALICE, 500);
        wait();
        let settled = Totals::<Test>::get(GROUP).settled;
        let in_flight = proven(batch(vec![unit(0), unit(0)]));
        assert_ok!(take_back(&ALICE));
        // The next table is there before the batch is, and may count it still.
        pass_with_table(NOTICE - 1);
        assert_ok!(submit(&in_flight));
        assert_eq!(Totals::<Test>::get(GROUP).settled, settled + 500);
        pass(WAIT);
        assert_noop!(pay_back(0), Error::<Test>::NothingTakenBack);
    });
}

#[test]
fn a_batch_at_an_older_table_should_not_leave_out_what_is_overdue() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(1), unit(1)]))));
        deposit(&ALICE, 500);
        wait();
        assert_ok!(take_back(&ALICE));
        pass_with_table(NOTICE - 1);
        let without = batch(vec![unit(1), unit(1)]);
        assert_noop!(submit(&proven(without)), Error::<Test>::QueueItemOverdue);
    });
}

#[test]
fn a_batch_at_a_younger_table_should_do_without_what_is_taken_back() {
    on_open(|| {
        deposit(&ALICE, 500);
        deposit(&ALICE, 170);
        wait();
        assert_ok!(take_back(&ALICE));
        deposit(&ALICE, 103);
        pass_with_table(NOTICE);
        let settled = Totals::<Test>::get(GROUP).settled;
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        assert_eq!(
            Totals::<Test>::get(GROUP).settled,
            settled + 103,
            "the new deposit alone"
        );
        assert_eq!(Totals::<Test>::get(GROUP).queued, 670);
        pass(WAIT);
        assert_ok!(pay_back(0));
        assert_eq!(Totals::<Test>::get(GROUP).queued, 0);
    });
}

#[test]
fn an_open_that_nobody_takes_should_come_back_with_all_behind_it() {
    on_open(|| {
        let before = balance(&BOB);
        assert_ok!(open(&BOB, 2, 1_000));
        deposit(&BOB, 200);
        assert_ok!(Execution::close(signed(&BOB), GROUP));
        // What came last is not overdue for long enough, but is nothing without the open.
        pass_with_table(DEADLINE + TAKE_BACK_AFTER);
        assert_ok!(take_back(&BOB));
        assert_noop!(Execution::deposit(signed(&BOB), GROUP, 200), Error::<Test>::CloseWaits);
        assert_noop!(open(&BOB, 2, 1_000), Error::<Test>::AccountAlreadyOpen);
        pass_with_table(NOTICE);
        let opening = batch(vec![unit(1), unit(0)]);
        assert_noop!(submit(&proven(opening)), Error::<Test>::UnknownAccount);
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        pass(WAIT);
        assert_ok!(pay_back(1));
        assert_eq!(balance(&BOB), before);
        assert_eq!(Indices::<Test>::get(GROUP, &BOB), None);
        assert!(!Accounts::<Test>::contains_key(GROUP, 1) && !PendingItems::<Test>::contains_key(GROUP, 1));
        assert_eq!(Groups::<Test>::get(GROUP).map(|state| state.queue_length()), Some(0));
        // The owner may come again, under another index.
        assert_ok!(open(&BOB, 2, 1_000));
        assert_eq!(Indices::<Test>::get(GROUP, &BOB), Some(2));
    });
}

#[test]
fn nothing_should_be_queued_behind_an_open_that_is_taken_back() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        wait();
        assert_ok!(take_back(&BOB));
        assert_noop!(
            Execution::deposit(signed(&BOB), GROUP, 200),
            Error::<Test>::OpenTakenBack
        );
        assert_noop!(Execution::close(signed(&BOB), GROUP), Error::<Test>::OpenTakenBack);
    });
}

#[test]
fn requests_of_an_open_account_should_not_be_taken_back() {
    on_open(|| {
        assert_ok!(Execution::force_withdrawal(signed(&ALICE), GROUP, 5));
        wait();
        assert_noop!(take_back(&ALICE), Error::<Test>::TakeBackNotDue);
        assert_noop!(take_back(&BOB), Error::<Test>::NoAccount);
        assert_noop!(Execution::take_back(signed(&ALICE), 99), Error::<Test>::UnknownGroup);
        assert_noop!(
            Execution::take_back(RuntimeOrigin::none(), GROUP),
            polkadot_sdk::sp_runtime::DispatchError::BadOrigin
        );
        assert_noop!(
            Execution::pay_back(RuntimeOrigin::root(), GROUP, 0),
            polkadot_sdk::sp_runtime::DispatchError::BadOrigin
        );
        assert_noop!(pay_back(u32::MAX), Error::<Test>::NothingTakenBack);
    });
}

#[test]
fn a_disabled_group_should_give_back_and_a_frozen_one_by_its_own_call() {
    on_open(|| {
        deposit(&ALICE, 500);
        wait();
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        assert_ok!(take_back(&ALICE));
        crate::Frozen::<Test>::insert(GROUP, Now::get());
        pass(WAIT);
        assert_noop!(pay_back(0), Error::<Test>::GroupFrozen);
        assert_noop!(take_back(&ALICE), Error::<Test>::GroupFrozen);
        crate::Frozen::<Test>::remove(GROUP);
        assert_ok!(pay_back(0));
        assert_eq!(Queue::<Test>::iter_prefix(GROUP).count(), 0);
    });
}

#[test]
fn what_the_asset_refuses_should_become_a_claim() {
    on_open(|| {
        deposit(&ALICE, 500);
        wait();
        assert_ok!(take_back(&ALICE));
        pass(WAIT);
        assert_ok!(Assets::freeze(signed(&ADMIN), ASSET, vault()));
        assert_ok!(pay_back(0));
        assert_eq!(Execution::claim_of(GROUP, &ALICE), 500);
        assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, vault()));
        assert_ok!(Execution::claim(signed(&ALICE), GROUP));
    });
}

#[test]
fn the_first_of_many_should_not_hide_those_behind() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(1), unit(1)]))));
        deposit(&ALICE, 500);
        deposit(&BOB, 170);
        wait();
        assert_ok!(take_back(&ALICE));
        pass_with_table(NOTICE);
        let without = batch(vec![unit(0), unit(0)]);
        assert_noop!(submit(&proven(without)), Error::<Test>::QueueItemOverdue);
        assert_ok!(submit(&proven(batch(vec![unit(1), unit(1)]))));
    });
}

/// Lets hours pass, with a table and a batch every ten minutes.
fn settle_for(hours: u64) {
    for _ in 0..6 * hours {
        for _ in 0..10 {
            pass_with_table(60_000);
            crate::Pallet::<Test>::count_queue_clocks();
        }
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
    }
}

#[test]
fn what_can_be_paid_back_should_freeze_no_group_that_lives() {
    QueuePatience::set(3 * 3_600_000);
    on_open(|| {
        deposit(&ALICE, 500);
        wait();
        assert_ok!(take_back(&ALICE));
        pass_with_table(WAIT);
        settle_for(4);
        // Not for its queue; and it has no other clock.
        assert_noop!(Execution::freeze(signed(&BOB), GROUP), Error::<Test>::NoSolvencyTerms);
        // It is nobody's way to keep others in: what is behind it counts.
        assert_ok!(open(&BOB, 2, 1_000));
        for _ in 0..5 * 60 {
            pass_with_table(60_000);
            crate::Pallet::<Test>::count_queue_clocks();
        }
        assert_ok!(Execution::freeze(signed(&BOB), GROUP));
    });
}

#[test]
fn a_request_that_is_left_of_an_open_should_be_paid_back_with_nothing() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, ENDOWMENT as u64 / 2));
        assert_ok!(Execution::close(signed(&BOB), GROUP));
        wait();
        let in_flight = proven(batch(vec![unit(1), unit(0)]));
        assert_ok!(take_back(&BOB));
        assert_ok!(submit(&in_flight));
        // The account is open, and its close is being taken back.
        Execution::do_try_state().unwrap();
        pass_with_table(NOTICE);
        // The close is not there any more.
        let asks = batch(vec![asking(1), unit(0)]);
        assert_noop!(submit(&proven(asks)), Error::<Test>::NoRequest);
        pass(WAIT);
        assert_ok!(pay_back(1));
        assert_eq!(Execution::claim_of(GROUP, &BOB), 0);
        assert!(!PendingItems::<Test>::contains_key(GROUP, 1));
        assert!(Accounts::<Test>::get(GROUP, 1).is_some_and(|account| account.opened));
    });
}
