//! What an accepted instruction did at once.

use super::fill::FillInfo;
use crate::encoding::decimal;
use cloister_types::{InstructionId, Lots};
use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rule of the proof that stops an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
pub enum BrokenRule {
    /// The instrument does not trade (B-INSTRUMENT).
    Instrument,
    /// The price is outside the band around the mark (B-BAND).
    Band,
    /// The fill would not reduce the position although it must (B-REDUCE).
    Reduce,
    /// The position would grow past the limit (B-LIMIT).
    Limit,
    /// The margin would not suffice (B-MARGIN).
    Margin,
    /// Equity would be negative (B-EQUITY).
    Equity,
    /// A sum leaves its range (B-RANGE).
    Range,
}

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instrument => "the instrument does not trade",
            Self::Band => "the price is outside the band",
            Self::Reduce => "the fill would not reduce the position",
            Self::Limit => "the position would pass the limit",
            Self::Margin => "the margin would not suffice",
            Self::Equity => "equity would be negative",
            Self::Range => "a sum leaves its range",
        })
    }
}

/// Why lots of an order neither traded nor came to rest. The rule goes over the wire as `{"rule": "band"}`, every other
/// reason as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DropReason {
    /// Its trader cancelled it.
    Cancelled,
    /// It expired, or came closer to its expiry than the settlement slack.
    Expired,
    /// Its trader replaced it by another order.
    Amended,
    /// It would have traded against an order of its own account, and the newer one's flags say who leaves.
    SelfTrade,
    /// Immediate-or-cancel: nobody was there to trade the rest with.
    Immediate,
    /// It must reduce a position, and nothing is left to reduce.
    NothingToReduce,
    /// Its instrument stopped trading.
    NotTrading,
    /// It fired, and was post-only and would have traded at once.
    WouldCross,
    /// It fired, and was fill-or-kill and could not be filled in full.
    NotFilledInFull,
    /// It fired, and margin did not cover it together with the orders at rest.
    InsufficientMargin,
    /// It fired, and its maximum fee is below the fee rate.
    MaxFeeTooLow,
    /// The account's protection stopped it.
    Protected,
    /// The dead man's switch was not renewed in time.
    DeadMan,
    /// The connection that it should live as long as is gone.
    Disconnected,
    /// A rule of the proof stops it.
    Rule(BrokenRule),
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Amended => "amended",
            Self::SelfTrade => "selfTrade",
            Self::Immediate => "immediate",
            Self::NothingToReduce => "nothingToReduce",
            Self::NotTrading => "notTrading",
            Self::WouldCross => "wouldCross",
            Self::NotFilledInFull => "notFilledInFull",
            Self::InsufficientMargin => "insufficientMargin",
            Self::MaxFeeTooLow => "maxFeeTooLow",
            Self::Protected => "protected",
            Self::DeadMan => "deadMan",
            Self::Disconnected => "disconnected",
            Self::Rule(rule) => return write!(f, "rule: {rule}"),
        })
    }
}

/// An order of the account that left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovedInfo {
    /// Order id.
    #[serde(with = "decimal")]
    pub id: InstructionId,
    /// Lots that were not filled.
    #[serde(with = "decimal")]
    pub remaining: Lots,
    /// Why.
    pub reason: DropReason,
}

/// What an accepted instruction did at once. It settles with the proof of its batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedInfo {
    /// When the sequencer took it.
    pub time: u64,
    /// How much of an order was filled at once. Of a cancel: how much of the order that it names had been filled.
    #[serde(with = "decimal")]
    pub filled: Lots,
    /// How much rests in the book.
    #[serde(with = "decimal")]
    pub resting: Lots,
    /// True if the order waits for a mark.
    #[serde(default)]
    pub waits: bool,
    /// Why the rest was dropped, if it was.
    pub dropped: Option<DropReason>,
    /// Other orders of the account that left, in order.
    #[serde(default)]
    pub removed: Vec<RemovedInfo>,
    /// The account's fills, in order.
    pub fills: Vec<FillInfo>,
    /// Whether a cancel, cancel-all or withdrawal goes into a batch and so onto the chain. A cancel that does not holds
    /// in the book alone: the account's budget of units has no room for it, or its equity is negative (Q-BUDGET).
    #[serde(default)]
    pub bound: bool,
    /// The signed receipt in hexadecimal (Q-RECEIPT), if the sequencer keeps a journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}
