//! Who answers for batches, and for how long it is known (C-SETTLED).

use super::batches::idle;
use crate::{mock::*, OldestSettled, Settled, SettledBatch};
use cloister_crypto::field::to_bytes;
use pallet_cloister_sequencers::SettledBatches as _;
use polkadot_sdk::frame_support::{assert_noop, assert_ok, BoundedVec};

/// Settles a batch and returns what its statement was.
fn settle() -> (u64, [u8; 32]) {
    let batch = proven(batch(vec![unit(0), unit(0)]));
    let statement = to_bytes(&statement(&batch).hash());
    assert_ok!(submit(&batch));
    (batch.batch_no, statement)
}

fn kept() -> Vec<u64> {
    let mut kept: Vec<u64> = Settled::<Test>::iter_key_prefix(GROUP).collect();
    kept.sort_unstable();
    kept
}

#[test]
fn it_should_be_known_who_answers_for_a_batch() {
    on_open(|| {
        PresentSeries::set(3);
        System::set_block_number(5);
        let (batch_no, statement) = settle();
        let settled = SettledBatch {
            statement,
            units: 2,
            submitter: SEQUENCER,
            series: 3,
            block: 5,
        };
        assert_eq!(Execution::settled(GROUP, batch_no), Some(settled));
        assert_eq!(Execution::settled(OTHER, batch_no), None);
        assert_eq!(Execution::settled(GROUP, batch_no + 1), None);
        // A batch that is refused is nobody's.
        let mut wrong = batch(vec![unit(0), unit(0)]);
        wrong.proof = proven(wrong.clone()).proof;
        wrong.new_root[0] ^= 1;
        assert_noop!(submit(&wrong), crate::Error::<Test>::InvalidProof);
        assert_eq!(kept(), vec![batch_no]);
    });
}

#[test]
fn of_several_batches_those_that_are_settled_should_be_known() {
    on_open(|| {
        PresentSeries::set(1);
        let mut batches = idle(4);
        let of_first = to_bytes(&statement(&batches[0]).hash());
        batches[2].proof = batches[1].proof;
        let boxed: Vec<_> = batches.iter().cloned().map(Box::new).collect();
        Execution::mark_plain();
        assert_ok!(Execution::submit_batches(
            signed(&SEQUENCER),
            GROUP,
            BoundedVec::truncate_from(boxed)
        ));
        Execution::unmark_plain();
        assert_eq!(kept(), vec![batches[0].batch_no, batches[1].batch_no]);
        let [first, second] = [0, 1].map(|n| Execution::settled(GROUP, batches[n].batch_no).unwrap());
        assert_ne!(first.statement, second.statement);
        assert_eq!((first.series, first.submitter), (1, SEQUENCER));
        assert_eq!(first.statement, of_first);
    });
}

#[test]
fn nobody_should_answer_for_batches_of_no_series() {
    on_open(|| {
        settle();
        assert_eq!((kept(), OldestSettled::<Test>::get(GROUP)), (vec![], None));
        PresentSeries::set(1);
        let (first, _) = settle();
        PresentSeries::set(0);
        settle();
        assert_eq!((kept(), OldestSettled::<Test>::get(GROUP)), (vec![first], Some(first)));
    });
}

#[test]
fn settled_batches_should_be_kept_as_long_as_a_bond_may_answer() {
    on_open(|| {
        PresentSeries::set(1);
        let (first, _) = settle();
        for _ in 0..4 {
            settle();
        }
        // Of no series: a hole.
        PresentSeries::set(0);
        settle();
        PresentSeries::set(1);
        assert_eq!(kept(), (first..first + 5).collect::<Vec<_>>());
        System::set_block_number(SETTLED_FOR);
        let (next, _) = settle();
        assert_eq!(next, first + 6);
        assert_eq!(kept().len(), 6);
        // From this block on they are old; each batch forgets two.
        System::set_block_number(1 + SETTLED_FOR);
        let mut expected = kept();
        for left in [5, 4, 4, 5] {
            let (settled, _) = settle();
            expected.push(settled);
            expected.drain(..expected.len() - left);
            assert_eq!(kept(), expected);
        }
        // What is not old stays, however many batches come.
        settle();
        assert_eq!(kept().len(), 6);
        assert_eq!(OldestSettled::<Test>::get(GROUP), Some(next));
    });
}
