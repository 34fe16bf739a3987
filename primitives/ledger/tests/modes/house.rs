//! B-HOUSE: what it may take, at which price, and with how much margin.

use super::{accept, insured, mark, poor, refuse, refuse_spoiled, LOTS, POOR, SHAPE};
use cloister_ledger::{BatchError, BatchWitness, Side, StateError};
use cloister_ledger_testing::World;
use cloister_risk::{MarginChoice, MarginError, Status};
use cloister_types::{Amount, Money, Position, Total};

/// A house that holds 100 lots of row 0, long or short, from a liquidation.
fn holding(side: Side) -> World {
    let mut world = insured();
    poor(&mut world, side, if side == Side::Buy { -20 } else { 15 });
    let units = vec![world.liquidate(POOR, 0, 100, mark(&world, 0))];
    accept(&mut world, units);
    assert_eq!(world.state.house().positions[0], Position(100 * side.sign()));
    world
}

#[test]
fn it_gets_rid_of_positions_at_the_mark_or_better() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = holding(side);
        let at = mark(&world, 0) as i64;
        // A trader takes the lots from the house.
        let better = u64::try_from(at + side.sign() * 1_000).expect("positive");
        let units = vec![world.fill_order(3, 0, side, 60, better)];
        accept(&mut world, units);
        let units = vec![world.fill_order(3, 0, side, 40, at as u64)];
        accept(&mut world, units);
        assert_eq!(world.state.house().positions[0], Position::ZERO);
    }
}

#[test]
fn it_should_not_trade_worse_than_the_mark() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = holding(side);
        let worse = mark(&world, 0) as i64 - side.sign();
        let units = vec![world.fill_order(3, 0, side, 60, worse as u64)];
        refuse(&mut world, units, BatchError::HouseEquity);
    }
}

#[test]
fn it_should_not_buy_from_a_liquidation_above_the_mark() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -20);
    // Whatever penalty is paid with it.
    let step = world.liquidate(POOR, 0, 100, mark(&world, 0) + 1);
    refuse(&mut world, vec![step], BatchError::HouseEquity);
}

#[test]
fn penalties_should_not_leave_in_the_batch_that_brings_them() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -20);
    let at = mark(&world, 1);
    let units = vec![
        world.liquidate(POOR, 0, 100, mark(&world, 0)),
        world.fill_order(0, 1, Side::Buy, 10, at),
        world.fill_order(1, 1, Side::Sell, 10, at + 1),
    ];
    refuse(&mut world, units.clone(), BatchError::HouseEquity);
    // A better price of another trade may pay for it: that is no penalty.
    let units = vec![
        units[0].clone(),
        world.fill_order(0, 1, Side::Buy, 10, at + 1),
        world.fill_order(1, 1, Side::Sell, 10, at),
    ];
    accept(&mut world, units);
}

#[test]
fn minting_by_prices_that_differ_should_be_refused() {
    let mut world = insured();
    let at = mark(&world, 1);
    let units = vec![
        world.fill_order(0, 1, Side::Buy, 10, at),
        world.fill_order(1, 1, Side::Sell, 10, at + 1),
    ];
    refuse(&mut world, units, BatchError::HouseEquity);
}

#[test]
fn it_should_not_grow_by_anything_but_what_was_shed() {
    for side in [Side::Buy, Side::Sell] {
        // From nothing.
        let mut world = insured();
        let units = vec![world.fill_order(3, 0, side, 1, mark(&world, 0))];
        refuse(&mut world, units, BatchError::HouseGrowth(0));
        // From something.
        let mut world = holding(side);
        let units = vec![world.fill_order(3, 0, side.opposite(), 1, mark(&world, 0))];
        refuse(&mut world, units, BatchError::HouseGrowth(0));
        // Through zero.
        let units = vec![world.fill_order(3, 0, side, 101, mark(&world, 0))];
        refuse(&mut world, units, BatchError::HouseGrowth(0));
        // With a liquidation, by a lot more than it sheds.
        let mut world = insured();
        poor(&mut world, side, if side == Side::Buy { -20 } else { 15 });
        let units = vec![
            world.liquidate(POOR, 0, 10, mark(&world, 0)),
            world.fill_order(3, 0, side.opposite(), 1, mark(&world, 0)),
        ];
        refuse(&mut world, units, BatchError::HouseGrowth(0));
    }
}

#[test]
fn a_liquidation_of_longs_gives_no_room_for_shorts() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -20);
    // The house would end short by what it sells beyond the ten lots.
    let units = vec![
        world.liquidate(POOR, 0, 10, mark(&world, 0)),
        world.fill_order(3, 0, Side::Buy, 11, mark(&world, 0)),
    ];
    refuse(&mut world, units, BatchError::HouseGrowth(0));
}

#[test]
fn it_should_not_take_more_than_its_margin_carries() {
    let mut world = World::with_traders(1, 4, SHAPE);
    poor(&mut world, Side::Buy, -20);
    let units = vec![world.liquidate(POOR, 0, 100, mark(&world, 0))];
    let error = BatchError::HouseMargin(MarginError::InitialMarginShort);
    refuse(&mut world, units, error);
    // The other side may still take it.
    let units = vec![
        world.liquidate(POOR, 0, 100, mark(&world, 0)),
        world.fill_order(3, 0, Side::Buy, 100, mark(&world, 0)),
    ];
    accept(&mut world, units);
}

#[test]
fn prices_alone_never_stop_a_group() {
    let mut world = holding(Side::Buy);
    // The house is ruined on paper: 100 lots cost more than 5·10^9, and little more insurance is left.
    let ruined = cloister_ledger::House {
        insurance: Money(world.state.house().insurance.get() - 8_000_000_000),
        ..world.state.house().clone()
    };
    world.state.restore_house(ruined, world.state.batch_no());
    world.set_mark(0, 30_000_000);
    let (witness, _) = accept(&mut world, Vec::new());
    assert!(matches!(witness.house_margin, MarginChoice::NotWorse(_)));
    // It may get rid of lots, which leaves it no worse.
    let units = vec![world.fill_order(3, 0, Side::Buy, 50, mark(&world, 0))];
    accept(&mut world, units);
}

#[test]
fn the_choice_of_its_margin_is_checked() {
    let world = holding(Side::Buy);
    let cases = [
        (MarginChoice::Tight(0), MarginError::Choice),
        (MarginChoice::NotWorse(16), MarginError::Threshold),
        // A scenario in which a long house gains bounds nothing that it could meet.
        (MarginChoice::NotWorse(10), MarginError::RiskIncreased),
    ];
    for (choice, error) in cases {
        let spoil = |w: &mut BatchWitness| w.house_margin = choice;
        refuse_spoiled(&world, Vec::new(), spoil, BatchError::HouseMargin(error));
    }
    let spoil = |w: &mut BatchWitness| {
        w.house.insurance.0 -= 8_000_000_000;
        w.house_margin = MarginChoice::Initial;
    };
    let error = BatchError::HouseMargin(MarginError::InitialMarginShort);
    refuse_spoiled(&world, Vec::new(), spoil, error);
}

#[test]
fn each_width_and_balance_of_the_house_refuses_with_its_error() {
    let world = insured();
    type Change = fn(&mut BatchWitness);
    let cases: [(Change, BatchError); 7] = [
        (
            |w| w.house.positions[0] = Position(1 << 40),
            BatchError::HousePosition(0),
        ),
        (|w| w.house.insurance = Money((1 << 79) + 1), BatchError::Width),
        (|w| w.house.fee_pool = Total(1 << 80), BatchError::Width),
        (|w| w.sweep = Amount(u64::MAX), BatchError::Sweep),
        (|w| w.house.open_interest[1] = 1 << 50, BatchError::OpenInterest),
        (|w| w.house.nonce = u64::MAX, BatchError::Width),
        (|w| w.empty_mask = u32::MAX, BatchError::NotEmpty(0)),
    ];
    for (change, error) in cases {
        let mut world = world.clone();
        let (row, other) = (0, mark(&world, 0));
        let units = vec![
            world.fill_order(2, row, Side::Buy, 1, other),
            world.fill_order(3, row, Side::Sell, 1, other),
        ];
        refuse_spoiled(&world, units, change, error);
    }
}

#[test]
fn positions_of_an_empty_row_cannot_move() {
    // A takeover of an account with a position in a row that the table does not list any more.
    let mut world = insured();
    poor(&mut world, Side::Sell, 40);
    let units = vec![world.take_over(POOR)];
    let spoil = |w: &mut BatchWitness| w.context.table.rows[0].status = Status::Empty;
    refuse_spoiled(&world, units, spoil, BatchError::Unbalanced(0));
}

#[test]
fn open_interest_counts_both_sides_and_only_accounts() {
    let world = holding(Side::Buy);
    let held: u64 = world
        .state
        .accounts()
        .map(|(_, a)| a.account.positions[0].size().get())
        .sum();
    assert_eq!(world.state.house().open_interest[0], held);
    assert!(held >= 2 * LOTS - 100);
}

#[test]
fn a_batch_with_too_few_units_should_be_refused() {
    let mut world = insured();
    let mut request = world.padded(SHAPE, Vec::new());
    request.units.pop();
    let found = world.state.apply(SHAPE, &request).map(|_| ());
    assert_eq!(found, Err(StateError::Batch(BatchError::Units)));
}
