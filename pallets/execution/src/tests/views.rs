//! The functions behind the runtime API.

use crate::{mock::*, GroupTotals, Groups};
use polkadot_sdk::frame_support::assert_ok;

#[test]
fn views_should_show_the_state() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        assert_eq!(Execution::groups(), [GROUP]);
        assert_eq!(Execution::group_state(GROUP).unwrap().batch_no, 1);
        assert_eq!(Execution::group_state(9), None);
        assert_eq!(
            Execution::group_totals(GROUP),
            GroupTotals {
                queued: 1_000,
                claims: 0,
                settled: 10_000,
                ..Default::default()
            }
        );
        assert_eq!(Execution::account(GROUP, 1).unwrap().owner, BOB);
        let ids: Vec<_> = Verifier::verifying_keys().into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [BATCH_KEY, SEAL_KEY, HOUSE_KEY, SOLVENCY_KEY, EXIT_KEY]);
        let key = Verifier::verifying_key(BATCH_KEY).unwrap();
        assert_eq!((key.statement, key.key.into_inner()), (SHAPE, prover::key()));
        assert_eq!(Sequencers::members(GROUP), [SEQUENCER]);
        assert_eq!(Execution::latest_risk_version(GROUP), Some(1));
        assert_eq!(Execution::risk_info(GROUP, 1), Infos::get().get(&(GROUP, 1)).copied());
    });
}

#[test]
fn queue_view_should_page() {
    on_open(|| {
        for amount in [100, 200, 300] {
            assert_ok!(Execution::deposit(signed(&ALICE), GROUP, amount));
        }
        let amounts = |from, limit| {
            Execution::queue(GROUP, from, limit)
                .into_iter()
                .map(|(_, item)| item.amount.get())
                .collect::<Vec<_>>()
        };
        assert_eq!(amounts(0, 9), [100, 200, 300]);
        assert_eq!(amounts(2, 9), [200, 300]);
        assert_eq!(amounts(0, 1), [100]);
        assert_eq!(amounts(9, 9), [0u64; 0]);
        assert!(Execution::queue(9, 0, 9).is_empty());
    });
}

#[test]
fn queue_view_should_not_look_at_every_id_that_is_gone() {
    on_open(|| {
        let far = 1 << 60;
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 100));
        Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().queue_next = far);
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 200));
        Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().queue_next = u64::MAX);
        let ids = |from| {
            let page = Execution::queue(GROUP, from, 9).into_iter();
            page.map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!([ids(0), ids(1), ids(2), ids(far)].concat(), [1, far, 1, far, far, far]);
        assert!(ids(far + 1).is_empty());
    });
}

#[test]
fn queue_view_should_pass_over_what_was_taken() {
    on_open(|| {
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 100));
        assert_ok!(open(&BOB, 2, 200));
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 300));
        let ids = |from, limit| {
            let page = Execution::queue(GROUP, from, limit).into_iter();
            page.map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(ids(0, 9), [1, 2, 3]);
        ready();
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 400));
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        assert_eq!((ids(0, 9), ids(3, 9)), (vec![2, 4], vec![4]));
        assert_eq!((ids(2, 1), ids(5, 9)), (vec![2], vec![]));
    });
}

#[test]
fn statement_of_a_batch_should_be_what_its_proof_is_of() {
    on_open(|| {
        let batch = batch(vec![unit(0), unit(0)]);
        let proven = proven(batch.clone());
        let statement = Execution::batch_statement(GROUP, &batch).unwrap();
        // The proof is no part of it.
        assert_eq!(Execution::batch_statement(GROUP, &proven), Some(statement));
        let hash = cloister_crypto::field::from_bytes(&statement).unwrap();
        assert_eq!(proven.proof, prover::prove(hash));
        for change in [
            |batch: &mut crate::Batch| batch.new_root = [1; 32],
            |batch: &mut crate::Batch| batch.payee = [1; 32],
            |batch: &mut crate::Batch| batch.time += 1,
        ] {
            let mut other = batch.clone();
            change(&mut other);
            assert_ne!(Execution::batch_statement(GROUP, &other), Some(statement));
        }
        // What cannot be the next batch has none.
        for change in [
            |batch: &mut crate::Batch| batch.batch_no += 1,
            |batch: &mut crate::Batch| batch.risk_version = 99,
            |batch: &mut crate::Batch| batch.new_root = [0xff; 32],
            |batch: &mut crate::Batch| batch.units[0] = unit(7),
        ] {
            let mut other = batch.clone();
            change(&mut other);
            assert_eq!(Execution::batch_statement(GROUP, &other), None);
        }
        assert_eq!(Execution::batch_statement(9, &batch), None);
    });
}

#[test]
fn income_should_be_shown_by_period() {
    on_open(|| {
        assert_eq!(Execution::income(9), None);
        let income = Execution::income(GROUP).unwrap();
        let credits = crate::periods::credit_of(SHAPE);
        assert_eq!((income.period.number, income.period.credits), (0, credits));
        assert!(income.shares.iter().all(|(_, amount)| *amount == 0));
        let payee = batch(vec![unit(0), unit(0)]).payee.into();
        assert_eq!(Execution::credits_of(GROUP, 0, &payee), credits);
        assert_eq!(Execution::credits_of(GROUP, 1, &payee), 0);
        assert_eq!(Execution::closed_period(GROUP, 0), None);
    });
}
