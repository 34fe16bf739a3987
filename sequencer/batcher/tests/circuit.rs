//! What the batcher closes satisfies the circuit, not only the native transition.

mod common;

use cloister_circuits::statements::batch::BatchCircuit;
use cloister_circuits_testing::TestSystem;
use cloister_ledger::InstructionKind;
use common::*;

#[test]
fn closed_batches_satisfy_the_circuit() {
    let mut world = World::new(3, 1_000_000 * ONE);
    let ready = vec![open_item(9, 8, 7)];
    world
        .batcher
        .set_table(NOW, table(2), ready, &mut world.secrets)
        .unwrap();
    world.engine.set_table(table(2)).unwrap();
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(sell(1, 1, 5, MARK + 1)).unwrap();
    world.submit(buy(2, 1, 8, MARK + 1)).unwrap();
    world.submit(other(InstructionKind::Cancel, 1, 1, 0)).unwrap();
    world.submit(other(InstructionKind::Withdrawal, 0, 2, ONE)).unwrap();
    world.flush();
    assert_eq!(world.closed[0].used, usize::from(SHAPE.units));
    for batch in &world.closed {
        let statement = batch.effect.statement.hash();
        let circuit = BatchCircuit::proving(batch.shape, batch.witness.clone(), statement);
        let system = TestSystem::of(circuit).unwrap();
        assert_eq!(system.which_is_unsatisfied(), None);
    }
}
