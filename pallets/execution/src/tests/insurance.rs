//! Money into the insurance and out of it (C-DOORS).

use crate::{
    mock::{
        solvency::{complete, gate_on, short_of, CLEAN, ROUND_AGE},
        *,
    },
    types::MAX_INSURANCE_PAYMENTS,
    Batch, Error, Event, GroupTotals, HouseItems, ItemKind, Totals, WithheldClaim,
};
use cloister_types::{AccountIndex, Amount};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok},
    sp_runtime::{DispatchError, DispatchResult},
};

fn totals() -> GroupTotals {
    Totals::<Test>::get(GROUP)
}

fn pay(amount: u64) -> DispatchResult {
    Execution::pay_insurance(signed(&BOB), GROUP, amount)
}

fn ask(amount: u64) -> DispatchResult {
    Execution::take_insurance(RuntimeOrigin::root(), GROUP, amount, BOB)
}

/// A batch that takes insurance and is proven to pay this much.
fn taking(paid: u64) -> Batch {
    let mut batch = batch(vec![unit(0), unit(0)]);
    batch.take_insurance = Some(Amount(paid));
    batch
}

fn idle() -> Batch {
    batch(vec![unit(0), unit(0)])
}

/// The gate is on and a round clean.
fn proven_clean() {
    gate_on();
    complete(CLEAN);
}

#[test]
fn anyone_should_pay_in_and_the_next_batch_take_all_of_it() {
    on_open(|| {
        let before = balance(&BOB);
        assert_ok!(pay(500));
        assert_ok!(Execution::pay_insurance(signed(&ALICE), GROUP, 100));
        let item = Execution::waiting(GROUP, vec![AccountIndex::HOUSE.get()]).remove(0);
        assert_eq!(
            (item.1.owner, item.1.amount, item.1.kind),
            (BOB, Amount(500), ItemKind::PayInsurance)
        );
        let queued = Event::InsuranceQueued {
            group: GROUP,
            owner: BOB,
            item: item.0,
            amount: 500,
        };
        assert_eq!(events()[0], queued);
        assert_eq!(
            (balance(&BOB), totals().queued, totals().settled),
            (before - 500, 600, 10_000)
        );
        // Not ready: it is taken by nobody.
        assert_ok!(submit(&proven(idle())));
        assert_eq!((totals().queued, totals().settled), (600, 10_000));
        ready();
        System::reset_events();
        assert_ok!(submit(&proven(idle())));
        assert_eq!((totals().queued, totals().settled), (0, 10_600));
        assert!(events().contains(&Event::InsurancePaid {
            group: GROUP,
            amount: 600
        }));
        assert!(whole_queue().is_empty() && HouseItems::<Test>::get(GROUP).is_empty());
        assert_eq!(balance(&vault()), MIN_BALANCE + 10_600);
    });
}

#[test]
fn money_paid_in_should_count_once_and_in_no_unit() {
    on_open(|| {
        assert_ok!(pay(500));
        ready();
        // A prover who counts it twice, not at all, or in an account.
        for paid_in in [1_000, 0, 499] {
            let mut batch = idle();
            let mut statement = statement(&batch);
            assert_eq!(statement.doors.paid_in, Amount(500));
            statement.doors.paid_in = Amount(paid_in);
            batch.proof = prover::prove(statement.hash());
            assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        }
        let mut batch = idle();
        let mut in_account = statement(&batch);
        in_account.doors.paid_in = Amount::ZERO;
        in_account.units[0].deposit = Amount(500);
        batch.proof = prover::prove(in_account.hash());
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        // There is no account of the index that stands for the house.
        let other = proven(crate::mock::batch(vec![unit(0), unit(AccountIndex::HOUSE.get())]));
        assert_noop!(submit(&other), Error::<Test>::UnknownAccount);
        assert_ok!(submit(&proven(idle())));
        // And not again.
        assert_eq!(statement(&idle()).doors.paid_in, Amount::ZERO);
        assert_ok!(submit(&proven(idle())));
        assert_eq!(totals().settled, 10_500);
    });
}

#[test]
fn payments_should_be_refused_by_name() {
    on_open(|| {
        assert_noop!(
            Execution::pay_insurance(signed(&BOB), 7, 500),
            Error::<Test>::UnknownGroup
        );
        assert_noop!(
            Execution::pay_insurance(RuntimeOrigin::root(), GROUP, 500),
            DispatchError::BadOrigin
        );
        assert_noop!(pay(99), Error::<Test>::DepositTooSmall);
        assert_noop!(pay(ENDOWMENT as u64), Error::<Test>::VaultCapExceeded);
        MaxVault::set(1 << 70);
        assert_noop!(pay(ENDOWMENT as u64 + 1), Error::<Test>::InsufficientBalance);
        assert_ok!(pay(500));
        assert_noop!(pay(u64::MAX - 499), Error::<Test>::QueuedSumTooLarge);
        for _ in 1..MAX_INSURANCE_PAYMENTS {
            assert_ok!(pay(100));
        }
        assert_noop!(pay(100), Error::<Test>::TooManyInsurancePayments);
        // The next batch makes room for all.
        ready();
        assert_ok!(submit(&proven(idle())));
        assert_ok!(pay(100));
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        assert_noop!(pay(100), Error::<Test>::GroupDisabled);
        assert_noop!(ask(100), Error::<Test>::GroupDisabled);
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, true));
        crate::Frozen::<Test>::insert(GROUP, 1);
        assert_noop!(pay(100), Error::<Test>::GroupFrozen);
        assert_noop!(ask(100), Error::<Test>::GroupFrozen);
        crate::Frozen::<Test>::remove(GROUP);
        MaxVault::set(1_000_000);
    });
}

#[test]
fn payments_and_fillers_should_keep_nobody_out() {
    on_open(|| {
        // Payments fill no queue of traders.
        for _ in 0..MAX_INSURANCE_PAYMENTS {
            assert_ok!(pay(100));
        }
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 100));
        assert_ok!(open(&BOB, 2, 100));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(1)]))));
        assert!(whole_queue().is_empty());
        // And a queue full of traders takes payments.
        MaxQueue::set(1);
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 100));
        assert_noop!(Execution::deposit(signed(&ALICE), GROUP, 100), Error::<Test>::QueueFull);
        assert_ok!(pay(100));
        assert_ok!(pay(100));
        ready();
        assert_ok!(submit(&proven(idle())));
        assert_eq!(totals().queued, 0);
        MaxQueue::set(6);
    });
}

#[test]
fn governance_should_take_what_a_batch_is_proven_to_pay() {
    on_open(|| {
        proven_clean();
        let before = balance(&BOB);
        assert_ok!(ask(700));
        let (item, queued) = Execution::waiting(GROUP, vec![AccountIndex::HOUSE.get()]).remove(0);
        let keep = FLOOR;
        let kind = ItemKind::TakeInsurance {
            amount: Amount(700),
            keep: Amount(keep),
        };
        assert_eq!((queued.owner, queued.amount, queued.kind), (BOB, Amount::ZERO, kind));
        let event = Event::InsuranceTakeQueued {
            group: GROUP,
            to: BOB,
            item,
            amount: 700,
            keep,
        };
        assert_eq!(events().last(), Some(&event));
        assert_noop!(ask(1), Error::<Test>::InsuranceTakeWaits);
        ready();
        // What the proof does not say is not paid: more, less, or with another floor.
        for (paid, change) in [(700, 699), (600, 601)] {
            let mut batch = taking(paid);
            batch.take_insurance = Some(Amount(change));
            batch.proof = prover::prove(statement(&taking(paid)).hash());
            assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        }
        let mut batch = taking(700);
        let mut without = statement(&batch);
        assert_eq!((without.doors.asked, without.doors.keep), (Amount(700), Amount(FLOOR)));
        without.doors.keep = Amount::ZERO;
        batch.proof = prover::prove(without.hash());
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        assert_ok!(submit(&proven(taking(600))));
        assert_eq!((balance(&BOB), totals().settled), (before + 600, 9_400));
        let event = Event::InsuranceTaken {
            group: GROUP,
            to: BOB,
            asked: 700,
            amount: 600,
        };
        assert!(events().contains(&event));
        // It is gone, and another may be queued.
        assert_noop!(submit(&proven(taking(0))), Error::<Test>::NoRequest);
        assert_ok!(ask(1));
        ready();
        // Nothing is left to take: it is taken all the same.
        assert_ok!(submit(&proven(taking(0))));
        assert_eq!((balance(&BOB), totals().settled), (before + 600, 9_400));
        assert!(whole_queue().is_empty());
    });
}

#[test]
fn takes_should_be_refused_by_name() {
    on_open(|| {
        assert_noop!(
            Execution::take_insurance(signed(&BOB), GROUP, 1, BOB),
            DispatchError::BadOrigin
        );
        assert_noop!(
            Execution::take_insurance(RuntimeOrigin::root(), 7, 1, BOB),
            Error::<Test>::UnknownGroup
        );
        assert_noop!(ask(0), Error::<Test>::InsuranceTakeOfNothing);
        // What a vault got this way would be in no group's books.
        for group in [GROUP, OTHER] {
            let vault = Execution::vault_account(group);
            let take = Execution::take_insurance(RuntimeOrigin::root(), GROUP, 1, vault);
            assert_eq!(take, Err(Error::<Test>::VaultAsPayee.into()));
        }
        // Nobody has said what accounts owe.
        assert_noop!(ask(1), Error::<Test>::NoSolvencyTerms);
        gate_on();
        assert_noop!(ask(1), Error::<Test>::NoFreshRound);
        complete(CLEAN);
        pass(ROUND_AGE + 1);
        assert_noop!(ask(1), Error::<Test>::NoFreshRound);
        // More is owed by live accounts than the gate lets pass.
        complete(short_of(5_000, 0));
        assert_noop!(ask(1), Error::<Test>::NoFreshRound);
        complete(CLEAN);
        assert_ok!(ask(1));
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        assert_noop!(submit(&proven(idle())), Error::<Test>::GroupDisabled);
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, true));
    });
}

#[test]
fn what_accounts_owe_should_stay_if_it_is_more_than_the_floor() {
    let kept = |debt| {
        let mut kept = None;
        on_open(|| {
            gate_on();
            complete(short_of(0, debt));
            assert_ok!(ask(1));
            let (_, item) = Execution::waiting(GROUP, vec![AccountIndex::HOUSE.get()]).remove(0);
            let ItemKind::TakeInsurance { keep, .. } = item.kind else {
                panic!("a take of insurance")
            };
            kept = Some(keep.get());
        });
        kept.unwrap()
    };
    assert_eq!(
        [kept(0), kept(u128::from(FLOOR)), kept(u128::from(FLOOR) + 1)],
        [FLOOR, FLOOR, FLOOR + 1]
    );
    assert_eq!(kept(u128::from(u64::MAX)), u64::MAX);
    on_open(|| {
        gate_on();
        complete(short_of(0, 1 << 64));
        assert_noop!(ask(1), Error::<Test>::ArithmeticOverflow);
    });
}

#[test]
fn an_overdue_take_should_be_taken_behind_any_queue() {
    on_open(|| {
        proven_clean();
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 100));
        assert_ok!(open(&BOB, 2, 100));
        assert_ok!(ask(300));
        pass_with_table(DEADLINE - 1);
        // Nobody must take it before.
        assert_ok!(submit(&proven(idle())));
        pass_with_table(1);
        assert_noop!(submit(&proven(idle())), Error::<Test>::QueueItemOverdue);
        // The open before it claims the only unit that may be claimed.
        let mut batch = batch(vec![unit(0), unit(1)]);
        assert_noop!(submit(&proven(batch.clone())), Error::<Test>::QueueItemOverdue);
        batch.take_insurance = Some(Amount(300));
        assert_ok!(submit(&proven(batch)));
    });
}

#[test]
fn what_is_taken_should_wait_at_the_gate() {
    on_open(|| {
        proven_clean();
        let before = balance(&BOB);
        assert_ok!(ask(700));
        pass_with_table(ROUND_AGE + 1);
        let mut batch = taking(700);
        batch.time = Now::get();
        assert_ok!(submit(&proven(batch)));
        let claim = Some(WithheldClaim { gross: 700, paid: 0 });
        assert_eq!((balance(&BOB), Execution::withheld_of(GROUP, &BOB)), (before, claim));
        assert_eq!((totals().settled, totals().withheld), (9_300, 700));
        // A round with a shortfall gives it the same part as everybody's claim.
        complete(short_of(0, 10_000));
        assert_ok!(Execution::pay_claim(signed(&ALICE), GROUP, BOB));
        assert_eq!(balance(&BOB), before + 350);
        complete(CLEAN);
        assert_ok!(Execution::pay_claim(signed(&ALICE), GROUP, BOB));
        assert_eq!(balance(&BOB), before + 700);
    });
}

#[test]
fn what_is_taken_beyond_what_is_settled_should_be_withheld() {
    on_open(|| {
        proven_clean();
        assert_ok!(ask(50_000));
        assert_ok!(pay(500));
        ready();
        let before = balance(&BOB);
        assert_ok!(submit(&proven(taking(10_501))));
        assert_eq!((balance(&BOB), totals().settled), (before + 10_500, -1));
        let claim = WithheldClaim {
            gross: 10_501,
            paid: 10_500,
        };
        assert_eq!(Execution::withheld_of(GROUP, &BOB), Some(claim));
    });
}
