//! Fills, as one of the two accounts sees them and as everybody does.

use super::instruction::SideName;
use crate::encoding::decimal;
use serde::{Deserialize, Serialize};

/// One fill of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FillInfo {
    /// Number of the fill, the same for both sides and for the public trade.
    pub id: u64,
    /// When it happened.
    pub time: u64,
    /// Instrument.
    pub instrument_id: u32,
    /// Id of the account's order.
    #[serde(with = "decimal")]
    pub order_id: u64,
    /// Side of the account.
    pub side: SideName,
    /// True if the account's order rested.
    pub maker: bool,
    /// Price per lot, 10^-6.
    #[serde(with = "decimal")]
    pub price: u64,
    /// Lots.
    #[serde(with = "decimal")]
    pub quantity: u64,
    /// Fee of this account, 10^-6.
    #[serde(with = "decimal")]
    pub fee: u128,
}

/// One trade of the public tape. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trade {
    /// Number of the fill, counted from 0 since the sequencer started.
    pub id: u64,
    /// When it happened.
    pub time: u64,
    /// Instrument.
    pub instrument_id: u32,
    /// Price per lot, 10^-6.
    #[serde(with = "decimal")]
    pub price: u64,
    /// Lots.
    #[serde(with = "decimal")]
    pub quantity: u64,
    /// Side of the order that came in.
    pub taker_side: SideName,
}
