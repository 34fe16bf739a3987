//! An account, and how its holder asks for it.

use super::instruction::SideName;
use crate::encoding::{bytes, decimal, decimal_pairs};
use cloister_crypto::{auth, field::to_bytes, Fr};
use serde::{Deserialize, Serialize};

/// Who asks for an account: proves knowledge of the view key (P-AUTH).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountQuery {
    /// Account index.
    pub index: u32,
    /// Time of the question, which must be within 60 s of the server's clock.
    pub time: u64,
    /// `sponge(AUTH, [view_key, group, index, time])`.
    #[serde(with = "bytes")]
    pub tag: [u8; 32],
}

impl AccountQuery {
    /// A question from the holder of the view key.
    pub fn new(view_key: Fr, group: u32, index: u32, time: u64) -> Self {
        let tag = auth::tag(view_key, group, index, time);
        Self {
            index,
            time,
            tag: to_bytes(&tag),
        }
    }
}

/// One position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PositionInfo {
    /// Instrument.
    pub instrument_id: u32,
    /// Lots; negative is short.
    #[serde(with = "decimal")]
    pub quantity: i64,
    /// Value `q·V` at the current table, 10^-6.
    #[serde(with = "decimal")]
    pub value: i128,
}

/// One order at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenOrderInfo {
    /// Order id.
    #[serde(with = "decimal")]
    pub id: u64,
    /// Instrument.
    pub instrument_id: u32,
    /// Side.
    pub side: SideName,
    /// Limit price per lot, 10^-6.
    #[serde(with = "decimal")]
    pub limit: u64,
    /// Lots signed.
    #[serde(with = "decimal")]
    pub quantity: u64,
    /// Lots not yet filled.
    #[serde(with = "decimal")]
    pub remaining: u64,
    /// Flags (S-INSTRUCTION).
    pub flags: u8,
    /// Expiry.
    pub expiry: u64,
}

/// An account as the sequencer sees it: after every fill, settled or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountInfo {
    /// Account index.
    pub index: u32,
    /// Updates so far, settled or in batches that will be.
    pub nonce: u64,
    /// Lower ids are void.
    #[serde(with = "decimal")]
    pub min_id: u64,
    /// Signed cash, 10^-6.
    #[serde(with = "decimal")]
    pub cash: i128,
    /// `cash + Σ q·V`, 10^-6.
    #[serde(with = "decimal")]
    pub equity: i128,
    /// Initial margin of the positions, 10^-6.
    #[serde(with = "decimal")]
    pub initial_margin: i128,
    /// Maintenance margin of the positions, 10^-6.
    #[serde(with = "decimal")]
    pub maintenance_margin: i128,
    /// What a withdrawal could take now, even if the open orders fill at their worst; 10^-6.
    #[serde(with = "decimal")]
    pub available: u128,
    /// Positions that are not 0.
    pub positions: Vec<PositionInfo>,
    /// Orders at rest.
    pub open_orders: Vec<OpenOrderInfo>,
    /// The account in the ledger that the chain has settled; `None` before its open has settled.
    pub settled: Option<SettledAccount>,
}

/// The account as the chain has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettledAccount {
    /// Updates settled so far.
    pub nonce: u64,
    /// Signed cash, 10^-6.
    #[serde(with = "decimal")]
    pub cash: i128,
    /// Positions that are not 0: instrument and lots.
    #[serde(with = "decimal_pairs")]
    pub positions: Vec<(u32, i64)>,
    /// The leaf in the account tree.
    #[serde(with = "bytes")]
    pub leaf: [u8; 32],
}
