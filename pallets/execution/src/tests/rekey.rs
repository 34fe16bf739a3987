//! Re-keys of accounts: what the queue takes, with which seal, and what their records show (C-QUEUE, C-SEAL).

use crate::{
    mock::{
        seals::{keys_of, sealing_key_of, Scene},
        *,
    },
    Error, Event, Groups, KeyId, OpenKeys, PendingItems, SealProof, Totals, UnitSubmission,
};
use cloister_crypto::{field::to_bytes, Fr};
use cloister_ledger::{KeyRecord, RecordKind};
use pallet_cloister_sequencers::SealKeys;
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok},
    sp_runtime::DispatchResult,
};

fn asking(index: u32) -> UnitSubmission {
    UnitSubmission {
        request: true,
        ..unit(index)
    }
}

/// Alice re-keys her account with keys and a proof.
fn alice(keys: &OpenKeys, proof: [u8; 192]) -> DispatchResult {
    under(SEAL_KEY, keys, proof)
}

fn under(key: KeyId, keys: &OpenKeys, proof: [u8; 192]) -> DispatchResult {
    let seal = Box::new(SealProof { key, proof });
    Execution::rekey(signed(&ALICE), GROUP, keys.clone(), seal)
}

/// Alice re-keys her account to the keys of a seed.
fn rekey(seed: u8) -> DispatchResult {
    let (keys, proof) = seals::proven(GROUP, &ALICE, seed);
    alice(&keys, proof)
}

/// What a record shows of keys.
fn shown(keys: &OpenKeys) -> KeyRecord {
    let fr = |bytes| Option::<Fr>::from(Fr::from_bytes(bytes)).unwrap();
    KeyRecord {
        x: fr(&keys.pk_x),
        y: fr(&keys.pk_y),
        view_commitment: fr(&keys.view_commitment),
    }
}

#[test]
fn rekey_should_be_taken_by_a_unit_that_shows_its_keys() {
    on_open(|| {
        assert_ok!(rekey(5));
        let queued = Event::RekeyQueued {
            group: GROUP,
            index: 0,
            owner: ALICE,
            item: 1,
        };
        assert_eq!(events(), [queued]);
        ready();
        System::reset_events();
        let taken = batch(vec![unit(0), asking(0)]);
        let keys = shown(&seals::keys(GROUP, &ALICE, 5));
        let kinds: Vec<_> = statement(&taken).units.into_iter().map(|unit| unit.kind).collect();
        assert_eq!(kinds, [RecordKind::Update, RecordKind::Rekey(keys)]);
        assert_ok!(submit(&proven(taken)));
        let rekeyed = Event::AccountRekeyed {
            group: GROUP,
            index: 0,
            owner: ALICE,
        };
        assert!(events().contains(&rekeyed), "{:?}", events());
        // The account is the same one, and may be re-keyed again.
        assert_eq!(Execution::index_of(GROUP, &ALICE), Some(0));
        assert!(!PendingItems::<Test>::contains_key(GROUP, 0));
        let again = batch(vec![asking(0), unit(0)]);
        assert_noop!(submit(&proven(again)), Error::<Test>::NoRequest);
        assert_ok!(rekey(6));
    });
}

#[test]
fn record_of_other_keys_should_be_refused() {
    on_open(|| {
        assert_ok!(rekey(5));
        ready();
        let mut batch = batch(vec![asking(0), unit(0)]);
        let good = statement(&batch);
        let (asked, other) = (
            shown(&seals::keys(GROUP, &ALICE, 5)),
            shown(&seals::keys(GROUP, &ALICE, 6)),
        );
        // Other keys, either part of them, the keys as those of an open, and none at all.
        for kind in [
            RecordKind::Rekey(other),
            RecordKind::Rekey(KeyRecord {
                view_commitment: other.view_commitment,
                ..asked
            }),
            RecordKind::Rekey(KeyRecord {
                view_commitment: asked.view_commitment,
                ..other
            }),
            RecordKind::Open(asked),
            RecordKind::Update,
        ] {
            let mut wrong = good.clone();
            wrong.units[0].kind = kind;
            batch.proof = prover::prove(wrong.hash());
            assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        }
        batch.proof = prover::prove(good.hash());
        assert_ok!(submit(&batch));
    });
}

#[test]
fn rekey_that_nobody_asked_for_should_be_refused() {
    on_open(|| {
        let mut batch = batch(vec![unit(0), unit(0)]);
        let mut stolen = statement(&batch);
        stolen.units[0].kind = RecordKind::Rekey(shown(&seals::keys(GROUP, &ALICE, 6)));
        batch.proof = prover::prove(stolen.hash());
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        batch.units[0].request = true;
        assert_noop!(submit(&batch), Error::<Test>::NoRequest);
    });
}

#[test]
fn rekey_with_a_bad_seal_should_be_refused() {
    on_open(|| {
        let (keys, proof) = seals::proven(GROUP, &ALICE, 5);
        let (other, proof_of_other) = seals::proven(GROUP, &ALICE, 6);
        let of_bob = seals::proven(GROUP, &BOB, 5).1;
        let of_another_group = seals::proven(OTHER, &ALICE, 5).1;
        for wrong in [proof_of_other, of_bob, of_another_group] {
            assert_noop!(alice(&keys, wrong), Error::<Test>::InvalidSealProof);
        }
        let mixed = OpenKeys {
            sealed_view_key: other.sealed_view_key,
            ..keys.clone()
        };
        assert_noop!(alice(&mixed, proof), Error::<Test>::InvalidSealProof);
        let huge = OpenKeys {
            view_commitment: [0xff; 32],
            ..keys.clone()
        };
        assert_noop!(alice(&huge, proof), Error::<Test>::NonCanonicalField);
        let off_the_curve = OpenKeys {
            pk_x: keys.pk_y,
            ..keys.clone()
        };
        assert_noop!(alice(&off_the_curve, proof), Error::<Test>::InvalidPublicKey);
        assert_noop!(alice(&keys, [0xff; 192]), Error::<Test>::ProofMalformedEncoding);
        assert_noop!(under(9, &keys, proof), Error::<Test>::UnknownKey);
        assert_noop!(under(BATCH_KEY, &keys, proof), Error::<Test>::WrongStatement);
        assert_ok!(alice(&keys, proof));
    });
}

#[test]
fn rekey_should_be_sealed_to_the_key_in_force_and_outlive_it() {
    on_open(|| {
        let next = sealing_key_of(78);
        let (keys, proof) = seals::proven(GROUP, &ALICE, 5);
        let set = || Sequencers::set_seal_key(RuntimeOrigin::root(), GROUP, to_bytes(&next.x()), to_bytes(&next.y()));
        assert_ok!(set());
        assert_noop!(alice(&keys, proof), Error::<Test>::InvalidSealProof);
        let mut scene = Scene::new(GROUP, &ALICE);
        scene.sealing_key = next;
        assert_ok!(alice(&keys_of(&scene.seal(5).0), scene.proof(5)));
        SealKeys::<Test>::remove(GROUP);
        ready();
        assert_ok!(submit(&proven(batch(vec![asking(0), unit(0)]))));
        assert_noop!(alice(&keys, proof), Error::<Test>::SealKeyMissing);
    });
}

#[test]
fn rekeys_that_cannot_be_queued_should_be_refused() {
    on_open(|| {
        let (keys, proof) = seals::proven(GROUP, &BOB, 5);
        let seal = || Box::new(SealProof { key: SEAL_KEY, proof });
        let bob = |group| Execution::rekey(signed(&BOB), group, keys.clone(), seal());
        assert_noop!(bob(GROUP), Error::<Test>::NoAccount);
        assert_noop!(bob(GROUP + 1), Error::<Test>::UnknownGroup);
        assert_ok!(rekey(5));
        assert_noop!(rekey(6), Error::<Test>::RequestWaits);
        assert_noop!(Execution::close(signed(&ALICE), GROUP), Error::<Test>::RequestWaits);
        assert_noop!(
            Execution::force_withdrawal(signed(&ALICE), GROUP, 5),
            Error::<Test>::RequestWaits
        );
        Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().enabled = false);
        // Nobody's way out waits for the group to be enabled.
        assert_noop!(rekey(6), Error::<Test>::RequestWaits);
        crate::Frozen::<Test>::insert(GROUP, 1);
        assert_noop!(rekey(6), Error::<Test>::GroupFrozen);
        crate::Frozen::<Test>::remove(GROUP);
    });
    on_open(|| {
        for _ in 0..3 {
            assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 100));
        }
        // One place is kept for it.
        assert_ok!(rekey(5));
    });
}

#[test]
fn rekey_should_take_the_deposits_that_are_ready_and_not_be_asked_before_the_open_is_taken() {
    on_genesis(|| {
        assert_ok!(open(&ALICE, 1, 1_000));
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        assert_noop!(rekey(5), Error::<Test>::UnknownAccount);
        // Another request waits behind the open.
        assert_ok!(Execution::switch(signed(&ALICE), GROUP, Default::default()));
        ready();
        let early = batch(vec![asking(0), unit(0)]);
        assert_noop!(submit(&proven(early)), Error::<Test>::NoRequest);
        assert_ok!(submit(&proven(batch(vec![unit(0), asking(0)]))));
        assert_eq!(Totals::<Test>::get(GROUP).settled, 1_500);
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 600));
        assert_ok!(rekey(6));
        ready();
        let taken = batch(vec![asking(0), unit(0)]);
        let deposits: Vec<u64> = statement(&taken).units.iter().map(|u| u.deposit.get()).collect();
        assert_eq!(deposits, [600, 0]);
        assert_ok!(submit(&proven(taken)));
    });
}

#[test]
fn overdue_rekey_should_claim_a_unit() {
    on_open(|| {
        assert_ok!(rekey(5));
        pass_with_table(DEADLINE);
        let without = batch(vec![unit(0), unit(0)]);
        assert_noop!(submit(&proven(without)), Error::<Test>::QueueItemOverdue);
        assert_ok!(submit(&proven(batch(vec![unit(0), asking(0)]))));
    });
}
