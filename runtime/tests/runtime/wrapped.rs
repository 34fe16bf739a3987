//! A batch inside another call is refused by that name, whichever call it is: nobody can hide a batch from readers of
//! the chain's transactions.

use crate::{
    blocks::{begin_block, first},
    genesis::state,
};
use cloister_runtime::{
    configs::governance::proxies::ProxyType,
    genesis_presets::{groups, DEVELOPMENT_BATCH_KEY, SEQUENCER},
    settled::settled_batches,
    AccountId, Executive, OriginCaller, Proxy, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin, System,
};
use frame_support::{assert_ok, weights::Weight};
use pallet_cloister_execution::{Batch, Call, Error, PlainBatch};
use polkadot_sdk::*;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{self, Alice};
use sp_runtime::DispatchError;

/// A batch that a submitter may send; its number is checked next to the mark, before key and proof.
fn batch() -> Batch {
    Batch {
        key: DEVELOPMENT_BATCH_KEY,
        batch_no: 7,
        risk_version: 1,
        time: 0,
        payee: [0; 32],
        salt: [0; 32],
        new_root: [0; 32],
        new_house: [0; 32],
        sweep: Default::default(),
        take_insurance: None,
        empty_mask: 0,
        units: Default::default(),
        house_record: [[0; 32]; 14],
        proof: [0; 192],
    }
}

pub fn submit() -> RuntimeCall {
    RuntimeCall::Execution(Call::submit_batch {
        group: groups::BTC,
        batch: Box::new(batch()),
    })
}

/// The same in a call for several.
fn submit_several() -> RuntimeCall {
    RuntimeCall::Execution(Call::submit_batches {
        group: groups::BTC,
        batches: vec![Box::new(batch())].try_into().expect("within the bound"),
    })
}

/// A call that does nothing, with so many bytes.
pub fn remark_of(bytes: usize) -> RuntimeCall {
    RuntimeCall::System(frame_system::Call::remark { remark: vec![0; bytes] })
}

fn remark() -> RuntimeCall {
    remark_of(0)
}

fn sudo(call: RuntimeCall) -> RuntimeCall {
    RuntimeCall::Sudo(pallet_sudo::Call::sudo { call: Box::new(call) })
}

fn utility(call: pallet_utility::Call<Runtime>) -> RuntimeCall {
    RuntimeCall::Utility(call)
}

fn origin_of(who: AccountId) -> Box<OriginCaller> {
    Box::new(OriginCaller::system(frame_system::RawOrigin::Signed(who)))
}

/// Every call of the runtime that dispatches another, around a batch.
fn wrappers() -> Vec<(&'static str, RuntimeCall)> {
    use pallet_utility::Call as Utility;

    let alice = Alice.to_account_id();
    let boxed = || Box::new(submit());
    vec![
        ("batch", utility(Utility::batch { calls: vec![submit()] })),
        (
            "batch, around several",
            utility(Utility::batch {
                calls: vec![submit_several()],
            }),
        ),
        (
            "batch, behind another call",
            utility(Utility::batch {
                calls: vec![remark(), submit()],
            }),
        ),
        ("batch_all", utility(Utility::batch_all { calls: vec![submit()] })),
        ("force_batch", utility(Utility::force_batch { calls: vec![submit()] })),
        (
            "if_else",
            utility(Utility::if_else {
                main: boxed(),
                fallback: Box::new(remark()),
            }),
        ),
        (
            "if_else, as the fallback",
            utility(Utility::if_else {
                main: Box::new(utility(Utility::batch_all { calls: vec![submit()] })),
                fallback: boxed(),
            }),
        ),
        (
            "as_derivative",
            utility(Utility::as_derivative {
                index: 3,
                call: boxed(),
            }),
        ),
        (
            "dispatch_as",
            sudo(utility(Utility::dispatch_as {
                as_origin: origin_of(alice.clone()),
                call: boxed(),
            })),
        ),
        (
            "dispatch_as_fallible",
            sudo(utility(Utility::dispatch_as_fallible {
                as_origin: origin_of(alice.clone()),
                call: boxed(),
            })),
        ),
        (
            "with_weight",
            sudo(utility(Utility::with_weight {
                call: boxed(),
                weight: Weight::zero(),
            })),
        ),
        ("sudo", sudo(submit())),
        (
            "sudo_unchecked_weight",
            RuntimeCall::Sudo(pallet_sudo::Call::sudo_unchecked_weight {
                call: boxed(),
                weight: Weight::zero(),
            }),
        ),
        (
            "sudo_as",
            RuntimeCall::Sudo(pallet_sudo::Call::sudo_as {
                who: alice.into(),
                call: boxed(),
            }),
        ),
        (
            "as_multi_threshold_1",
            RuntimeCall::Multisig(pallet_multisig::Call::as_multi_threshold_1 {
                other_signatories: vec![Sr25519Keyring::Charlie.to_account_id()],
                call: boxed(),
            }),
        ),
        (
            "proxy",
            RuntimeCall::Proxy(pallet_proxy::Call::proxy {
                real: SEQUENCER.to_account_id().into(),
                force_proxy_type: None,
                call: boxed(),
            }),
        ),
        (
            "batch in batch",
            utility(Utility::batch {
                calls: vec![utility(Utility::batch { calls: vec![submit()] })],
            }),
        ),
    ]
}

/// Applies a transaction; its outcome, and what it did.
fn apply(call: RuntimeCall, key: Sr25519Keyring) -> (Result<(), DispatchError>, Vec<RuntimeEvent>) {
    begin_block();
    System::reset_events();
    let outcome = Executive::apply_extrinsic(first(call, key)).expect("the transaction is valid");
    let events = System::events().into_iter().map(|record| record.event).collect();
    (outcome, events)
}

/// Why inner calls were refused, as the outer call tells: in its own outcome or in an event.
fn refusals(outcome: Result<(), DispatchError>, events: &[RuntimeEvent]) -> Vec<DispatchError> {
    let told = events.iter().filter_map(|event| match event {
        RuntimeEvent::Utility(
            pallet_utility::Event::BatchInterrupted { error, .. } | pallet_utility::Event::ItemFailed { error },
        ) => Some(*error),
        RuntimeEvent::Utility(pallet_utility::Event::IfElseFallbackCalled { main_error }) => Some(*main_error),
        RuntimeEvent::Utility(pallet_utility::Event::DispatchedAs { result }) => result.err(),
        RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => result.err(),
        RuntimeEvent::Sudo(
            pallet_sudo::Event::Sudid { sudo_result } | pallet_sudo::Event::SudoAsDone { sudo_result },
        ) => sudo_result.err(),
        _ => None,
    });
    outcome.err().into_iter().chain(told).collect()
}

#[test]
fn wrapped_batch_should_be_refused_by_name() {
    for (name, call) in wrappers() {
        state(DEV_RUNTIME_PRESET).execute_with(|| {
            // A submitter's proxy, who may do everything for it.
            let submitter = RuntimeOrigin::signed(SEQUENCER.to_account_id());
            assert_ok!(Proxy::add_proxy(
                submitter,
                Alice.to_account_id().into(),
                ProxyType::Any,
                0
            ));
            let (outcome, events) = apply(call.clone(), Alice);
            let refusals = refusals(outcome, &events);
            assert!(
                !refusals.is_empty(),
                "{name}: nothing says that it was refused: {events:?}"
            );
            for refusal in refusals {
                assert_eq!(refusal, Error::<Runtime>::WrappedBatch.into(), "{name}");
            }
            assert!(settled_batches(&call, &events, groups::BTC).is_empty(), "{name}");
            assert!(!PlainBatch::<Runtime>::exists(), "{name}: a mark is left");
        });
    }
}

#[test]
fn plain_batch_should_pass_to_the_next_check() {
    for (key, call) in [Alice, SEQUENCER].into_iter().zip([submit(), submit_several()]) {
        state(DEV_RUNTIME_PRESET).execute_with(|| {
            let (outcome, events) = apply(call.clone(), key);
            assert_eq!(outcome, Err(Error::<Runtime>::WrongBatchNumber.into()));
            // A transaction that was refused carries a batch, and did not settle it.
            assert!(settled_batches(&call, &events, groups::BTC).is_empty());
            assert!(!PlainBatch::<Runtime>::exists(), "a mark is left");
        });
    }
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        let (outcome, _) = apply(submit(), Sr25519Keyring::Bob);
        assert_eq!(outcome, Err(Error::<Runtime>::NotSubmitter.into()));
    });
}

#[test]
fn wrapped_batch_should_find_no_mark_behind_a_plain_one() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        let (outcome, _) = apply(submit(), Alice);
        assert_eq!(outcome, Err(Error::<Runtime>::WrongBatchNumber.into()));
        let wrapped = utility(pallet_utility::Call::batch_all { calls: vec![submit()] });
        let outcome = Executive::apply_extrinsic(first(wrapped, SEQUENCER)).expect("the transaction is valid");
        assert_eq!(outcome, Err(Error::<Runtime>::WrappedBatch.into()));
    });
}

#[test]
fn settled_batch_should_be_read_from_the_plain_call_only() {
    let settled = |batch_no| {
        RuntimeEvent::Execution(pallet_cloister_execution::Event::BatchSettled {
            group: groups::BTC,
            batch_no,
            key: DEVELOPMENT_BATCH_KEY,
            risk_version: 1,
            time: 0,
            root: [0; 32],
            house: [0; 32],
            units: 0,
            consumed: 0,
            payee: [0; 32].into(),
        })
    };
    let call = submit();
    assert_eq!(settled_batches(&call, &[settled(7)], groups::BTC), [&batch()]);
    let nothing: [&Batch; 0] = [];
    assert_eq!(settled_batches(&call, &[settled(8)], groups::BTC), nothing);
    assert_eq!(settled_batches(&call, &[settled(7)], groups::ETH), nothing);
    assert_eq!(settled_batches(&call, &[], groups::BTC), nothing);
    for (name, call) in wrappers() {
        assert_eq!(settled_batches(&call, &[settled(7)], groups::BTC), nothing, "{name}");
    }
    // Of several, as many as the events say, from the first on.
    let three: Vec<Batch> = (7..10).map(|batch_no| Batch { batch_no, ..batch() }).collect();
    let call = RuntimeCall::Execution(Call::submit_batches {
        group: groups::BTC,
        batches: three
            .iter()
            .cloned()
            .map(Box::new)
            .collect::<Vec<_>>()
            .try_into()
            .expect("within the bound"),
    });
    for number in 0..=3u64 {
        let events: Vec<_> = (7..7 + number).map(settled).collect();
        let expected: Vec<&Batch> = three.iter().take(events.len()).collect();
        assert_eq!(settled_batches(&call, &events, groups::BTC), expected);
        assert_eq!(settled_batches(&call, &events, groups::ETH), nothing);
    }
}
