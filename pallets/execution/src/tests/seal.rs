//! Seals of opens: a good one is accepted; a proof of anything else is refused with its error, and nothing changes.

use crate::{
    mock::{
        seals::{keys_of, sealing_key_of, Scene},
        *,
    },
    weights::WeightInfo,
    Error, KeyId, OpenKeys,
};
use cloister_crypto::field::to_bytes;
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    sp_runtime::DispatchResult,
};

/// Alice opens with keys and a proof.
fn alice(keys: &OpenKeys, proof: [u8; 192]) -> DispatchResult {
    open_with(GROUP, &ALICE, keys.clone(), proof, 1_000)
}

/// Alice's good keys, and the proof that another scene's seal of the same keys has.
fn with_proof_of(change: impl FnOnce(&mut Scene)) -> (OpenKeys, [u8; 192]) {
    let mut scene = Scene::new(GROUP, &ALICE);
    change(&mut scene);
    (seals::proven(GROUP, &ALICE, 1).0, scene.proof(1))
}

fn set_key(id: KeyId, key: Vec<u8>) -> DispatchResult {
    let key = BoundedVec::truncate_from(key);
    Verifier::set_verifying_key(RuntimeOrigin::root(), id, StatementKind::Seal, false, key)
}

#[test]
fn open_with_a_good_seal_should_be_queued() {
    on_genesis(|| {
        let (keys, proof) = seals::proven(GROUP, &ALICE, 1);
        assert_ok!(alice(&keys, proof));
        assert_eq!(Execution::index_of(GROUP, &ALICE), Some(0));
    });
}

#[test]
fn seal_of_another_owner_should_be_refused() {
    on_genesis(|| {
        let (keys, proof) = with_proof_of(|scene| scene.owner = BOB);
        assert_noop!(alice(&keys, proof), Error::<Test>::InvalidSealProof);
        // Bob's own it is.
        assert_ok!(open_with(GROUP, &BOB, keys, proof, 1_000));
    });
}

#[test]
fn seal_of_another_group_should_be_refused() {
    on_genesis(|| {
        let (keys, proof) = with_proof_of(|scene| scene.group = OTHER);
        assert_noop!(alice(&keys, proof), Error::<Test>::InvalidSealProof);
    });
}

#[test]
fn seal_of_another_chain_should_be_refused() {
    on_genesis(|| {
        let (keys, proof) = with_proof_of(|scene| scene.genesis[7] ^= 1);
        assert_noop!(alice(&keys, proof), Error::<Test>::InvalidSealProof);
    });
}

#[test]
fn seal_to_a_key_that_was_replaced_should_be_refused() {
    on_genesis(|| {
        let (keys, proof) = seals::proven(GROUP, &ALICE, 1);
        let next = sealing_key_of(78);
        assert_ok!(Sequencers::set_seal_key(
            RuntimeOrigin::root(),
            GROUP,
            to_bytes(&next.x()),
            to_bytes(&next.y())
        ));
        assert_noop!(alice(&keys, proof), Error::<Test>::InvalidSealProof);
        let mut scene = Scene::new(GROUP, &ALICE);
        scene.sealing_key = next;
        assert_ok!(alice(&keys_of(&scene.seal(1).0), scene.proof(1)));
    });
}

#[test]
fn open_that_is_queued_should_outlive_its_sealing_key() {
    on_genesis(|| {
        assert_ok!(open(&ALICE, 1, 1_000));
        let next = sealing_key_of(78);
        assert_ok!(Sequencers::set_seal_key(
            RuntimeOrigin::root(),
            GROUP,
            to_bytes(&next.x()),
            to_bytes(&next.y())
        ));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
    });
}

#[test]
fn seal_of_other_contents_should_be_refused() {
    on_genesis(|| {
        let (good, proof) = seals::proven(GROUP, &ALICE, 1);
        let other = seals::proven(GROUP, &ALICE, 2).0;
        let flipped = |at: usize| {
            let mut sealed = good.sealed_view_key;
            sealed[at] ^= 1;
            sealed
        };
        let cases = [
            OpenKeys {
                view_commitment: other.view_commitment,
                ..good.clone()
            },
            // The same view key's in another group.
            OpenKeys {
                view_commitment: seals::proven(OTHER, &ALICE, 1).0.view_commitment,
                ..good.clone()
            },
            OpenKeys {
                pk_x: other.pk_x,
                pk_y: other.pk_y,
                ..good.clone()
            },
            OpenKeys {
                sealed_view_key: other.sealed_view_key,
                ..good.clone()
            },
            // The ephemeral point, first and second coordinate, and the ciphertext.
            OpenKeys {
                sealed_view_key: flipped(0),
                ..good.clone()
            },
            OpenKeys {
                sealed_view_key: flipped(32),
                ..good.clone()
            },
            OpenKeys {
                sealed_view_key: flipped(64),
                ..good.clone()
            },
            other,
        ];
        for keys in cases {
            assert_noop!(alice(&keys, proof), Error::<Test>::InvalidSealProof);
        }
    });
}

#[test]
fn proof_of_another_statement_should_be_refused() {
    on_genesis(|| {
        let (keys, _) = seals::proven(GROUP, &ALICE, 1);
        // Under the key of batches, of the very number that the seal's statement hashes to.
        let statement = Scene::new(GROUP, &ALICE).seal(1).0;
        assert_noop!(
            alice(&keys, prover::prove(statement.hash())),
            Error::<Test>::InvalidSealProof
        );
        // Under the right key, of other keys.
        assert_noop!(
            alice(&keys, seals::proven(GROUP, &ALICE, 2).1),
            Error::<Test>::InvalidSealProof
        );
    });
}

#[test]
fn seal_with_a_malformed_proof_should_be_refused() {
    on_genesis(|| {
        let (keys, proof) = seals::proven(GROUP, &ALICE, 1);
        let changed = |change: &dyn Fn(&mut [u8; 192])| {
            let mut proof = proof;
            change(&mut proof);
            alice(&keys, proof)
        };
        assert_noop!(changed(&|p| p[0] ^= 0x20), Error::<Test>::InvalidSealProof);
        assert_noop!(changed(&|p| p[0] &= 0x7f), Error::<Test>::ProofMalformedEncoding);
        assert_noop!(changed(&|p| p.fill(0xff)), Error::<Test>::ProofMalformedEncoding);
        let infinity = |p: &mut [u8; 192]| {
            p[..48].fill(0);
            p[0] = 0xc0;
        };
        assert_noop!(changed(&infinity), Error::<Test>::ProofPointAtInfinity);
        // Some last byte makes the first point one off the curve, some other one of the curve and outside the subgroup.
        for wanted in [Error::<Test>::ProofNotOnCurve, Error::ProofNotInSubgroup] {
            let refused = Err(wanted.into());
            let found = (0..=u8::MAX).any(|byte| changed(&|p| p[47] = byte) == refused);
            assert!(found, "no byte gives it");
        }
        assert_ok!(alice(&keys, proof));
    });
}

#[test]
fn open_under_an_unknown_key_should_be_refused() {
    on_genesis(|| {
        let (keys, proof) = seals::proven(GROUP, &ALICE, 1);
        let open = |key| open_under(key, GROUP, &ALICE, keys.clone(), proof, 1_000);
        assert_noop!(open(9), Error::<Test>::UnknownKey);
        assert_noop!(open(BATCH_KEY), Error::<Test>::WrongStatement);
        assert_ok!(Verifier::remove_verifying_key(RuntimeOrigin::root(), SEAL_KEY));
        assert_noop!(open(SEAL_KEY), Error::<Test>::UnknownKey);
    });
}

#[test]
fn seal_under_a_key_of_other_parameters_should_be_refused() {
    on_genesis(|| {
        let (keys, proof) = seals::proven(GROUP, &ALICE, 1);
        assert_ok!(set_key(8, prover::other_key()));
        System::set_block_number(11);
        let open = |key| open_under(key, GROUP, &ALICE, keys.clone(), proof, 1_000);
        assert_noop!(open(8), Error::<Test>::InvalidSealProof);
        assert_ok!(open(SEAL_KEY));
    });
}

#[test]
fn key_of_seals_should_be_good_after_the_delay_only() {
    on_genesis(|| {
        let (keys, proof) = seals::proven(GROUP, &ALICE, 1);
        assert_ok!(set_key(8, seals::key()));
        let open = || open_under(8, GROUP, &ALICE, keys.clone(), proof, 1_000);
        System::set_block_number(10);
        assert_noop!(open(), Error::<Test>::KeyNotActive);
        System::set_block_number(11);
        assert_ok!(open());
    });
}

#[test]
fn two_keys_of_seals_should_be_good_side_by_side() {
    // A rotation: an open that was made for the old key is still good while the new one is in use.
    on_genesis(|| {
        assert_ok!(set_key(8, seals::key()));
        System::set_block_number(11);
        let (keys, proof) = seals::proven(GROUP, &ALICE, 1);
        assert_ok!(open_under(8, GROUP, &ALICE, keys, proof, 1_000));
        let (keys, proof) = seals::proven(GROUP, &BOB, 2);
        assert_ok!(open_under(SEAL_KEY, GROUP, &BOB, keys, proof, 1_000));
        // The rotation ends with the removal of the old key; what is queued stays good.
        assert_ok!(Verifier::remove_verifying_key(RuntimeOrigin::root(), SEAL_KEY));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(1)]))));
    });
}

#[test]
fn weight_of_an_open_should_hold_a_verification() {
    let verification = <Test as crate::Config>::WeightInfo::verify_one().ref_time();
    let weight = <Test as crate::Config>::WeightInfo::open().ref_time();
    assert!(verification > 0);
    assert!(weight - <Test as crate::Config>::WeightInfo::deposit().ref_time() >= verification);
}
