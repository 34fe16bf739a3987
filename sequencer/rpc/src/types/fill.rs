//! Fills, as one of the two accounts sees them and as everybody does.

use super::instruction::SideName;
use crate::encoding::decimal;
use cloister_types::{InstructionId, InstrumentId, Lots, Price, Total};
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
    pub instrument_id: InstrumentId,
    /// Id of the account's order.
    #[serde(with = "decimal")]
    pub order_id: InstructionId,
    /// Side of the account.
    pub side: SideName,
    /// True if the account's order rested.
    pub maker: bool,
    /// The price.
    #[serde(with = "decimal")]
    pub price: Price,
    /// How much was traded.
    #[serde(with = "decimal")]
    pub quantity: Lots,
    /// Fee of this account.
    #[serde(with = "decimal")]
    pub fee: Total,
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
    pub instrument_id: InstrumentId,
    /// The price.
    #[serde(with = "decimal")]
    pub price: Price,
    /// How much was traded.
    #[serde(with = "decimal")]
    pub quantity: Lots,
    /// Side of the order that came in.
    pub taker_side: SideName,
}
