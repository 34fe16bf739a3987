//! Fills as one of the two accounts sees them, and the public tapes.

use super::instruction::SideName;
use crate::encoding::decimal;
use cloister_types::{InstructionId, InstrumentId, Lots, Price, Total};
use serde::{Deserialize, Serialize};

/// One fill of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FillInfo {
    /// Number of the fill, the same for both sides.
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
    /// True if it could not be proven and has not happened; a notice says why (Q-VOID).
    #[serde(default)]
    pub void: bool,
}

/// One print of the public tape: everything that traded in an instrument at one price within one interval. It names
/// nobody, and does not say in how many fills or on whose initiative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trade {
    /// Number of the print, counted from 0.
    pub id: u64,
    /// End of the interval.
    pub time: u64,
    /// Instrument.
    pub instrument_id: InstrumentId,
    /// The price.
    #[serde(with = "decimal")]
    pub price: Price,
    /// How much was traded, which may be more than one order can have.
    #[serde(with = "decimal")]
    pub quantity: u128,
}

/// One print of the public tape of liquidations: everything of an instrument that was closed by force at one price
/// within one interval, and that the same kind of taker took (Q-CLOSINGS). It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Liquidation {
    /// Number of the print, counted from 0.
    pub id: u64,
    /// End of the interval.
    pub time: u64,
    /// Instrument.
    pub instrument_id: InstrumentId,
    /// The price.
    #[serde(with = "decimal")]
    pub price: Price,
    /// Lots that were closed.
    #[serde(with = "decimal")]
    pub quantity: u128,
    /// Who took them.
    pub kind: LiquidationKind,
}

/// Who took lots that were closed by force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LiquidationKind {
    /// Orders at rest, each at its price. These lots are on the tape of trades too.
    Book,
    /// The house, in a liquidation. These too.
    House,
    /// The house, together with everything else that an account of negative equity had, at the mark.
    Takeover,
    /// Accounts that held the other side, at the mark.
    Deleveraging,
}
