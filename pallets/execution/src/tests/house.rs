//! Re-keys of the house: a good one is taken; a proof of anything else is refused with its error, and nothing changes.

use crate::{
    mock::{
        houses::{first, prove, submission, Scene},
        seals::{sealing_key, sealing_key_of},
        *,
    },
    Error, Event, Groups, HouseRekey,
};
use cloister_crypto::{
    field::{from_bytes, to_bytes},
    seal::{SealKey as Secret, Sealed},
    stream::Scope,
    Fr,
};
use cloister_ledger::{House, HouseRecord, HouseRekeyStatement};
use cloister_settlement::{HouseRekeyed, LedgerSecrets};
use cloister_types::{Money, Position, Total};
use pallet_cloister_sequencers::SealKeys;
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    sp_runtime::DispatchResult,
};

fn rekey(rekey: &HouseRekey) -> DispatchResult {
    Execution::rekey_house(signed(&SEQUENCER), GROUP, Box::new(rekey.clone()))
}

/// Runs a test on the genesis state, before any re-key, and checks the invariants after it.
fn on_unkeyed(test: impl FnOnce()) {
    unkeyed().execute_with(|| {
        test();
        Execution::do_try_state().unwrap();
    });
}

/// The secrets of one sealing key.
struct Secrets(Secret);

impl LedgerSecrets for Secrets {
    fn unseal(&self, _: &Sealed, _: Fr) -> Option<Fr> {
        None
    }

    fn house_keys(&self, sealed: &Sealed) -> impl Iterator<Item = Fr> {
        self.0.open(sealed).ok().into_iter()
    }
}

/// What the holder of a sealing key's seed reads in a re-key on the chain.
fn read(seed: u8, number: u32) -> Option<House> {
    let rekeyed: HouseRekeyed = Execution::house_rekeys(GROUP, number, 1).remove(0);
    let secrets = Secrets(Secret::from_seed(&[seed; 32]));
    let scope = Scope {
        genesis: System::block_hash(0).0,
        group: GROUP,
    };
    rekeyed.open(&scope, number, &secrets).unwrap()
}

/// The seed of the mock's sealing key at genesis.
const SEED: u8 = 77;

#[test]
fn house_should_be_rekeyed_before_the_first_batch() {
    on_unkeyed(|| {
        assert_ok!(open(&ALICE, 1, 10_000));
        ready();
        let batch = || proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit(&batch()), Error::<Test>::HouseNotKeyed);
        System::reset_events();
        let (first, house) = first();
        assert_ok!(rekey(&first));
        let state = Groups::<Test>::get(GROUP).unwrap();
        assert_eq!((state.house, state.house_rekeys), (to_bytes(&house.commitment()), 1));
        assert_eq!(
            events(),
            [Event::HouseRekeyed {
                group: GROUP,
                number: 0,
                batch_no: 0,
                key: HOUSE_KEY,
                house: state.house
            }]
        );
        assert_eq!(read(SEED, 0), Some(house));
        assert_ok!(submit(&batch()));
    });
}

#[test]
fn rekey_by_anybody_else_should_be_refused() {
    on_unkeyed(|| {
        let (first, _) = first();
        for who in [&ALICE, &ADMIN] {
            let call = Execution::rekey_house(signed(who), GROUP, Box::new(first.clone()));
            assert_eq!(call, Err(Error::<Test>::NotSubmitter.into()));
        }
        let root = Execution::rekey_house(RuntimeOrigin::root(), GROUP, Box::new(first.clone()));
        assert!(root.is_err());
        let other = Execution::rekey_house(signed(&SEQUENCER), OTHER, Box::new(first.clone()));
        assert_eq!(other, Err(Error::<Test>::UnknownGroup.into()));
        assert_eq!(Groups::<Test>::get(GROUP).unwrap().house_rekeys, 0);
    });
}

#[test]
fn compromised_seed_should_be_rotated() {
    on_genesis(|| {
        let (_, house) = first();
        let new = sealing_key_of(78);
        assert_ok!(Sequencers::set_seal_key(
            RuntimeOrigin::root(),
            GROUP,
            to_bytes(&new.x()),
            to_bytes(&new.y())
        ));
        let scene = Scene {
            sealing_key: new,
            ..Scene::new(GROUP, house)
        };
        let (second, house) = scene.proven(2);
        assert_ok!(rekey(&second));
        assert_eq!((read(SEED, 1), read(78, 1)), (None, Some(house)));
        assert!(read(SEED, 0).is_some() && read(78, 0).is_none());
        assert_eq!(Execution::house_rekeys(GROUP, 0, 9).len(), 2);
        assert_eq!(Execution::house_rekeys(GROUP, 1, 0), []);
        assert_eq!(Execution::house_rekeys(GROUP, 2, 9), []);
        assert_eq!(Execution::house_rekeys(OTHER, 0, 9), []);
    });
}

#[test]
fn seal_to_another_key_than_the_one_in_force_should_be_refused() {
    on_genesis(|| {
        let (_, house) = first();
        let scene = Scene::new(GROUP, house);
        // To a key of the submitter's own.
        let own = Scene {
            sealing_key: sealing_key_of(5),
            ..scene.clone()
        };
        assert_noop!(rekey(&own.proven(2).0), Error::<Test>::InvalidProof);
        // To the one that was in force when it was proven.
        let (late, _) = scene.proven(2);
        let new = sealing_key_of(78);
        let (x, y) = (to_bytes(&new.x()), to_bytes(&new.y()));
        assert_ok!(Sequencers::set_seal_key(RuntimeOrigin::root(), GROUP, x, y));
        assert_noop!(rekey(&late), Error::<Test>::InvalidProof);
        SealKeys::<Test>::remove(GROUP);
        assert_noop!(rekey(&late), Error::<Test>::SealKeyMissing);
        let old = sealing_key();
        SealKeys::<Test>::insert(GROUP, (to_bytes(&old.x()), to_bytes(&old.y())));
        assert_ok!(rekey(&late));
    });
}

#[test]
fn changed_house_should_be_refused() {
    on_genesis(|| {
        let (_, house) = first();
        let scene = Scene::new(GROUP, house);
        let (statement, witness) = scene.rekey(2);
        let proof = prove(statement, witness.clone());
        // The proof is good; what is submitted is another house.
        let changes: [fn(&mut House); 7] = [
            |h| h.insurance = Money(1),
            |h| h.fee_pool = Total(1),
            |h| h.positions[3] = Position(-1),
            |h| h.open_interest[3] = 1,
            |h| h.nonce += 1,
            |h| h.nonce -= 1,
            |h| h.key += Fr::one(),
        ];
        let good = scene.house.rekeyed(witness.new_key).unwrap();
        for change in changes {
            let mut after = good.clone();
            change(&mut after);
            let other = HouseRekeyStatement {
                new_house: after.commitment(),
                record: HouseRecord::encrypt(&after, statement.stream_salt()),
                ..statement
            };
            assert_noop!(rekey(&submission(&other, proof)), Error::<Test>::InvalidProof);
        }
        assert_ok!(rekey(&submission(&statement, proof)));
        // The commitment was another one before.
        assert_noop!(rekey(&submission(&statement, proof)), Error::<Test>::HouseChanged);
    });
}

#[test]
fn proof_of_another_house_group_or_chain_should_be_refused() {
    on_genesis(|| {
        let (_, house) = first();
        let state = Groups::<Test>::get(GROUP).unwrap();
        let scene = Scene::new(GROUP, house.clone());
        let changes: [fn(&mut Scene); 3] = [
            |scene| scene.group = OTHER,
            |scene| scene.genesis[0] ^= 1,
            |scene| scene.house.insurance = Money(5),
        ];
        for change in changes {
            let mut other = scene.clone();
            change(&mut other);
            let (mut submitted, _) = other.proven(2);
            submitted.old_house = state.house;
            assert_noop!(rekey(&submitted), Error::<Test>::InvalidProof);
        }
    });
}

#[test]
fn changed_seal_or_record_should_be_refused() {
    on_genesis(|| {
        let (_, house) = first();
        let (good, _) = Scene::new(GROUP, house).proven(2);
        let refused = |change: fn(&mut HouseRekey), error: Error<Test>| {
            let mut changed = good.clone();
            change(&mut changed);
            assert_noop!(rekey(&changed), error);
        };
        refused(|r| r.sealed_key[64] ^= 1, Error::InvalidProof);
        refused(|r| r.sealed_key[0] ^= 1, Error::InvalidProof);
        refused(|r| r.house_record[13][0] ^= 1, Error::InvalidProof);
        refused(|r| r.new_house[0] ^= 1, Error::InvalidProof);
        refused(|r| r.sealed_key[64..].fill(255), Error::NonCanonicalField);
        refused(|r| r.house_record[0] = [255; 32], Error::NonCanonicalField);
        refused(|r| r.new_house = [255; 32], Error::NonCanonicalField);
        refused(|r| r.proof = [0; 192], Error::ProofMalformedEncoding);
        refused(|r| r.key = 99, Error::UnknownKey);
        refused(|r| r.key = SEAL_KEY, Error::WrongStatement);
        refused(|r| r.key = BATCH_KEY, Error::WrongStatement);
        let key = BoundedVec::truncate_from(houses::key());
        let kind = StatementKind::HouseRekey;
        assert_ok!(Verifier::set_verifying_key(RuntimeOrigin::root(), 21, kind, false, key));
        refused(|r| r.key = 21, Error::KeyNotActive);
        System::set_block_number(11);
        let late = HouseRekey { key: 21, ..good };
        assert_ok!(rekey(&late));
    });
}

#[test]
fn batch_under_a_changed_house_key_should_be_refused() {
    on_open(|| {
        // The proof is of the house that the rules give; another one is put into the submission.
        let good = proven(batch(vec![unit(0), unit(0)]));
        let mut changed = good.clone();
        changed.new_house = to_bytes(&Fr::from(4));
        assert_noop!(submit(&changed), Error::<Test>::InvalidProof);
        let mut changed = good.clone();
        changed.house_record[0] = to_bytes(&Fr::from(4));
        assert_noop!(submit(&changed), Error::<Test>::InvalidProof);
        assert_ok!(submit(&good));
    });
}

#[test]
fn batch_that_was_proven_before_a_rekey_should_be_refused_after_it() {
    on_genesis(|| {
        assert_ok!(open(&ALICE, 1, 10_000));
        ready();
        let before = proven(batch(vec![unit(0), unit(0)]));
        let (_, house) = first();
        // Between two batches; here before the first.
        let (second, _) = Scene::new(GROUP, house).proven(2);
        assert_ok!(rekey(&second));
        assert_noop!(submit(&before), Error::<Test>::InvalidProof);
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        // And the other way round.
        assert_noop!(rekey(&second), Error::<Test>::HouseChanged);
    });
}

#[test]
fn disabled_group_should_be_rekeyed_too() {
    on_genesis(|| {
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        let (_, house) = first();
        assert_ok!(rekey(&Scene::new(GROUP, house).proven(2).0));
    });
}

#[test]
fn kept_rekeys_should_say_what_was_proven() {
    on_genesis(|| {
        let (submitted, _) = first();
        let kept = Execution::house_rekeys(GROUP, 0, 9).remove(0);
        let genesis = House::default().commitment();
        let statement = kept
            .statement(
                System::block_hash(0).0,
                cloister_types::GroupId(GROUP),
                &to_bytes(&genesis),
            )
            .unwrap();
        let (proven, _) = Scene::new(GROUP, House::default()).rekey(1);
        assert_eq!(statement, proven);
        assert_eq!(from_bytes(&submitted.old_house), Ok(genesis));
    });
}
