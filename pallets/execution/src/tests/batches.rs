//! Several batches in one call (C-SEVERAL).

use crate::{
    mock::*,
    weights::{of_batch, SubstrateWeight, WeightInfo},
    Batch, Call, CheckPlainBatch, Credits, Error, Event, Groups, Pallet, PlainBatch, UnitSubmission, MAX_BATCHES,
};
use cloister_types::Amount;
use polkadot_sdk::{
    frame_support::{
        assert_noop, assert_ok,
        dispatch::{DispatchClass, DispatchResultWithPostInfo, GetDispatchInfo, Pays},
        storage::with_transaction,
        BoundedVec,
    },
    sp_runtime::{traits::DispatchTransaction, AccountId32, DispatchError, TransactionOutcome},
};

/// Batches that fit one behind the other, with these units.
fn in_a_row(units: Vec<Vec<UnitSubmission>>) -> Vec<Batch> {
    let make = || {
        let mut batches = Vec::new();
        for units in units {
            let next = proven(batch(units));
            assert_ok!(submit(&next));
            batches.push(next);
        }
        TransactionOutcome::Rollback(Ok::<_, DispatchError>(batches))
    };
    with_transaction(make).unwrap()
}

/// Idle batches that fit one behind the other.
pub(super) fn idle(number: usize) -> Vec<Batch> {
    in_a_row(vec![vec![unit(0), unit(0)]; number])
}

fn boxed(batches: &[Batch]) -> BoundedVec<Box<Batch>, polkadot_sdk::frame_support::traits::ConstU32<MAX_BATCHES>> {
    BoundedVec::try_from(batches.iter().cloned().map(Box::new).collect::<Vec<_>>()).unwrap()
}

/// Submits batches as a transaction of its own.
fn send_as(who: &AccountId32, batches: &[Batch]) -> DispatchResultWithPostInfo {
    Execution::mark_plain();
    let result = Execution::submit_batches(signed(who), GROUP, boxed(batches));
    Execution::unmark_plain();
    result
}

fn send(batches: &[Batch]) -> DispatchResultWithPostInfo {
    send_as(&SEQUENCER, batches)
}

fn batch_no() -> u64 {
    Groups::<Test>::get(GROUP).unwrap().batch_no
}

/// Numbers of the batches that the events say were settled.
fn settled() -> Vec<u64> {
    let numbers = events().into_iter().filter_map(|event| match event {
        Event::BatchSettled { batch_no, .. } => Some(batch_no),
        _ => None,
    });
    numbers.collect()
}

fn refused(batch_no: u64, error: Error<Test>) -> Event<Test> {
    Event::BatchRefused {
        group: GROUP,
        batch_no,
        error: error.into(),
    }
}

#[test]
fn batches_should_settle_in_their_order_and_free() {
    on_open(|| {
        let before = balance(&ALICE);
        let batches = in_a_row(vec![
            vec![withdrawing(0, 400), unit(0)],
            vec![unit(0), unit(0)],
            vec![withdrawing(0, 30), unit(0)],
        ]);
        let info = send(&batches).unwrap();
        assert_eq!(info.pays_fee, Pays::No);
        assert_eq!((settled(), batch_no()), (vec![1, 2, 3], 4));
        assert_eq!(balance(&ALICE), before + 430);
        assert_eq!(Groups::<Test>::get(GROUP).unwrap().root, batches[2].new_root);
        // Each of them is a proof of its payee, and the fourth one so far.
        assert_eq!(Credits::<Test>::get((GROUP, 0, SEQUENCER)), 4 * 908);
    });
}

#[test]
fn batches_should_leave_what_single_ones_leave() {
    let root = |together: bool| {
        let mut root = Vec::new();
        on_open(|| {
            let batches = in_a_row(vec![
                vec![withdrawing(0, 40), unit(0)],
                vec![unit(0), withdrawing(0, 7)],
                vec![unit(0), unit(0)],
            ]);
            if together {
                assert_ok!(send(&batches));
            } else {
                batches.iter().for_each(|batch| assert!(submit(batch).is_ok()));
            }
            root = polkadot_sdk::sp_io::storage::root(Default::default());
        });
        root
    };
    assert_eq!(root(true), root(false));
}

#[test]
fn wrong_proof_should_be_named_and_stop_nothing_before_it() {
    for wrong in 1..4 {
        on_open(|| {
            let before = balance(&ALICE);
            let mut batches = in_a_row(vec![vec![withdrawing(0, 100), unit(0)]; 4]);
            // The proof of another batch.
            batches[wrong].proof = batches[0].proof;
            let info = send(&batches).unwrap();
            assert_eq!(info.pays_fee, Pays::Yes);
            let good = wrong as u64;
            assert_eq!((settled(), batch_no()), ((1..=good).collect(), good + 1));
            assert_eq!(balance(&ALICE), before + u128::from(100 * good));
            assert_eq!(events().last(), Some(&refused(good + 1, Error::InvalidProof)));
            // What was good behind it is good still once its place is filled.
            let again = in_a_row(vec![vec![withdrawing(0, 100), unit(0)]]);
            assert_ok!(submit(&again[0]));
            assert_ok!(send(&batches[wrong + 1..]).map(drop).or_else(|error| {
                // Nothing is left behind the last one.
                assert_eq!(error.error, Error::<Test>::NoBatches.into());
                Ok::<(), DispatchError>(())
            }));
        });
    }
}

#[test]
fn failed_check_should_be_named_and_stop_nothing_before_it() {
    for (spoil, error) in [
        (
            (|batch: &mut Batch| batch.batch_no += 1) as fn(&mut Batch),
            Error::<Test>::WrongBatchNumber,
        ),
        (|batch| batch.key = 99, Error::UnknownKey),
        (|batch| batch.risk_version += 1, Error::RiskTableUnknown),
        (|batch| batch.time += 60_000, Error::TimeInFuture),
        (|batch| batch.units[0].request = true, Error::NoRequest),
        (
            |batch| batch.units[1].index = cloister_types::AccountIndex(7),
            Error::UnknownAccount,
        ),
        (|batch| batch.salt = [0xff; 32], Error::NonCanonicalField),
        (|batch| batch.proof = [0; 192], Error::ProofMalformedEncoding),
        (|batch| batch.sweep = Amount(1), Error::InvalidProof),
    ] {
        on_open(|| {
            let mut batches = idle(4);
            spoil(&mut batches[2]);
            let named = batches[2].batch_no;
            let info = send(&batches).unwrap();
            assert_eq!(info.pays_fee, Pays::Yes);
            assert_eq!((settled(), batch_no()), (vec![1, 2], 3));
            assert_eq!(events().last(), Some(&refused(named, error)));
        });
    }
}

#[test]
fn first_batch_that_is_refused_should_fail_the_call_as_it_would_alone() {
    on_open(|| {
        let mut batches = idle(3);
        batches[0].sweep = Amount(1);
        assert_noop!(send(&batches), Error::<Test>::InvalidProof);
        batches[0].batch_no += 1;
        assert_noop!(send(&batches), Error::<Test>::WrongBatchNumber);
        assert_noop!(send_as(&ALICE, &idle(2)), Error::<Test>::NotSubmitter);
        assert_noop!(send(&[]), Error::<Test>::NoBatches);
        assert_eq!(batch_no(), 1);
    });
}

#[test]
fn batch_should_be_judged_by_its_own_proof_when_a_later_check_fails() {
    // The third is refused by a check; of those before it the second has a wrong proof, and is named.
    on_open(|| {
        let mut batches = idle(3);
        batches[1].proof = batches[0].proof;
        batches[2].key = 99;
        assert_ok!(send(&batches));
        assert_eq!(settled(), [1]);
        assert_eq!(events().last(), Some(&refused(2, Error::InvalidProof)));
    });
}

#[test]
fn batches_without_the_mark_should_be_refused_whoever_sends_them() {
    on_open(|| {
        let batches = boxed(&idle(2));
        for origin in [signed(&SEQUENCER), signed(&ALICE), RuntimeOrigin::root()] {
            assert_noop!(
                Execution::submit_batches(origin, GROUP, batches.clone()),
                Error::<Test>::WrappedBatch
            );
        }
        let call = RuntimeCall::Execution(Call::submit_batches { group: GROUP, batches });
        let info = call.get_dispatch_info();
        assert_eq!(info.class, DispatchClass::Operational);
        let applied =
            CheckPlainBatch::<Test>::new().dispatch_transaction(signed(&SEQUENCER), call.clone(), &info, 0, 0);
        assert_ok!(applied.expect("the extension lets every transaction in"));
        assert_eq!((settled(), PlainBatch::<Test>::exists()), (vec![1, 2], false));
        assert!(Pallet::<Test>::is_essential(&call, &SEQUENCER));
        assert!(!Pallet::<Test>::is_essential(&call, &ALICE));
    });
}

#[test]
fn as_many_as_may_be_should_settle_and_no_more() {
    on_open(|| {
        let batches = idle(MAX_BATCHES as usize);
        assert_ok!(send(&batches));
        assert_eq!(batch_no(), 17);
        assert!(
            BoundedVec::<Batch, polkadot_sdk::frame_support::traits::ConstU32<MAX_BATCHES>>::try_from(
                [batches.clone(), batches].concat()
            )
            .is_err()
        );
    });
}

#[test]
fn what_the_batches_before_take_should_not_be_there_twice() {
    on_open(|| {
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        assert_ok!(Execution::force_withdrawal(signed(&ALICE), GROUP, 100));
        ready();
        let asked = vec![asking(0), unit(0)];
        let mut batches = in_a_row(vec![asked.clone(), vec![unit(0), unit(0)]]);
        // Both take the request, or both the deposit.
        batches[1].units[0].request = true;
        assert_ok!(send(&batches));
        assert_eq!(settled(), [1]);
        assert_eq!(events().last(), Some(&refused(2, Error::NoRequest)));
        assert_eq!(whole_queue().len(), 0);
    });
}

#[test]
fn weight_should_be_of_what_was_done() {
    on_open(|| {
        // Two units with a place each.
        let one = of_batch::<SubstrateWeight<Test>>(2, 2, 0);
        let together = SubstrateWeight::<Test>::verify_together;
        let batches = idle(3);
        let call = Call::<Test>::submit_batches {
            group: GROUP,
            batches: boxed(&batches),
        };
        // Before: as if every account had all its items, each proof was verified, and all of them together.
        let most = Pallet::<Test>::weight_of_batch(&batches[0])
            .saturating_mul(3)
            .saturating_add(together(3));
        assert_eq!(call.get_dispatch_info().call_weight, most);
        let mut wrong = batches.clone();
        let done = with_transaction(|| {
            TransactionOutcome::Rollback(Ok::<_, DispatchError>(send(&batches).unwrap().actual_weight.unwrap()))
        });
        // Together: no proof by itself.
        let own = SubstrateWeight::<Test>::verify_one().saturating_mul(3);
        let all = one.saturating_mul(3);
        assert_eq!(done.unwrap(), all.saturating_sub(own).saturating_add(together(3)));
        wrong[2].proof = batches[0].proof;
        let done = send(&wrong).unwrap().actual_weight.unwrap();
        assert_eq!(done, all.saturating_add(together(3)));
        assert!(done.all_lte(most));
    });
}
