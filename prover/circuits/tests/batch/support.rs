//! Building and recording batches.

use cloister_circuits::{
    statements::batch::{BatchCircuit, PUBLIC_INPUT},
    testing::TestSystem,
    Fr,
};
use cloister_ledger::{BatchWitness, Shape};

/// Records a batch whose public input is the hash that the circuit itself computes, so that only rules can fail.
pub fn system(shape: Shape, witness: &BatchWitness) -> TestSystem {
    let circuit = BatchCircuit::proving(shape, witness.clone(), Fr::zero());
    let mut system = TestSystem::of(circuit).expect("every witness of the shape synthesises");
    // The constraint is `hash - input = 0`, and the input is still zero.
    let (hash, _) = system.sides(PUBLIC_INPUT).expect("the last constraint");
    system.set_input(0, hash);
    system
}

/// The rule that a name stands in: its first component that looks like an id of the specification.
pub fn rule(name: &str) -> &str {
    name.split('/')
        .find(|part| part.starts_with("B-") || part.starts_with("S-"))
        .unwrap_or(name)
}
