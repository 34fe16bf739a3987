//! Units at the ends of all widths at once: cash, positions, prices, scenarios, floors, ratios.

use cloister_ledger::{Fill, Mode, PlaceWitness, Shape, UnitError, UnitWitness};
use cloister_ledger_testing::{Random, World};
use cloister_risk::{Positions, RiskTable, Status};
use cloister_types::{AccountIndex, Amount, Money, PerLot, Position, Price};

use crate::{
    judge::Judge,
    market::{extreme_table, Market, SETUP, TRADERS},
};

const SHAPE: Shape = Shape { units: 16, places: 1 };
/// Cash lies in `[-END, END)`.
const END: i128 = 1 << 79;
/// Positions lie in `[-LOTS, LOTS)`.
const LOTS: i64 = 1 << 40;

/// Accounts with positions and cash at the ends of their widths, under a table that is.
fn market(seed: u64) -> Market {
    let mut world = World::with_traders(seed, TRADERS, SETUP);
    let mut random = Random::new(seed);
    world.table = extreme_table(&mut random);
    if seed & 1 == 0 {
        // Without risk margin asks for nothing, and everything may be paid out.
        for row in &mut world.table.rows {
            row.scenarios = Default::default();
            (row.floor_long, row.floor_short) = (Price::ZERO, Price::ZERO);
        }
    }
    for index in 0..TRADERS as u32 {
        let mut state = world.state.account(AccountIndex(index)).expect("it is open").clone();
        let way = u64::from(index).min(random.below(4));
        state.account.positions = positions(&world.table, way, &mut random);
        state.account.cash = match random.below(6) {
            _ if index == 0 => Money(-END),
            0 | 1 => Money(-END),
            2 => Money(254 - END),
            3 => Money(END - 1),
            4 => Money(END / 2),
            _ => Money::ZERO,
        };
        world.state.restore_account(AccountIndex(index), state);
    }
    Market::at_rest(world)
}

/// Worth as much as can be, owing as much as can be, or anything at the ends.
fn positions(table: &RiskTable, way: u64, random: &mut Random) -> Positions {
    let mut positions = Positions::default();
    for (q, row) in positions.iter_mut().zip(&table.rows) {
        let sign = if row.value < PerLot::ZERO { -1 } else { 1 };
        *q = Position(match way {
            0 => sign * (LOTS - 1),
            1 => (-sign * LOTS).min(LOTS - 1),
            2 => [LOTS - 1, -LOTS, 0, 1, -1][random.below(5) as usize],
            _ => 0,
        });
    }
    positions
}

/// A unit that needs no signature.
fn unit(market: &Market, random: &mut Random) -> UnitWitness {
    // Trader 0 is worth as much as can be, and owes as much.
    let index = random.below(TRADERS as u64 + 2).saturating_sub(2) as u32;
    let mut unit = market.idle(index, market.account(index).account.clone(), 1);
    let modes = [
        Mode::Normal,
        Mode::Liquidation,
        Mode::Takeover,
        Mode::Padding,
        Mode::Expiry,
    ];
    unit.mode = modes.get(random.below(12) as usize).copied().unwrap_or(Mode::Forced);
    if unit.mode == Mode::Forced {
        unit.requested = Amount([0, 1, 255, 1 << 32, u64::MAX][random.below(5) as usize]);
    }
    if random.once_in(3) {
        unit.deposit = Amount([1, 254, u64::MAX][random.below(3) as usize]);
    }
    if unit.mode == Mode::Expiry {
        let rows = market.context.table.rows.iter().zip(&unit.before.positions).enumerate();
        let held = rows.filter(|(_, (row, q))| row.status == Status::Expired && !q.is_zero());
        for (number, (row, q)) in held.take(1) {
            let fill = Fill::settlement(number as u8, *q, row.mark);
            unit.places[0] = PlaceWitness {
                fill,
                ..Default::default()
            };
        }
    }
    unit
}

/// What became of forced withdrawals.
#[derive(Debug, Default)]
struct Seen {
    nothing_paid: usize,
    paid: usize,
    /// Nothing paid to an account whose cash is the least there is.
    least: usize,
    /// Cash cannot go down by what margin allows.
    below: usize,
}

#[test]
fn a_forced_withdrawal_should_be_provable_wherever_its_cash_fits() {
    let judge = Judge::new(SHAPE);
    let mut seen = Seen::default();
    for seed in 0..16 {
        let market = market(seed);
        let mut random = Random::new(seed);
        let mut units: Vec<_> = (0..SHAPE.units).map(|_| unit(&market, &mut random)).collect();
        for unit in &mut units {
            let entry = unit.before.cash.get() + i128::from(unit.deposit.get());
            let made = unit.complete(&market.context, market.tree.root(), 1).map(|_| ());
            if unit.mode != Mode::Forced {
                continue;
            }
            // Only the width of cash refuses the one amount there is.
            let fits = (-END..END).contains(&(entry - i128::from(unit.paid.get())));
            assert_eq!(made, if fits { Ok(()) } else { Err(UnitError::CashWidth) }, "{unit:#?}");
            match (fits, unit.paid) {
                (false, _) => seen.below += usize::from(entry < 0),
                (true, Amount::ZERO) => seen.nothing_paid += 1,
                (true, _) => seen.paid += 1,
            }
            seen.least += usize::from(fits && entry == -END);
        }
        for judged in judge.judge(&market.context, market.tree.root(), units.clone()) {
            let entry = judged.unit.before.cash.get() + i128::from(judged.unit.deposit.get());
            if judged.unit.mode == Mode::Padding {
                assert_eq!(judged.refused.is_none(), entry < END, "{:?}", judged.refused);
            }
        }
    }
    println!("{seen:?}");
    let Seen {
        nothing_paid,
        paid,
        least,
        below,
    } = seen;
    assert!([nothing_paid, paid, least, below].iter().all(|n| *n >= 5), "{seen:?}");
}

#[test]
fn an_expiry_should_settle_the_largest_short_and_the_largest_long() {
    let mut world = World::with_traders(1, TRADERS, SETUP);
    // The row after the close-only one has expired.
    let row = world.live + 1;
    let mark = world.table.rows[row].mark;
    for (index, q) in [(0, -LOTS), (1, LOTS - 1)] {
        let mut state = world.state.account(AccountIndex(index)).expect("it is open").clone();
        state.account.positions[row] = Position(q);
        world.state.restore_account(AccountIndex(index), state);
    }
    let market = Market::at_rest(world);
    let settle = |index: u32| {
        let mut unit = market.idle(index, market.account(index).account.clone(), 1);
        unit.mode = Mode::Expiry;
        unit.places[0].fill = Fill::settlement(row as u8, unit.before.positions[row], mark);
        unit
    };
    let judge = Judge::new(Shape { units: 2, places: 1 });
    for judged in judge.judge(&market.context, market.tree.root(), vec![settle(0), settle(1)]) {
        assert_eq!(judged.refused, None);
    }
}
