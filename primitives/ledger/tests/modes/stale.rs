//! B-STALE.

use super::{accept, insured, mark, poor, refuse, LOTS, POOR};
use cloister_ledger::{BatchError, FillError, PlaceError, Side, UnitError};
use cloister_ledger_testing::World;
use cloister_risk::{Status, TableError};
use cloister_types::Deficit;

fn fill(unit: u16, error: FillError) -> BatchError {
    BatchError::Unit(unit, UnitError::Place(0, error.into()))
}

/// The poor trader holds lots of row 0, and one of row 1, whose feed is dead.
fn one_stale_lot(side: Side, percent: i64) -> World {
    let mut world = insured();
    poor(&mut world, side, 0);
    let price = mark(&world, 1);
    let units = vec![
        world.fill_order(POOR, 1, side, 1, price),
        world.fill_order(3, 1, side.opposite(), 1, price),
    ];
    accept(&mut world, units);
    world.set_stale(1, true);
    world.set_mark(0, mark(&world, 0) as i64 / 100 * (100 + percent));
    world
}

#[test]
fn one_stale_lot_gives_no_immunity() {
    for (side, percent) in [(Side::Buy, -15), (Side::Sell, 15)] {
        let mut world = one_stale_lot(side, percent);
        let ratio = world.table.header.maintenance;
        assert!(world.assess(POOR).worst(ratio).expect("in range").1 > Deficit::ZERO);
        let price = mark(&world, 0);
        let unit = world.liquidate(POOR, 0, 10, price);
        accept(&mut world, vec![unit]);
        let unit = world.liquidate(POOR, 1, 1, mark(&world, 1));
        refuse(&mut world, vec![unit], fill(0, FillError::Stale));
        // The feed is back.
        world.set_stale(1, false);
        let unit = world.liquidate(POOR, 1, 1, mark(&world, 1));
        accept(&mut world, vec![unit]);
    }
}

#[test]
fn stale_lots_count_at_their_last_mark() {
    let world = one_stale_lot(Side::Buy, 0);
    let mut fresh = world.clone();
    fresh.set_stale(1, false);
    assert_eq!(world.assess(POOR), fresh.assess(POOR));
}

#[test]
fn an_account_with_stale_lots_should_not_be_taken_over() {
    let mut world = one_stale_lot(Side::Buy, -30);
    assert!(world.assess(POOR).equity.is_negative());
    let unit = world.take_over(POOR);
    let error = BatchError::Unit(0, UnitError::StaleLots(1));
    refuse(&mut world, vec![unit.clone()], error);
    // Its other rows are liquidated at the mark.
    let shed = world.liquidate(POOR, 0, 100, mark(&world, 0));
    accept(&mut world, vec![shed]);
    world.set_stale(1, false);
    accept(&mut world, vec![unit]);
    assert_eq!(world.position(POOR, 0), 0);
}

#[test]
fn only_reducing_orders_should_fill_in_a_stale_row() {
    let mut world = one_stale_lot(Side::Buy, 0);
    let price = mark(&world, 1);
    let pair = |world: &mut World, seller, buyer, lots| {
        vec![
            world.fill_order(seller, 1, Side::Sell, lots, price),
            world.fill_order(buyer, 1, Side::Buy, lots, price),
        ]
    };
    let opens = pair(&mut world, 1, 2, 1);
    refuse(&mut world, opens, fill(0, FillError::NotReducing));
    let turns = pair(&mut world, POOR, 3, 2);
    refuse(&mut world, turns, fill(0, FillError::NotReducing));
    // The seller reduces, the buyer does not.
    let half = pair(&mut world, POOR, 2, 1);
    refuse(&mut world, half, fill(1, FillError::NotReducing));
    let closes = pair(&mut world, POOR, 3, 1);
    accept(&mut world, closes);
    assert_eq!((world.position(POOR, 1), world.position(3, 1)), (0, 0));
    assert_eq!(world.position(POOR, 0), LOTS as i64);
}

#[test]
fn nothing_should_be_settled_in_a_stale_row() {
    let mut world = one_stale_lot(Side::Buy, 0);
    world.table.rows[1].status = Status::Expired;
    let unit = world.expire(POOR, &[1]);
    let error = UnitError::Place(0, PlaceError::Fill(FillError::Stale));
    refuse(&mut world, vec![unit], BatchError::Unit(0, error));
}

#[test]
fn only_a_live_row_is_stale() {
    let mut world = insured();
    for (status, found) in [
        (Status::Trading, Ok(())),
        (Status::CloseOnly, Ok(())),
        (Status::Expired, Err(TableError::Stale(1))),
        (Status::Empty, Err(TableError::Stale(1))),
    ] {
        world.table.rows[1].status = status;
        world.table.rows[1].stale = true;
        assert_eq!(world.table.validate(), found);
        world.table.rows[1].stale = false;
        assert_eq!(world.table.validate(), Ok(()));
    }
}

#[test]
fn the_house_stands_still_at_a_dead_mark() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = insured();
        poor(&mut world, side, if side == Side::Buy { -20 } else { 15 });
        let unit = world.liquidate(POOR, 0, 100, mark(&world, 0));
        accept(&mut world, vec![unit]);
        // Somebody holds the other side, and wants out.
        world.set_stale(0, true);
        let price = mark(&world, 0);
        let out = world.fill_order(2, 0, side, 1, price);
        refuse(&mut world, vec![out.clone()], BatchError::StaleHouse(0));
        world.set_stale(0, false);
        accept(&mut world, vec![out]);
    }
}
