//! Who may narrow at once, and who may widen once it was announced (C-NOTICE).

use crate::{
    mock::{solvency::FREEZE_AFTER, *},
    KeyId, SolvencyTerms, Terms,
};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, traits::UnfilteredDispatchable, BoundedVec},
    sp_runtime::{AccountId32, DispatchError::BadOrigin},
};

type Call = crate::Call<Test>;

/// Calls that widen what is allowed, each good at the genesis of the tests.
fn widening() -> Vec<Call> {
    vec![
        Call::create_group {
            group: OTHER,
            asset: ASSET,
            fee_account: FEES,
        },
        Call::set_group_enabled {
            group: GROUP,
            enabled: true,
        },
        Call::set_queue_terms {
            group: GROUP,
            terms: Terms::default(),
        },
        Call::set_solvency_terms {
            group: GROUP,
            terms: Some(SolvencyTerms {
                max_round_age: FREEZE_AFTER,
                freeze_after: FREEZE_AFTER,
            }),
        },
        Call::set_custodians {
            custodians: BoundedVec::truncate_from(vec![ADMIN, BOB]),
        },
    ]
}

/// Calls that narrow it.
fn narrowing() -> Vec<Call> {
    vec![Call::set_group_enabled {
        group: GROUP,
        enabled: false,
    }]
}

fn dispatch(call: &Call, who: &AccountId32) -> polkadot_sdk::frame_support::dispatch::DispatchResultWithPostInfo {
    call.clone().dispatch_bypass_filter(signed(who))
}

#[test]
fn whoever_may_narrow_should_not_widen() {
    on_genesis(|| {
        for call in widening() {
            assert_noop!(dispatch(&call, &NARROWS), BadOrigin);
            assert_noop!(dispatch(&call, &PAUSES), BadOrigin);
            assert_noop!(dispatch(&call, &ADMIN), BadOrigin);
            assert_ok!(dispatch(&call, &WIDENS));
        }
    });
}

#[test]
fn narrowing_should_need_no_notice() {
    for call in narrowing() {
        for who in [NARROWS, PAUSES, WIDENS] {
            on_genesis(|| {
                assert_noop!(dispatch(&call, &ADMIN), BadOrigin);
                assert_ok!(dispatch(&call, &who));
                assert!(call.get_dispatch_info().call_weight.ref_time() > 0);
            });
        }
    }
}

#[test]
fn insurance_should_be_taken_by_notice_only() {
    on_genesis(|| {
        for who in [NARROWS, ADMIN] {
            assert_noop!(Execution::take_insurance(signed(&who), GROUP, 1, BOB), BadOrigin);
        }
        // Past the origin, the next check.
        assert_noop!(
            Execution::take_insurance(signed(&WIDENS), GROUP, 1, BOB),
            crate::Error::<Test>::NoSolvencyTerms
        );
    });
}

#[test]
fn submitter_should_be_exchanged_by_notice_only() {
    on_genesis(|| {
        // One goes, and one comes.
        let exchange = |who: &AccountId32| {
            let submitters = BoundedVec::truncate_from(vec![BOB]);
            Sequencers::set_members(signed(who), GROUP, submitters)
        };
        assert_noop!(exchange(&NARROWS), BadOrigin);
        assert_ok!(exchange(&WIDENS));
    });
}

#[test]
fn what_a_frozen_group_leaves_to_governance_should_need_no_notice() {
    on_genesis(|| {
        let choose = |who: &AccountId32| Execution::choose_final_table(signed(who), GROUP, 1);
        assert_noop!(choose(&ADMIN), BadOrigin);
        assert_noop!(choose(&PAUSES), BadOrigin);
        assert_noop!(choose(&NARROWS), crate::Error::<Test>::GroupNotFrozen);
        let rest = |who: &AccountId32| Execution::release_rest(signed(who), GROUP);
        assert_noop!(rest(&ADMIN), BadOrigin);
        assert_noop!(rest(&NARROWS), crate::Error::<Test>::GroupNotFrozen);
    });
}

#[test]
fn exit_key_should_stay_whoever_asks() {
    on_open(|| {
        let id: KeyId = EXIT_KEY;
        assert_eq!(Verifier::verifying_key(id).unwrap().statement, StatementKind::Exit);
        for who in [NARROWS, WIDENS] {
            assert_noop!(
                Verifier::remove_verifying_key(signed(&who), id),
                pallet_cloister_verifier::Error::<Test>::ExitKeyNeeded
            );
        }
    });
}
