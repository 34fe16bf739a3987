//! B-MARGIN: the prices of an account that is short of initial margin take a quarter of what it frees.

use super::{accept, insured, margin, mark, poor, refuse, POOR, SHAPE};
use cloister_ledger::{account::Account, Fill, Shape, Side, StateError, UnitRequest};
use cloister_ledger_testing::World;
use cloister_risk::{Assessment, MarginChoice, MarginError};
use cloister_types::{AccountIndex, Amount, Deficit, Lots, PerLot, Position, Price, Total};

/// An account below initial and above maintenance margin.
fn below_initial(side: Side) -> World {
    let mut world = insured();
    poor(&mut world, side, if side == Side::Buy { -8 } else { 5 });
    let worst = |ratio| world.assess(POOR).worst(ratio).expect("in range").1;
    let header = &world.table.header;
    assert!(worst(header.initial) > Deficit::ZERO && worst(header.maintenance) <= Deficit::ZERO);
    world.table.rows[0].floor_long = Price(1_000_000);
    world.table.rows[0].floor_short = Price(3_000_000);
    world
}

/// Orders of one account in one unit, without fees: row, side, lots, cost.
fn orders(world: &mut World, trader: usize, fills: &[(usize, Side, u64, u128)]) -> UnitRequest {
    let places = fills
        .iter()
        .map(|(row, side, lots, cost)| {
            let limit = match side {
                Side::Buy => u64::MAX >> 1,
                Side::Sell => 0,
            };
            let order = world.order(trader, *row, *side, limit, *lots);
            let fill = Fill {
                row: *row as u8,
                quantity: Lots(*lots),
                cost: Total(*cost),
                ..Fill::default()
            };
            (world.sign(order), fill)
        })
        .collect();
    UnitRequest::Normal {
        index: AccountIndex(trader as u32),
        deposit: Amount::ZERO,
        places,
    }
}

/// The most that prices may concede when the account's lots of a row change by so many.
fn highest(world: &World, row: usize, change: i64) -> u64 {
    let account = &world.state.account(AccountIndex(POOR as u32)).expect("open").account;
    let mut after = account.clone();
    after.positions[row].0 += change;
    after.cash.0 -= i128::from(change) * i128::from(world.table.rows[row].value.get());
    let worst = |account: &Account| {
        let assessed = Assessment::new(&world.table, &account.positions, account.cash).expect("in range");
        assessed
            .worst(world.table.header.maintenance)
            .expect("in range")
            .1
            .get()
    };
    // A quarter of the money, which is 2^8 to one.
    ((worst(account) - worst(&after)).max(0) / 4 / 256) as u64
}

/// The cost of closing lots of row 0 that concedes some money in all.
fn conceding(world: &World, side: Side, lots: u64, money: u64) -> u128 {
    let cost = u128::from(mark(world, 0)) * u128::from(lots);
    match side {
        Side::Buy => cost - u128::from(money),
        Side::Sell => cost + u128::from(money),
    }
}

#[test]
fn equity_should_not_be_handed_to_another_account_while_risk_falls() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = below_initial(side);
        let lots = 40;
        world.table.rows[0].band = Price(6_000_000);
        let highest = highest(&world, 0, -side.sign() * lots as i64);
        let band = lots * world.table.rows[0].band.get();
        assert!(highest < band, "the band alone allows more");
        // Trader 3 gains what the account loses.
        for (money, allowed) in [(highest, true), (highest + 1, false), (band, false)] {
            let cost = conceding(&world, side, lots, money);
            let units = vec![
                orders(&mut world, POOR, &[(0, side.opposite(), lots, cost)]),
                orders(&mut world, 3, &[(0, side, lots, cost)]),
            ];
            if allowed {
                let (witness, _) = accept(&mut world.clone(), units);
                assert!(matches!(witness.units[0].margin, MarginChoice::NotWorse(_)));
            } else {
                refuse(&mut world, units, margin(0, MarginError::Conceded));
            }
        }
    }
}

#[test]
fn a_better_price_is_never_too_much() {
    let mut world = below_initial(Side::Buy);
    let cost = u128::from(mark(&world, 0) + 2_900_000) * 10;
    let units = vec![
        orders(&mut world, POOR, &[(0, Side::Sell, 10, cost)]),
        orders(&mut world, 3, &[(0, Side::Buy, 10, cost)]),
    ];
    accept(&mut world, units);
}

#[test]
fn selling_and_buying_back_makes_no_room() {
    // Each fill alone would be within a bound of its own; together they hand over money and change nothing.
    let mut world = below_initial(Side::Buy);
    let shape = Shape { units: 2, places: 3 };
    let (at, worse) = (u128::from(mark(&world, 0)), 1_000_000);
    let fills = [
        (0, Side::Sell, 20, (at - worse) * 20),
        (0, Side::Buy, 20, (at + worse) * 20),
        (0, Side::Sell, 10, (at - worse) * 10),
    ];
    let against: Vec<_> = fills
        .iter()
        .map(|(row, side, lots, cost)| (*row, side.opposite(), *lots, *cost))
        .collect();
    let units = vec![orders(&mut world, POOR, &fills), orders(&mut world, 3, &against)];
    let request = world.padded(shape, units);
    let found = world.state.apply(shape, &request).map(|_| ());
    assert_eq!(found, Err(StateError::Batch(margin(0, MarginError::Conceded))));
    // The last of them alone is good.
    let units = vec![
        orders(&mut world, POOR, &fills[2..]),
        orders(&mut world, 3, &against[2..]),
    ];
    let request = world.padded(shape, units);
    assert!(world.state.apply(shape, &request).is_ok());
}

#[test]
fn an_account_that_meets_initial_margin_may_concede_the_band() {
    let mut world = insured();
    poor(&mut world, Side::Buy, 0);
    let cost = conceding(&world, Side::Buy, 10, 10 * world.table.rows[0].band.get());
    let units = vec![
        orders(&mut world, POOR, &[(0, Side::Sell, 10, cost)]),
        orders(&mut world, 3, &[(0, Side::Buy, 10, cost)]),
    ];
    let (witness, _) = accept(&mut world, units);
    assert_eq!(witness.units[0].margin, MarginChoice::Initial);
}

/// As [`buy_back_of`], of an option that loses 100,000 in every scenario.
fn buy_back(floor: u64, tick: u64) -> Result<(), StateError> {
    buy_back_of(100_000, floor, tick)
}

/// A trader is short of an option worth one unit that loses something in every scenario, and below initial margin; it
/// buys back ten ticks above the mark.
fn buy_back_of(loss: i64, floor: u64, tick: u64) -> Result<(), StateError> {
    let mut world = below_initial(Side::Buy);
    let row = &mut world.table.rows[1];
    let lots = 50;
    (row.mark, row.funding, row.value) = (PerLot(1), PerLot::ZERO, PerLot(1));
    row.scenarios = [PerLot(loss); 16];
    row.floor_short = Price(floor);
    let mut state = world.state.account(AccountIndex(POOR as u32)).expect("open").clone();
    state.account.positions[1] = Position(-lots);
    world.state.restore_account(AccountIndex(POOR as u32), state);
    let cost = u128::from(lots as u64 * (1 + 10 * tick));
    let units = vec![
        orders(&mut world, POOR, &[(1, Side::Buy, lots as u64, cost)]),
        orders(&mut world, 3, &[(1, Side::Sell, lots as u64, cost)]),
    ];
    let request = world.padded(SHAPE, units);
    let (witness, _) = world.state.apply(SHAPE, &request)?;
    assert!(matches!(witness.units[0].margin, MarginChoice::NotWorse(_)));
    Ok(())
}

#[test]
fn a_short_option_worth_one_unit_can_be_bought_back_over_a_wide_spread() {
    // 1 % of the forward, the usual floor of a short option, and ticks of 10^-3.
    assert_eq!(buy_back(600_000, 1_000), Ok(()));
    // A fraction of the mark would keep the owner in it. What counts is what the lot frees: its floor, 600,000, and
    // what it loses besides, of which a quarter is 175,000.
    assert_eq!(buy_back(600_000, 17_500), Ok(()));
    let refused = Err(StateError::Batch(margin(0, MarginError::Conceded)));
    assert_eq!(buy_back(600_000, 17_501), refused);
    // The floor alone is enough, where nothing is lost in the scenario that is the account's worst.
    assert_eq!(buy_back_of(0, 600_000, 15_000), Ok(()));
    assert_eq!(buy_back_of(0, 600_000, 15_001), refused);
    // What needs no margin frees none, so nothing is conceded for it.
    let worse = Err(StateError::Batch(margin(0, MarginError::InitialMarginShort)));
    assert_eq!(buy_back_of(0, 0, 1), worse);
    assert_eq!(buy_back_of(0, 0, 0), Ok(()));
}
