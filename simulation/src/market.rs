//! The market's instruments and, for every minute, its risk table: a perpetual with funding, and a future that expires.

use crate::prices::{Bar, HOUR, MINUTE};
use cloister_risk::{
    span::{row, settled_row},
    Funding, FundingError, FundingTerms, Header, Instrument, InstrumentError, InstrumentKind, Listing, Quote,
    RiskTable, Row, ScanParams, SpanError, Status, TableError,
};
use cloister_types::{GroupId, InstrumentId, Lots, PerLot};
use std::collections::VecDeque;

/// Margin group.
pub const GROUP: u32 = 1;
/// Rows of the table that are listed.
pub const ROWS: usize = 2;
/// Row of the perpetual.
pub const PERPETUAL: usize = 0;
/// Row of the future.
pub const FUTURE: usize = 1;
/// Coins per lot, in 10^-9: a thousandth.
pub const LOT: u64 = 1_000_000;
/// Lots of one coin.
pub const COIN: i64 = 1_000;
/// Minutes whose mean price stands in for a spot index in the funding premium; the recorded file has none.
const INDEX_MINUTES: usize = 30;
/// From 10^-6 to 10^-18, the oracle's unit.
const ORACLE: u128 = 1_000_000_000_000;

/// What governance sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Scenarios.
    pub scan: ScanParams,
    /// Initial margin ratio over 2^8.
    pub initial: u16,
    /// Maintenance margin ratio over 2^8.
    pub maintenance: u16,
    /// Liquidation penalty over 2^8.
    pub penalty: u16,
    /// How much worse than the mark an account may be liquidated, over 2^8.
    pub max_discount: u16,
    /// Highest fee, 10^-6 of the traded cost.
    pub fee_cap: u32,
    /// Largest distance of a fill from the mark, 10^-6.
    pub band: u32,
    /// Largest position, lots.
    pub limit: u64,
    /// Largest liquidation step, lots.
    pub chunk: u64,
    /// Caps of the funding.
    pub funding: FundingTerms,
}

impl Terms {
    /// Terms with a price scan range in 10^-6: a leverage of up to `800,000 / range`.
    pub fn with_range(price_range: u32) -> Self {
        Self {
            scan: ScanParams {
                price_range,
                ..ScanParams::LIQUID_COIN
            },
            initial: 320,
            maintenance: 256,
            penalty: 4,
            max_discount: 4,
            fee_cap: 1_000,
            band: 20_000,
            limit: 2_000_000,
            chunk: 50_000,
            funding: FundingTerms {
                max_premium: 50_000,
                max_rate: 2_500,
            },
        }
    }
}

/// Why a table cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarketError {
    /// A row cannot be made.
    #[error(transparent)]
    Row(#[from] SpanError),
    /// An instrument cannot be listed.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// Funding cannot accrue.
    #[error(transparent)]
    Funding(#[from] FundingError),
    /// The table is out of its bounds.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The market's side of the chain: what is listed, and the tables.
#[derive(Clone, Debug)]
pub struct Market {
    terms: Terms,
    perpetual: Instrument,
    future: Instrument,
    funding: Funding,
    closes: VecDeque<u64>,
    settlement: Option<u64>,
    unlisted: bool,
    version: u64,
}

impl Market {
    /// Lists the instruments at `now`; the future settles at `expiry` (milliseconds of Unix time).
    ///
    /// # Errors
    /// [`MarketError::Instrument`].
    pub fn new(terms: Terms, now: u64, expiry: u64) -> Result<Self, MarketError> {
        let lot = |kind| Instrument { kind, lot_size: LOT };
        let (perpetual, future) = (lot(InstrumentKind::Perpetual), lot(InstrumentKind::Future { expiry }));
        perpetual.check(now)?;
        future.check(now)?;
        Ok(Self {
            terms,
            perpetual,
            future,
            funding: Funding::default(),
            closes: VecDeque::new(),
            settlement: None,
            unlisted: false,
            version: 0,
        })
    }

    /// The terms.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// When the future settles.
    pub fn expiry(&self) -> u64 {
        self.future.expiry().unwrap_or(u64::MAX)
    }

    /// Exact cumulative funding of a long lot of the perpetual, whole units of 10^-6.
    ///
    /// # Errors
    /// [`MarketError::Funding`].
    pub fn funding(&self) -> Result<i64, MarketError> {
        Ok(self.funding.whole()?.get())
    }

    /// The future's row was proven empty: it is listed no more.
    pub fn unlist_future(&mut self) {
        self.unlisted = true;
    }

    /// True once the future's row is gone.
    pub fn future_is_unlisted(&self) -> bool {
        self.unlisted
    }

    /// The table of a minute: marks at its last price, funding accrued to its end.
    ///
    /// # Errors
    /// [`MarketError`].
    pub fn table(&mut self, bar: &Bar) -> Result<RiskTable, MarketError> {
        let now = bar.time + MINUTE;
        self.accrue(bar, now)?;
        self.version += 1;
        let terms = &self.terms;
        let mut table = RiskTable {
            header: Header {
                group: GroupId(GROUP),
                version: self.version,
                time: now,
                initial: terms.initial,
                maintenance: terms.maintenance,
                penalty: terms.penalty,
                max_discount: terms.max_discount,
                fee_cap: terms.fee_cap,
            },
            ..RiskTable::default()
        };
        let quote = Quote {
            price: u128::from(bar.close) * ORACLE,
            volatility: 0,
        };
        let listing = self.listing(PERPETUAL, Status::Trading);
        let funding = self.funding.whole()?;
        table.rows[PERPETUAL] = row(&self.perpetual, &listing, &quote, funding, &terms.scan, now)?;
        table.rows[FUTURE] = self.future_row(bar, &quote, now)?;
        table.validate()?;
        Ok(table)
    }

    /// The premium is that of the last price over the mean of the last half hour, capped by the terms.
    fn accrue(&mut self, bar: &Bar, now: u64) -> Result<(), MarketError> {
        self.closes.push_back(bar.close);
        if self.closes.len() > INDEX_MINUTES {
            self.closes.pop_front();
        }
        let mean = self.closes.iter().sum::<u64>() / self.closes.len() as u64;
        let rate = self
            .terms
            .funding
            .rate(u128::from(mean) * ORACLE, u128::from(bar.close) * ORACLE)?;
        let mark = self.perpetual.price_of_lot(u128::from(bar.close) * ORACLE)?;
        Ok(self.funding.accrue(mark, rate, now)?)
    }

    /// Trading, in its last hour close-only, then settled at the price of the minute in which it expired, then
    /// unlisted.
    fn future_row(&mut self, bar: &Bar, quote: &Quote, now: u64) -> Result<Row, MarketError> {
        if self.unlisted {
            return Ok(Row::default());
        }
        if now >= self.expiry() {
            let settlement = *self.settlement.get_or_insert(bar.close);
            let listing = self.listing(FUTURE, Status::Expired);
            let price = u128::from(settlement) * ORACLE;
            return Ok(settled_row(&self.future, &listing, price, PerLot::ZERO)?);
        }
        let last_hour = now + HOUR >= self.expiry();
        let status = if last_hour { Status::CloseOnly } else { Status::Trading };
        let listing = self.listing(FUTURE, status);
        Ok(row(&self.future, &listing, quote, PerLot::ZERO, &self.terms.scan, now)?)
    }

    fn listing(&self, row: usize, status: Status) -> Listing {
        Listing {
            instrument_id: InstrumentId(row as u32 + 1),
            status,
            limit: Lots(self.terms.limit),
            chunk: Lots(self.terms.chunk),
            band: self.terms.band,
        }
    }
}
