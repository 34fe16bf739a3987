//! Size, identity, free wires, and a real proof. A change of the identity is a change of the proof system: a new key.

use cloister_circuits::statements::house_rekey::HouseRekeyCircuit;
use cloister_crypto::jubjub;

use crate::{
    common::{assert_independent, assert_parts, assert_pinned, movable, mutate, prove, record},
    support::Scene,
};

/// Pinned: private wires, constraints, identity.
const PINNED: (usize, usize, &str) = (
    8_861,
    8_902,
    "be8e150b915f1d495bf34dc43c01a39f3be6db4cc49ff5cc79a5aa1e220f6e02",
);

#[test]
fn size_and_identity_should_be_the_pinned_ones() {
    assert_pinned(&record(HouseRekeyCircuit::blank()), PINNED);
}

#[test]
fn constraints_should_be_where_they_are_said_to_be() {
    let parts = [
        ("H-CONTENTS", 1_090),
        ("H-OPENS", 1_090),
        ("H-RECORD", 1_103),
        ("H-SEAL", 4_166),
        ("H-STATEMENT", 1_453),
    ];
    assert_parts(HouseRekeyCircuit::blank(), &parts);
}

#[test]
fn circuit_should_not_depend_on_its_witness() {
    assert_independent(HouseRekeyCircuit::blank(), || Scene::new().circuit());
}

/// V-SCALAR compares e with the order, run of ones by run of ones. A run counts the zeros among its bits; where there
/// is none, nothing binds the inverse of their number, and nothing reads it.
fn is_inverse_of_a_run(name: &str) -> bool {
    name.starts_with("H-SEAL/V-SCALAR/canonical/places ") && name.ends_with("/run/inverse")
}

#[test]
fn no_wire_should_be_free_but_inverses_of_zero() {
    let (mut tried, mut inverses) = (0, 0);
    for (seed, scalar) in [jubjub::Fr::from(5), -jubjub::Fr::from(7)].into_iter().enumerate() {
        let (n, loose) = mutate(&Scene::new().with_scalar(scalar).system(), seed as u64);
        assert!(loose.iter().all(|name| is_inverse_of_a_run(name)), "{loose:?}");
        tried += n;
        inverses += loose.len();
    }
    assert!(inverses > 30, "{inverses}");
    let (n, loose) = mutate(&Scene::new().system(), 9);
    assert!(loose.is_empty(), "{loose:?}");
    println!("{} mutations", tried + n);
    assert!(tried + n > 200_000);
}

#[test]
fn everything_should_follow_from_the_statement_but_the_keys() {
    // The contents and both keys are behind hashes, so in the first order they can move together with the preimages
    // of the commitments; what is not behind one follows from the public values.
    let open = movable(
        &Scene::new().system(),
        &["public/", "contents/", "old key", "nonce", "new key"],
    );
    assert_eq!(open, Vec::<String>::new());
    // With the hash alone held fixed, its preimages can move: that nobody finds another is the hash's part.
    assert!(movable(&Scene::new().system(), &[]).contains(&"public/group".into()));
}

#[test]
fn rekey_should_be_proven_and_verified() {
    let scene = Scene::new();
    prove(HouseRekeyCircuit::blank(), || scene.circuit(), scene.statement.hash());
}
