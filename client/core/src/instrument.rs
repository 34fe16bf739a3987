//! Instruments by name, with their lots and the prices that can be traded now.

use crate::{
    amount::{AmountError, Decimal, Lot},
    chain::{Chain, ChainError},
};
use cloister_crypto::constants::FEE_CAP_ONE;
use cloister_ledger::Side;
use cloister_risk::{RiskTable, Row, Status};
use cloister_runtime::{
    configs::oracle::FeedId,
    genesis_presets::feeds::{BTC_INDEX, ETH_INDEX},
};

/// Names of the perpetuals on the feeds of the presets. The chain knows instruments by number only.
const NAMES: [(FeedId, &str); 2] = [(BTC_INDEX, "BTC-PERP"), (ETH_INDEX, "ETH-PERP")];

/// Why an instrument cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InstrumentError {
    /// The node could not be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The group lists no such instrument.
    #[error("group {group} lists no instrument `{wanted}`; it has {known}")]
    Unknown {
        /// The group.
        group: u32,
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// The newest risk table has no row for it yet.
    #[error("instrument {0} is listed but not in a risk table yet; the oracle must feed its price")]
    NotInTable(u32),
    /// A number does not fit the instrument.
    #[error("{0}")]
    Amount(#[from] AmountError),
}

/// One instrument as it trades now.
#[derive(Clone, Debug)]
pub struct Instrument {
    /// Margin group.
    pub group: u32,
    /// Number.
    pub id: u32,
    /// Name for people.
    pub name: String,
    /// Feed of the index price.
    pub feed: FeedId,
    /// Feed of the perpetual's price.
    pub premium_feed: Option<FeedId>,
    /// Lot.
    pub lot: Lot,
    /// Place in the risk table.
    pub place: usize,
    /// Its row in the newest risk table.
    pub row: Row,
    /// Highest fee, 10^-6 of the cost.
    pub fee_cap: u32,
    /// Initial margin ratio, over 2^8.
    pub initial: u16,
}

/// Name of an instrument on a feed.
pub fn name_of(feed: FeedId, id: u32) -> String {
    NAMES
        .iter()
        .find(|(f, _)| *f == feed)
        .map_or_else(|| format!("PERP-{id}"), |(_, name)| (*name).into())
}

/// Every instrument of a group with its name, in the order of the table.
///
/// # Errors
/// [`ChainError`].
pub async fn list(chain: &Chain, group: u32) -> Result<Vec<(u32, String)>, ChainError> {
    Ok(chain
        .risk_group(group, None)
        .await?
        .instruments
        .iter()
        .map(|i| (i.id, name_of(i.feed, i.id)))
        .collect())
}

impl Instrument {
    /// Finds an instrument by name (in any case) or number, in the newest risk table.
    ///
    /// # Errors
    /// [`InstrumentError`].
    pub async fn find(chain: &Chain, group: u32, wanted: &str) -> Result<Self, InstrumentError> {
        let listed = chain.risk_group(group, None).await?.instruments;
        let number: Option<u32> = wanted.parse().ok();
        let matches = |id: u32, feed: FeedId| number == Some(id) || name_of(feed, id).eq_ignore_ascii_case(wanted);
        let Some((place, found)) = listed.iter().enumerate().find(|(_, i)| matches(i.id, i.feed)) else {
            let known: Vec<String> = listed
                .iter()
                .map(|i| format!("{} ({})", name_of(i.feed, i.id), i.id))
                .collect();
            return Err(InstrumentError::Unknown {
                group,
                wanted: wanted.into(),
                known: known.join(", "),
            });
        };
        let table = chain.latest_risk_table(group, None).await?;
        let mut instrument = Self {
            group,
            id: found.id,
            name: name_of(found.feed, found.id),
            feed: found.feed,
            premium_feed: found.premium_feed,
            lot: Lot(found.params.lot_size),
            place,
            row: Row::default(),
            fee_cap: table.header.fee_cap,
            initial: table.header.initial,
        };
        instrument.refresh(&table)?;
        Ok(instrument)
    }

    /// Takes mark and band from a newer table.
    ///
    /// # Errors
    /// [`InstrumentError::NotInTable`].
    pub fn refresh(&mut self, table: &RiskTable) -> Result<(), InstrumentError> {
        let (place, row) = table.row_of(self.id).ok_or(InstrumentError::NotInTable(self.id))?;
        self.place = place;
        self.row = row.clone();
        self.fee_cap = table.header.fee_cap;
        self.initial = table.header.initial;
        Ok(())
    }

    /// True if orders may open positions.
    pub fn trades(&self) -> bool {
        self.row.status == Status::Trading
    }

    /// Mark, 10^-6 a lot.
    pub fn mark(&self) -> u64 {
        u64::try_from(self.row.mark).unwrap_or_default()
    }

    /// Lowest and highest price a lot that the band allows now, 10^-6.
    pub fn band(&self) -> (u64, u64) {
        (
            self.mark().saturating_sub(self.row.band).max(1),
            self.mark().saturating_add(self.row.band),
        )
    }

    /// The worst price that a market order of this side may take now.
    pub fn market_limit(&self, side: Side) -> u64 {
        let (low, high) = self.band();
        match side {
            Side::Buy => high,
            Side::Sell => low,
        }
    }

    /// The most that the fee cap allows a lot at a price, rounded up: an order that signs it is never refused for its fee.
    pub fn fee_allowance(&self, limit: u64) -> u64 {
        let fee = (u128::from(limit) * u128::from(self.fee_cap)).div_ceil(u128::from(FEE_CAP_ONE));
        u64::try_from(fee).unwrap_or(u64::MAX)
    }

    /// The initial margin of one lot in its worst scenario, long or short, 10^-6, rounded up.
    pub fn margin_of_a_lot(&self) -> u64 {
        let scenario = self
            .row
            .scenarios
            .iter()
            .map(|r| r.unsigned_abs())
            .max()
            .unwrap_or_default();
        let floor = self.row.floor_long.max(self.row.floor_short);
        let base = u128::from(scenario) + u128::from(floor);
        u64::try_from((base * u128::from(self.initial)).div_ceil(256)).unwrap_or(u64::MAX)
    }

    /// Lots of a quantity of the underlying.
    ///
    /// # Errors
    /// It is no whole number of lots.
    pub fn lots(&self, quantity: &Decimal) -> Result<u64, AmountError> {
        self.lot.lots(quantity)
    }
}
