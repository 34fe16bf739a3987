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
        78_497,
        78_127,
        "a0150723a80bc69a2b04ca6f9ad2b40885bd78752e58a7385889c0cb27dffea9",
    ),
    (
        2,
        2,
        111_920,
        111_806,
        "35f5ffdd9724733e32c3e916ebd7eef8d3572a3cc4e4b0e578080b89294113b1",
    ),
    (
        10,
        1,
        258_119,
        258_721,
        "3c80c95a0c113f74e7c164f0e35c5ba3a2c568a208479d014bc0b92a78e3be61",
    ),
    (
        23,
        1,
        517_573,
        519_579,
        "2f5475cc0dc7c9253f3f7a2e1c95b807e97dd17d7bf2444348f099664d3ec8f7",
    ),
    (
        49,
        1,
        1_036_481,
        1_041_295,
        "1efc52b670d24d5ebead5f51de22a00599faed487dab926c166018902cbd4860",
    ),
    (
        14,
        8,
        990_113,
        998_399,
        "800c925b99feed872af63ff585e262d5b1734b015c53bb77f0752af2a88054ce",
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
