//! What a trader must know to sign orders.

use crate::encoding::{bytes, decimal, optional_decimal};
use cloister_types::{GroupId, InstrumentId, Lots, PerLot, Price};
use serde::{Deserialize, Serialize};

/// Whether an instrument trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InstrumentStatus {
    /// Positions can grow and shrink.
    Trading,
    /// Positions can only shrink.
    CloseOnly,
    /// Nothing trades; positions are settled at the final value.
    Expired,
}

/// One instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentInfo {
    /// Its number.
    pub instrument_id: InstrumentId,
    /// Row of the risk table.
    pub row: u8,
    /// Whether it trades.
    pub status: InstrumentStatus,
    /// Mark price.
    #[serde(with = "decimal")]
    pub mark: PerLot,
    /// Cumulative funding.
    #[serde(with = "decimal")]
    pub funding: PerLot,
    /// Lowest price that can trade now.
    #[serde(with = "decimal")]
    pub lowest_price: Price,
    /// Highest price that can trade now.
    #[serde(with = "decimal")]
    pub highest_price: Price,
    /// Largest position, long or short.
    #[serde(with = "decimal")]
    pub position_limit: Lots,
    /// Best bid.
    #[serde(default, with = "optional_decimal")]
    pub best_bid: Option<Price>,
    /// Best ask.
    #[serde(default, with = "optional_decimal")]
    pub best_ask: Option<Price>,
}

/// What a trader must know to sign orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Market {
    /// Genesis hash of the chain, part of every signed message.
    #[serde(with = "bytes")]
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// Version of the risk table.
    pub risk_version: u64,
    /// Time of its prices.
    pub risk_time: u64,
    /// Initial margin ratio over 2^8.
    pub initial: u16,
    /// Maintenance margin ratio over 2^8.
    pub maintenance: u16,
    /// Maker fee, 10^-6 of the cost.
    pub maker_fee: u32,
    /// Taker fee, 10^-6 of the cost.
    pub taker_fee: u32,
    /// Highest fee that the table allows, 10^-6 of the cost.
    pub fee_cap: u32,
    /// How long before its expiry an instruction counts as expired, milliseconds.
    pub settlement_slack: u64,
    /// The sequencers' sealing key, first coordinate (P-SEAL).
    #[serde(with = "bytes")]
    pub seal_key_x: [u8; 32],
    /// Second coordinate.
    #[serde(with = "bytes")]
    pub seal_key_y: [u8; 32],
    /// Instruments that are listed.
    pub instruments: Vec<InstrumentInfo>,
}
