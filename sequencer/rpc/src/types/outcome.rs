//! What an accepted instruction did at once.

use super::fill::FillInfo;
use crate::encoding::decimal;
use cloister_types::Lots;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rule of the proof that stops an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The account signed a higher id for the same slot.
    Overtaken,
    /// It would have traded against its own account's older order.
    SelfTrade,
    /// Immediate-or-cancel: nobody was there to trade the rest with.
    Immediate,
    /// It must reduce a position, and nothing is left to reduce.
    NothingToReduce,
    /// Its instrument stopped trading.
    NotTrading,
    /// A rule of the proof stops it.
    Rule(BrokenRule),
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Overtaken => "overtaken",
            Self::SelfTrade => "selfTrade",
            Self::Immediate => "immediate",
            Self::NothingToReduce => "nothingToReduce",
            Self::NotTrading => "notTrading",
            Self::Rule(rule) => return write!(f, "rule: {rule}"),
        })
    }
}

/// What an accepted instruction did at once. It settles with the proof of its batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedInfo {
    /// When the sequencer took it.
    pub time: u64,
    /// How much was filled at once.
    #[serde(with = "decimal")]
    pub filled: Lots,
    /// How much rests in the book.
    #[serde(with = "decimal")]
    pub resting: Lots,
    /// Why the rest was dropped, if it was.
    pub dropped: Option<DropReason>,
    /// The account's fills, in order.
    pub fills: Vec<FillInfo>,
}
