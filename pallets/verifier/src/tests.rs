//! The registry: which keys it takes, when they are good, and which may be removed.

use crate::{
    mock::*, trapdoor, Development, Error, Event, GenesisKey, KeyError, KeyId, StatementKind, VerifyingKeyRegistry,
    VerifyingKeys, MAX_KEYS,
};
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
    StatementKind::Solvency { subtrees: 1 },
    StatementKind::Exit,
];

fn set_key(id: KeyId, statement: StatementKind, development: bool, key: Vec<u8>) -> Result<(), Error<Test>> {
    let key = BoundedVec::try_from(key).unwrap();
    Verifier::set_verifying_key(RuntimeOrigin::root(), id, statement, development, key).map_err(|error| match error {
        DispatchError::Module(module) => codec::Decode::decode(&mut &module.error[..]).unwrap(),
        other => panic!("{other:?}"),
    })
}

fn remove(id: KeyId) -> polkadot_sdk::sp_runtime::DispatchResult {
    Verifier::remove_verifying_key(RuntimeOrigin::root(), id)
}

fn events() -> Vec<Event<Test>> {
    System::read_events_for_pallet()
}

#[test]
fn verifying_key_should_be_good_after_the_delay_only() {
    on_genesis(|| {
        let key = BoundedVec::try_from(trapdoor::key()).unwrap();
        let set = |origin| Verifier::set_verifying_key(origin, 4, SHAPE, false, key.clone());
        assert_noop!(set(RuntimeOrigin::signed(STRANGER)), BadOrigin);
        assert_noop!(set(RuntimeOrigin::signed(NARROWS)), BadOrigin);
        assert_ok!(set(RuntimeOrigin::signed(WIDENS)));
        assert_eq!(
            events(),
            [Event::VerifyingKeySet {
                id: 4,
                statement: SHAPE,
                key_hash: blake2_256(&key),
                active_at: 11,
                development: false
            }]
        );
        System::set_block_number(10);
        assert_eq!(Verifier::active(4).err(), Some(KeyError::NotActive));
        System::set_block_number(11);
        assert_eq!(Verifier::active(4).map(|key| key.statement).ok(), Some(SHAPE));
        assert_eq!(Verifier::active(5).err(), Some(KeyError::Unknown));
    });
}

#[test]
fn verifying_key_should_be_stored_as_it_was_set() {
    on_genesis(|| {
        for statement in STATEMENTS {
            let key = trapdoor::key();
            assert_eq!(set_key(4, statement, true, key.clone()), Ok(()));
            let stored = Verifier::verifying_key(4).unwrap();
            assert_eq!(
                (stored.statement, stored.development, stored.active_at),
                (statement, true, 11)
            );
            assert_eq!((stored.key_hash, stored.key.into_inner()), (blake2_256(&key), key));
            assert_ok!(remove(4));
        }
    });
}

#[test]
fn verifying_key_should_never_be_replaced() {
    on_genesis(|| {
        for (id, own) in [(BATCH_KEY, SHAPE), (SEAL_KEY, StatementKind::Seal)] {
            for statement in STATEMENTS {
                assert_eq!(set_key(id, statement, false, trapdoor::key()), Err(Error::KeyExists));
            }
            assert_noop!(
                Verifier::remove_verifying_key(RuntimeOrigin::signed(STRANGER), id),
                BadOrigin
            );
            assert_noop!(remove(9), Error::<Test>::UnknownKey);
            System::reset_events();
            assert_ok!(Verifier::remove_verifying_key(RuntimeOrigin::signed(NARROWS), id));
            assert_eq!(events(), [Event::VerifyingKeyRemoved { id }]);
            assert_eq!(set_key(id, own, false, trapdoor::key()), Ok(()));
        }
    });
}

#[test]
fn bytes_that_are_no_verifying_key_should_be_refused() {
    on_genesis(|| {
        let good = trapdoor::key();
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
        assert_eq!(set_key(4, SHAPE, true, trapdoor::key()), Ok(()));
        assert_ok!(remove(4));
        for id in [BATCH_KEY, SEAL_KEY, EXIT_KEY] {
            assert_ok!(remove(id));
        }
        Development::<Test>::put(false);
        for (id, statement) in [(5, SHAPE), (6, StatementKind::Seal), (9, StatementKind::HouseRekey)] {
            assert_eq!(
                set_key(id, statement, true, trapdoor::key()),
                Err(Error::DevelopmentKeyRefused)
            );
            assert_eq!(set_key(id, statement, false, trapdoor::key()), Ok(()));
            assert!(!VerifyingKeys::<Test>::get(id).unwrap().development);
        }
    });
}

#[test]
#[should_panic(expected = "genesis: valid verifying key")]
fn genesis_with_a_development_key_should_not_start_outside_a_development_chain() {
    let mut config = genesis();
    config.verifier.development = false;
    config.build_storage().unwrap();
}

#[test]
#[should_panic(expected = "genesis: valid verifying key")]
fn genesis_with_a_malformed_key_should_not_start() {
    let mut config = genesis();
    config.verifier.verifying_keys[0].key.pop();
    config.build_storage().unwrap();
}

#[test]
#[should_panic(expected = "genesis: valid verifying key")]
fn genesis_with_two_keys_of_one_id_should_not_start() {
    let mut config = genesis();
    config.verifier.verifying_keys[0].id = config.verifier.verifying_keys[1].id;
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
fn only_active_keys_should_count() {
    on_genesis(|| {
        let most = <Verifier as VerifyingKeyRegistry>::most_places;
        let rounds = || Verifier::any_active(|statement| statement.solvency_shape().is_some());
        assert_eq!((most(), rounds()), (1, false));
        assert_ok!(set_key(
            4,
            StatementKind::Batch { units: 2, places: 4 },
            false,
            trapdoor::key()
        ));
        assert_ok!(set_key(
            5,
            StatementKind::Solvency { subtrees: 1 },
            false,
            trapdoor::key()
        ));
        System::set_block_number(10);
        assert_eq!((most(), rounds()), (1, false), "not before the delay");
        System::set_block_number(11);
        assert_eq!((most(), rounds()), (4, true));
        assert_ok!(remove(4));
        assert_ok!(remove(5));
        assert_eq!((most(), rounds()), (1, false));
        assert_ok!(remove(BATCH_KEY));
        assert_eq!(most(), 0);
    });
}

#[test]
fn last_active_key_of_exits_should_stay_while_an_account_is_open() {
    on_genesis(|| {
        AccountsOpen::set(true);
        assert_noop!(remove(EXIT_KEY), Error::<Test>::ExitKeyNeeded);
        assert_ok!(set_key(4, StatementKind::Exit, false, trapdoor::key()));
        assert_noop!(remove(EXIT_KEY), Error::<Test>::ExitKeyNeeded);
        // One that is not active yet is no last one.
        assert_ok!(remove(4));
        assert_ok!(set_key(4, StatementKind::Exit, false, trapdoor::key()));
        System::set_block_number(11);
        assert_ok!(remove(EXIT_KEY));
        assert_noop!(remove(4), Error::<Test>::ExitKeyNeeded);
        assert_ok!(remove(SEAL_KEY));
        AccountsOpen::set(false);
        assert_ok!(remove(4));
    });
}

#[test]
fn number_of_keys_should_be_bounded() {
    on_genesis(|| {
        let first = 100;
        let room = MAX_KEYS - VerifyingKeys::<Test>::count();
        for id in 0..u16::try_from(room).unwrap() {
            assert_ok!(set_key(first + id, StatementKind::Seal, false, trapdoor::key()));
        }
        let more = || set_key(99, StatementKind::Seal, false, trapdoor::key());
        assert_eq!(more(), Err(Error::TooManyKeys));
        assert_ok!(remove(first));
        assert_ok!(more());
    });
}

#[test]
fn keys_should_be_listed_by_id() {
    on_genesis(|| {
        let ids: Vec<_> = Verifier::verifying_keys().into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [BATCH_KEY, SEAL_KEY, EXIT_KEY]);
    });
}
