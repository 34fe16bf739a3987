//! What each mode of a unit and the house accept, and each rule's refusal with its exact error.

mod close;
mod deleveraging;
mod discount;
mod doors;
mod expiry;
mod forced;
mod house;
mod ids;
mod limit;
mod liquidation;
mod need;
mod rekey;
mod stale;
mod switch;
mod takeover;
mod transfer;
mod trigger;

use cloister_ledger::{
    BatchEffect, BatchError, BatchWitness, FillError, PlaceError, Shape, Side, StateError, UnitError, UnitRequest,
};
use cloister_ledger_testing::World;
use cloister_risk::MarginError;

/// Four units of one place.
const SHAPE: Shape = Shape { units: 4, places: 1 };
/// A trader who can be ruined, in row 0.
const POOR: usize = 4;
/// Lots that the poor trader holds.
const LOTS: u64 = 200;
/// The poor trader's deposit.
const DEPOSIT: u64 = 3_000_000_000;

/// Four rich traders and insurance money, from a trade in row 2.
fn insured() -> World {
    let mut world = World::with_traders(1, 4, SHAPE);
    let units = world.insure(2, 1_000).into();
    accept(&mut world, units);
    world
}

/// A fifth trader with a quarter of the value that it holds in row 0, long or short against trader 2; the row's mark
/// then moves.
fn poor(world: &mut World, side: Side, percent: i64) {
    let units = vec![world.open(DEPOSIT), world.switch(POOR, true)];
    accept(world, units);
    let mark = world.table.rows[0].mark.get();
    let units = vec![
        world.fill_order(POOR, 0, side, LOTS, mark as u64),
        world.fill_order(2, 0, side.opposite(), LOTS, mark as u64),
    ];
    accept(world, units);
    world.set_mark(0, mark / 100 * (100 + percent));
}

/// The mark of a row.
fn mark(world: &World, row: usize) -> u64 {
    world.table.rows[row].mark.get() as u64
}

/// Applies units and padding; they must be accepted.
fn accept(world: &mut World, units: Vec<UnitRequest>) -> (BatchWitness, BatchEffect) {
    let request = world.padded(SHAPE, units);
    world.apply(SHAPE, &request)
}

/// Units and padding must be refused, and change nothing.
fn refuse(world: &mut World, units: Vec<UnitRequest>, error: BatchError) {
    let request = world.padded(SHAPE, units);
    let before = world.state.clone();
    let found = world.state.apply(SHAPE, &request).map(|_| ());
    assert_eq!(found, Err(StateError::Batch(error)));
    assert!(world.state == before, "a refused batch changes nothing");
}

/// The witness of valid units, spoiled by `spoil`, must be refused.
fn refuse_spoiled(world: &World, units: Vec<UnitRequest>, spoil: impl FnOnce(&mut BatchWitness), error: BatchError) {
    let mut world = world.clone();
    let (mut witness, effect) = accept(&mut world, units);
    assert_eq!(witness.check(SHAPE), Ok(effect));
    spoil(&mut witness);
    assert_eq!(witness.check(SHAPE).map(|_| ()), Err(error));
}

fn margin(unit: u16, error: MarginError) -> BatchError {
    BatchError::Unit(unit, UnitError::Margin(error))
}

fn fill(unit: u16, error: FillError) -> BatchError {
    BatchError::Unit(unit, UnitError::Place(0, PlaceError::Fill(error)))
}
