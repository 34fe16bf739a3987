//! Sizes and identities of the circuit. A change here is a change of the proof system: new parameters, new keys.

use bellman::SynthesisError;
use cloister_circuits::{statements::batch::BatchCircuit, Fr};
use cloister_circuits_testing::TestSystem;
use cloister_groth16::Matrices;
use cloister_ledger::Shape;
use cloister_ledger_testing::World;

/// Pinned: units, places, private wires, constraints, identity.
const PINNED: &[(u16, u16, usize, usize, &str)] = &[
    (
        1,
        1,
        78_392,
        77_984,
        "c08da2ae05dbfa03d60c258bae888fd1b6023de77d58c9a637d8468a861eb79d",
    ),
    (
        2,
        2,
        111_668,
        111_502,
        "11bf2575144b986959443b6b446b5f7aa6fdc848c6e1d6327108c0b1f254c659",
    ),
    (
        10,
        1,
        257_357,
        257_867,
        "75e58a1ec393fb3cebe1a0954cdae56d6c6d044c2feaf8d4dc7f7afe3deeb82c",
    ),
    (
        23,
        1,
        515_862,
        517_698,
        "3ea57c28e931f070cba665608aa03a335edc3d7a7b09b51c7f06974d4c5f9db9",
    ),
    (
        49,
        1,
        1_032_872,
        1_037_360,
        "d062d5e1764124ea500510be92ff7a6ff605e7817782d29478ebe595d65c5c87",
    ),
    (
        14,
        8,
        985_433,
        993_211,
        "31bd6725b213c9ece16a6f827a72cb1ae131bdb7e0bc9d6ca511420a5eb4a1b6",
    ),
];

/// The largest number of constraints of a unit with one place and all modes.
const UNIT_BUDGET: usize = 20_700;

/// Named shapes and the logarithms of their domains.
const SHAPES: [(Shape, u32); 4] = [
    (Shape::DEV, 18),
    (Shape::STANDARD, 19),
    (Shape::LARGE, 20),
    (Shape::MAKER, 20),
];

fn matrices(shape: Shape) -> Matrices {
    Matrices::record(BatchCircuit::blank(shape)).expect("a blank circuit synthesises")
}

fn constraints(units: u16) -> usize {
    matrices(Shape { units, places: 1 }).constraints()
}

#[test]
fn sizes_and_identities_should_be_the_pinned_ones() {
    let found: Vec<_> = PINNED
        .iter()
        .map(|(units, places, ..)| {
            let shape = Shape {
                units: *units,
                places: *places,
            };
            let matrices = matrices(shape);
            assert_eq!(matrices.inputs, 2, "the constant one and one public input");
            let id = matrices.id().to_string();
            (*units, *places, matrices.aux, matrices.constraints(), id)
        })
        .collect();
    let pinned: Vec<_> = PINNED
        .iter()
        .map(|(n, j, w, c, id)| (*n, *j, *w, *c, id.to_string()))
        .collect();
    assert_eq!(found, pinned);
}

#[test]
fn shapes_should_fill_their_domains() {
    for (shape, log) in SHAPES {
        // The proof system adds a constraint for each input, the constant among them.
        let rows = |units| {
            let found = matrices(Shape { units, ..shape });
            found.constraints() + found.inputs
        };
        assert!(rows(shape.units) <= 1 << log, "{shape:?}: {}", rows(shape.units));
        assert!(
            rows(shape.units + 1) > 1 << log,
            "{shape:?} has room: {}",
            rows(shape.units + 1)
        );
    }
}

#[test]
fn unit_should_stay_within_its_budget() {
    // Two units in place of one, or eight; the statement's hash has rounding.
    let (one, two, eight) = (constraints(1), constraints(2), constraints(8));
    assert!(two - one <= UNIT_BUDGET, "{}", two - one);
    assert!((eight - one) / 7 <= UNIT_BUDGET);
}

#[test]
fn circuit_should_not_depend_on_its_witness() {
    let shape = Shape { units: 2, places: 1 };
    let mut world = World::with_traders(3, 2, shape);
    let request = world.random_batch(shape);
    let (witness, effect) = world.apply(shape, &request);
    let with = BatchCircuit::proving(shape, witness, effect.statement.hash());
    let with = Matrices::record(with).expect("the witness fits");
    assert_eq!(with.id(), matrices(shape).id());
}

#[test]
fn witness_of_another_shape_should_be_an_error() {
    let shape = Shape { units: 2, places: 1 };
    let mut world = World::with_traders(3, 2, shape);
    let request = world.random_batch(shape);
    let (witness, _) = world.apply(shape, &request);
    let circuit = BatchCircuit::proving(Shape { units: 3, places: 1 }, witness, Fr::zero());
    assert!(matches!(
        TestSystem::of(circuit),
        Err(SynthesisError::AssignmentMissing)
    ));
}
