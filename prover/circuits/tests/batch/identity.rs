//! Sizes and identities of the circuit. A change here is a change of the proof system: new parameters, new keys.

use bellman::SynthesisError;
use cloister_circuits::{
    digest::CircuitShape,
    statements::batch::{circuit_id, circuit_shape, BatchCircuit},
    testing::TestSystem,
    Fr,
};
use cloister_ledger::{testing::World, Shape};

/// Pinned: units, places, private wires, constraints, identity.
const PINNED: &[(u16, u16, usize, usize, &str)] = &[
    (
        1,
        1,
        67_042,
        66_512,
        "467c584e0e1cce8dcd71c3e6d9d12e50e73e717c567d1e2b1ee3f741365ec154",
    ),
    (
        2,
        2,
        103_807,
        103_509,
        "13767061bcd866b3db9aefcb71c987d9606128312b8454e2158b5c36941c3d1f",
    ),
    (
        8,
        1,
        217_066,
        217_194,
        "ec01b818bd886cc9df949d1c221e8fd59a992272bd7a235cfae689cdbb51d4d0",
    ),
];

/// The largest number of constraints of a unit with one place.
const UNIT_BUDGET: usize = 24_000;

#[test]
fn sizes_and_identities_should_be_the_pinned_ones() {
    let found: Vec<_> = PINNED
        .iter()
        .map(|(units, orders, ..)| {
            let shape = Shape {
                units: *units,
                orders: *orders,
            };
            let CircuitShape {
                inputs,
                aux,
                constraints,
            } = circuit_shape(shape).unwrap();
            assert_eq!(inputs, 1, "one public input");
            let id: String = circuit_id(shape).unwrap().iter().map(|b| format!("{b:02x}")).collect();
            (*units, *orders, aux, constraints, id)
        })
        .collect();
    let pinned: Vec<_> = PINNED
        .iter()
        .map(|(n, j, w, c, id)| (*n, *j, *w, *c, id.to_string()))
        .collect();
    assert_eq!(found, pinned);
}

#[test]
fn development_shape_should_fit_its_domain() {
    let shape = circuit_shape(Shape::DEV).unwrap();
    // The proof system adds a constraint for each input and one for the constant.
    assert!(shape.constraints + shape.inputs < 1 << 18, "{shape:?}");
}

#[test]
fn unit_should_stay_within_its_budget() {
    let count = |units| circuit_shape(Shape { units, orders: 1 }).unwrap().constraints;
    // Two units in place of one, or eight; the statement's hash has rounding.
    assert!(count(2) - count(1) <= UNIT_BUDGET, "{}", count(2) - count(1));
    assert!((count(8) - count(1)) / 7 <= UNIT_BUDGET);
}

#[test]
fn circuit_should_not_depend_on_its_witness() {
    let shape = Shape { units: 2, orders: 1 };
    let mut world = World::with_traders(3, 2, shape);
    let request = world.random_batch(shape);
    let (witness, effect) = world.apply(shape, &request);
    let with = BatchCircuit::proving(shape, witness, effect.statement.hash());
    assert_eq!(
        cloister_circuits::digest::circuit_digest(with).unwrap(),
        cloister_circuits::digest::circuit_digest(BatchCircuit::blank(shape)).unwrap()
    );
}

#[test]
fn witness_of_another_shape_should_be_an_error() {
    let shape = Shape { units: 2, orders: 1 };
    let mut world = World::with_traders(3, 2, shape);
    let request = world.random_batch(shape);
    let (witness, _) = world.apply(shape, &request);
    let circuit = BatchCircuit::proving(Shape { units: 3, orders: 1 }, witness, Fr::zero());
    assert!(matches!(
        TestSystem::of(circuit),
        Err(SynthesisError::AssignmentMissing)
    ));
}
