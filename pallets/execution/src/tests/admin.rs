//! Groups and genesis.

use crate::{mock::*, Error, Event, GroupState, Groups, Lane, Terms};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{AccountTree, House};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok},
    sp_runtime::{BuildStorage, DispatchError::BadOrigin},
};

#[test]
fn group_should_start_with_the_empty_tree_and_the_genesis_house() {
    unkeyed().execute_with(|| {
        let state = GroupState {
            enabled: true,
            asset: ASSET,
            fee_account: FEES,
            root: to_bytes(&AccountTree::default().root()),
            house: to_bytes(&House::default().commitment()),
            batch_no: 0,
            time: 0,
            risk_version: 0,
            next_index: 0,
            queue: Lane::default(),
            priority: Lane::default(),
            queue_next: 0,
            queue_terms: Terms {
                notice: NOTICE,
                share: 50,
            },
            house_rekeys: 0,
        };
        assert_eq!(Groups::<Test>::get(GROUP), Some(state.clone()));
        assert_ok!(Execution::create_group(RuntimeOrigin::root(), OTHER, ASSET, FEES));
        // Terms other than the default ones are the genesis'.
        let queue_terms = Terms::default();
        assert_eq!(Groups::<Test>::get(OTHER), Some(GroupState { queue_terms, ..state }));
        assert_eq!(events(), [Event::GroupCreated { group: OTHER }]);
        assert_ne!(Execution::vault_account(GROUP), Execution::vault_account(OTHER));
    });
}

#[test]
fn group_that_cannot_be_should_be_refused() {
    on_genesis(|| {
        let create = |group, asset| Execution::create_group(RuntimeOrigin::root(), group, asset, FEES);
        assert_noop!(Execution::create_group(signed(&ADMIN), OTHER, ASSET, FEES), BadOrigin);
        assert_noop!(create(GROUP, ASSET), Error::<Test>::GroupExists);
        let vault = Execution::vault_account(GROUP);
        assert_noop!(
            Execution::create_group(RuntimeOrigin::root(), OTHER, ASSET, vault),
            Error::<Test>::VaultAsPayee
        );
        assert_noop!(create(3, ASSET), Error::<Test>::UnknownRiskGroup);
        assert_noop!(create(OTHER, ASSET + 1), Error::<Test>::WrongDecimals);
        assert_ok!(Assets::force_set_metadata(
            RuntimeOrigin::root(),
            ASSET + 1,
            b"Other".to_vec(),
            b"OTH".to_vec(),
            6,
            false
        ));
        assert_noop!(create(OTHER, ASSET + 1), Error::<Test>::VaultNotFunded);
    });
}

#[test]
fn disabled_group_should_take_nothing() {
    on_open(|| {
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(Execution::set_group_enabled(signed(&ADMIN), GROUP, false), BadOrigin);
        assert_noop!(
            Execution::set_group_enabled(RuntimeOrigin::root(), 9, false),
            Error::<Test>::UnknownGroup
        );
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        assert_eq!(
            events(),
            [Event::GroupEnabled {
                group: GROUP,
                enabled: false
            }]
        );
        assert_noop!(open(&BOB, 2, 1_000), Error::<Test>::GroupDisabled);
        assert_noop!(
            Execution::deposit(signed(&ALICE), GROUP, 1_000),
            Error::<Test>::GroupDisabled
        );
        assert_noop!(submit(&batch), Error::<Test>::GroupDisabled);
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, true));
        assert_ok!(submit(&batch));
    });
}

#[test]
#[should_panic(expected = "genesis: new group of pallet risk with a funded vault")]
fn genesis_with_an_empty_vault_should_not_start() {
    let mut config = genesis();
    config.assets.accounts.clear();
    config.build_storage().unwrap();
}
