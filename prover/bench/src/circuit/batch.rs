//! A batch as the sequencer proves it.

use cloister_circuits::statements::batch::BatchCircuit;
use cloister_ledger::Shape;
use cloister_ledger_testing::World;

/// Seed of the market; the same in every process.
const SEED: u64 = 7;

/// A full batch of the development shape: the two sides of real trades between two open accounts, and a rekey.
pub fn proving() -> BatchCircuit {
    let shape = Shape::DEV;
    let mut world = World::with_traders(SEED, 2, shape);
    let request = world.full_batch(shape);
    let (witness, effect) = world.apply(shape, &request);
    BatchCircuit::proving(shape, witness, effect.statement.hash())
}
