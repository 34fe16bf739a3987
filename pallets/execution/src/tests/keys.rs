//! Batches and the verifying keys of the registry.

use crate::{mock::*, Error};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, BoundedVec};

#[test]
fn batch_should_be_taken_once_its_key_is_active_and_not_before() {
    on_open(|| {
        let key = BoundedVec::try_from(prover::key()).unwrap();
        assert_ok!(Verifier::set_verifying_key(RuntimeOrigin::root(), 4, SHAPE, false, key));
        let mut batch = batch(vec![unit(0), unit(0)]);
        batch.key = 4;
        let batch = proven(batch);
        System::set_block_number(10);
        assert_noop!(submit(&batch), Error::<Test>::KeyNotActive);
        System::set_block_number(11);
        assert_ok!(submit(&batch));
    });
}

#[test]
fn batch_should_be_refused_once_its_key_is_removed() {
    on_open(|| {
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_ok!(Verifier::remove_verifying_key(RuntimeOrigin::root(), BATCH_KEY));
        assert_noop!(submit(&batch), Error::<Test>::UnknownKey);
    });
}
