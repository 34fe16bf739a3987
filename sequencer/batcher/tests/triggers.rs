//! Orders that have waited for a mark: what the engine lets them fill can be proven (B-TRIGGER).

mod common;

use cloister_risk::RiskTable;
use common::*;

const RICH: u64 = 1_000_000 * ONE;

fn at(world: &mut World, version: u64, mark: u64) {
    let table: RiskTable = table_at(version, mark);
    let (batcher, now) = (&mut world.batcher, world.now);
    batcher
        .set_table(now, table.clone(), Vec::new(), &mut world.secrets)
        .unwrap();
    world.collect();
    world.obey(table);
}

/// Instructions of all batches, in order: account, id and lots.
fn proven(world: &World) -> Vec<(u32, u64, u64)> {
    world.closed.iter().flat_map(units).collect()
}

#[test]
fn a_stop_that_has_begun_to_fill_should_be_proven_wherever_the_mark_goes() {
    let mut world = World::new(3, RICH);
    world.submit(buy(1, 1, 3, MARK - ONE)).unwrap();
    world.submit(below(sell(0, 1, 8, MARK - ONE), MARK - ONE)).unwrap();
    at(&mut world, 2, MARK - ONE);
    // It fired, filled three lots, and the rest of it rests while the mark goes back.
    at(&mut world, 3, MARK);
    world.submit(market(buy(2, 1, 5, MARK))).unwrap();
    world.flush();
    assert_eq!(proven(&world), [(1, 1, 3), (0, 1, 3), (0, 1, 5), (2, 1, 5)]);
    assert_eq!(world.batcher.pending(), 0);
    assert_eq!(position(&world.engine, 0), -8);
}

#[test]
fn a_stop_that_fired_and_has_not_begun_should_fill_only_where_its_trigger_holds() {
    let mut world = World::new(3, RICH);
    world.submit(below(sell(0, 1, 8, MARK - ONE), MARK - ONE)).unwrap();
    at(&mut world, 2, MARK - ONE);
    at(&mut world, 3, MARK);
    // Without a stop in the book this order finds nobody; a fill with it would have no proof.
    world.submit(market(buy(2, 1, 5, MARK))).unwrap();
    assert_eq!((position(&world.engine, 0), position(&world.engine, 2)), (0, 0));
    at(&mut world, 4, MARK - ONE);
    world.submit(market(buy(2, 2, 5, MARK))).unwrap();
    world.flush();
    assert_eq!(proven(&world), [(0, 1, 5), (2, 2, 5)]);
    assert_eq!(world.batcher.pending(), 0);
}

#[test]
fn an_order_whose_trigger_held_at_once_should_be_proven_like_any_other() {
    let mut world = World::new(2, RICH);
    world.submit(sell(1, 1, 5, MARK)).unwrap();
    world.submit(above(buy(0, 1, 5, MARK), MARK)).unwrap();
    world.flush();
    assert_eq!(proven(&world), [(1, 1, 5), (0, 1, 5)]);
}
