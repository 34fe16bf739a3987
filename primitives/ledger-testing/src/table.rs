//! Risk tables of the test market.

use crate::{
    chain::{GROUP, INSTRUMENT, TIME},
    random::Random,
};
use cloister_risk::{linear_scenarios, Header, LinearScan, RiskTable, Row, Status};
use cloister_types::{GroupId, InstrumentId, Lots, PerLot, Price};

/// Scan range and extremes of every instrument.
const SCAN: LinearScan = LinearScan {
    range: 160_000,
    extreme_multiple: 2_000_000,
    extreme_cover: 350_000,
};

/// A table with `live` trading perpetuals, marks from 60 units per lot up, one close-only row and one expired row.
pub fn table(live: usize, version: u64, random: &mut Random) -> RiskTable {
    let header = Header {
        group: GroupId(GROUP),
        version,
        time: TIME,
        initial: 320,
        maintenance: 256,
        penalty: 4,
        max_discount: 8,
        fee_cap: 1000,
    };
    let mut table = RiskTable {
        header,
        ..Default::default()
    };
    for (i, row) in table.rows.iter_mut().enumerate().take(live + 2) {
        let mark = 60_000_000 + (i as i64) * 7_000_000 + random.below(100_000) as i64;
        let funding = PerLot(random.below(2_000_000) as i64 - 1_000_000);
        *row = Row {
            instrument_id: InstrumentId(INSTRUMENT + i as u32),
            status: match i.checked_sub(live) {
                None => Status::Trading,
                Some(0) => Status::CloseOnly,
                Some(_) => Status::Expired,
            },
            limit: Lots(1_000_000),
            chunk: Lots(100),
            band: Price(3_000_000),
            funding,
            floor_long: Price(10_000 * (i as u64 % 3)),
            floor_short: Price(20_000 * (i as u64 % 2)),
            ..Default::default()
        };
        set_mark(row, mark);
    }
    table.validate().expect("bounds hold");
    table
}

/// Reprices a row. Of an expired row only the value is left.
pub(super) fn set_mark(row: &mut Row, mark: i64) {
    row.mark = PerLot(mark);
    row.value = PerLot(mark - row.funding.get());
    row.scenarios = linear_scenarios(row.mark, &SCAN).expect("marks are small");
    if row.status == Status::Expired {
        row.scenarios = Default::default();
        (row.floor_long, row.floor_short) = (Price::ZERO, Price::ZERO);
    }
}
