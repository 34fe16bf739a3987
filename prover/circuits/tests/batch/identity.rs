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
        80_857,
        80_508,
        "2baf8f56287c2501208b0ba68c1b29d266ff46f5854ea6437924a30b2203b383",
    ),
    (
        2,
        2,
        114_678,
        114_589,
        "db671df89dfb575aaa8d37799eeb7a4737cef52151f58e072280c2eed39eecbd",
    ),
    (
        9,
        1,
        243_033,
        243_580,
        "789fa8084b9fad630c22ab8f6b54f1c998c5d44ed46085a48e08ff201bb9819d",
    ),
    (
        4,
        4,
        221_515,
        222_390,
        "94547ba80dcbe72cff1e5c18698c3ca007ff7716820484ca518a841824c829d5",
    ),
    (
        22,
        1,
        506_569,
        508_572,
        "8c2c48fd00dfab8c374303fe2e029adbff0dc1bb068111cc701d3769caafcdab",
    ),
    (
        48,
        1,
        1_033_641,
        1_038_556,
        "5c71e2b4d5c431bf1d658112eed68d35add883df8491f9a82098776b15535b0a",
    ),
    (
        14,
        8,
        1_000_671,
        1_009_030,
        "95e1a0223e5d993d1517b221798af36c910c00680f22c6a1985ed0583be56bf7",
    ),
];

/// The largest number of constraints of a unit with one place and all modes.
const UNIT_BUDGET: usize = 20_400;

/// Named shapes and the logarithms of their domains.
const SHAPES: [(Shape, u32); 5] = [
    (Shape::DEV, 18),
    (Shape::DEV_MAKER, 18),
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
