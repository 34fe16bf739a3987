//! Withdrawals, refunds and claims.

use crate::{mock::*, Claims, Error, Event, GroupTotals, Totals};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

#[test]
fn withdrawal_should_go_to_the_owner() {
    on_open(|| {
        let before = balance(&ALICE);
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 400), withdrawing(0, 30)]))));
        assert_eq!(balance(&ALICE), before + 430);
        assert_eq!(
            Totals::<Test>::get(GROUP),
            GroupTotals {
                queued: 0,
                claims: 0,
                settled: 9_570,
                ..Default::default()
            }
        );
        let paid = |amount| Event::Withdrawn {
            group: GROUP,
            index: 0,
            owner: ALICE,
            amount,
        };
        assert_eq!(events()[1..], [paid(400), paid(30)]);
    });
}

#[test]
fn emptied_vault_should_stay_alive() {
    on_open(|| {
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 10_000), unit(0)]))));
        assert_eq!(balance(&vault()), MIN_BALANCE);
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 100));
    });
}

#[test]
fn refused_payout_should_wait_as_a_claim_and_block_nothing() {
    on_open(|| {
        let before = balance(&ALICE);
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, ALICE));
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 400), unit(0)]))));
        assert_eq!(Execution::claim_of(GROUP, &ALICE), 400);
        assert_eq!(
            Totals::<Test>::get(GROUP),
            GroupTotals {
                queued: 0,
                claims: 400,
                settled: 9_600,
                ..Default::default()
            }
        );
        assert!(events().contains(&Event::PayoutDeferred {
            group: GROUP,
            owner: ALICE,
            amount: 400
        }));
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 100), unit(0)]))));
        assert_noop!(Execution::claim(signed(&ALICE), GROUP), Error::<Test>::PayoutRefused);
        assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, ALICE));
        assert_ok!(Execution::claim(signed(&ALICE), GROUP));
        assert_eq!(balance(&ALICE), before + 500);
        assert!(!Claims::<Test>::contains_key(GROUP, &ALICE));
        assert_eq!(
            events().last(),
            Some(&Event::Claimed {
                group: GROUP,
                owner: ALICE,
                amount: 500
            })
        );
        assert_noop!(Execution::claim(signed(&ALICE), GROUP), Error::<Test>::NoClaim);
    });
}

#[test]
fn claim_should_be_paid_in_a_disabled_group() {
    on_open(|| {
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, ALICE));
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 400), unit(0)]))));
        assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, ALICE));
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        assert_ok!(Execution::claim(signed(&ALICE), GROUP));
    });
}

#[test]
fn claim_of_nobody_should_be_refused() {
    on_open(|| {
        assert_noop!(Execution::claim(signed(&BOB), GROUP), Error::<Test>::NoClaim);
        assert_noop!(Execution::claim(signed(&BOB), 9), Error::<Test>::UnknownGroup);
    });
}
