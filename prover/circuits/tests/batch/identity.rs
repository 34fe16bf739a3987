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
        80_438,
        80_085,
        "f7b3d2c7f76c58e789761cad31e3d67cc9856b63a79cdd02cce840077d400ef1",
    ),
    (
        2,
        2,
        113_801,
        113_707,
        "5890358610746cad267288a25f4b4ebdc92c93eb5aabd16a99103234c6d3e419",
    ),
    (
        9,
        1,
        241_854,
        242_389,
        "74687d3c8aa2dd6b5c9c8cf9f8836caf7c530d7166b2e4cc1802d1693b1c6bd3",
    ),
    (
        22,
        1,
        504_155,
        506_133,
        "3612e0c434e910e414f2dba21faa3519f2a5f8b3e597f15f8a4e9c99ccfcfa4a",
    ),
    (
        48,
        1,
        1_028_757,
        1_033_621,
        "a863d1af691bd55695b0502a913de8df8ae3244ae57ec701801eb016e1e00b02",
    ),
    (
        14,
        8,
        999_017,
        1_007_359,
        "b19f5d5cb197647945fb6dff1264c4f77ce81660a96b790a52d558423f49f600",
    ),
];

/// The largest number of constraints of a unit with one place and all modes.
const UNIT_BUDGET: usize = 20_400;

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
