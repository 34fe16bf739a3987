//! What the batcher closes satisfies the circuit, not only the native transition.

mod common;

use cloister_batcher::BatcherConfig;
use cloister_circuits::statements::batch::BatchCircuit;
use cloister_circuits_testing::TestSystem;
use cloister_engine::{AccountIndex, UnsignedStep};
use cloister_ledger::{Fill, InstructionKind, Mode, Shape, Side};
use cloister_types::{Lots, Price, Total};
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
    satisfy(&world);
}

fn satisfy(world: &World) {
    for batch in &world.closed {
        let statement = batch.effect.statement.hash();
        let circuit = BatchCircuit::proving(batch.shape, batch.witness.clone(), statement);
        let system = TestSystem::of(circuit).unwrap();
        assert_eq!(system.which_is_unsatisfied(), None);
    }
}

#[test]
fn batches_of_several_places_satisfy_the_circuit() {
    let shapes = vec![Shape { units: 4, places: 1 }, Shape { units: 3, places: 3 }];
    let config = BatcherConfig {
        shapes: shapes.clone(),
        ..batcher_config()
    };
    let mut world = World::with(config, 3, 1_000_000 * ONE);
    world.submit(sell(0, 1, 9, MARK + 1)).unwrap();
    world.submit(buy(0, 2, 9, MARK - 1)).unwrap();
    world.submit(buy(1, 1, 2, MARK + 1)).unwrap();
    world.submit(sell(1, 2, 3, MARK - 1)).unwrap();
    world.submit(buy(1, 3, 4, MARK + 1)).unwrap();
    world.submit(other(InstructionKind::Cancel, 0, 2, 0)).unwrap();
    world.submit(other(InstructionKind::Withdrawal, 2, 2, ONE)).unwrap();
    world.flush();
    assert_eq!((world.closed[0].shape, world.closed[0].used), (shapes[1], 3));
    satisfy(&world);
}

#[test]
fn a_batch_with_a_liquidation_satisfies_the_circuit() {
    let mut world = World::new(3, 200 * ONE);
    world.submit(sell(1, 1, 10, MARK)).unwrap();
    world.submit(buy(0, 1, 10, MARK)).unwrap();
    let mark = 90 * ONE;
    let mut fallen = table(2);
    fallen.rows[0] = row(BTC, mark, 3 * ONE as i64);
    fallen.header.penalty = 8;
    world
        .batcher
        .set_table(NOW, fallen.clone(), Vec::new(), &mut world.secrets)
        .unwrap();
    world.engine.set_table(fallen).unwrap();
    world.collect();
    world.closed.clear();
    world.submit(buy(2, 1, 9, mark - ONE)).unwrap();
    let (account, quantity) = (AccountIndex(0), Lots(4));
    let sale = Fill {
        side: Side::Sell,
        row: 0,
        quantity,
        cost: Price(mark - ONE).times(quantity),
        fee: Total(1_000_000),
    };
    let steps = [
        UnsignedStep::Liquidate {
            account,
            fills: vec![sale],
        },
        UnsignedStep::Match {
            order: key(2, 1),
            quantity,
        },
    ];
    let plan = world.engine.plan_unsigned(&steps).unwrap();
    let pushed = world.batcher.push_group(NOW, plan.group, &mut world.secrets);
    assert_eq!(pushed, Ok(()));
    world.flush();
    let modes: Vec<Mode> = world.closed[0].witness.units.iter().map(|unit| unit.mode).collect();
    assert!(modes.contains(&Mode::Liquidation) && modes.contains(&Mode::Normal));
    satisfy(&world);
}
