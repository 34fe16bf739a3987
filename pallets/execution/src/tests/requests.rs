//! Switches and closes: what the queue takes, and what their units do (C-QUEUE).

use crate::{mock::*, Accounts, Error, Event, GroupTotals, Groups, Indices, PendingItems, Totals, UnitSubmission};
use cloister_ledger::{RecordKind, Switches};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

const ON: Switches = Switches { transfers: true };

fn settle(units: Vec<UnitSubmission>) {
    assert_ok!(submit(&proven(batch(units))));
}

fn switch(on: Switches) {
    assert_ok!(Execution::switch(signed(&ALICE), GROUP, on));
}

fn close() {
    assert_ok!(Execution::close(signed(&ALICE), GROUP));
}

#[test]
fn switch_should_be_taken_by_a_unit_that_says_so() {
    on_open(|| {
        switch(ON);
        let queued = Event::SwitchQueued {
            group: GROUP,
            index: 0,
            owner: ALICE,
            item: 1,
        };
        assert_eq!(events(), [queued]);
        ready();
        let first = batch(vec![asking(0), unit(0)]);
        assert_eq!(statement(&first).units[0].kind, RecordKind::Switch { switches: ON });
        assert_ok!(submit(&proven(first)));
        assert!(!PendingItems::<Test>::contains_key(GROUP, 0));
        // It was taken once.
        let again = batch(vec![asking(0), unit(0)]);
        assert_noop!(submit(&proven(again)), Error::<Test>::NoRequest);
    });
}

#[test]
fn flags_other_than_those_asked_for_should_be_refused() {
    on_open(|| {
        switch(ON);
        ready();
        let mut batch = batch(vec![asking(0), unit(0)]);
        let mut wrong = statement(&batch);
        for switches in [Switches::default(), ON] {
            for unit in 0..2 {
                wrong.units[0].kind = RecordKind::Update;
                wrong.units[1].kind = RecordKind::Update;
                wrong.units[unit].kind = RecordKind::Switch { switches };
                batch.proof = prover::prove(wrong.hash());
                if (unit, switches) == (0, ON) {
                    continue;
                }
                assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
            }
        }
        settle(vec![asking(0), unit(0)]);
    });
}

#[test]
fn unit_should_not_take_a_request_that_is_not_there_or_not_ready() {
    on_open(|| {
        let claim = || batch(vec![asking(0), unit(0)]);
        assert_noop!(submit(&proven(claim())), Error::<Test>::NoRequest);
        switch(ON);
        pass_with_table(NOTICE - 1);
        assert_noop!(submit(&proven(claim())), Error::<Test>::NoRequest);
        pass_with_table(1);
        assert_ok!(submit(&proven(claim())));
    });
}

#[test]
fn requests_of_strangers_and_of_disabled_groups_should_be_refused() {
    on_open(|| {
        assert_noop!(Execution::close(signed(&BOB), GROUP), Error::<Test>::NoAccount);
        assert_noop!(Execution::switch(signed(&BOB), GROUP, ON), Error::<Test>::NoAccount);
        assert_noop!(Execution::close(signed(&ALICE), GROUP + 1), Error::<Test>::UnknownGroup);
        Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().enabled = false);
        assert_noop!(Execution::close(signed(&ALICE), GROUP), Error::<Test>::GroupDisabled);
        assert_noop!(
            Execution::switch(signed(&ALICE), GROUP, ON),
            Error::<Test>::GroupDisabled
        );
    });
}

#[test]
fn overdue_request_should_be_taken() {
    on_open(|| {
        switch(ON);
        pass_with_table(DEADLINE);
        let without = batch(vec![unit(0), unit(0)]);
        assert_noop!(submit(&proven(without)), Error::<Test>::QueueItemOverdue);
        settle(vec![unit(0), asking(0)]);
    });
}

#[test]
fn overdue_close_should_not_be_taken_for_a_deposit() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        ready();
        settle(vec![unit(1), unit(0)]);
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        close();
        pass_with_table(DEADLINE);
        // A close without effect leaves the deposit waiting.
        let without = batch(vec![asking(0), unit(1)]);
        assert_noop!(submit(&proven(without)), Error::<Test>::QueueItemOverdue);
        // One that takes effect refunds it.
        let closed = batch(vec![closing(0), unit(1)]);
        assert_ok!(submit(&proven(closed)));
        assert!(!PendingItems::<Test>::contains_key(GROUP, 0));
    });
}

#[test]
fn close_of_an_empty_account_should_end_it() {
    on_open(|| {
        settle(vec![withdrawing(0, 10_000), unit(0)]);
        close();
        ready();
        System::reset_events();
        settle(vec![unit(0), closing(0)]);
        let closed = Event::AccountClosed {
            group: GROUP,
            index: 0,
            owner: ALICE,
        };
        assert!(events().contains(&closed), "{:?}", events());
        assert_eq!(Accounts::<Test>::get(GROUP, 0), None);
        assert_eq!(Indices::<Test>::get(GROUP, &ALICE), None);
        // No unit is of it any more.
        let more = batch(vec![unit(0), unit(0)]);
        assert_noop!(submit(&proven(more)), Error::<Test>::UnknownAccount);
        // Its owner may open another, which gets another index.
        assert_ok!(open(&ALICE, 5, 1_000));
        assert_eq!(Indices::<Test>::get(GROUP, &ALICE), Some(1));
        ready();
        settle(vec![unit(1), unit(1)]);
    });
}

#[test]
fn close_of_an_account_that_holds_something_should_have_no_effect_in_public() {
    on_open(|| {
        let before = Accounts::<Test>::get(GROUP, 0).map(|account| (account.owner, account.opened, account.deposited));
        close();
        ready();
        System::reset_events();
        settle(vec![asking(0), unit(0)]);
        let stays = Event::CloseWithoutEffect {
            group: GROUP,
            index: 0,
            owner: ALICE,
        };
        assert!(events().contains(&stays), "{:?}", events());
        let after = Accounts::<Test>::get(GROUP, 0).map(|account| (account.owner, account.opened, account.deposited));
        assert_eq!(after, before);
        // It can be asked for again.
        close();
    });
}

#[test]
fn leaf_that_is_cleared_without_a_close_should_end_nothing() {
    on_open(|| {
        // A proof of it would be one of another statement; if there were one, the account would stay registered.
        let cleared = UnitSubmission {
            request: false,
            ..closing(0)
        };
        settle(vec![cleared, unit(0)]);
        assert!(Accounts::<Test>::contains_key(GROUP, 0));
    });
}

#[test]
fn unit_behind_a_close_should_be_refused() {
    on_open(|| {
        close();
        ready();
        let behind = batch(vec![closing(0), unit(0)]);
        assert_noop!(submit(&proven(behind)), Error::<Test>::UnknownAccount);
    });
}

#[test]
fn nothing_should_be_queued_behind_a_close() {
    on_open(|| {
        close();
        assert_noop!(
            Execution::deposit(signed(&ALICE), GROUP, 500),
            Error::<Test>::CloseWaits
        );
        assert_noop!(Execution::close(signed(&ALICE), GROUP), Error::<Test>::RequestWaits);
        assert_noop!(
            Execution::switch(signed(&ALICE), GROUP, ON),
            Error::<Test>::RequestWaits
        );
        ready();
        settle(vec![asking(0), unit(0)]);
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
    });
}

#[test]
fn one_request_of_an_account_should_wait_at_a_time() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        assert_ok!(Execution::switch(signed(&ALICE), GROUP, ON));
        for again in [
            Execution::switch(signed(&ALICE), GROUP, ON),
            Execution::close(signed(&ALICE), GROUP),
        ] {
            assert_eq!(again, Err(Error::<Test>::RequestWaits.into()));
        }
        // It keeps out neither money nor anybody else's request.
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        assert_ok!(Execution::switch(signed(&BOB), GROUP, ON));
        ready();
        settle(vec![asking(0), unit(1)]);
        assert_noop!(Execution::switch(signed(&BOB), GROUP, ON), Error::<Test>::RequestWaits);
        assert_ok!(Execution::switch(signed(&ALICE), GROUP, ON));
    });
}

#[test]
fn deposits_that_wait_should_be_refunded_when_a_close_takes_effect() {
    on_open(|| {
        settle(vec![withdrawing(0, 10_000), unit(0)]);
        let before = balance(&ALICE);
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 600));
        assert_ok!(open(&BOB, 2, 1_000));
        close();
        ready();
        System::reset_events();
        settle(vec![unit(1), closing(0)]);
        assert_eq!(balance(&ALICE), before);
        let refunded = Event::DepositsRefunded {
            group: GROUP,
            index: 0,
            owner: ALICE,
            amount: 1_100,
        };
        assert!(events().contains(&refunded), "{:?}", events());
        let totals = GroupTotals {
            queued: 0,
            claims: 0,
            settled: 1_000,
            ..Default::default()
        };
        assert_eq!(Totals::<Test>::get(GROUP), totals);
        assert_eq!(whole_queue(), []);
    });
}

#[test]
fn refund_that_the_asset_refuses_should_become_a_claim() {
    on_open(|| {
        settle(vec![withdrawing(0, 10_000), unit(0)]);
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        assert_ok!(open(&BOB, 2, 1_000));
        close();
        ready();
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, ALICE));
        settle(vec![unit(1), closing(0)]);
        assert_eq!(Totals::<Test>::get(GROUP).claims, 500);
        assert_eq!(crate::Claims::<Test>::get(GROUP, &ALICE), 500);
    });
}

#[test]
fn deposits_should_stay_behind_a_close_without_effect() {
    on_open(|| {
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        close();
        ready();
        let first = batch(vec![asking(0), unit(0)]);
        let deposits: Vec<u64> = statement(&first).units.iter().map(|u| u.deposit.get()).collect();
        assert_eq!(deposits, [0, 500]);
        assert_ok!(submit(&proven(first)));
        assert_eq!(Totals::<Test>::get(GROUP).settled, 10_500);
    });
}
