//! Groups, keys, submitters, genesis.

use crate::{mock::*, Development, Error, Event, GenesisShape, GroupState, Groups, Shapes, Submitters};
use cloister_crypto::{field::to_bytes, schnorr::SecretKey};
use cloister_ledger::{AccountTree, House};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    sp_runtime::{BuildStorage, DispatchError::BadOrigin},
};

fn set_key(shape: u16, units: u16, orders: u8, development: bool, key: Vec<u8>) -> Result<(), Error<Test>> {
    let key = BoundedVec::try_from(key).unwrap();
    Execution::set_verifying_key(RuntimeOrigin::root(), shape, units, orders, development, key).map_err(|error| {
        match error {
            polkadot_sdk::sp_runtime::DispatchError::Module(module) => {
                codec::Decode::decode(&mut &module.error[..]).unwrap()
            }
            other => panic!("{other:?}"),
        }
    })
}

#[test]
fn group_should_start_with_the_empty_tree_and_the_genesis_house() {
    on_genesis(|| {
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
            queue_first: 0,
            queue_next: 0,
        };
        assert_eq!(Groups::<Test>::get(GROUP), Some(state.clone()));
        assert_ok!(Execution::create_group(RuntimeOrigin::root(), OTHER, ASSET, FEES));
        assert_eq!(Groups::<Test>::get(OTHER), Some(state));
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
fn verifying_key_should_be_good_after_the_delay_only() {
    on_open(|| {
        let key = BoundedVec::try_from(prover::key()).unwrap();
        let set = |origin| Execution::set_verifying_key(origin, 4, 2, 1, false, key.clone());
        assert_noop!(set(signed(&ADMIN)), BadOrigin);
        assert_ok!(set(RuntimeOrigin::root()));
        let hash = polkadot_sdk::sp_io::hashing::blake2_256(&key);
        assert_eq!(
            events(),
            [Event::VerifyingKeySet {
                shape: 4,
                hash,
                active_at: 11,
                development: false
            }]
        );
        let mut batch = batch(vec![unit(0), unit(0)]);
        batch.shape = 4;
        let batch = proven(batch);
        System::set_block_number(10);
        assert_noop!(submit(&batch), Error::<Test>::ShapeNotActive);
        System::set_block_number(11);
        assert_ok!(submit(&batch));
    });
}

#[test]
fn verifying_key_should_never_be_replaced() {
    on_genesis(|| {
        assert_eq!(
            set_key(SHAPE, 2, 1, false, prover::other_key()),
            Err(Error::ShapeExists)
        );
        assert_noop!(Execution::remove_verifying_key(signed(&ADMIN), SHAPE), BadOrigin);
        assert_noop!(
            Execution::remove_verifying_key(RuntimeOrigin::root(), 9),
            Error::<Test>::UnknownShape
        );
        assert_ok!(Execution::remove_verifying_key(RuntimeOrigin::root(), SHAPE));
        assert_eq!(events(), [Event::VerifyingKeyRemoved { shape: SHAPE }]);
        assert_eq!(set_key(SHAPE, 2, 1, false, prover::other_key()), Ok(()));
    });
}

#[test]
fn verifying_key_that_is_none_should_be_refused() {
    on_genesis(|| {
        let good = prover::key();
        let mut off_curve = good.clone();
        off_curve[95] ^= 1;
        let mut no_inputs = good[..868 + 96].to_vec();
        no_inputs[867] = 1;
        for key in [vec![], good[..1059].to_vec(), vec![0; 1060], off_curve, no_inputs] {
            assert_eq!(set_key(4, 2, 1, false, key), Err(Error::InvalidVerifyingKey));
        }
        for (units, orders) in [(0, 1), (129, 1), (2, 0), (2, 9)] {
            assert_eq!(
                set_key(4, units, orders, false, good.clone()),
                Err(Error::ShapeTooLarge)
            );
        }
        assert_eq!(set_key(4, 128, 8, false, good), Ok(()));
    });
}

#[test]
fn development_key_should_be_refused_outside_a_development_chain() {
    on_genesis(|| {
        assert_eq!(set_key(4, 2, 1, true, prover::key()), Ok(()));
        Development::<Test>::put(false);
        assert_eq!(set_key(5, 2, 1, true, prover::key()), Err(Error::DevelopmentKeyRefused));
        assert_eq!(set_key(5, 2, 1, false, prover::key()), Ok(()));
        assert!(!Shapes::<Test>::get(5).unwrap().development);
    });
}

#[test]
#[should_panic(expected = "genesis: valid verifying key")]
fn genesis_with_a_development_key_should_not_start_outside_a_development_chain() {
    let mut config = genesis();
    config.execution.development = false;
    config.build_storage().unwrap();
}

#[test]
#[should_panic(expected = "genesis: new group of pallet risk with a funded vault")]
fn genesis_with_an_empty_vault_should_not_start() {
    let mut config = genesis();
    config.assets.accounts.clear();
    config.build_storage().unwrap();
}

#[test]
fn genesis_shape_should_write_its_key_in_hexadecimal() {
    let shape = GenesisShape {
        shape: 1,
        units: 2,
        orders: 1,
        development: true,
        key: vec![0xab, 1],
    };
    let text = serde_json::to_string(&shape).unwrap();
    assert!(text.contains("\"0xab01\""), "{text}");
    assert_eq!(serde_json::from_str::<GenesisShape>(&text).unwrap(), shape);
}

#[test]
fn submitters_should_be_set_by_the_admin_only() {
    on_genesis(|| {
        let set = |origin| Execution::set_submitters(origin, BoundedVec::truncate_from(vec![ALICE, BOB]));
        assert_noop!(set(signed(&SEQUENCER)), BadOrigin);
        assert_ok!(set(RuntimeOrigin::root()));
        assert_eq!(Submitters::<Test>::get().into_inner(), [ALICE, BOB]);
        assert_eq!(events(), [Event::SubmittersSet { count: 2 }]);
    });
}

#[test]
fn seal_key_should_be_a_key_of_prime_order() {
    on_genesis(|| {
        let key = SecretKey::from_seed(&[8; 32]).public();
        let (x, y) = (to_bytes(&key.x()), to_bytes(&key.y()));
        assert_noop!(Execution::set_seal_key(signed(&ADMIN), x, y), BadOrigin);
        for (x, y) in [([0; 32], to_bytes(&1u64.into())), (y, x), ([0xff; 32], y)] {
            assert_noop!(
                Execution::set_seal_key(RuntimeOrigin::root(), x, y),
                Error::<Test>::InvalidSealKey
            );
        }
        assert_ok!(Execution::set_seal_key(RuntimeOrigin::root(), x, y));
        assert_eq!(Execution::seal_key(), Some((x, y)));
        assert_eq!(events(), [Event::SealKeySet]);
    });
}
