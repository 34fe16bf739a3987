//! B-NEED: a liquidation closes no more than initial margin needs.

use super::{accept, fill, insured, margin, mark, poor, refuse, refuse_spoiled, LOTS, POOR, SHAPE};
use cloister_ledger::{Fill, FillError, Shape, Side, StateError, UnitRequest};
use cloister_ledger_testing::World;
use cloister_risk::MarginError;
use cloister_types::{AccountIndex, Amount, Deficit, Lots, Money, Total};

/// An account that is short of maintenance margin and far from broke; a step may close all that it holds.
fn short(side: Side) -> World {
    let mut world = insured();
    poor(&mut world, side, if side == Side::Buy { -13 } else { 9 });
    world.table.rows[0].chunk = Lots(LOTS);
    world
}

/// The same account, short by the smallest amount there is.
fn barely_short(side: Side) -> World {
    let mut world = short(side);
    let (_, worst) = world
        .assess(POOR)
        .worst(world.table.header.maintenance)
        .expect("in range");
    let mut state = world.state.account(AccountIndex(POOR as u32)).expect("open").clone();
    state.account.cash.0 += (worst.get() + 255) / 256 - 1;
    world.state.restore_account(AccountIndex(POOR as u32), state);
    let (_, worst) = world
        .assess(POOR)
        .worst(world.table.header.maintenance)
        .expect("in range");
    assert!(worst > Deficit::ZERO && worst <= Deficit(256));
    world
}

fn liquidation(fills: Vec<Fill>) -> Vec<UnitRequest> {
    vec![UnitRequest::Liquidation {
        index: AccountIndex(POOR as u32),
        deposit: Amount::ZERO,
        fills,
    }]
}

/// Some lots at the mark, without a penalty.
fn at_mark(world: &World, lots: u64) -> Fill {
    Fill {
        fee: Total::ZERO,
        ..world.liquidation_fill(POOR, 0, lots, mark(world, 0))
    }
}

#[test]
fn an_account_short_by_next_to_nothing_should_not_be_sold_off_whole_to_a_friend() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = barely_short(side);
        // All of it, 3 % under the mark, which trader 3 pays.
        let price = match side {
            Side::Buy => mark(&world, 0) / 100 * 97,
            Side::Sell => mark(&world, 0) / 100 * 103,
        };
        (world.table.header.penalty, world.table.header.max_discount) = (13, 13);
        let all = Fill {
            fee: Total::ZERO,
            ..world.liquidation_fill(POOR, 0, LOTS, price)
        };
        let friend = world.fill_order(3, 0, side, LOTS, price);
        let mut units = liquidation(vec![all]);
        units.push(friend);
        refuse(&mut world, units, margin(0, MarginError::NotNeeded));
        // Not even at the mark.
        let all = at_mark(&world, LOTS);
        refuse(&mut world, liquidation(vec![all]), margin(0, MarginError::NotNeeded));
    }
}

#[test]
fn the_most_that_may_be_closed_is_what_is_needed_and_the_tolerance() {
    for side in [Side::Buy, Side::Sell] {
        let world = barely_short(side);
        let needed = world.needed(POOR, 0);
        assert!((10..LOTS / 2).contains(&needed), "{needed}");
        let accepted = |lots| {
            let mut world = world.clone();
            let request = world.padded(SHAPE, liquidation(vec![at_mark(&world, lots)]));
            match world.state.apply(SHAPE, &request) {
                Ok(_) => true,
                Err(e) => {
                    assert_eq!(e, StateError::Batch(margin(0, MarginError::NotNeeded)));
                    false
                }
            }
        };
        // One lot past the first safe step may still be within the tolerance of one lot, a second one is not.
        for lots in 1..=needed {
            assert!(accepted(lots), "{lots} of {needed}");
        }
        for lots in needed + 2..=LOTS {
            assert!(!accepted(lots), "{lots}, {needed} needed");
        }
    }
}

#[test]
fn the_tolerance_grows_with_the_filled_places_only() {
    let world = barely_short(Side::Buy);
    let needed = world.needed(POOR, 0);
    let shape = Shape { units: 1, places: 4 };
    let apply = |fills: Vec<Fill>| {
        let mut world = world.clone();
        let request = world.padded(shape, liquidation(fills));
        world.state.apply(shape, &request).map(|_| ())
    };
    let refused = Err(StateError::Batch(margin(0, MarginError::NotNeeded)));
    let one = at_mark(&world, 1);
    assert_eq!(
        apply(vec![at_mark(&world, needed + 2)]),
        refused,
        "empty places do not count"
    );
    assert_eq!(apply(vec![at_mark(&world, needed), one, one]), Ok(()));
    assert_eq!(apply(vec![at_mark(&world, needed + 3), one, one]), refused);
}

#[test]
fn a_good_price_does_not_block_what_is_needed_at_the_mark() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = short(side);
        let needed = world.needed(POOR, 0);
        let price = mark(&world, 0).saturating_add_signed(2_500_000 * side.sign());
        let units = vec![
            UnitRequest::Liquidation {
                index: AccountIndex(POOR as u32),
                deposit: Amount::ZERO,
                fills: vec![Fill {
                    fee: Total::ZERO,
                    ..world.liquidation_fill(POOR, 0, needed, price)
                }],
            },
            world.fill_order(3, 0, side, needed, price),
        ];
        accept(&mut world, units);
        let lot = world.table.rows[0].lone_lot(side == Side::Buy);
        let after = world.assess(POOR);
        let initial = world.table.header.initial;
        let (_, worst) = after.worst(initial).expect("in range");
        let tolerance = Deficit::of(lot, initial).expect("in range");
        assert!(
            worst < Deficit(-tolerance.get()),
            "the price alone left much more than was needed"
        );
        assert!(after.equity > Money::ZERO);
    }
}

#[test]
fn a_good_price_should_not_be_paid_for_by_closing_more() {
    // What the account gains is not counted, so it makes no room either.
    let mut world = short(Side::Buy);
    let needed = world.needed(POOR, 0);
    let price = mark(&world, 0) + 2_500_000;
    let more = Fill {
        fee: Total::ZERO,
        ..world.liquidation_fill(POOR, 0, needed + 2, price)
    };
    let mut units = liquidation(vec![more]);
    units.push(world.fill_order(3, 0, Side::Buy, needed + 2, price));
    refuse(&mut world, units, margin(0, MarginError::NotNeeded));
}

#[test]
fn the_scenario_of_need_is_one_of_sixteen_whose_deficit_shows_it() {
    let world = barely_short(Side::Buy);
    let needed = world.needed(POOR, 0);
    let units = || liquidation(vec![at_mark(&world, needed)]);
    // Most scenarios are mild: their deficits say nothing.
    let (mut world_after, mut shown) = (world.clone(), 0);
    accept(&mut world_after, units());
    let deficits = world_after
        .assess(POOR)
        .deficits(world.table.header.initial)
        .expect("in range");
    let lot = Deficit::of(world.table.rows[0].lone_lot(true), world.table.header.initial).expect("in range");
    for scenario in 0..16u8 {
        if deficits[usize::from(scenario)].get() >= -lot.get() {
            shown += 1;
            continue;
        }
        let spoil = |w: &mut cloister_ledger::BatchWitness| w.units[0].need = scenario;
        refuse_spoiled(&world, units(), spoil, margin(0, MarginError::NotNeeded));
    }
    assert!((1..16).contains(&shown), "{shown}");
    let spoil = |w: &mut cloister_ledger::BatchWitness| w.units[0].need = 16;
    refuse_spoiled(&world, units(), spoil, margin(0, MarginError::Threshold));
}

#[test]
fn an_insolvent_account_may_be_closed_whole() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -30);
    world.table.rows[0].chunk = Lots(LOTS);
    let all = at_mark(&world, LOTS);
    let price = mark(&world, 0);
    let mut units = liquidation(vec![all]);
    units.push(world.fill_order(3, 0, Side::Buy, LOTS, price));
    accept(&mut world, units);
    assert_eq!(world.position(POOR, 0), 0);
}

#[test]
fn a_price_is_worse_by_the_discount_at_most_whatever_the_penalty() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = short(side);
        (world.table.header.penalty, world.table.header.max_discount) = (13, 5);
        world.table.rows[0].floor_long = cloister_types::Price(1_000_000);
        world.table.rows[0].floor_short = cloister_types::Price(3_000_000);
        let floor = if side == Side::Buy { 1_000_000 } else { 3_000_000 };
        let highest = 10 * (mark(&world, 0) + floor) * 5 / 256;
        let mut step = at_mark(&world, 10);
        step.cost = match side {
            Side::Buy => step.cost.saturating_sub(Total(highest.into())),
            Side::Sell => step.cost.saturating_add(Total(highest.into())),
        };
        accept(&mut world.clone(), liquidation(vec![step]));
        // The penalty stands apart: the insurance may have the rest of the quarter of what is freed.
        let row = &world.table.rows[0];
        let freed = 10 * row.lone_lot(side == Side::Buy).get() * i128::from(world.table.header.maintenance) / 256;
        step.fee = Total((freed / 4) as u128 - u128::from(highest));
        assert!(step.fee > Total::ZERO && step.fee.get() < step.highest_penalty(&world.table).expect("there is room"));
        accept(&mut world.clone(), liquidation(vec![step]));
        step.fee.0 += 1;
        let conceded = margin(0, MarginError::Conceded);
        refuse(&mut world.clone(), liquidation(vec![step]), conceded);
        step.fee = Total::ZERO;
        step.cost.0 = step.cost.get().saturating_add_signed(-i128::from(side.sign()));
        refuse(&mut world, liquidation(vec![step]), fill(0, FillError::AboveDiscount));
    }
}
