//! Size, identity, free wires, and a real proof. A change of the identity is a change of the proof system: a new key.

use cloister_circuits::statements::seal::SealCircuit;
use cloister_crypto::jubjub;

use crate::{
    common::{assert_independent, assert_parts, assert_pinned, movable, mutate, prove, record},
    support::Scene,
};

/// Pinned: private wires, constraints, identity.
const PINNED: (usize, usize, &str) = (
    5_223,
    5_278,
    "2a18daf007e60bd65c5c4511af0e166fc361f0b7c2596a3a61a0f37fb0cfc93c",
);

/// The largest number of constraints.
const BUDGET: usize = 12_000;

#[test]
fn size_and_identity_should_be_the_pinned_ones() {
    let matrices = record(SealCircuit::blank());
    assert_pinned(&matrices, PINNED);
    assert!(matrices.constraints() <= BUDGET);
}

#[test]
fn constraints_should_be_where_they_are_said_to_be() {
    let parts = [
        ("V-CIPHERTEXT", 2_896),
        ("V-COMMITMENT", 364),
        ("V-EPHEMERAL", 840),
        ("V-KEY", 21),
        ("V-SCALAR", 409),
        ("V-SEALING-KEY", 21),
        ("V-STATEMENT", 727),
    ];
    assert_parts(SealCircuit::blank(), &parts);
}

#[test]
fn circuit_should_not_depend_on_its_witness() {
    let Scene { statement, witness } = Scene::new();
    assert_independent(SealCircuit::blank(), || SealCircuit::proving(statement, witness));
}

/// V-SCALAR compares e with the order, run of ones by run of ones. A run counts the zeros among its bits; where there
/// is none, nothing binds the inverse of their number, and nothing reads it.
fn is_inverse_of_a_run(name: &str) -> bool {
    name.starts_with("V-SCALAR/canonical/places ") && name.ends_with("/run/inverse")
}

#[test]
fn no_wire_should_be_free_but_inverses_of_zero() {
    let (mut tried, mut inverses) = (0, 0);
    for (seed, scalar) in [jubjub::Fr::from(5), -jubjub::Fr::one(), -jubjub::Fr::from(7)]
        .into_iter()
        .enumerate()
    {
        let (n, loose) = mutate(&Scene::new().with_scalar(scalar).system(), seed as u64);
        assert!(loose.iter().all(|name| is_inverse_of_a_run(name)), "{loose:?}");
        tried += n;
        inverses += loose.len();
    }
    // The largest scalars are ones in all places where the order is but one or two.
    assert!(inverses > 60, "{inverses}");
    let (n, loose) = mutate(&Scene::new().system(), 9);
    assert!(loose.is_empty(), "{loose:?}");
    println!("{} mutations", tried + n);
    assert!(tried + n > 150_000);
}

#[test]
fn everything_should_follow_from_the_statement() {
    // In the first order, so up to the points of order eight that P' is free by.
    assert_eq!(movable(&Scene::new().system(), &["public/"]), Vec::<String>::new());
    // With the hash alone held fixed, its preimages can move: that nobody finds another is the hash's part.
    assert!(movable(&Scene::new().system(), &[]).contains(&"public/group".into()));
}

#[test]
fn seal_should_be_proven_and_verified() {
    let Scene { statement, witness } = Scene::new();
    let circuit = || SealCircuit::proving(statement, witness);
    prove(SealCircuit::blank(), circuit, statement.hash());
}
