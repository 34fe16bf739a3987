//! An account, and how its holder asks for it.

use super::instruction::{SideName, TriggerFields};
use crate::encoding::{bytes, decimal, decimal_pairs};
use cloister_crypto::{
    auth::{self, Purpose},
    field::to_bytes,
    stream::Scope,
    Fr,
};
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots, Money, Position, Price, Total};
use serde::{Deserialize, Serialize};

/// Who asks for an account: proves knowledge of the view key (P-AUTH).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountQuery {
    /// Account index.
    pub index: AccountIndex,
    /// Time of the question, which must be within 60 s of the server's clock.
    pub time: u64,
    /// `sponge(AUTH, [view_key, genesis_lo, genesis_hi, purpose, group, index, time])`.
    #[serde(with = "bytes")]
    pub tag: [u8; 32],
}

impl AccountQuery {
    /// A question from the holder of the view key, for one purpose.
    pub fn new(view_key: Fr, scope: Scope, purpose: Purpose, index: AccountIndex, time: u64) -> Self {
        let asked = auth::Request {
            scope,
            purpose,
            index: index.get(),
            time,
        };
        Self {
            index,
            time,
            tag: to_bytes(&asked.tag(view_key)),
        }
    }
}

/// One position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PositionInfo {
    /// Instrument.
    pub instrument_id: InstrumentId,
    /// Negative is short.
    #[serde(with = "decimal")]
    pub quantity: Position,
    /// Value `q·V` at the current table.
    #[serde(with = "decimal")]
    pub value: Money,
}

/// One order at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenOrderInfo {
    /// Order id.
    #[serde(with = "decimal")]
    pub id: InstructionId,
    /// Instrument.
    pub instrument_id: InstrumentId,
    /// Side.
    pub side: SideName,
    /// Limit price.
    #[serde(with = "decimal")]
    pub limit: Price,
    /// Lots signed.
    #[serde(with = "decimal")]
    pub quantity: Lots,
    /// Lots not yet filled.
    #[serde(with = "decimal")]
    pub remaining: Lots,
    /// Flags (S-INSTRUCTION).
    pub flags: u8,
    /// Expiry.
    pub expiry: u64,
}

/// One order that waits for a mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingOrderInfo {
    /// Order id.
    #[serde(with = "decimal")]
    pub id: InstructionId,
    /// Instrument.
    pub instrument_id: InstrumentId,
    /// Side.
    pub side: SideName,
    /// What it waits for.
    pub trigger: TriggerFields,
    /// Limit price.
    #[serde(with = "decimal")]
    pub limit: Price,
    /// Lots signed.
    #[serde(with = "decimal")]
    pub quantity: Lots,
    /// Flags (S-INSTRUCTION), without the direction of its trigger.
    pub flags: u8,
    /// Expiry.
    pub expiry: u64,
}

/// An account as the sequencer sees it: after every fill, settled or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountInfo {
    /// Account index.
    pub index: AccountIndex,
    /// Updates so far, settled or in batches that will be.
    pub nonce: u64,
    /// Lower ids are void.
    #[serde(with = "decimal")]
    pub min_id: InstructionId,
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
    /// Positions that are not 0.
    pub positions: Vec<PositionInfo>,
    /// Orders at rest.
    pub open_orders: Vec<OpenOrderInfo>,
    /// Orders that wait for a mark.
    #[serde(default)]
    pub waiting_orders: Vec<WaitingOrderInfo>,
    /// Number of the last control; the next must be higher.
    #[serde(default, with = "decimal")]
    pub last_control: u64,
    /// When the dead man's switch acts unless it is renewed; `None` if it is off.
    #[serde(default)]
    pub dead_man_at: Option<u64>,
    /// The account in the ledger that the chain has settled; `None` before its open has settled.
    pub settled: Option<SettledAccount>,
}

/// The account as the chain has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettledAccount {
    /// Updates settled so far.
    pub nonce: u64,
    /// Cash.
    #[serde(with = "decimal")]
    pub cash: Money,
    /// Positions that are not 0, with their instruments.
    #[serde(with = "decimal_pairs")]
    pub positions: Vec<(InstrumentId, Position)>,
    /// The leaf in the account tree.
    #[serde(with = "bytes")]
    pub leaf: [u8; 32],
}
