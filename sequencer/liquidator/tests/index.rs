//! The index by distance finds exactly those who are short or owe money, whatever the tables do.

use cloister_liquidator::{lacking, Distances, Holding};
use cloister_risk::{linear_scenarios, Header, LinearScan, RiskTable, Row, Status};
use cloister_types::{GroupId, InstrumentId, Lots, PerLot, Position, Price};
use proptest::prelude::*;
use std::collections::BTreeSet;

const ROWS: usize = 4;

/// A row whose scenarios are those of a linear instrument, but for the last, which is whatever the test wants: rows of
/// options move unevenly.
fn row(number: usize, mark: i64, funding: i64, odd: i64) -> Row {
    let scan = LinearScan {
        range: 100_000 * (number as u32 + 1),
        extreme_multiple: 3_000_000,
        extreme_cover: 350_000,
    };
    let mut scenarios = linear_scenarios(PerLot(mark), &scan).unwrap();
    scenarios[5] = PerLot(odd);
    if number == ROWS - 1 {
        // A long can only gain: who holds it may owe money and not be short of margin.
        scenarios = [PerLot(odd.abs() + 1); 16];
    }
    Row {
        instrument_id: InstrumentId(number as u32 + 1),
        status: Status::Trading,
        limit: Lots(1_000_000),
        chunk: Lots(100),
        band: Price(mark as u64 / 10),
        funding: PerLot(funding),
        value: PerLot(mark - funding),
        mark: PerLot(mark),
        floor_long: Price(odd.unsigned_abs() / 8),
        floor_short: Price(odd.unsigned_abs() / 4),
        scenarios,
        stale: false,
    }
}

fn table(rows: &[(i64, i64, i64)], maintenance: u16) -> RiskTable {
    let header = Header {
        group: GroupId(1),
        version: 1,
        initial: maintenance + 64,
        maintenance,
        ..Header::default()
    };
    let mut table = RiskTable {
        header,
        ..RiskTable::default()
    };
    for (number, (mark, funding, odd)) in rows.iter().enumerate() {
        table.rows[number] = row(number, *mark, *funding, *odd);
    }
    table
}

fn any_table() -> impl Strategy<Value = Vec<(i64, i64, i64)>> {
    prop::collection::vec((500_000i64..2_000_000, -5_000i64..5_000, -300_000i64..300_000), ROWS)
}

/// Tables that drift, now and then by a jump.
fn walk() -> impl Strategy<Value = Vec<(usize, i64, i64, i64)>> {
    let row = 0..ROWS;
    let moved = prop_oneof![8 => -3_000i64..3_000, 1 => -200_000i64..200_000];
    prop::collection::vec((row, moved, -500i64..500, -9_000i64..9_000), 1..60)
}

/// Equity in percent of what maintenance asks for, and lots. Most have a little more than they need, so that every part
/// of what the index counts matters.
fn holdings() -> impl Strategy<Value = Vec<(i64, Vec<i64>)>> {
    let lots = prop_oneof![3 => Just(0i64), 3 => -50i64..50, 1 => -5_000i64..5_000];
    let percent = prop_oneof![6 => 100i64..112, 1 => -20i64..300];
    let account = (percent, prop::collection::vec(lots, ROWS));
    prop::collection::vec(account, 1..30)
}

/// An account on so much of what maintenance asks for.
fn on(table: &RiskTable, percent: i64, lots: &[i64]) -> Holding {
    let flat = holding(table, 0, lots);
    let asked = flat.shortfall(table, table.header.maintenance) / 256;
    holding(table, i64::try_from(asked).unwrap() / 100 * percent, lots)
}

fn holding(table: &RiskTable, equity: i64, lots: &[i64]) -> Holding {
    let mut holding = Holding::default();
    for (row, lots) in lots.iter().enumerate() {
        holding.lots[row] = Position(*lots);
    }
    holding.cash = i128::from(equity) - holding.equity(table);
    holding
}

/// Everybody who is short or owes money, by a look at each.
fn scan(table: &RiskTable, accounts: &[Holding]) -> BTreeSet<u32> {
    let all = (0u32..).zip(accounts);
    let due =
        all.filter(|(_, holding)| holding.equity(table) < 0 || holding.shortfall(table, table.header.maintenance) >= 1);
    due.map(|(account, _)| account).collect()
}

proptest! {
    #[test]
    fn nobody_who_is_short_should_be_missed(
        start in any_table(), steps in walk(), made in holdings(), ratio in 200u16..400,
        traded in prop::collection::vec((0usize..30, -30i64..30, 0usize..ROWS), 0..40),
    ) {
        let mut rows = start;
        let mut now = table(&rows, ratio);
        let mut accounts: Vec<Holding> = made.iter().map(|(percent, lots)| on(&now, *percent, lots)).collect();
        let mut index = Distances::new(now.clone());
        for (account, holding) in (0u32..).zip(&accounts) {
            index.update(account, holding);
        }
        prop_assert_eq!(index.due(), &scan(&now, &accounts));
        let mut trades = traded.into_iter();
        for (number, (row, mark, funding, odd)) in steps.into_iter().enumerate() {
            let at = &mut rows[row];
            *at = ((at.0 + mark).max(100), at.1 + funding, at.2 + odd);
            // The ratio is governed, and changes now and then.
            now = table(&rows, if number % 17 == 16 { ratio + 8 } else { ratio });
            index.advance(&now);
            prop_assert_eq!(index.due(), &scan(&now, &accounts));
            if let Some((account, lots, row)) = trades.next() {
                let account = account % accounts.len();
                let held = &mut accounts[account];
                held.lots[row].0 += lots;
                held.cash -= i128::from(lots) * i128::from(now.rows[row].value.get());
                index.update(account as u32, held);
                prop_assert_eq!(index.due(), &scan(&now, &accounts));
            }
        }
        for row in 0..ROWS {
            let held = (0u32..).zip(&accounts).filter(|(_, holding)| !holding.lots[row].is_zero());
            let held: BTreeSet<u32> = held.map(|(account, _)| account).collect();
            prop_assert_eq!(index.holders(row), held);
        }
    }
}

#[test]
fn accounts_far_from_being_short_should_not_be_looked_at() {
    let at = |mark: i64| table(&[(mark, 0, 80_000), (1_000, 0, 0), (1_000, 0, 0), (1_000, 0, 0)], 256);
    let start = at(1_000_000);
    let mut index = Distances::new(start.clone());
    // A lot requires 0.105 for an extreme move, and a floor of 0.01: 0.115 at a mark of one.
    for account in 0..1_000u32 {
        index.update(account, &holding(&start, 10_000_000, &[10, 0, 0, 0]));
    }
    for account in 1_000..1_003u32 {
        index.update(account, &holding(&start, 1_200_000, &[10, 0, 0, 0]));
    }
    let assessed = index.advance(&at(996_000));
    assert!(assessed <= 3, "{assessed} accounts were assessed");
    assert!(index.due().is_empty());
    let assessed = index.advance(&at(990_000));
    assert_eq!((assessed, index.due().len()), (3, 3));
    assert!(index.due().iter().all(|account| *account >= 1_000));
    assert!(lacking(index.table(), &index.holding(1_000)) >= 1);
}

#[test]
fn an_account_that_is_closed_should_be_forgotten() {
    let at = table(&[(1_000_000, 0, 0)], 256);
    let mut index = Distances::new(at.clone());
    index.update(7, &holding(&at, -1, &[1]));
    assert_eq!((index.due().len(), index.holders(0).len()), (1, 1));
    index.remove(7);
    assert!(index.due().is_empty() && index.holders(0).is_empty() && index.accounts().next().is_none());
    assert_eq!(index.holding(7), Holding::default());
}
