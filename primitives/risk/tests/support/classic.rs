//! A group with a perpetual, a future, and calls and puts of two expiries, and the classic positions in it.

#![allow(dead_code)]

use cloister_risk::{
    span::row, Assessment, Header, Instrument, InstrumentError, InstrumentKind, Listing, Positions, Quote, Right,
    RiskTable, ScanParams, SpanError, Status, TableError,
};
use cloister_types::{GroupId, InstrumentId, Lots, Money, PerLot};
use comfy_table::{presets::ASCII_MARKDOWN, CellAlignment, Table};

/// A hundredth of the underlying a lot.
pub const LOT: u64 = 10_000_000;
/// Lots of one unit of the underlying.
pub const UNIT: i64 = 100;
/// One whole unit of the settlement asset as the oracle states prices.
pub const PRICE_ONE: u128 = 1_000_000_000_000_000_000;
/// Strikes of the near expiry.
pub const STRIKES: usize = 5;
/// Initial and maintenance ratios over 2^8: 1.25 and 1.
pub const RATIOS: (u16, u16) = (320, 256);

/// An expiry: when, its forward (10^-18), its volatilities (10^-6) by strike.
#[derive(Clone, Copy, Debug)]
pub struct Expiry {
    /// Milliseconds of Unix time.
    pub at: u64,
    /// 10^-18 of the settlement asset.
    pub forward: u128,
    /// Calls, then puts, 10^-6 per year.
    pub volatilities: [[u32; STRIKES]; 2],
}

/// What the oracle says of the group.
#[derive(Clone, Copy, Debug)]
pub struct Market {
    /// Milliseconds of Unix time.
    pub now: u64,
    /// 10^-18 of the settlement asset.
    pub index: u128,
    /// Rising strikes, 10^-18; the middle one is at the money.
    pub strikes: [u128; STRIKES],
    /// The near expiry and the far one.
    pub expiries: [Expiry; 2],
}

/// Row of the perpetual.
pub const PERPETUAL: usize = 0;
/// Row of the near future.
pub const FUTURE: usize = 1;

/// Row of the near call at a strike.
pub const fn call(strike: usize) -> usize {
    2 + strike
}

/// Row of the near put at a strike.
pub const fn put(strike: usize) -> usize {
    2 + STRIKES + strike
}

/// Row of the far call at a strike.
pub const fn far_call(strike: usize) -> usize {
    2 + 2 * STRIKES + strike
}

/// The market's instruments with their quotes, by row.
pub fn instruments(market: &Market) -> Vec<(Instrument, Quote)> {
    let lot = |kind| Instrument { kind, lot_size: LOT };
    let quote = |price, volatility| Quote { price, volatility };
    let [near, far] = market.expiries;
    let mut out = vec![
        (lot(InstrumentKind::Perpetual), quote(market.index, 0)),
        (lot(InstrumentKind::Future { expiry: near.at }), quote(near.forward, 0)),
    ];
    for (right, expiry, side) in [(Right::Call, near, 0), (Right::Put, near, 1), (Right::Call, far, 0)] {
        for (strike, volatility) in market.strikes.into_iter().zip(expiry.volatilities[side]) {
            let kind = InstrumentKind::Option {
                right,
                strike,
                expiry: expiry.at,
            };
            out.push((lot(kind), quote(expiry.forward, volatility)));
        }
    }
    out
}

/// Why a market has no risk table.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// An instrument is out of its bounds.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// A row cannot be made.
    #[error(transparent)]
    Row(#[from] SpanError),
    /// The table is out of its bounds.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The market's risk table.
pub fn table(market: &Market, params: &ScanParams) -> Result<RiskTable, MarketError> {
    let mut table = RiskTable {
        header: Header {
            group: GroupId(1),
            version: 1,
            time: market.now,
            initial: RATIOS.0,
            maintenance: RATIOS.1,
            penalty: 4,
            max_discount: 8,
            fee_cap: 1_000,
        },
        ..RiskTable::default()
    };
    for (i, (instrument, quote)) in instruments(market).iter().enumerate() {
        instrument.check(market.now)?;
        let listing = Listing {
            instrument_id: InstrumentId(i as u32 + 1),
            status: Status::Trading,
            limit: Lots(1_000_000),
            chunk: Lots(1_000),
            band: 20_000,
        };
        table.rows[i] = row(instrument, &listing, quote, PerLot(0), params, market.now)?;
    }
    table.validate()?;
    Ok(table)
}

/// Name and legs, in units of the underlying.
pub type Position = (&'static str, &'static [(usize, i64)]);

/// The classic positions.
pub const CLASSIC: [Position; 15] = [
    ("long future", &[(FUTURE, 1)]),
    ("long call", &[(call(3), 1)]),
    ("naked short call", &[(call(3), -1)]),
    ("naked short put", &[(put(1), -1)]),
    ("call spread", &[(call(2), 1), (call(3), -1)]),
    ("short straddle", &[(call(2), -1), (put(2), -1)]),
    ("short strangle", &[(call(3), -1), (put(1), -1)]),
    (
        "short iron condor",
        &[(put(0), 1), (put(1), -1), (call(3), -1), (call(4), 1)],
    ),
    ("long butterfly", &[(call(1), 1), (call(2), -2), (call(3), 1)]),
    ("covered call", &[(FUTURE, 1), (call(3), -1)]),
    ("protective put", &[(FUTURE, 1), (put(1), 1)]),
    ("calendar", &[(call(2), -1), (far_call(2), 1)]),
    ("diagonal", &[(call(3), -1), (far_call(2), 1)]),
    ("future against perpetual", &[(FUTURE, 1), (PERPETUAL, -1)]),
    ("conversion", &[(FUTURE, 1), (call(2), -1), (put(2), 1)]),
];

/// Lots by row.
pub fn lots(legs: &[(usize, i64)]) -> Positions {
    let mut out = Positions::default();
    for (row, units) in legs {
        out[*row] = cloister_types::Position(out[*row].get() + units * UNIT);
    }
    out
}

/// Market value, initial and maintenance requirement, 10^-6, and the worst scenario.
pub fn margin(table: &RiskTable, legs: &[(usize, i64)]) -> (i128, i128, i128, usize) {
    let account = Assessment::new(table, &lots(legs), Money(0)).expect("in range");
    let requirement = |ratio| account.requirement(ratio).expect("in range");
    let worst = (0..account.exposure.len())
        .max_by_key(|s| account.exposure[*s])
        .unwrap_or(0);
    (
        account.equity.get(),
        requirement(RATIOS.0).get(),
        requirement(RATIOS.1).get(),
        worst,
    )
}

/// The margin of the classic positions in whole units of the settlement asset, as a Markdown table.
pub fn print(table: &RiskTable) {
    let mut out = Table::new();
    out.load_style(ASCII_MARKDOWN).set_header([
        "position of one unit",
        "value",
        "initial",
        "maintenance",
        "worst scenario",
    ]);
    let whole = |x: i128| format!("{:.2}", x as f64 / 1e6);
    for (name, legs) in CLASSIC {
        let (value, initial, maintenance, worst) = margin(table, legs);
        out.add_row([
            name.to_owned(),
            whole(value),
            whole(initial),
            whole(maintenance),
            worst.to_string(),
        ]);
    }
    for column in out.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{out}");
}
