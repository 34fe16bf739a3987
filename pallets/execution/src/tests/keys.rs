//! The registry of verifying keys: batches and seals alike.

use crate::{keys::MAX_KEYS, mock::*, Development, Error, Event, GenesisKey, KeyId, StatementKind, VerifyingKeys};
use pallet_cloister_risk::BatchShapes;
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    sp_io::hashing::blake2_256,
    sp_runtime::{BuildStorage, DispatchError, DispatchError::BadOrigin},
};

/// Every statement there is.
const STATEMENTS: [StatementKind; 5] = [
    SHAPE,
    StatementKind::Seal,
    StatementKind::HouseRekey,
    StatementKind::Solvency { subtrees: SUBTREES },
    StatementKind::Exit,
];

fn set_key(id: KeyId, statement: StatementKind, development: bool, key: Vec<u8>) -> Result<(), Error<Test>> {
    let key = BoundedVec::try_from(key).unwrap();
    Execution::set_verifying_key(RuntimeOrigin::root(), id, statement, development, key).map_err(|error| match error {
        DispatchError::Module(module) => codec::Decode::decode(&mut &module.error[..]).unwrap(),
        other => panic!("{other:?}"),
    })
}

#[test]
fn verifying_key_should_be_good_after_the_delay_only() {
    on_open(|| {
        let key = BoundedVec::try_from(prover::key()).unwrap();
        let set = |origin| Execution::set_verifying_key(origin, 4, SHAPE, false, key.clone());
        assert_noop!(set(signed(&ADMIN)), BadOrigin);
        assert_ok!(set(RuntimeOrigin::root()));
        let hash = blake2_256(&key);
        assert_eq!(
            events(),
            [Event::VerifyingKeySet {
                id: 4,
                statement: SHAPE,
                key_hash: hash,
                active_at: 11,
                development: false
            }]
        );
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
fn verifying_key_should_be_set_by_the_admin_only() {
    on_genesis(|| {
        for statement in STATEMENTS {
            let key = BoundedVec::try_from(prover::other_key()).unwrap();
            let set = |origin, key| Execution::set_verifying_key(origin, 4, statement, true, key);
            assert_noop!(set(signed(&ADMIN), key.clone()), BadOrigin);
            assert_ok!(set(RuntimeOrigin::root(), key.clone()));
            let stored = Execution::verifying_key(4).unwrap();
            assert_eq!(
                (stored.statement, stored.development, stored.active_at),
                (statement, true, 11)
            );
            assert_eq!((stored.key_hash, stored.key), (blake2_256(&key), key));
            assert_ok!(Execution::remove_verifying_key(RuntimeOrigin::root(), 4));
        }
    });
}

#[test]
fn verifying_key_should_never_be_replaced() {
    on_genesis(|| {
        let own = [
            (BATCH_KEY, SHAPE),
            (SEAL_KEY, StatementKind::Seal),
            (HOUSE_KEY, StatementKind::HouseRekey),
        ];
        for (id, own) in own {
            for statement in STATEMENTS {
                assert_eq!(
                    set_key(id, statement, false, prover::other_key()),
                    Err(Error::KeyExists)
                );
            }
            assert_noop!(Execution::remove_verifying_key(signed(&ADMIN), id), BadOrigin);
            assert_noop!(
                Execution::remove_verifying_key(RuntimeOrigin::root(), 9),
                Error::<Test>::UnknownKey
            );
            System::reset_events();
            assert_ok!(Execution::remove_verifying_key(RuntimeOrigin::root(), id));
            assert_eq!(events(), [Event::VerifyingKeyRemoved { id }]);
            assert_eq!(set_key(id, own, false, prover::other_key()), Ok(()));
        }
    });
}

#[test]
fn batch_should_be_refused_once_its_key_is_removed() {
    on_open(|| {
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_ok!(Execution::remove_verifying_key(RuntimeOrigin::root(), BATCH_KEY));
        assert_noop!(submit(&batch), Error::<Test>::UnknownKey);
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
            for statement in STATEMENTS {
                assert_eq!(
                    set_key(4, statement, false, key.clone()),
                    Err(Error::InvalidVerifyingKey)
                );
            }
        }
        for (units, places) in [(0, 1), (129, 1), (2, 0), (2, 9)] {
            assert_eq!(
                set_key(4, StatementKind::Batch { units, places }, false, good.clone()),
                Err(Error::ShapeTooLarge)
            );
        }
        let (units, places) = (128, 8);
        assert_eq!(set_key(4, StatementKind::Batch { units, places }, false, good), Ok(()));
    });
}

#[test]
fn development_key_should_be_refused_outside_a_development_chain() {
    on_genesis(|| {
        assert_eq!(set_key(4, SHAPE, true, prover::key()), Ok(()));
        Development::<Test>::put(false);
        for (id, statement) in [(5, SHAPE), (6, StatementKind::Seal), (9, StatementKind::HouseRekey)] {
            assert_eq!(
                set_key(id, statement, true, prover::key()),
                Err(Error::DevelopmentKeyRefused)
            );
            assert_eq!(set_key(id, statement, false, prover::key()), Ok(()));
            assert!(!VerifyingKeys::<Test>::get(id).unwrap().development);
        }
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
#[should_panic(expected = "genesis: valid verifying key")]
fn genesis_with_a_malformed_key_should_not_start() {
    let mut config = genesis();
    config.execution.verifying_keys[0].key.pop();
    config.build_storage().unwrap();
}

#[test]
#[should_panic(expected = "genesis: valid verifying key")]
fn genesis_with_two_keys_of_one_id_should_not_start() {
    let mut config = genesis();
    config.execution.verifying_keys[0].id = config.execution.verifying_keys[1].id;
    config.build_storage().unwrap();
}

#[test]
fn genesis_key_should_write_its_bytes_in_hexadecimal() {
    for statement in STATEMENTS {
        let key = GenesisKey {
            id: 1,
            statement,
            development: true,
            key: vec![0xab, 1],
        };
        let text = serde_json::to_string(&key).unwrap();
        assert!(text.contains("\"0xab01\""), "{text}");
        assert_eq!(serde_json::from_str::<GenesisKey>(&text).unwrap(), key);
    }
}

#[test]
fn only_active_keys_of_batches_should_count_as_shapes() {
    on_open(|| {
        let StatementKind::Batch { units, places } = SHAPE else {
            panic!("a shape of batches")
        };
        let most = <Execution as BatchShapes>::most_places;
        assert_eq!(most(), u16::from(places));
        let wider = StatementKind::Batch {
            units,
            places: places + 3,
        };
        assert_ok!(set_key(4, wider, false, prover::other_key()));
        assert_ok!(set_key(5, StatementKind::Seal, false, prover::other_key()));
        assert_eq!(most(), u16::from(places), "not before the delay");
        System::set_block_number(11);
        assert_eq!(most(), u16::from(places) + 3);
        assert_ok!(Execution::remove_verifying_key(RuntimeOrigin::root(), 4));
        assert_eq!(most(), u16::from(places));
    });
}

#[test]
fn number_of_keys_should_be_bounded() {
    on_genesis(|| {
        let first = 100;
        let room = MAX_KEYS - VerifyingKeys::<Test>::count();
        for id in 0..u16::try_from(room).unwrap() {
            assert_ok!(set_key(first + id, StatementKind::Seal, false, prover::other_key()));
        }
        let more = || set_key(99, StatementKind::Seal, false, prover::other_key());
        assert_eq!(more(), Err(Error::TooManyKeys));
        assert_ok!(Execution::remove_verifying_key(RuntimeOrigin::root(), first));
        assert_ok!(more());
    });
}
