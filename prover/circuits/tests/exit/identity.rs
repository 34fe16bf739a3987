//! Size, identity, free wires, and a real proof. A change of the identity is a change of the proof system: a new key.

use cloister_circuits::statements::exit::ExitCircuit;
use cloister_ledger_testing::Random;

use crate::{
    common::{assert_independent, assert_parts, assert_pinned, movable, mutate, prove, record},
    support::Scene,
};

/// Pinned: private wires, constraints, identity.
const PINNED: (usize, usize, &str) = (
    7_898,
    7_856,
    "8617912d42010bc5dbc4e39088bcb019cb28d35f0e5998d79cab6d171faecb98",
);

/// The largest number of constraints.
const BUDGET: usize = 25_000;

#[test]
fn size_and_identity_should_be_the_pinned_ones() {
    let matrices = record(ExitCircuit::blank());
    assert_pinned(&matrices, PINNED);
    assert!(matrices.constraints() <= BUDGET);
}

#[test]
fn constraints_should_be_where_they_are_said_to_be() {
    let parts = [
        ("X-CLAIM", 1),
        ("X-EQUITY", 135),
        ("X-FINAL", 1_816),
        ("X-OPENS", 1),
        ("X-OPENS/account tree", 3_000),
        ("X-OPENS/index", 25),
        ("X-OPENS/leaf", 726),
        ("X-STATEMENT", 727),
        ("account/X-RANGE", 1_425),
    ];
    assert_parts(ExitCircuit::blank(), &parts);
}

#[test]
fn circuit_should_not_depend_on_its_witness() {
    for scene in [Scene::solvent(), Scene::insolvent()] {
        let circuit = || ExitCircuit::proving(scene.statement, scene.witness.clone());
        assert_independent(ExitCircuit::blank(), circuit);
    }
}

#[test]
fn no_wire_should_be_free() {
    let mut random = Random::new(6);
    let scenes = [Scene::solvent(), Scene::insolvent(), Scene::random(&mut random)];
    let mut tried = 0;
    for (seed, scene) in scenes.into_iter().enumerate() {
        let (n, loose) = mutate(&scene.system(), seed as u64);
        assert!(loose.is_empty(), "{loose:?}");
        tried += n;
    }
    println!("{tried} mutations");
    assert!(tried > 150_000);
}

#[test]
fn everything_should_follow_from_the_openings() {
    // What the hashes bind: the fields of the leaf, the children of the path, the elements of the final table.
    let mut given = vec!["public/", "account/", "final table/"];
    let children: Vec<String> = (0..8)
        .map(|level| format!("X-OPENS/account tree/level {level}/child "))
        .collect();
    given.extend(children.iter().map(String::as_str));
    let mut random = Random::new(6);
    for scene in [Scene::solvent(), Scene::insolvent(), Scene::random(&mut random)] {
        assert_eq!(movable(&scene.system(), &given), Vec::<String>::new());
    }
    // With the hashes alone held fixed, their preimages can move: that nobody finds another is the hashes' part.
    assert!(movable(&Scene::solvent().system(), &["public/"]).contains(&"account/nonce".into()));
}

#[test]
fn exit_should_be_proven_and_verified() {
    let Scene { statement, witness, .. } = Scene::solvent();
    let circuit = || ExitCircuit::proving(statement, witness.clone());
    prove(ExitCircuit::blank(), circuit, statement.hash());
}
