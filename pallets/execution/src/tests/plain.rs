//! A batch is a transaction of its own: the extension lets the plain call through, and nothing else.

use crate::{
    mock::*,
    weights::{SubstrateWeight, WeightInfo},
    Batch, Call, CheckPlainBatch, Error, Groups, PlainBatch, ESSENTIAL_PRIORITY,
};
use polkadot_sdk::{
    frame_support::{
        assert_noop, assert_ok,
        dispatch::{DispatchClass, DispatchResultWithPostInfo, GetDispatchInfo},
    },
    frame_system,
    sp_runtime::{
        traits::{DispatchTransaction, TransactionExtension},
        transaction_validity::TransactionSource,
        AccountId32, DispatchError,
    },
};

fn call(batch: &Batch) -> RuntimeCall {
    RuntimeCall::Execution(Call::submit_batch {
        group: GROUP,
        batch: Box::new(batch.clone()),
    })
}

/// Applies a call as a transaction with the extension.
fn apply(call: RuntimeCall) -> DispatchResultWithPostInfo {
    let info = call.get_dispatch_info();
    CheckPlainBatch::<Test>::new()
        .dispatch_transaction(signed(&SEQUENCER), call, &info, 0, 0)
        .expect("the extension lets every transaction in")
}

fn good() -> Batch {
    proven(batch(vec![unit(0), unit(0)]))
}

#[test]
fn plain_batch_should_settle_and_leave_no_mark() {
    on_open(|| {
        assert_ok!(apply(call(&good())));
        assert_eq!(Groups::<Test>::get(GROUP).unwrap().batch_no, 2);
        assert!(!PlainBatch::<Test>::exists());
    });
}

#[test]
fn batch_without_the_mark_should_be_refused_whoever_sends_it() {
    on_open(|| {
        let batch = Box::new(good());
        for origin in [
            signed(&SEQUENCER),
            signed(&ALICE),
            RuntimeOrigin::root(),
            RuntimeOrigin::none(),
        ] {
            assert_noop!(
                Execution::submit_batch(origin, GROUP, batch.clone()),
                Error::<Test>::WrappedBatch
            );
        }
    });
}

#[test]
fn batch_that_is_refused_should_leave_no_mark() {
    on_open(|| {
        let mut wrong = good();
        wrong.batch_no += 1;
        let refused = apply(call(&wrong)).unwrap_err().error;
        assert_eq!(refused, Error::<Test>::WrongBatchNumber.into());
        assert!(!PlainBatch::<Test>::exists());
        // So a wrapped one behind it finds none.
        assert_noop!(
            Execution::submit_batch(signed(&SEQUENCER), GROUP, Box::new(good())),
            Error::<Test>::WrappedBatch
        );
    });
}

#[test]
fn mark_should_be_good_for_one_batch() {
    on_open(|| {
        Execution::mark_plain();
        assert_ok!(Execution::submit_batch(signed(&SEQUENCER), GROUP, Box::new(good())));
        assert_noop!(
            Execution::submit_batch(signed(&SEQUENCER), GROUP, Box::new(good())),
            Error::<Test>::WrappedBatch
        );
    });
}

#[test]
fn other_calls_should_get_no_mark() {
    on_open(|| {
        let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![1] });
        let deposit = RuntimeCall::Execution(Call::deposit {
            group: GROUP,
            amount: 1_000,
        });
        for other in [remark, deposit] {
            let extension = CheckPlainBatch::<Test>::new();
            let info = other.get_dispatch_info();
            let inside = |_| {
                assert!(!PlainBatch::<Test>::exists());
                Ok(Default::default())
            };
            assert_ok!(extension
                .test_run(signed(&SEQUENCER), &other, &info, 0, 0, inside)
                .unwrap());
        }
        let own = call(&good());
        let inside = |_| {
            assert!(PlainBatch::<Test>::exists());
            Err(DispatchError::Other("whatever happens").into())
        };
        let info = own.get_dispatch_info();
        let extension = CheckPlainBatch::<Test>::new();
        assert!(extension
            .test_run(signed(&SEQUENCER), &own, &info, 0, 0, inside)
            .unwrap()
            .is_err());
        assert!(!PlainBatch::<Test>::exists());
    });
}

#[test]
fn extension_should_weigh_on_batches_most_and_add_no_bytes() {
    on_open(|| {
        let extension = CheckPlainBatch::<Test>::new();
        let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![] });
        assert!(extension.weight(&call(&good())).any_gt(extension.weight(&remark)));
        assert_eq!(extension.weight(&remark), SubstrateWeight::<Test>::check_essential());
        assert_eq!(codec::Encode::encode(&extension), Vec::<u8>::new());
    });
}

#[test]
fn batches_and_solvency_statements_of_submitters_should_come_first() {
    on_open(|| {
        let priority = |call: &RuntimeCall, who: &AccountId32| {
            let info = call.get_dispatch_info();
            let extension = CheckPlainBatch::<Test>::new();
            let checked = extension.validate_only(signed(who), call, &info, 0, TransactionSource::External, 0);
            checked.unwrap().0.priority
        };
        let own = call(&good());
        assert_eq!(priority(&own, &SEQUENCER), ESSENTIAL_PRIORITY);
        // Nobody else buys it with a call that fails, nor a submitter for another call.
        assert_eq!(priority(&own, &ALICE), 0);
        let freeze = RuntimeCall::Execution(Call::freeze { group: GROUP });
        assert_eq!(priority(&freeze, &SEQUENCER), 0);
        let wrapped = RuntimeCall::System(frame_system::Call::remark {
            remark: codec::Encode::encode(&own),
        });
        assert_eq!(priority(&wrapped, &SEQUENCER), 0);
        assert_eq!(own.get_dispatch_info().class, DispatchClass::Operational);
        assert_eq!(freeze.get_dispatch_info().class, DispatchClass::Normal);
    });
}
