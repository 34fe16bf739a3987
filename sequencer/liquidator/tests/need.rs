//! Every solvent portfolio that is short of margin has a liquidation that the ledger admits, and the liquidator finds
//! it.

use cloister_ledger::{Fill, Shape, StateError, UnitRequest};
use cloister_ledger_testing::{Random, World, TIME};
use cloister_liquidator::{close_together, Holding, Trade};
use cloister_risk::{
    span::{row, Listing, Quote},
    Assessment, Instrument, InstrumentKind, Right, RiskTable, ScanParams, Status,
};
use cloister_types::{AccountIndex, Amount, Deficit, InstrumentId, Lots, Money, PerLot};

const DAY: u64 = 86_400_000;
/// 10^-18 of the settlement asset.
const PRICE_ONE: u128 = 1_000_000_000_000_000_000;
/// Places of the smallest shape with which options may be listed.
const PLACES: usize = 4;
/// Strikes of the options, calls first, then puts, in 10^-2 of the price at which they were listed.
const STRIKES: [u128; 5] = [80, 90, 100, 110, 120];
/// The first row with a call, and the first with a put.
const CALL: usize = 3;
const PUT: usize = CALL + STRIKES.len();

/// A perpetual, futures of a month and of a quarter, and calls and puts of a month; the price has moved since listing.
fn table(world: &World, random: &mut Random) -> RiskTable {
    let mut table = world.table.clone();
    table.rows = Default::default();
    let price = (60_000 + u128::from(random.below(60_000))) * PRICE_ONE;
    let options = [Right::Call, Right::Put].into_iter().flat_map(|right| {
        STRIKES.map(|percent| InstrumentKind::Option {
            right,
            strike: 90_000 * PRICE_ONE / 100 * percent,
            expiry: TIME + 30 * DAY,
        })
    });
    let linear = [
        InstrumentKind::Perpetual,
        InstrumentKind::Future {
            expiry: TIME + 30 * DAY,
        },
        InstrumentKind::Future {
            expiry: TIME + 91 * DAY,
        },
    ];
    for (number, kind) in linear.into_iter().chain(options).enumerate() {
        let listing = Listing {
            instrument_id: InstrumentId(100 + number as u32),
            status: Status::Trading,
            limit: Lots(1_000_000),
            chunk: Lots(10_000_000),
            band: 50_000,
        };
        let quote = Quote {
            price,
            volatility: 400_000 + random.below(600_000) as u32,
        };
        let instrument = Instrument {
            kind,
            lot_size: 1_000_000,
        };
        let funding = PerLot(random.below(2_000_000) as i64 - 1_000_000);
        let made = row(&instrument, &listing, &quote, funding, &ScanParams::LIQUID_COIN, TIME);
        table.rows[number] = made.expect("inside all bounds");
    }
    (table.header.penalty, table.header.max_discount) = (13, 5);
    table.validate().expect("the bounds hold");
    table
}

/// Legs of a strategy for one lot.
fn strategy(random: &mut Random) -> Vec<(usize, i64)> {
    let sign = if random.once_in(2) { 1 } else { -1 };
    let wing = if random.once_in(2) { CALL } else { PUT };
    let low = random.below(3) as usize;
    let legs: Vec<(usize, i64)> = match random.below(8) {
        // A calendar, a hedge by a perpetual, a hedged option.
        0 => vec![(1, 1), (2, -1)],
        1 => vec![(0, 1), (1 + low.min(1), -1)],
        2 => vec![(wing + low, 1), (0, if wing == CALL { -1 } else { 1 })],
        // A spread, a butterfly, a box, a conversion, a strangle.
        3 => vec![(wing + low, 1), (wing + low + 1, -1)],
        4 => vec![(wing + low, 1), (wing + low + 1, -2), (wing + low + 2, 1)],
        5 => vec![
            (CALL + low, 1),
            (PUT + low, -1),
            (CALL + low + 1, -1),
            (PUT + low + 1, 1),
        ],
        6 => vec![(1, 1), (CALL + low, -1), (PUT + low, 1)],
        _ => vec![(PUT + low, -1), (CALL + low + 2, -1)],
    };
    legs.into_iter().map(|(row, lots)| (row, lots * sign)).collect()
}

/// Legs by chance, each of its own size.
fn scattered(random: &mut Random, legs: usize) -> Vec<(usize, i64)> {
    (0..legs)
        .map(|_| {
            let row = random.below((PUT + STRIKES.len()) as u64) as usize;
            let lots = 1 + random.below(1_000) as i64;
            (row, if random.once_in(2) { lots } else { -lots })
        })
        .collect()
}

/// Account 0 holds the legs and lacks a part of maintenance margin; `None` if the legs need none.
fn short(world: &mut World, random: &mut Random, legs: &[(usize, i64)]) -> Option<()> {
    let mut state = world.state.account(AccountIndex(0)).expect("open").clone();
    state.account.positions = Default::default();
    for (row, lots) in legs {
        state.account.positions[*row].0 += lots;
    }
    let flat = Assessment::new(&world.table, &state.account.positions, Money::ZERO).expect("in range");
    let maintenance = flat
        .requirement(world.table.header.maintenance)
        .expect("in range")
        .get();
    let equity = match random.below(6) {
        0 => maintenance - 1,
        1 => 0,
        2 => maintenance * 99 / 100,
        _ => maintenance * i128::from(random.below(1_000)) / 1_000,
    };
    state.account.cash = Money(equity - flat.equity.get());
    world.state.restore_account(AccountIndex(0), state);
    let (_, worst) = world.assess(0).worst(world.table.header.maintenance).expect("in range");
    (worst > Deficit::ZERO && equity >= 0).then_some(())
}

/// What the ledger says of fills in one unit.
fn judge(world: &mut World, trades: &[Trade]) -> Result<(), StateError> {
    let unit = UnitRequest::Liquidation {
        index: AccountIndex(0),
        deposit: Amount::ZERO,
        fills: trades.iter().map(Fill::from).collect(),
    };
    let shape = Shape {
        units: 1,
        places: PLACES as u16,
    };
    let context = world.context();
    let mut state = world.state.clone();
    state.apply_units(shape, &context, &[unit], None).map(|_| ())
}

fn holding(world: &World) -> Holding {
    Holding::from(&world.state.account(AccountIndex(0)).expect("open").account)
}

/// After the trades the account meets initial margin.
fn is_safe(world: &World, trades: &[Trade]) -> bool {
    let after = trades
        .iter()
        .fold(holding(world), |held, trade| held.traded(&world.table, trade));
    after.shortfall(&world.table, world.table.header.initial) <= 0
}

fn world() -> World {
    World::with_traders(1, 2, Shape { units: 2, places: 1 })
}

#[test]
fn every_short_portfolio_of_a_few_legs_should_have_a_liquidation_that_makes_it_safe() {
    let mut world = world();
    let mut random = Random::new(20);
    let (mut single, mut several) = (0, 0);
    for case in 0..1_500u64 {
        if case % 10 == 0 {
            world.table = table(&world, &mut random);
        }
        let lots = match random.below(3) {
            0 => 1 + random.below(4) as i64,
            _ => 1 + random.below(1_000) as i64,
        };
        let legs: Vec<(usize, i64)> = match case % 3 {
            0 => {
                let legs = 1 + random.below(PLACES as u64) as usize;
                scattered(&mut random, legs)
            }
            1 => strategy(&mut random)
                .into_iter()
                .map(|(row, q)| (row, q * lots))
                .collect(),
            // Not quite hedged.
            _ => {
                let mut legs: Vec<_> = strategy(&mut random)
                    .into_iter()
                    .map(|(row, q)| (row, q * lots))
                    .collect();
                legs[0].1 += random.below(7) as i64 - 3;
                legs
            }
        };
        if short(&mut world, &mut random, &legs).is_none() {
            continue;
        }
        let held = holding(&world);
        let trades = close_together(&world.table, &held, PLACES, u64::MAX)
            .unwrap_or_else(|| panic!("nothing found for {legs:?}, equity {}", held.equity(&world.table)));
        assert_eq!(judge(&mut world, &trades), Ok(()), "{legs:?}: {trades:?}");
        assert!(is_safe(&world, &trades), "{legs:?}: {trades:?}");
        single += usize::from(trades.len() == 1);
        several += usize::from(trades.len() > 1);
    }
    println!("{single} by one fill, {several} by several");
    assert!(
        single > 100 && several > 500,
        "{single} by one fill, {several} by several"
    );
}

#[test]
fn a_portfolio_of_more_legs_than_places_should_be_made_safer() {
    let mut world = world();
    let mut random = Random::new(21);
    let (mut safe, mut safer) = (0, 0);
    for case in 0..300u64 {
        if case % 10 == 0 {
            world.table = table(&world, &mut random);
        }
        let count = PLACES + 1 + random.below(4) as usize;
        let mut legs = scattered(&mut random, count);
        if case % 2 == 0 {
            let lots = 1 + random.below(1_000) as i64;
            legs = (0..3)
                .flat_map(|_| strategy(&mut random))
                .map(|(row, q)| (row, q * lots))
                .collect();
        }
        if short(&mut world, &mut random, &legs).is_none() {
            continue;
        }
        // One unit after the other, until nothing is short.
        let maintenance = world.table.header.maintenance;
        for unit in 0.. {
            let held = holding(&world);
            if held.shortfall(&world.table, maintenance) < 1 {
                break;
            }
            let trades = close_together(&world.table, &held, PLACES, u64::MAX)
                .unwrap_or_else(|| panic!("nothing found for {legs:?}, equity {}", held.equity(&world.table)));
            assert_eq!(judge(&mut world, &trades), Ok(()), "{legs:?}: {trades:?}");
            if is_safe(&world, &trades) {
                safe += usize::from(unit == 0);
                break;
            }
            safer += 1;
            let mut state = world.state.account(AccountIndex(0)).expect("open").clone();
            let after = trades.iter().fold(held, |held, trade| held.traded(&world.table, trade));
            (state.account.cash, state.account.positions) = (Money(after.cash), after.lots);
            world.state.restore_account(AccountIndex(0), state);
        }
    }
    println!("{safe} made safe by one unit, {safer} units that made an account safer");
    assert!(safe > 100, "{safe} made safe by one unit, {safer} made safer");
}

#[test]
fn no_more_should_be_closed_than_the_first_step_that_is_safe() {
    let mut world = world();
    let mut random = Random::new(22);
    world.table = table(&world, &mut random);
    // A long box and a naked perpetual beside it: one lot less of the longest leg is not enough.
    let legs = [(0, 500)];
    short(&mut world, &mut random, &legs).expect("it needs margin");
    let held = holding(&world);
    let trades = close_together(&world.table, &held, PLACES, u64::MAX).expect("found");
    let [trade] = trades[..] else { panic!("{trades:?}") };
    let less = Trade::at(
        0,
        trade.side,
        trade.lots - 1,
        (trade.cost / u128::from(trade.lots)) as u64,
    );
    assert!(is_safe(&world, &[trade]) && (trade.lots == 1 || !is_safe(&world, &[less])));
}

#[test]
fn chunks_and_stale_rows_should_bound_what_is_closed() {
    let mut world = world();
    let mut random = Random::new(23);
    world.table = table(&world, &mut random);
    world.table.rows[1].chunk = Lots(10);
    short(&mut world, &mut random, &[(0, 300), (1, -300)]).expect("it needs margin");
    let mut state = world.state.account(AccountIndex(0)).expect("open").clone();
    // Nothing left.
    state.account.cash.0 -= holding(&world).equity(&world.table);
    world.state.restore_account(AccountIndex(0), state);
    let trades = close_together(&world.table, &holding(&world), PLACES, u64::MAX).expect("found");
    let lots: Vec<_> = trades.iter().map(|trade| trade.lots).collect();
    assert_eq!(lots, [10, 10]);
    assert_eq!(judge(&mut world, &trades), Ok(()));
    world.table.rows[1].stale = true;
    // The hedge alone may not go, and the other leg has no feed.
    assert_eq!(close_together(&world.table, &holding(&world), PLACES, u64::MAX), None);
}
