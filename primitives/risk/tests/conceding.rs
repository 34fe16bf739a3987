//! What prices and penalties may take of an account that is short of margin, however its trades are spread over units
//! (B-MARGIN, B-LIQUIDATION).

use cloister_risk::{
    linear_scenarios, margin::highest_discount, Assessment, Header, LinearScan, MarginError, Positions, RiskTable, Row,
    Status, Traded,
};
use cloister_types::{GroupId, InstrumentId, Lots, Money, PerLot, Position, Price, Total};
use proptest::{
    prelude::*,
    test_runner::{TestError, TestRunner},
};
use std::cell::Cell;

const MARK: i64 = 60_000_000;
/// Band of a fill, per lot.
const BAND: i128 = 3_000_000;
/// A perpetual and two futures.
const LEGS: usize = 3;

/// The largest loss of a lot, 10^-6 of its mark.
const LOSS: u32 = 105_000;

/// The table of a liquid coin, but for the largest loss of a lot.
fn table(loss: u32) -> RiskTable {
    let scan = LinearScan {
        range: loss,
        extreme_multiple: 1_000_000,
        extreme_cover: 350_000,
    };
    let mut table = RiskTable {
        header: Header {
            group: GroupId(1),
            version: 1,
            time: 1,
            initial: 384,
            maintenance: 256,
            penalty: 13,
            max_discount: 5,
            fee_cap: 1000,
        },
        ..Default::default()
    };
    for (number, row) in table.rows.iter_mut().take(LEGS).enumerate() {
        let floor = Price(if number == 0 { 0 } else { MARK as u64 * 6 / 1_000 });
        *row = Row {
            instrument_id: InstrumentId(1 + number as u32),
            status: Status::Trading,
            limit: Lots(1_000_000),
            chunk: Lots(10_000),
            band: Price(BAND as u64),
            value: PerLot(MARK),
            mark: PerLot(MARK),
            floor_long: floor,
            floor_short: floor,
            scenarios: linear_scenarios(PerLot(MARK), &scan).expect("in range"),
            ..Default::default()
        };
    }
    table
}

/// What an account holds: lots of the three rows, and equity.
#[derive(Clone, Copy, Debug)]
struct Held {
    lots: [i64; LEGS],
    equity: i128,
}

impl Held {
    fn assess(&self, table: &RiskTable) -> Assessment {
        let mut positions = Positions::default();
        for (position, lots) in positions.iter_mut().zip(self.lots) {
            *position = Position(lots);
        }
        let worth: i128 = self.lots.iter().map(|lots| i128::from(lots * MARK)).sum();
        Assessment::new(table, &positions, Money(self.equity - worth)).expect("in range")
    }

    /// Maintenance margin.
    fn maintenance(&self, table: &RiskTable) -> i128 {
        let requirement = self.assess(table).requirement(table.header.maintenance);
        requirement.expect("in range").get()
    }

    fn after(&self, unit: &Unit) -> Self {
        let mut after = *self;
        for (lots, change) in after.lots.iter_mut().zip(unit.changes) {
            *lots += change;
        }
        after.equity -= unit.taken;
        after
    }
}

/// Fills of one unit, one of a row, and what their prices and penalties take together.
#[derive(Clone, Copy, Debug)]
struct Unit {
    changes: [i64; LEGS],
    taken: i128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Orders,
    /// A liquidation, and so many quarters of what it takes as penalties.
    Liquidation(i128),
}

/// By the price, by the penalty, by both.
const LIQUIDATIONS: [By; 3] = [By::Liquidation(0), By::Liquidation(4), By::Liquidation(2)];

impl Unit {
    /// The most that the bounds of the single fills let them take.
    fn highest(&self, table: &RiskTable, by: By) -> i128 {
        let of = |(number, change): (usize, &i64)| match by {
            By::Orders => i128::from(change.abs()) * BAND,
            By::Liquidation(fined) => {
                let row = &table.rows[number];
                let lots = Lots(change.unsigned_abs());
                let discount = highest_discount(table, row, *change < 0, lots).expect("in range") / 256;
                // Of price and penalty together (B-FEE).
                let all =
                    row.basis(*change < 0).get() * i128::from(lots.get()) * i128::from(table.header.penalty) / 256;
                match fined {
                    4 => all,
                    _ => all.min(discount * 4 / (4 - fined)),
                }
            }
        };
        self.changes.iter().enumerate().map(of).sum()
    }

    /// What the rule of the mode says.
    fn check(&self, table: &RiskTable, held: &Held, by: By) -> Result<(), MarginError> {
        let mut traded = Traded::default();
        for (row, change) in table.rows.iter().zip(self.changes) {
            if change != 0 {
                let fill = Traded::fill(row, Money::ZERO, change < 0);
                traded = traded.checked_add(&fill).expect("in range");
            }
        }
        let penalties = match by {
            By::Liquidation(fined) if self.taken > 0 => self.taken * fined / 4,
            _ => 0,
        };
        traded.concession = Money(self.taken - penalties);
        traded.penalties = Total(penalties as u128);
        let (before, after) = (held.assess(table), held.after(self).assess(table));
        match by {
            By::Orders => Assessment::choose(&before, &after, table, &traded, false).map(drop),
            By::Liquidation(_) => Assessment::choose_liquidation(&before, &after, table, &traded).map(drop),
        }
    }

    /// The unit with the most that it can take; `None` if the rule refuses it.
    fn dearest(mut self, table: &RiskTable, held: &Held, by: By) -> Option<Self> {
        let (mut low, mut high) = (0, self.highest(table, by));
        while low < high {
            let middle = (low + high + 1) / 2;
            self.taken = middle;
            match self.check(table, held, by) {
                Err(MarginError::Conceded | MarginError::RiskIncreased | MarginError::InitialMarginShort) => {
                    high = middle - 1;
                }
                Err(MarginError::NegativeEquity) => high = middle - 1,
                _ => low = middle,
            }
        }
        self.taken = low;
        self.check(table, held, by).is_ok().then_some(self)
    }
}

/// An attacker who makes the dearest of the units on offer, as often as there is one. What is taken in all, and how
/// many units it took.
fn drain(table: &RiskTable, mut held: Held, by: By, offers: impl Fn(&Held) -> Vec<Unit>) -> (i128, usize) {
    let start = held.equity;
    for units in 0.. {
        assert!(units < 10_000, "it has no end");
        // Once initial margin is met, what is above it is the owner's to lose.
        let stays_short = |unit: &Unit| by != By::Orders || is_short(table, &held.after(unit));
        let of = |unit: Unit| unit.dearest(table, &held, by).filter(stays_short);
        let dearest = offers(&held).into_iter().filter_map(of).max_by_key(|unit| unit.taken);
        match dearest {
            Some(unit) if unit.taken > 0 && is_short(table, &held) => held = held.after(&unit),
            _ => return (start - held.equity, units),
        }
    }
    unreachable!("the range has no end")
}

fn is_short(table: &RiskTable, held: &Held) -> bool {
    held.assess(table)
        .worst(table.header.initial)
        .expect("in range")
        .1
        .get()
        > 0
}

/// Long 1,000 perpetuals, with half of maintenance margin.
fn directional(table: &RiskTable) -> Held {
    let mut held = Held {
        lots: [1_000, 0, 0],
        equity: 0,
    };
    held.equity = held.maintenance(table) / 2;
    held
}

/// A pair of futures opened or closed, and some lots of the perpetual sold.
fn pair(lots: i64, sold: i64) -> Unit {
    Unit {
        changes: [-sold, lots, -lots],
        taken: 0,
    }
}

#[test]
fn a_neutral_pair_opened_and_closed_over_units_should_not_drain_an_account() {
    let table = table(LOSS);
    let mut held = directional(&table);
    let start = held.equity;
    assert_eq!(held.maintenance(&table), 1_000 * i128::from(MARK) * 105 / 1_000);
    // Fourteen units of three fills each, all at the whole discount of what changes: no deficit grows in any of them.
    for number in 0..14 {
        let (lots, sold) = if number % 2 == 0 { (95, 49) } else { (-95, 25) };
        let mut unit = pair(lots, sold);
        unit.taken = 2 * 95 * i128::from(MARK) * 5 / 256;
        assert_eq!(
            unit.check(&table, &held, By::Orders),
            Err(MarginError::Conceded),
            "unit {number}"
        );
        held = held.after(&unit);
    }
    assert!(
        held.equity * 50 < start,
        "together they would have left {} of {start}",
        held.equity
    );
}

#[test]
fn the_greediest_run_of_units_takes_a_quarter_of_the_margin_at_most() {
    for loss in [LOSS, 300_000] {
        let table = table(loss);
        let held = directional(&table);
        let margin = held.maintenance(&table);
        for largest in [5, 20, 100, 1_000] {
            let offers = |held: &Held| {
                let sold = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
                let lots = [0, 20, 95, 300, 1_000, 4_000];
                let sold = sold.into_iter().filter(|sold| *sold <= largest.min(held.lots[0]));
                sold.flat_map(|sold| lots.iter().flat_map(move |lots| [pair(*lots, sold), pair(-lots, sold)]))
                    .collect()
            };
            let (taken, units) = drain(&table, held, By::Orders, offers);
            println!("{taken} of {margin} in {units} units of up to {largest} lots");
            assert!(units >= 1_000 / largest as usize / 4, "{units}");
            assert!(4 * taken <= margin && 10 * taken > margin, "{taken} of {margin}");
            // Which is half of the equity of an account that has half of its margin.
            assert!(2 * taken <= held.equity);
        }
    }
}

/// Long of the perpetual and short of a future, and short of maintenance margin by some deficit.
fn hedged(table: &RiskTable, deficit: i128) -> Held {
    let mut held = Held {
        lots: [3_600, -2_600, 0],
        equity: 0,
    };
    held.equity = held
        .assess(table)
        .worst(table.header.maintenance)
        .expect("in range")
        .1
        .get()
        / 256;
    held.equity -= deficit / 256;
    assert_eq!(
        held.assess(table)
            .worst(table.header.maintenance)
            .expect("in range")
            .1
            .get(),
        deficit
    );
    held
}

#[test]
fn a_hedged_account_should_not_be_drained_leg_by_leg() {
    let table = table(LOSS);
    for by in LIQUIDATIONS {
        let mut held = hedged(&table, 256);
        let start = held.equity;
        // A hundred units of two fills each take both legs away, for all that they free.
        for number in 0..100 {
            let mut unit = Unit {
                changes: [-36, 26, 0],
                taken: 0,
            };
            assert!(
                number > 0 || unit.check(&table, &held, by).is_ok(),
                "it may go at the mark"
            );
            let freed = held.maintenance(&table) - held.after(&unit).maintenance(&table);
            unit.taken = freed.min(held.equity);
            assert!(
                unit.taken <= unit.highest(&table, by),
                "each fill is within its own bounds"
            );
            let checked = unit.check(&table, &held, by);
            assert_eq!(checked, Err(MarginError::Conceded), "unit {number} by {by:?}");
            held = held.after(&unit);
        }
        assert!(
            held.lots == [0; LEGS] && held.equity == 0,
            "together they would have taken all of {start}"
        );
    }
}

#[test]
fn all_of_a_hedge_should_not_go_at_once_for_a_penalty() {
    // Both legs in one unit, at the mark: the penalty that takes all equity is within B-FEE, and would be all the need
    // that there is.
    let table = table(LOSS);
    let held = hedged(&table, 256);
    let mut unit = Unit {
        changes: [-3_600, 2_600, 0],
        taken: held.equity,
    };
    let by = By::Liquidation(4);
    assert!(unit.taken <= unit.highest(&table, by));
    assert_eq!(unit.check(&table, &held, by), Err(MarginError::Conceded));
    // Nor for its share of what is freed: at the mark nobody needs so much.
    unit.taken = held.maintenance(&table) / 4;
    assert_eq!(unit.check(&table, &held, by), Err(MarginError::NotNeeded));
}

#[test]
fn the_greediest_run_of_liquidations_takes_a_quarter_of_the_margin_at_most() {
    let table = table(LOSS);
    // Barely short, by a tenth, by half.
    for (part, by) in [0, 10, 2]
        .into_iter()
        .flat_map(|part| LIQUIDATIONS.map(|by| (part, by)))
    {
        let margin = hedged(&table, 0).maintenance(&table);
        let deficit = if part == 0 { 256 } else { margin / part * 256 };
        let held = hedged(&table, deficit);
        for largest in [1, 10, 100, 5_000] {
            let offers = |held: &Held| {
                let steps = [0, 1, 7, 26, 36, 72, 100, 260, 360, 720, 1_000, 2_600, 3_600];
                let most = |held: i64| {
                    steps
                        .into_iter()
                        .filter(move |step| *step <= largest * 36 && *step <= held)
                };
                let legs = most(held.lots[0]).flat_map(|long| most(-held.lots[1]).map(move |short| (long, short)));
                legs.map(|(long, short)| Unit {
                    changes: [-long, short, 0],
                    taken: 0,
                })
                .collect()
            };
            let (taken, units) = drain(&table, held, by, offers);
            println!(
                "{taken} of {}, margin {margin}, in {units} units by {by:?}",
                held.equity
            );
            assert!(units > 0 && 4 * taken <= margin, "{taken} of {margin}");
            assert!(part != 0 || 4 * taken <= held.equity, "{taken} of {}", held.equity);
        }
    }
}

/// A unit of a random run: parts of what is held, so that most units reduce; who makes it; and what it gains (10^-3 of
/// the band), if it does not take all it can.
type Draw = ([i64; LEGS], usize, Option<i128>);

/// Makes the units as long as the account stays below initial margin. What was taken in all, and how many units took
/// something: by orders, by prices and by penalties of liquidations.
fn make(table: &RiskTable, mut held: Held, units: &[Draw]) -> (i128, [usize; 3]) {
    let start = held.equity;
    let mut took = [0; 3];
    for (parts, by, gain) in units {
        if !is_short(table, &held) {
            break;
        }
        let by = [By::Orders, LIQUIDATIONS[0], LIQUIDATIONS[1], LIQUIDATIONS[2]][*by];
        let changes = [0, 1, 2].map(|leg| -held.lots[leg] * parts[leg] / 100);
        let unit = Unit { changes, taken: 0 };
        let unit = match gain {
            None => unit.dearest(table, &held, by),
            Some(gain) => {
                let unit = Unit {
                    taken: -unit.highest(table, By::Orders) * gain / 1_000,
                    ..unit
                };
                unit.check(table, &held, by).is_ok().then_some(unit)
            }
        };
        if let Some(unit) = unit {
            let after = held.after(&unit);
            // Once initial margin is met, what is above it is the owner's to lose.
            if by == By::Orders && !is_short(table, &after) {
                break;
            }
            if unit.taken > 0 {
                took[match by {
                    By::Orders => 0,
                    By::Liquidation(0) => 1,
                    By::Liquidation(_) => 2,
                }] += 1;
            }
            held = after;
        }
    }
    (start - held.equity, took)
}

/// Whatever an account holds and whatever is made of it, with gains in between: as long as it stays below initial
/// margin, prices and penalties take no more than a quarter of its maintenance margin.
#[test]
fn no_run_of_units_takes_more_than_a_quarter_of_the_margin() {
    let table = table(LOSS);
    let unit = (
        prop::array::uniform3(-40i64..40),
        0usize..4,
        prop_oneof![Just(None), (0i128..1_000).prop_map(Some)],
    );
    let runs = (
        prop::array::uniform3(-3_000i64..3_000),
        0i128..1_400,
        prop::collection::vec(unit, 1..60),
    );
    let counted = Cell::new([0; 3]);
    let run = |(lots, part, units): ([i64; LEGS], i128, Vec<Draw>)| {
        let mut held = Held { lots, equity: 0 };
        let margin = held.maintenance(&table);
        held.equity = margin * part / 1_000;
        let (taken, took) = make(&table, held, &units);
        let before = counted.get();
        counted.set([0, 1, 2].map(|kind| before[kind] + took[kind]));
        prop_assert!(4 * taken <= margin, "{} of {margin}", taken);
        Ok(())
    };
    match TestRunner::new(ProptestConfig::with_cases(2_048)).run(&runs, run) {
        Ok(()) => (),
        Err(TestError::Fail(why, case)) => panic!("{why}: {case:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
    let counted = counted.get();
    println!("{counted:?} units took something");
    assert!(counted.iter().all(|units| *units >= 200), "{counted:?}");
}
