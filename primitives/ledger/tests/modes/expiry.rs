//! B-EXPIRY.

use super::{accept, fill, insured, mark, poor, refuse, refuse_spoiled, LOTS, POOR, SHAPE};
use cloister_ledger::{BatchError, Fill, FillError, Shape, Side};
use cloister_risk::Status;
use cloister_types::{Money, Position, Total};

#[test]
fn both_sides_are_settled_at_the_final_mark_whatever_their_equity() {
    for (side, percent) in [(Side::Buy, -30), (Side::Sell, 40), (Side::Buy, 5)] {
        let mut world = insured();
        poor(&mut world, side, percent);
        world.set_status(0, Status::Expired);
        let equity = [world.assess(POOR).equity, world.assess(2).equity];
        let units = vec![world.expire(POOR, &[0]), world.expire(2, &[0])];
        let (_, effect) = accept(&mut world, units);
        assert_eq!([world.assess(POOR).equity, world.assess(2).equity], equity);
        assert_eq!((world.position(POOR, 0), world.position(2, 0)), (0, 0));
        assert_eq!(effect.units[0].after.cash, equity[0], "nothing else was held");
        assert_eq!(
            effect.statement.units[0].kind.code(),
            0,
            "an expiry looks like any update"
        );
    }
}

#[test]
fn several_rows_are_settled_in_one_unit() {
    let shape = Shape { units: 2, places: 2 };
    let mut world = insured();
    for row in [0, 1] {
        let price = mark(&world, row);
        let units = vec![
            world.fill_order(2, row, Side::Buy, 3, price),
            world.fill_order(3, row, Side::Sell, 3, price),
        ];
        accept(&mut world, units);
    }
    world.set_status(0, Status::Expired);
    world.set_status(1, Status::Expired);
    let units = vec![world.expire(2, &[0, 1]), world.expire(3, &[1, 0])];
    let request = world.padded(shape, units);
    world.apply(shape, &request);
    assert_eq!(world.state.house().open_interest[1], 0);
}

#[test]
fn a_row_that_has_not_expired_should_not_be_settled() {
    let mut world = insured();
    poor(&mut world, Side::Buy, 0);
    for status in [Status::Trading, Status::CloseOnly] {
        world.set_status(0, status);
        let units = vec![world.expire(POOR, &[0])];
        refuse(&mut world, units, fill(0, FillError::NotExpired));
    }
}

#[test]
fn each_bound_of_a_settlement_refuses_with_its_error() {
    type Change = fn(&mut Fill);
    let cases: [(Change, FillError); 8] = [
        (|f| f.quantity.0 -= 1, FillError::NotWhole),
        (|f| f.quantity.0 += 1, FillError::NotWhole),
        (|f| f.cost.0 += 1, FillError::NotAtMark),
        (|f| f.cost.0 -= 1, FillError::NotAtMark),
        (|f| f.fee = Total(1), FillError::FeeOfExpiry),
        (|f| f.side = f.side.opposite(), FillError::NotReducing),
        (|f| f.row = 1, FillError::NotExpired),
        (|f| f.row = 77, FillError::Instrument),
    ];
    for side in [Side::Buy, Side::Sell] {
        let mut world = insured();
        poor(&mut world, side, 0);
        world.set_status(0, Status::Expired);
        for (change, error) in cases {
            let spoil = |w: &mut cloister_ledger::BatchWitness| change(&mut w.units[0].places[0].fill);
            refuse_spoiled(&world, vec![world.expire(POOR, &[0])], spoil, fill(0, error));
        }
    }
}

#[test]
fn the_house_settles_its_own_positions_with_the_first_batch() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -20);
    let units = vec![world.liquidate(POOR, 0, 100, mark(&world, 0))];
    accept(&mut world, units);
    let before = world.state.house().clone();
    assert_eq!(before.positions[0], Position(100));
    world.set_status(0, Status::Expired);
    accept(&mut world, Vec::new());
    let after = world.state.house();
    assert_eq!(after.positions[0], Position::ZERO);
    assert_eq!(
        after.insurance,
        Money(before.insurance.get() + 100 * i128::from(world.table.rows[0].value.get()))
    );
    assert_eq!(
        after.open_interest[0],
        2 * LOTS - 100,
        "the accounts are not settled yet"
    );
}

#[test]
fn a_row_is_not_empty_while_a_short_is_left() {
    let mut world = insured();
    poor(&mut world, Side::Buy, 0);
    world.set_status(0, Status::Expired);
    let units = vec![world.expire(POOR, &[0])];
    let mut request = world.padded(SHAPE, units);
    request.empty_mask = 1;
    let found = world.state.apply(SHAPE, &request).map(|_| ());
    let error = BatchError::NotEmpty(0);
    assert_eq!(found, Err(cloister_ledger::StateError::Batch(error)));
    request.empty_mask = 0;
    world.apply(SHAPE, &request);
    assert!(
        world
            .state
            .accounts()
            .all(|(_, a)| a.account.positions[0] <= Position::ZERO),
        "no long is left"
    );
    let units = vec![world.expire(2, &[0])];
    let mut proof = world.padded(SHAPE, units);
    proof.empty_mask = 1;
    world.apply(SHAPE, &proof);
    world.relist(0);
    assert_eq!(world.table.rows[0].status, Status::Trading);
}
