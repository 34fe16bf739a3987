//! What goes over a subscription (Q-STREAM).

use super::{
    account::{AccountQuery, PositionInfo},
    market::InstrumentStatus,
    outcome::DropReason,
};
use crate::encoding::{bytes, decimal, optional_decimal};
use cloister_crypto::{
    auth::{self, Purpose},
    schnorr::{SecretKey, Signature},
    stream::Scope,
};
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots, Money, PerLot, Price, Total};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChannelName {
    /// The book of an instrument: a snapshot, then differences.
    Book,
    /// The public tape of an instrument.
    Trades,
    /// The public tape of what was closed by force in an instrument.
    Liquidations,
    /// Mark, index, funding, open interest and best prices of an instrument.
    Ticker,
    /// Batches in blocks.
    Batches,
    /// What becomes of an account's orders.
    Orders,
    /// An account's fills.
    Fills,
    /// An account's positions.
    Positions,
    /// An account's equity and margin.
    Margin,
}

impl ChannelName {
    /// All channels.
    pub const ALL: [Self; 9] = [
        Self::Book,
        Self::Trades,
        Self::Liquidations,
        Self::Ticker,
        Self::Batches,
        Self::Orders,
        Self::Fills,
        Self::Positions,
        Self::Margin,
    ];

    /// What a tag must be for, if the channel is private (P-AUTH).
    pub fn purpose(self) -> Option<Purpose> {
        match self {
            Self::Book | Self::Trades | Self::Liquidations | Self::Ticker | Self::Batches => None,
            Self::Orders => Some(Purpose::OrderStream),
            Self::Fills => Some(Purpose::FillStream),
            Self::Positions => Some(Purpose::PositionStream),
            Self::Margin => Some(Purpose::MarginStream),
        }
    }

    /// Whether the channel is of one instrument.
    pub fn is_of_an_instrument(self) -> bool {
        matches!(self, Self::Book | Self::Trades | Self::Liquidations | Self::Ticker)
    }
}

/// From where a subscriber goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resume {
    /// The `epoch` of the messages that it has.
    pub epoch: u64,
    /// The number of the last message that it has.
    pub sequence: u64,
}

/// Asks that the account's orders leave the books when the subscription ends. Signed with the trading key, since who
/// may read need not be allowed to trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchOff {
    /// Time of the signature, within 60 s of the server's clock and above that of the account's last.
    pub time: u64,
    /// Signature of `sponge(AUTH, [genesis_lo, genesis_hi, 32, group, index, time])`, 48 bytes (P-SCHNORR).
    #[serde(with = "bytes")]
    pub signature: [u8; Signature::LENGTH],
}

impl SwitchOff {
    /// The request that is signed.
    pub fn request(scope: Scope, index: AccountIndex, time: u64) -> auth::Request {
        auth::Request {
            scope,
            purpose: Purpose::CancelOnDisconnect,
            index: index.get(),
            time,
        }
    }

    /// Signs one.
    pub fn new(trading_key: &SecretKey, scope: Scope, index: AccountIndex, time: u64) -> Self {
        let message = Self::request(scope, index, time).message();
        Self {
            time,
            signature: trading_key.sign(message).to_bytes(),
        }
    }
}

/// Parameters of a subscription. A field that the channel does not use may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StreamParams {
    /// Instrument of `book`, `trades`, `liquidations` and `ticker`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instrument_id: Option<InstrumentId>,
    /// Whose channel, with a tag for its purpose: `orders`, `fills`, `positions` and `margin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountQuery>,
    /// Go on behind this message instead of beginning with a snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
    /// Take the account's orders out of the books when this subscription ends; of a private channel only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_on_disconnect: Option<SwitchOff>,
}

/// One message of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamMessage {
    /// The channel.
    pub channel: ChannelName,
    /// Its instrument, if it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument_id: Option<InstrumentId>,
    /// Its account, if it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<AccountIndex>,
    /// Numbers of messages are counted anew in each epoch. It changes with every start of the sequencer.
    pub epoch: u64,
    /// Number of the message within channel and epoch. A snapshot has the number of the last message that is in it.
    pub sequence: u64,
    /// The sequencer's clock.
    pub time: u64,
    /// What it says.
    #[serde(flatten)]
    pub body: StreamBody,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "camelCase")]
pub enum StreamBody {
    /// The state of the channel, all of it.
    Snapshot(serde_json::Value),
    /// What is new.
    Update(serde_json::Value),
    /// The messages from which the subscriber wants to go on are not there any more. A snapshot follows.
    Gap(StreamGap),
    /// The last message of the subscription.
    End(StreamEnd),
}

/// Messages that are not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamGap {
    /// The number behind which the subscriber wanted to go on.
    pub requested: u64,
    /// The oldest message that is still there; `None` if there is none.
    pub oldest: Option<u64>,
}

/// Why a subscription ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamEnd {
    /// The reason.
    pub reason: EndReason,
}

/// Why a subscription ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EndReason {
    /// The subscriber reads more slowly than messages come.
    SlowConsumer,
    /// The account has other keys now, or is closed.
    KeysChanged,
    /// The sequencer has lost messages.
    Lost,
    /// The sequencer is stopping.
    Stopping,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SlowConsumer => "the messages were read too slowly",
            Self::KeysChanged => "the account has other keys now, or is closed",
            Self::Lost => "messages were lost; subscribe again",
            Self::Stopping => "the sequencer is stopping",
        })
    }
}

/// A price and all the lots at it: `["60000000", "12"]`. In a difference, 0 lots take the price out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookChange(
    /// The price.
    #[serde(with = "decimal")]
    pub Price,
    /// The lots.
    #[serde(with = "decimal")]
    pub u128,
);

/// Data of `book`: in a snapshot the best 1,000 prices of each side, best first; in a difference what has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckedBook {
    /// Buyers.
    pub bids: Vec<BookChange>,
    /// Sellers.
    pub asks: Vec<BookChange>,
    /// Checksum of the book after it (Q-STREAM).
    pub checksum: u32,
}

/// Data of `ticker`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TickerInfo {
    /// Whether it trades.
    pub status: InstrumentStatus,
    /// Version of the risk table.
    pub risk_version: u64,
    /// Time of its prices.
    pub risk_time: u64,
    /// Mark price.
    #[serde(with = "decimal")]
    pub mark: PerLot,
    /// Price of the underlying per lot by the oracle's newest median in the best block; `None` if there is none. The
    /// mark is the one of the table's time.
    #[serde(default, with = "optional_decimal")]
    pub index: Option<PerLot>,
    /// When that median was formed.
    #[serde(default)]
    pub index_time: Option<u64>,
    /// Cumulative funding.
    #[serde(with = "decimal")]
    pub funding: PerLot,
    /// Lots that are held long, rounded down to two leading digits and late; `None` before the first count, and where
    /// too few accounts hold any.
    #[serde(default, with = "optional_decimal")]
    pub open_interest: Option<u128>,
    /// Best bid.
    #[serde(default, with = "optional_decimal")]
    pub best_bid: Option<Price>,
    /// Best ask.
    #[serde(default, with = "optional_decimal")]
    pub best_ask: Option<Price>,
}

/// Data of an update of `orders`. A snapshot has the orders at rest instead; those that wait are in the answer of
/// `account`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum OrderUpdate {
    /// It rests in the book.
    Resting {
        /// Order id.
        #[serde(with = "decimal")]
        id: InstructionId,
        /// Lots at rest.
        #[serde(with = "decimal")]
        remaining: Lots,
    },
    /// It waits for a mark, apart from the book.
    Waiting {
        /// Order id.
        #[serde(with = "decimal")]
        id: InstructionId,
    },
    /// The mark is where it waited for it; what becomes of it follows.
    Fired {
        /// Order id.
        #[serde(with = "decimal")]
        id: InstructionId,
    },
    /// The account's protection has stopped its orders in an instrument; their removals follow.
    ProtectionHit {
        /// Instrument.
        instrument_id: InstrumentId,
    },
    /// Lots of it were filled.
    Filled {
        /// Order id.
        #[serde(with = "decimal")]
        id: InstructionId,
        /// Number of the fill.
        fill: u64,
        /// Lots of this fill.
        #[serde(with = "decimal")]
        quantity: Lots,
    },
    /// It left the book, or the rest of it never came to rest.
    Removed {
        /// Order id.
        #[serde(with = "decimal")]
        id: InstructionId,
        /// Lots that were not filled.
        #[serde(with = "decimal")]
        remaining: Lots,
        /// Why.
        reason: DropReason,
    },
}

/// Data of `positions`: all that are not 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PositionsInfo {
    /// Updates of the account so far, settled or in batches that will be.
    pub nonce: u64,
    /// Updates that the chain has settled; `None` before the account's open has settled.
    pub settled_nonce: Option<u64>,
    /// The positions.
    pub positions: Vec<PositionInfo>,
}

/// Data of `margin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarginInfo {
    /// Version of the risk table.
    pub risk_version: u64,
    /// Cash.
    #[serde(with = "decimal")]
    pub cash: Money,
    /// `cash + Σ q·V`.
    #[serde(with = "decimal")]
    pub equity: Money,
    /// Initial margin of the positions.
    #[serde(with = "decimal")]
    pub initial_margin: Money,
    /// Maintenance margin of the positions.
    #[serde(with = "decimal")]
    pub maintenance_margin: Money,
    /// What a withdrawal could take now, even if the open orders fill at their worst.
    #[serde(with = "decimal")]
    pub available: Total,
}
