//! The values computed unit by unit, at the same time, are those of the circuit in one piece, and those of the system
//! that keeps its constraints.

use bellman::SynthesisError;
use cloister_circuits::statements::batch::{BatchCircuit, ValuesStage};
use cloister_circuits_testing::TestSystem;
use cloister_groth16::Assignment;
use cloister_ledger::Shape;
use cloister_ledger_testing::World;

#[test]
fn values_in_parts_should_be_those_of_the_whole() {
    for (seed, units, places) in [(1, 1, 1), (2, 5, 1), (3, 3, 2), (4, 8, 1)] {
        let shape = Shape { units, places };
        let mut world = World::with_traders(seed, 4, shape);
        let request = world.random_batch(shape);
        let (witness, effect) = world.apply(shape, &request);
        let circuit = BatchCircuit::proving(shape, witness, effect.statement.hash());
        let joined = Assignment::from_parts(circuit.values_in_parts().expect("the witness fits"));
        let whole = Assignment::of(circuit.clone()).expect("the witness fits");
        assert!(joined == whole, "{shape:?}");
        // The only input is the first wire, so these are the wires in the order of their allocation.
        let system = TestSystem::of(circuit).expect("the witness fits");
        assert!([whole.inputs, whole.aux].concat() == system.values(), "{shape:?}");
    }
}

#[test]
fn stages_are_told_in_order() {
    let shape = Shape { units: 1, places: 1 };
    let mut world = World::with_traders(1, 4, shape);
    let request = world.random_batch(shape);
    let (witness, effect) = world.apply(shape, &request);
    let circuit = BatchCircuit::proving(shape, witness, effect.statement.hash());
    let mut stages = Vec::new();
    circuit
        .values_by_stage(|stage| stages.push(stage))
        .expect("the witness fits");
    assert_eq!(stages, [ValuesStage::Context, ValuesStage::Units, ValuesStage::Close]);
}

#[test]
fn a_blank_circuit_has_no_values() {
    let parts = BatchCircuit::blank(Shape::DEV).values_in_parts();
    assert!(matches!(parts, Err(SynthesisError::AssignmentMissing)));
}
