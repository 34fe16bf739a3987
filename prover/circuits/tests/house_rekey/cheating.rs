//! One cheat per rule: the witness breaks exactly that rule, everything else of it being consistent, and the named
//! constraint must fail. Native code refuses each with the error of the rule.

use cloister_circuits::{statements::house_rekey::PUBLIC_INPUT, Fr};
use cloister_crypto::{jubjub, schnorr::PublicKeyError};
use cloister_ledger::{
    House, HouseRecord, HouseRekeyError as Error, HouseRekeyStatement, SealStatementError as SealError,
};
use cloister_ledger_testing::{Random, SCOPE};
use cloister_types::{Money, Position, Total};

use crate::{
    common::{good_for_no_other, must_break, must_break_rule},
    support::{coordinates, order_two, point, Scene},
};

const OPENS: &str = "H-OPENS/old commitment is the house's";
const CONTENTS: &str = "H-CONTENTS/new commitment is of the same contents";
const CIPHERTEXT: &str = "H-SEAL/V-CIPHERTEXT/ciphertext holds the key";

/// Native code refuses the re-key with the error, the circuit with exactly these constraints.
fn refused(scene: &Scene, error: Error, constraints: &[&str]) {
    assert_eq!(scene.statement.check(&scene.witness), Err(error));
    must_break(&scene.system(), constraints);
}

/// Names of the constraints of the record's elements.
fn elements(which: impl IntoIterator<Item = usize>) -> Vec<String> {
    let name = |i| format!("H-RECORD/element {i} is the house's");
    which.into_iter().map(name).collect()
}

fn names(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

#[test]
fn house_that_is_not_the_chains_should_break_h_opens() {
    let mut scene = Scene::new();
    scene.witness.house.insurance = Money(0);
    scene.seal();
    refused(&scene, Error::OldHouse, &[OPENS]);
    // Not even the key that blinds it can be another one.
    let mut scene = Scene::new();
    scene.witness.house.key += Fr::one();
    refused(&scene, Error::OldHouse, &[OPENS]);
}

/// Commitment and record are both made of the changed house, so that the commitment alone is in the way; the record's
/// elements named differ from the unchanged ones.
fn changed(change: fn(&mut House), recorded: impl IntoIterator<Item = usize>) {
    let mut scene = Scene::new();
    let mut after = scene.after();
    change(&mut after);
    scene.state(&after);
    let elements = elements(recorded);
    refused(&scene, Error::NewHouse, &[&[CONTENTS], &names(&elements)[..]].concat());
    // With the record of the house as it was.
    scene.statement.record = HouseRecord::encrypt(&scene.after(), scene.statement.stream_salt());
    refused(&scene, Error::NewHouse, &[CONTENTS]);
}

#[test]
fn changed_insurance_should_break_h_contents() {
    changed(|h| h.insurance = Money(h.insurance.get() + 1), [0]);
}

#[test]
fn changed_fee_pool_should_break_h_contents() {
    changed(|h| h.fee_pool = Total(h.fee_pool.get() ^ 1), [0]);
}

#[test]
fn changed_positions_should_break_h_contents() {
    changed(|h| h.positions[0] = Position(h.positions[0].get() ^ 1), [1]);
    changed(|h| h.positions[31] = Position(h.positions[31].get() ^ 1), [6]);
}

#[test]
fn changed_open_interest_should_break_h_contents() {
    changed(|h| h.open_interest[0] ^= 1, [7]);
    changed(|h| h.open_interest[31] ^= 1, [13]);
}

#[test]
fn wrong_nonce_should_break_h_contents() {
    // The pads depend on it, so the record of such a house is another one throughout.
    changed(|h| h.nonce -= 1, 0..14);
    changed(|h| h.nonce += 1, 0..14);
}

#[test]
fn key_that_is_not_the_sealed_one_should_break_h_contents_or_v_ciphertext() {
    // Committed is another key than sealed.
    changed(|h| h.key += Fr::one(), 0..14);
    // Sealed is another key than committed.
    let mut scene = Scene::new();
    scene.statement.ciphertext += Fr::one();
    refused(&scene, Error::Seal(SealError::Ciphertext), &[CIPHERTEXT]);
    // What is proven is the committed key, and the seal holds another.
    let mut scene = Scene::new();
    let ciphertext = scene.statement.ciphertext;
    scene.witness.new_key += Fr::one();
    scene.seal();
    scene.statement.ciphertext = ciphertext;
    refused(&scene, Error::Seal(SealError::Ciphertext), &[CIPHERTEXT]);
}

#[test]
fn sealing_to_a_key_of_ones_own_should_break_v_ciphertext() {
    let mut scene = Scene::new();
    let ours = scene.statement.sealing_key;
    scene.statement.sealing_key = Scene::random(&mut Random::new(2)).statement.sealing_key;
    scene.seal();
    scene.statement.sealing_key = ours;
    refused(&scene, Error::Seal(SealError::Ciphertext), &[CIPHERTEXT]);
}

#[test]
fn sealing_key_outside_the_subgroup_should_break_v_sealing_key() {
    let mut scene = Scene::new();
    scene.statement.sealing_key = coordinates(point(&scene.statement.sealing_key) + order_two());
    scene.seal();
    let name = |coordinate| format!("H-SEAL/V-SEALING-KEY/eight times the preimage/{coordinate}");
    let error = Error::Seal(SealError::SealingKey(PublicKeyError::NotPrimeOrder));
    refused(&scene, error, &[&name("x"), &name("y")]);
}

#[test]
fn ephemeral_point_of_another_scalar_should_break_v_ephemeral() {
    let mut scene = Scene::new();
    scene.statement.ephemeral = Scene::random(&mut Random::new(2)).statement.ephemeral;
    // The record's salt is the ephemeral point's.
    scene.state(&scene.after());
    refused(
        &scene,
        Error::Seal(SealError::Ephemeral),
        &[
            "H-SEAL/V-EPHEMERAL/ephemeral point is of the scalar/x",
            "H-SEAL/V-EPHEMERAL/ephemeral point is of the scalar/y",
        ],
    );
}

#[test]
fn zero_scalar_should_break_v_ephemeral() {
    // Its pad is known to everybody.
    let scene = Scene::new().with_scalar(jubjub::Fr::zero());
    refused(
        &scene,
        Error::Seal(SealError::IdentityEphemeral),
        &["H-SEAL/V-EPHEMERAL/not the identity/x is not zero"],
    );
}

#[test]
fn scalar_with_the_order_added_should_break_v_scalar() {
    let mut scene = Scene::new().with_scalar(jubjub::Fr::from(77));
    let mut carry = 78u16;
    let order_less_one = (-jubjub::Fr::one()).to_bytes();
    scene.witness.scalar = order_less_one.map(|byte| {
        carry += u16::from(byte);
        let low = carry as u8;
        carry >>= 8;
        low
    });
    let error = Error::Seal(SealError::NonCanonicalScalar);
    assert_eq!(scene.statement.check(&scene.witness), Err(error));
    let system = scene.system();
    let failing = system.all_unsatisfied();
    must_break_rule(&system, &failing[0]);
    assert!(
        failing[0].starts_with("H-SEAL/V-SCALAR/canonical/places "),
        "{failing:?}"
    );
}

#[test]
fn garbage_in_the_record_should_break_h_record() {
    for i in 0..14 {
        let mut scene = Scene::new();
        scene.statement.record.ciphertext[i] += Fr::one();
        refused(&scene, Error::Record, &names(&elements([i])));
    }
}

#[test]
fn record_under_the_old_key_or_another_salt_should_break_h_record() {
    let all = elements(0..14);
    let mut scene = Scene::new();
    let before = House {
        key: scene.witness.house.key,
        ..scene.after()
    };
    scene.statement.record = HouseRecord::encrypt(&before, scene.statement.stream_salt());
    refused(&scene, Error::Record, &names(&all));
    scene.statement.record = HouseRecord::encrypt(&scene.after(), SCOPE.salt(Fr::one()));
    refused(&scene, Error::Record, &names(&all));
}

#[test]
fn proof_should_be_good_for_no_other_statement() {
    type Change = fn(&mut HouseRekeyStatement);
    let changes: [Change; 12] = [
        |s| s.genesis[0] ^= 1,
        |s| s.genesis[31] ^= 1,
        |s| s.group.0 += 1,
        |s| s.old_house += Fr::one(),
        |s| s.new_house += Fr::one(),
        |s| s.sealing_key.x += Fr::one(),
        |s| s.sealing_key.y += Fr::one(),
        |s| s.ephemeral.x += Fr::one(),
        |s| s.ephemeral.y += Fr::one(),
        |s| s.ciphertext += Fr::one(),
        |s| s.record.ciphertext[0] += Fr::one(),
        |s| s.record.ciphertext[13] += Fr::one(),
    ];
    let scene = Scene::new();
    good_for_no_other(
        scene.system(),
        scene.statement,
        HouseRekeyStatement::hash,
        &changes,
        PUBLIC_INPUT,
    );
}
