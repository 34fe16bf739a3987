//! Forced withdrawals: what the queue takes, and where the payout goes (C-QUEUE, C-GATE).

use crate::{
    mock::{
        solvency::{complete, gate_on, CLEAN},
        *,
    },
    Error, Event, Groups, ItemKind, PendingItems, Totals, UnitSubmission, WithheldClaim,
};
use cloister_ledger::RecordKind;
use cloister_types::Amount;
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok},
    sp_runtime::DispatchResult,
};

/// A unit that takes a request and pays this.
fn paying(index: u32, withdrawal: u64) -> UnitSubmission {
    UnitSubmission {
        request: true,
        ..withdrawing(index, withdrawal)
    }
}

fn force(amount: u64) -> DispatchResult {
    Execution::force_withdrawal(signed(&ALICE), GROUP, amount)
}

#[test]
fn forced_withdrawal_should_be_taken_and_pay_what_the_proof_says() {
    // All of it, a part, and nothing.
    for paid in [700, 400, 0] {
        on_open(|| {
            let before = balance(&ALICE);
            assert_ok!(force(700));
            let queued = Event::ForcedWithdrawalQueued {
                group: GROUP,
                index: 0,
                owner: ALICE,
                item: 1,
                amount: 700,
            };
            assert_eq!(events(), [queued]);
            let item = whole_queue()[0].1.clone();
            let kind = ItemKind::ForcedWithdrawal { amount: Amount(700) };
            assert_eq!((item.kind, item.amount), (kind, Amount::ZERO));
            ready();
            System::reset_events();
            let taken = batch(vec![paying(0, paid), unit(0)]);
            let requested = Amount(700);
            assert_eq!(statement(&taken).units[0].kind, RecordKind::Forced { requested });
            assert_ok!(submit(&proven(taken)));
            let forced = Event::WithdrawalForced {
                group: GROUP,
                index: 0,
                owner: ALICE,
                asked: 700,
                amount: paid,
            };
            assert_eq!(events()[1], forced);
            let payout = Event::Withdrawn {
                group: GROUP,
                index: 0,
                owner: ALICE,
                amount: paid,
            };
            assert_eq!(events().contains(&payout), paid > 0);
            assert_eq!(balance(&ALICE), before + u128::from(paid));
            assert_eq!(Totals::<Test>::get(GROUP).settled, 10_000 - i128::from(paid));
            // It was taken once.
            assert!(!PendingItems::<Test>::contains_key(GROUP, 0));
            let again = batch(vec![paying(0, paid), unit(0)]);
            assert_noop!(submit(&proven(again)), Error::<Test>::NoRequest);
        });
    }
}

#[test]
fn amount_other_than_the_one_asked_for_should_be_refused() {
    on_open(|| {
        assert_ok!(force(700));
        ready();
        let mut batch = batch(vec![paying(0, 300), unit(0)]);
        let good = statement(&batch);
        // Another amount, and an update that hides that something was asked for.
        for kind in [
            RecordKind::Forced { requested: Amount(300) },
            RecordKind::Forced { requested: Amount(701) },
            RecordKind::Update,
        ] {
            let mut wrong = good.clone();
            wrong.units[0].kind = kind;
            batch.proof = prover::prove(wrong.hash());
            assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        }
        // Another payout than the proof's.
        batch.proof = prover::prove(good.hash());
        batch.units[0].withdrawal = Amount(301);
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        batch.units[0].withdrawal = Amount(300);
        assert_ok!(submit(&batch));
    });
}

#[test]
fn forced_record_without_a_request_should_be_refused() {
    on_open(|| {
        let mut batch = batch(vec![withdrawing(0, 300), unit(0)]);
        let mut forced = statement(&batch);
        forced.units[0].kind = RecordKind::Forced { requested: Amount(300) };
        batch.proof = prover::prove(forced.hash());
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
    });
}

#[test]
fn forced_withdrawals_that_cannot_be_queued_should_be_refused() {
    on_open(|| {
        assert_noop!(force(0), Error::<Test>::NothingAsked);
        assert_noop!(
            Execution::force_withdrawal(signed(&BOB), GROUP, 5),
            Error::<Test>::NoAccount
        );
        assert_noop!(
            Execution::force_withdrawal(signed(&ALICE), GROUP + 1, 5),
            Error::<Test>::UnknownGroup
        );
        assert_ok!(force(5));
        for again in [
            force(5),
            Execution::close(signed(&ALICE), GROUP),
            Execution::switch(signed(&ALICE), GROUP, Default::default()),
        ] {
            assert_eq!(again, Err(Error::<Test>::RequestWaits.into()));
        }
        Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().enabled = false);
        // Nobody's way out waits for the group to be enabled.
        assert_noop!(force(5), Error::<Test>::RequestWaits);
        crate::Frozen::<Test>::insert(GROUP, 1);
        assert_noop!(force(5), Error::<Test>::GroupFrozen);
        crate::Frozen::<Test>::remove(GROUP);
    });
    on_open(|| {
        for _ in 0..3 {
            assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 100));
        }
        // One place is kept for the way out.
        let more = Execution::deposit(signed(&ALICE), GROUP, 100);
        assert_eq!(more, Err(Error::<Test>::TooManyItems.into()));
        assert_ok!(force(5));
    });
}

#[test]
fn account_that_is_not_open_yet_should_force_nothing() {
    // Its open would need a unit besides the one that is claimed.
    on_genesis(|| {
        assert_ok!(open(&ALICE, 1, 10_000));
        assert_noop!(force(700), Error::<Test>::UnknownAccount);
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        assert_ok!(force(700));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), paying(0, 700)]))));
    });
}

#[test]
fn deposits_that_are_ready_should_count_in_the_unit_of_a_forced_withdrawal() {
    on_open(|| {
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        assert_ok!(force(700));
        ready();
        let taken = batch(vec![paying(0, 700), unit(0)]);
        let deposits: Vec<u64> = statement(&taken).units.iter().map(|u| u.deposit.get()).collect();
        assert_eq!(deposits, [500, 0]);
        assert_ok!(submit(&proven(taken)));
        assert_eq!(Totals::<Test>::get(GROUP).settled, 9_800);
    });
}

#[test]
fn overdue_forced_withdrawal_should_claim_a_unit() {
    on_open(|| {
        assert_ok!(force(700));
        pass_with_table(DEADLINE - 1);
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        pass_with_table(1);
        let without = batch(vec![withdrawing(0, 700), unit(0)]);
        assert_noop!(submit(&proven(without)), Error::<Test>::QueueItemOverdue);
        assert_ok!(submit(&proven(batch(vec![unit(0), paying(0, 0)]))));
    });
}

#[test]
fn winner_should_not_leave_by_force() {
    on_open(|| {
        gate_on();
        let before = balance(&ALICE);
        assert_ok!(force(400));
        ready();
        assert_ok!(submit(&proven(batch(vec![paying(0, 400), unit(0)]))));
        assert_eq!(balance(&ALICE), before);
        let claim = || Execution::withheld_of(GROUP, &ALICE);
        assert_eq!(claim(), Some(WithheldClaim { gross: 400, paid: 0 }));
        // Whoever sees that nobody was spared lets it go.
        complete(CLEAN);
        assert_ok!(Execution::pay_claim(signed(&BOB), GROUP, ALICE));
        assert_eq!((balance(&ALICE), claim()), (before + 400, None));
    });
}

#[test]
fn forced_payout_that_the_asset_refuses_should_become_a_claim() {
    on_open(|| {
        assert_ok!(force(400));
        ready();
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, ALICE));
        assert_ok!(submit(&proven(batch(vec![paying(0, 400), unit(0)]))));
        assert_eq!(crate::Claims::<Test>::get(GROUP, &ALICE), 400);
    });
}
