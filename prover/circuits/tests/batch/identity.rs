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
        78_412,
        78_020,
        "f6330f8a91e470d0433f4e3794ca3e459adcfe59ecd1b40491afbb3b977d272f",
    ),
    (
        2,
        2,
        111_710,
        111_560,
        "e70683e064c15544a5d25c669886aad728eccfb601b4f79285037447b3ef2791",
    ),
    (
        10,
        1,
        257_557,
        258_083,
        "f299e8c3a76ef35bcfc5336beac8f952e0c62f250cbf614d9f452625c2b4b5e6",
    ),
    (
        23,
        1,
        516_322,
        518_174,
        "39187c74c60b75669b0ab6d3f91f8ab49b2c38583eb7023e6c457933a836b118",
    ),
    (
        49,
        1,
        1_033_852,
        1_038_356,
        "d93ba5ca2f6be3419cbdbd051656773812565d732d962394d66cbc27135d4e6e",
    ),
    (
        14,
        8,
        985_811,
        993_605,
        "50734186a66ca605b2411b37acf8c32378cb6ab39b855f276d2d237c49c6ca8f",
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
