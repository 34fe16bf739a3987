//! What waits in the queue of a frozen group goes back in full.

use super::*;
use crate::{HouseItems, ItemKind, PendingItems, Queue};

fn refund(item: u64) -> DispatchResult {
    Execution::refund_item(signed(&SEQUENCER), GROUP, item)
}

#[test]
fn everything_that_waits_should_go_back_in_full() {
    on_open(|| {
        gate_on();
        solvency::complete(solvency::CLEAN);
        let before = [ALICE, BOB].map(|who| balance(&who));
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 700));
        assert_ok!(open(&BOB, 2, 1_000));
        assert_ok!(Execution::deposit(signed(&BOB), GROUP, 300));
        assert_ok!(Execution::force_withdrawal(signed(&ALICE), GROUP, 50));
        assert_ok!(Execution::pay_insurance(signed(&BOB), GROUP, 400));
        assert_ok!(Execution::pay_insurance(signed(&ALICE), GROUP, 500));
        assert_ok!(Execution::take_insurance(RuntimeOrigin::root(), GROUP, 5, BOB));
        assert_noop!(refund(1), Error::<Test>::GroupNotFrozen);
        frozen();
        let ids: Vec<u64> = whole_queue().into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), 7);
        assert_noop!(refund(99), Error::<Test>::NoSuchItem);
        assert_noop!(Execution::refund_item(signed(&BOB), 9, 1), Error::<Test>::UnknownGroup);
        assert!(Execution::refund_item(RuntimeOrigin::none(), GROUP, 1).is_err());
        // From the end: a deposit behind an open takes the open with it.
        for id in ids.iter().rev() {
            let known = Queue::<Test>::contains_key(GROUP, id);
            assert_eq!(refund(*id).is_ok(), known);
            Execution::do_try_state().unwrap();
        }
        assert!(whole_queue().is_empty());
        assert_eq!([ALICE, BOB].map(|who| balance(&who)), before);
        assert_eq!(Totals::<Test>::get(GROUP).queued, 0);
        assert!(PendingItems::<Test>::iter_key_prefix(GROUP).next().is_none());
        assert!(HouseItems::<Test>::get(GROUP).is_empty());
        // Who never had a leaf has no account any more; Alice has hers, and exits.
        assert_eq!(Execution::index_of(GROUP, &BOB), None);
        assert_ok!(exit_with(&ALICE, 10_000, statement(0, 10_000)));
    });
}

#[test]
fn refund_should_say_what_went_back() {
    on_open(|| {
        assert_ok!(Execution::pay_insurance(signed(&BOB), GROUP, 400));
        assert_ok!(Execution::switch(signed(&ALICE), GROUP, Default::default()));
        frozen();
        System::reset_events();
        assert_ok!(refund(1));
        let house = AccountIndex::HOUSE.get();
        let went = Event::DepositsRefunded {
            group: GROUP,
            index: house,
            owner: BOB,
            amount: 400,
        };
        let refunded = |item, index, owner| Event::ItemRefunded {
            group: GROUP,
            item,
            index,
            owner,
        };
        assert_eq!(events(), [went, refunded(1, house, BOB)]);
        System::reset_events();
        assert_ok!(refund(2));
        assert_eq!(events(), [refunded(2, 0, ALICE)]);
        assert_noop!(refund(2), Error::<Test>::NoSuchItem);
    });
}

#[test]
fn refund_that_the_asset_refuses_should_become_a_claim() {
    on_open(|| {
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 700));
        assert_ok!(Execution::pay_insurance(signed(&BOB), GROUP, 400));
        frozen();
        for who in [ALICE, BOB] {
            assert_ok!(Assets::block(signed(&ADMIN), ASSET, who));
        }
        assert_ok!(refund(1));
        assert_ok!(refund(2));
        assert_eq!(
            (Execution::claim_of(GROUP, &ALICE), Execution::claim_of(GROUP, &BOB)),
            (700, 400)
        );
        assert_eq!(Totals::<Test>::get(GROUP).claims, 1_100);
        // Senior to every exit: the ratio does not touch it.
        assert_ok!(exit_with(&ALICE, 50_000, statement(0, 50_000)));
        pass(PERIOD);
        assert_ok!(settle());
        assert_noop!(pay(0), Error::<Test>::PayoutRefused);
        let before = [ALICE, BOB].map(|who| balance(&who));
        for who in [ALICE, BOB] {
            assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, who.clone()));
            assert_ok!(Execution::claim(signed(&who), GROUP));
        }
        assert_ok!(pay(0));
        let after = [ALICE, BOB].map(|who| balance(&who));
        assert_eq!(after, [before[0] + 700 + 10_000, before[1] + 400]);
        assert_eq!(held(), 0);
    });
}

#[test]
fn group_without_a_final_table_should_refund_all_the_same() {
    on_open(|| {
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 700));
        assert!(matches!(whole_queue()[0].1.kind, ItemKind::Deposit));
        frozen_blind();
        let before = balance(&ALICE);
        assert_ok!(refund(1));
        assert_eq!(balance(&ALICE), before + 700);
        assert!(Frozen::<Test>::contains_key(GROUP) && !ExitTotals::<Test>::contains_key(GROUP));
        assert_eq!(ExitClaims::<Test>::iter_prefix(GROUP).count(), 0);
    });
}
