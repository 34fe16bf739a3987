//! How long it takes to find ten accounts that are short among many that are not:
//! `cargo run --release -p cloister-liquidator --example distances`.

use cloister_liquidator::{lacking, Distances, Holding};
use cloister_risk::{linear_scenarios, Header, LinearScan, RiskTable, Row, ScenarioError, Status};
use cloister_types::{GroupId, InstrumentId, Lots, PerLot, Position, Price};
use std::time::Instant;

/// Accounts that the fall makes short.
const SHORT: u32 = 10;
/// The mark of the first table, 10^-6.
const MARK: i64 = 60_000_000;

/// A perpetual that may move by 16 %.
fn table(mark: i64) -> Result<RiskTable, ScenarioError> {
    let scan = LinearScan {
        range: 160_000,
        extreme_multiple: 2_000_000,
        extreme_cover: 350_000,
    };
    let mut table = RiskTable {
        header: Header {
            group: GroupId(1),
            initial: 320,
            maintenance: 256,
            ..Header::default()
        },
        ..RiskTable::default()
    };
    table.rows[0] = Row {
        instrument_id: InstrumentId(1),
        status: Status::Trading,
        limit: Lots(1_000_000),
        chunk: Lots(1_000),
        band: Price(3_000_000),
        value: PerLot(mark),
        mark: PerLot(mark),
        scenarios: linear_scenarios(PerLot(mark), &scan)?,
        ..Row::default()
    };
    Ok(table)
}

/// A hundred lots on so many times what maintenance asks for, in hundredths.
fn holding(table: &RiskTable, hundredths: i128) -> Holding {
    let mut holding = Holding::default();
    holding.lots[0] = Position(100);
    holding.cash = holding.exposure(table) * hundredths / 100 - holding.equity(table);
    holding
}

fn main() -> Result<(), ScenarioError> {
    let (start, fallen) = (table(MARK)?, table(MARK * 99 / 100)?);
    println!("healthy, short, assessed, microseconds by the index, microseconds by a look at everybody");
    for healthy in [10, 1_000, 100_000] {
        let mut index = Distances::new(start.clone());
        for account in 0..healthy + SHORT {
            // Healthy accounts have between twice and six times what they need.
            let times = if account < SHORT {
                101
            } else {
                200 + i128::from(account % 400)
            };
            index.update(account, &holding(&start, times));
        }
        let begun = Instant::now();
        let assessed = index.advance(&fallen);
        let by_index = begun.elapsed();
        let begun = Instant::now();
        let scanned = index
            .accounts()
            .filter(|(_, holding)| lacking(&fallen, holding) >= 1)
            .count();
        let by_scan = begun.elapsed();
        let found = index.due().len();
        assert_eq!((found, found), (scanned, SHORT as usize));
        println!(
            "{healthy}, {found}, {assessed}, {}, {}",
            by_index.as_micros(),
            by_scan.as_micros()
        );
    }
    Ok(())
}
