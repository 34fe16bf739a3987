//! What has not happened after all.

use super::outcome::BrokenRule;
use crate::encoding::decimal;
use cloister_types::{Amount, InstructionId, InstrumentId, Lots, Price};
use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// What an account is told of something that could not be proven (Q-VOID).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeInfo {
    /// Number of the notice; the notices of an account are counted from 0.
    pub number: u64,
    /// When it was found.
    pub time: u64,
    /// What is void.
    #[serde(flatten)]
    pub what: VoidInfo,
    /// Why it cannot be proven.
    pub reason: VoidCause,
    /// The same in words.
    pub message: String,
}

/// What is void.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "void", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum VoidInfo {
    /// A fill of one of the account's orders: neither side has traded.
    Fill {
        /// Number of the fill.
        fill: u64,
        /// Id of the account's order.
        #[serde(with = "decimal")]
        order_id: InstructionId,
        /// Instrument.
        instrument_id: InstrumentId,
        /// The price that it was made at.
        #[serde(with = "decimal")]
        price: Price,
        /// How much was traded.
        #[serde(with = "decimal")]
        quantity: Lots,
    },
    /// A withdrawal: the money is still in the account.
    Withdrawal {
        /// Id of the instruction.
        #[serde(with = "decimal")]
        id: InstructionId,
        /// How much was asked for.
        #[serde(with = "decimal")]
        amount: Amount,
    },
}

/// Why something cannot be proven, as far as the account may know. The rule goes over the wire as `{"rule": "band"}`,
/// every other reason as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
pub enum VoidCause {
    /// The account's own side breaks a rule of the proof at the table in force.
    Rule(BrokenRule),
    /// What the account signed expired before it could be proven.
    Expired,
    /// The other side of the fill is at fault.
    Counterparty,
    /// The instrument is no longer listed.
    NotListed,
    /// The account is no more.
    NoAccount,
    /// Another sequencer of the group settled before it could be.
    Overtaken,
    /// The ledger refuses it; the message says why.
    Refused,
}
