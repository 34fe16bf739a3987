//! One cheat per rule: the witness breaks exactly that rule, everything else of it being consistent, and the named
//! constraint must fail. Native code refuses each with the error of the rule.

use cloister_circuits::{statements::seal::PUBLIC_INPUT, Fr};
use cloister_crypto::{
    jubjub,
    schnorr::PublicKeyError,
    seal::{pad, SealKey},
    stream::{view_commitment, Scope},
};
use cloister_ledger::{Key, SealStatement, SealStatementError as Error};
use cloister_ledger_testing::Random;
use cloister_types::GroupId;

use crate::{
    common::{good_for_no_other, must_break, must_break_rule},
    support::{alias, coordinates, identity, order_eight, order_two, point, Scene},
};

const EPHEMERAL: [&str; 2] = [
    "V-EPHEMERAL/ephemeral point is of the scalar/x",
    "V-EPHEMERAL/ephemeral point is of the scalar/y",
];
const NOT_IDENTITY: &str = "not the identity/x is not zero";
const CIPHERTEXT: &str = "V-CIPHERTEXT/ciphertext holds the key";
const COMMITMENT: &str = "V-COMMITMENT/commitment is of the view key";

/// Native code refuses the seal with the error, the circuit with exactly these constraints.
fn refused(scene: &Scene, error: Error, constraints: &[&str]) {
    assert_eq!(scene.statement.check(&scene.witness), Err(error));
    must_break(&scene.system(), constraints);
}

#[test]
fn ciphertext_of_another_view_key_should_break_v_ciphertext() {
    let mut scene = Scene::new();
    scene.statement.ciphertext += Fr::one();
    refused(&scene, Error::Ciphertext, &[CIPHERTEXT]);
    let mut scene = Scene::new();
    scene.statement.ciphertext = Scene::random(&mut Random::new(2)).statement.ciphertext;
    refused(&scene, Error::Ciphertext, &[CIPHERTEXT]);
}

#[test]
fn commitment_to_another_view_key_should_break_v_commitment() {
    let mut scene = Scene::new();
    scene.statement.view_commitment += Fr::one();
    refused(&scene, Error::Commitment, &[COMMITMENT]);
}

#[test]
fn commitment_of_another_group_or_chain_should_break_v_commitment() {
    type Change = fn(&mut Scope);
    let changes: [Change; 3] = [|s| s.genesis[0] ^= 1, |s| s.genesis[31] ^= 1, |s| s.group ^= 1];
    for change in changes {
        let mut scene = Scene::new();
        let mut scope = scene.statement.scope();
        change(&mut scope);
        scene.statement.view_commitment = view_commitment(&scope, scene.witness.view_key);
        refused(&scene, Error::Commitment, &[COMMITMENT]);
        // A seal that is carried over to another group or chain, whatever its proof.
        let mut scene = Scene::new();
        (scene.statement.genesis, scene.statement.group) = (scope.genesis, GroupId(scope.group));
        refused(&scene, Error::Commitment, &[COMMITMENT]);
    }
}

#[test]
fn sealing_one_view_key_and_committing_to_another_should_break_one_rule_or_the_other() {
    let mut scene = Scene::new();
    let commitment = scene.statement.view_commitment;
    scene.witness.view_key += Fr::one();
    scene.seal();
    scene.statement.view_commitment = commitment;
    refused(&scene, Error::Commitment, &[COMMITMENT]);
    scene.witness.view_key -= Fr::one();
    refused(&scene, Error::Ciphertext, &[CIPHERTEXT]);
}

#[test]
fn sealing_to_a_key_of_ones_own_should_break_v_ciphertext() {
    let mut scene = Scene::new();
    let ours = scene.statement.sealing_key;
    scene.statement.sealing_key = Scene::random(&mut Random::new(2)).statement.sealing_key;
    scene.seal();
    scene.statement.sealing_key = ours;
    refused(&scene, Error::Ciphertext, &[CIPHERTEXT]);
}

#[test]
fn pad_with_the_points_swapped_should_break_v_ciphertext() {
    let mut scene = Scene::new();
    let (shared, ephemeral) = (scene.shared(), point(&scene.statement.ephemeral));
    scene.statement.ciphertext = scene.witness.view_key + pad(ephemeral.into(), shared.into());
    refused(&scene, Error::Ciphertext, &[CIPHERTEXT]);
}

#[test]
fn publishing_the_shared_point_should_break_v_ephemeral() {
    let mut scene = Scene::new();
    scene.statement.ephemeral = coordinates(scene.shared());
    refused(&scene, Error::Ephemeral, &EPHEMERAL);
}

#[test]
fn ephemeral_point_of_another_scalar_or_with_a_small_component_should_break_v_ephemeral() {
    let mut scene = Scene::new();
    scene.statement.ephemeral = Scene::random(&mut Random::new(2)).statement.ephemeral;
    refused(&scene, Error::Ephemeral, &EPHEMERAL);
    // Adding the point of order two changes both signs.
    let mut scene = Scene::new();
    scene.statement.ephemeral = coordinates(point(&scene.statement.ephemeral) + order_two());
    refused(&scene, Error::Ephemeral, &EPHEMERAL);
    let mut scene = Scene::new();
    scene.statement.ephemeral.x = -scene.statement.ephemeral.x;
    refused(&scene, Error::Ephemeral, &EPHEMERAL[..1]);
}

#[test]
fn zero_scalar_should_break_v_ephemeral() {
    let scene = Scene::new().with_scalar(jubjub::Fr::zero());
    assert_eq!(scene.statement.ephemeral, identity());
    let constraint = format!("V-EPHEMERAL/{NOT_IDENTITY}");
    refused(&scene, Error::IdentityEphemeral, &[&constraint]);
}

#[test]
fn small_and_large_scalars_should_hold() {
    // A guessable scalar gives away the view key. Nobody can tell it from a random one, and it is its owner's loss
    // alone.
    for scalar in [jubjub::Fr::one(), jubjub::Fr::from(2), -jubjub::Fr::one()] {
        let scene = Scene::new().with_scalar(scalar);
        assert_eq!(scene.statement.check(&scene.witness), Ok(()));
        must_break(&scene.system(), &[]);
    }
}

#[test]
fn scalar_with_the_order_added_should_break_v_scalar() {
    for scalar in [1u64, 2, 77, u64::MAX] {
        let mut scene = Scene::new().with_scalar(jubjub::Fr::from(scalar));
        scene.witness.scalar = alias(&scene.witness.scalar);
        assert_eq!(scene.statement.check(&scene.witness), Err(Error::NonCanonicalScalar));
        let system = scene.system();
        let failing = system.all_unsatisfied();
        must_break_rule(&system, &failing[0]);
        assert!(failing[0].starts_with("V-SCALAR/canonical/places "), "{failing:?}");
    }
    // The order itself is zero's alias; it is caught as zero too.
    let mut scene = Scene::new().with_scalar(jubjub::Fr::zero());
    scene.witness.scalar = alias(&[0; 32]);
    assert_eq!(scene.statement.check(&scene.witness), Err(Error::NonCanonicalScalar));
    let failing = scene.system().all_unsatisfied();
    assert!(failing.iter().any(|name| name.starts_with("V-SCALAR/")), "{failing:?}");
    assert!(failing.contains(&format!("V-EPHEMERAL/{NOT_IDENTITY}")), "{failing:?}");
}

#[test]
fn bits_of_another_scalar_should_break_v_ephemeral() {
    let scene = Scene::new();
    let mut system = scene.system();
    let old = system.set("V-SCALAR/e/bit 3/bit 3", Fr::from(2));
    assert_eq!(old, None, "bits have no namespace of their own");
    let bit = system.set("V-SCALAR/e/bit 3", Fr::from(2)).unwrap();
    assert!(system.all_unsatisfied().contains(&"V-SCALAR/e/bit 3".into()));
    system.set("V-SCALAR/e/bit 3", Fr::one() - bit).unwrap();
    let failing = system.all_unsatisfied();
    assert!(
        failing.iter().all(|name| !name.starts_with("V-SCALAR/e/")),
        "{failing:?}"
    );
    assert!(!failing.is_empty());
}

#[test]
fn trading_key_outside_the_subgroup_should_break_v_key() {
    let name = |coordinate| format!("V-KEY/eight times the preimage/{coordinate}");
    // A component of order two: both signs change.
    let mut scene = Scene::new();
    scene.statement.key = coordinates(point(&scene.statement.key) + order_two());
    refused(&scene, Error::Key, &[&name("x"), &name("y")]);
    // A key of order eight has no preimage under which it is eight times a point.
    let mut scene = Scene::new();
    scene.statement.key = coordinates(order_eight());
    refused(&scene, Error::Key, &[&name("x"), &name("y")]);
}

#[test]
fn identity_as_trading_key_should_break_v_key() {
    for preimage in [identity(), coordinates(order_two()), coordinates(order_eight())] {
        let mut scene = Scene::new();
        scene.statement.key = identity();
        scene.witness.preimage = preimage;
        refused(&scene, Error::Key, &[&format!("V-KEY/{NOT_IDENTITY}")]);
    }
}

#[test]
fn preimage_off_the_curve_should_break_v_key() {
    let mut scene = Scene::new();
    scene.witness.preimage.y += Fr::one();
    assert_eq!(scene.statement.check(&scene.witness), Err(Error::Key));
    must_break_rule(&scene.system(), "V-KEY/preimage on the curve/curve equation");
    // Where all doublings are consistent with a point off the curve, only the curve equation is in the way.
    let mut scene = Scene::new();
    scene.witness.preimage = Key::default();
    scene.statement.key = Key::default();
    refused(
        &scene,
        Error::Key,
        &[
            "V-KEY/preimage on the curve/curve equation",
            &format!("V-KEY/{NOT_IDENTITY}"),
        ],
    );
}

#[test]
fn sealing_key_outside_the_subgroup_should_break_v_sealing_key() {
    let eight = |coordinate| format!("V-SEALING-KEY/eight times the preimage/{coordinate}");
    // What the chain's own check stops when the key is set.
    let mut scene = Scene::new();
    scene.statement.sealing_key = coordinates(point(&scene.statement.sealing_key) + order_two());
    scene.seal();
    // The pad is made of `e·Q` either way, whose small component depends on the parity of e.
    let error = Error::SealingKey(PublicKeyError::NotPrimeOrder);
    refused(&scene, error, &[&eight("x"), &eight("y")]);

    let mut scene = Scene::new();
    scene.statement.sealing_key = identity();
    scene.seal();
    let name = format!("V-SEALING-KEY/{NOT_IDENTITY}");
    refused(&scene, Error::SealingKey(PublicKeyError::Identity), &[&name]);

    let mut scene = Scene::new();
    scene.statement.sealing_key.y += Fr::one();
    let error = Error::SealingKey(PublicKeyError::NotOnCurve);
    assert_eq!(scene.statement.check(&scene.witness), Err(error));
    let failing = scene.system().all_unsatisfied();
    assert!(failing.contains(&eight("y")), "{failing:?}");
}

#[test]
fn seal_to_a_key_with_a_small_component_would_be_garbage() {
    // Why V-SEALING-KEY is asked: the trader's `e·(Q + T)` is not the sequencers' `z·(e·G)`.
    let secret = SealKey::from_seed(&[3; 32]);
    let public = secret.public().unwrap();
    let honest = Key {
        x: public.x(),
        y: public.y(),
    };
    let mut scene = Scene::new();
    scene.statement.sealing_key = coordinates(point(&honest) + order_eight());
    scene.witness.scalar = jubjub::Fr::from(3).to_bytes();
    scene.seal();
    assert_ne!(secret.open(&scene.statement.sealed()), Ok(scene.witness.view_key));
    scene.statement.sealing_key = honest;
    scene.seal();
    assert_eq!(secret.open(&scene.statement.sealed()), Ok(scene.witness.view_key));
}

#[test]
fn proof_should_be_good_for_no_other_statement() {
    type Change = fn(&mut SealStatement);
    let changes: [Change; 13] = [
        |s| s.genesis[0] ^= 1,
        |s| s.genesis[31] ^= 1,
        |s| s.group.0 += 1,
        |s| s.owner[15] ^= 1,
        |s| s.owner[16] ^= 1,
        |s| s.sealing_key.x += Fr::one(),
        |s| s.sealing_key.y += Fr::one(),
        |s| s.ephemeral.x += Fr::one(),
        |s| s.ephemeral.y += Fr::one(),
        |s| s.ciphertext += Fr::one(),
        |s| s.key.x += Fr::one(),
        |s| s.key.y += Fr::one(),
        |s| s.view_commitment += Fr::one(),
    ];
    let scene = Scene::new();
    good_for_no_other(
        scene.system(),
        scene.statement,
        SealStatement::hash,
        &changes,
        PUBLIC_INPUT,
    );
}
