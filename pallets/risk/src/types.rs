//! What the pallet stores.

use cloister_crypto::constants::INSTRUMENTS;
use cloister_ledger::FinalValues;
use cloister_risk::{RiskTable, Status};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
    frame_support::{traits::ConstU32, BoundedVec},
    sp_runtime::FixedU128,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A price and when it became the median.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// One unit of the underlying in whole units of the settlement asset.
    pub value: FixedU128,
    /// Milliseconds of Unix time.
    pub timestamp: u64,
}

/// Where prices come from; the runtime implements it over its oracle.
pub trait PriceSource {
    /// Names a feed.
    type FeedId;

    /// The median price of a feed, `None` if there has never been one.
    fn price(feed: &Self::FeedId) -> Option<Price>;
}

/// The shapes of batches that the chain verifies; pallet execution knows them.
pub trait BatchShapes {
    /// Places per unit of the widest shape with an active key, 0 without any.
    fn most_places() -> u16;
}

/// What other pallets need of the risk tables.
pub trait RiskTables {
    /// Whether the margin group exists.
    fn exists(group: u32) -> bool;
    /// Version of the newest table, `None` before the first.
    fn latest_version(group: u32) -> Option<u64>;
    /// Hash and times of a table, `None` if it never was or is no longer kept.
    fn table_info(group: u32, version: u64) -> Option<TableInfo>;
    /// A table, `None` if it never was or is no longer kept.
    fn table(group: u32, version: u64) -> Option<RiskTable>;
    /// Places per unit that some active shape must have for the group's instruments (R-PLACES).
    fn places_needed(group: u32) -> u16;
    /// What the lots of a group that is frozen at `until` are worth: the medians of the tables that were built in
    /// [`crate::bounds::FINAL_WINDOW`] up to then and are kept, but those in which rows are stale and none is priced.
    /// `None` if they are fewer than [`crate::bounds::FINAL_LEAST`].
    fn final_values(group: u32, until: u64) -> Option<FinalValues>;
}

/// Hash and times of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct TableInfo {
    /// The statement's `risk_hash`, canonical.
    pub risk_hash: [u8; 32],
    /// When it was built, milliseconds of Unix time.
    pub time: u64,
    /// The last moment at which a batch may name it: the time of the next table and the grace of that moment. It is
    /// written once, with the next table, so that nothing revives a table. `None` while it is the newest.
    pub good_until: Option<u64>,
}

/// Governed parameters of a margin group; bounds in [`crate::bounds`].
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen, Serialize, Deserialize,
)]
pub struct GroupParams {
    /// Initial margin ratio, numerator over 2^8.
    pub initial: u16,
    /// Maintenance margin ratio, numerator over 2^8.
    pub maintenance: u16,
    /// Liquidation penalty, numerator over 2^8.
    pub penalty: u16,
    /// How much worse than the mark an account may be closed (B-DISCOUNT), numerator over 2^8.
    pub max_discount: u16,
    /// Highest fee, 10^-6 of the traded cost.
    pub fee_cap: u32,
    /// A price older than this counts as none, milliseconds.
    pub max_price_age: u64,
    /// Shortest time between two tables, milliseconds.
    pub table_interval: u64,
}

/// Governed parameters of an instrument; bounds in [`crate::bounds`]. What is in 10^-6 is of the mark, unless it says
/// other.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen, Serialize, Deserialize,
)]
pub struct InstrumentParams {
    /// Underlying a lot, 10^-9 units.
    pub lot_size: u64,
    /// Scan range, 10^-6.
    pub scan_range: u32,
    /// Extreme move as a multiple of the scan range, 10^-6.
    pub extreme_multiple: u32,
    /// Covered fraction of the extreme move, 10^-6.
    pub extreme_cover: u32,
    /// Least margin of a long lot, 10^-6.
    pub floor_long: u32,
    /// Least margin of a short lot, 10^-6.
    pub floor_short: u32,
    /// Largest distance of a fill from the mark, 10^-6.
    pub band: u32,
    /// Largest premium that funding sees, 10^-6 of the index.
    pub max_premium: u32,
    /// Largest funding rate per hour, 10^-6.
    pub max_funding_rate: u32,
    /// Largest position, lots.
    pub limit: u64,
    /// Largest liquidation step, lots.
    pub chunk: u64,
}

/// Where the prices of an instrument come from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Feeds<FeedId> {
    /// Price of the underlying.
    pub index: FeedId,
    /// Price of the perpetual on its reference markets; without one there is no funding.
    pub premium: Option<FeedId>,
}

/// A perpetual of a margin group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Instrument<FeedId> {
    /// Never reused.
    pub id: u32,
    /// Feed of the underlying's price, the index.
    pub feed: FeedId,
    /// Feed of the perpetual's price on its reference markets; without one there is no funding.
    pub premium_feed: Option<FeedId>,
    /// Trading or close-only; expired once its feed was dead for too long.
    pub status: Status,
    /// Governed parameters.
    pub params: InstrumentParams,
    /// The highest limit ever set: positions may be as large whatever the limit is now (C-BOUND).
    pub limit_high: u64,
    /// Cumulative funding of a long lot, 10^-18 of the settlement asset.
    pub funding: i128,
    /// Funding has accrued up to here, milliseconds; 0 before the first table.
    pub funded_at: u64,
}

/// A margin group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Group<FeedId> {
    /// Governed parameters.
    pub params: GroupParams,
    /// Version of the newest table, 0 before the first.
    pub version: u64,
    /// When it was built, milliseconds.
    pub built_at: u64,
    /// A table was due and could not be built; cleared by the next one.
    pub stalled: bool,
    /// By row of the table.
    pub instruments: BoundedVec<Instrument<FeedId>, ConstU32<{ INSTRUMENTS as u32 }>>,
}

/// An instrument whose row is stale: the newest table has its last mark (C-DEAD, C-JUMP).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct DeadInstrument {
    /// The instrument.
    pub id: u32,
    /// For how long its feed has been dead, milliseconds, as far as tables were made.
    pub dead_for: u64,
    /// Since when a price is held back that jumps (C-JUMP), milliseconds of Unix time; `None` if the feed is dead.
    pub held_since: Option<u64>,
}

/// The instruments of a group whose rows are stale, by row.
pub type DeadInstruments = BoundedVec<DeadInstrument, ConstU32<{ INSTRUMENTS as u32 }>>;

/// Why a table could not be built.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen, thiserror::Error,
)]
pub enum StallReason {
    /// The feed of an instrument has never had a price, and the group has no table yet.
    #[error("instrument {0} has no price")]
    FeedMissing(u32),
    /// The price of an instrument is older than the group allows, and the group has no table yet.
    #[error("the price of instrument {0} is stale")]
    FeedStale(u32),
    /// A price of an instrument is zero or needs more bits than a table entry has, and the group has no table yet.
    #[error("a price of instrument {0} is out of range")]
    PriceOutOfRange(u32),
    /// The sum over all instruments could take an account out of its range (C-BOUND): the group has no table yet, or it
    /// is said of the instrument whose part has grown the most.
    #[error("the group's bound is exceeded")]
    RiskBoundExceeded,
    /// The table fails its own validation.
    #[error("the table is invalid")]
    InvalidTable,
}

/// What came of a group's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The interval has not passed, or the clock has not started.
    NotDue,
    /// A table was built.
    Built,
    /// A table was due and could not be built.
    Stalled(StallReason),
}

/// A margin group of the genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisGroup<FeedId> {
    /// Its id.
    pub group: u32,
    /// Parameters.
    pub params: GroupParams,
    /// Instruments by row; ids count from 1 over all groups in order.
    pub instruments: alloc::vec::Vec<GenesisInstrument<FeedId>>,
}

/// An instrument of the genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisInstrument<FeedId> {
    /// Feed of the index.
    pub feed: FeedId,
    /// Feed of the perpetual's price.
    pub premium_feed: Option<FeedId>,
    /// Parameters.
    pub params: InstrumentParams,
}
