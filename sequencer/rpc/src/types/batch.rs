//! Batches, and how far proving and settling have come.

use super::halt::HaltInfo;
use crate::encoding::bytes;
use serde::{Deserialize, Serialize};

/// A settled batch, with what it took to make it. Nothing in it tells units that somebody asked for from padding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchInfo {
    /// Batch number.
    pub batch_no: u64,
    /// Batch time.
    pub time: u64,
    /// Version of its risk table.
    pub risk_version: u64,
    /// Account root after the batch.
    #[serde(with = "bytes")]
    pub root: [u8; 32],
    /// House commitment after the batch.
    #[serde(with = "bytes")]
    pub house: [u8; 32],
    /// Number of units in the shape.
    pub units: u32,
    /// Constraints of the circuit.
    pub constraints: u64,
    /// Milliseconds it took to prove.
    pub prove_ms: u64,
    /// Milliseconds from the first submission until it was in a block.
    pub submit_to_settle_ms: u64,
    /// Number of submissions it took.
    pub attempts: u32,
    /// Number of the block that holds it.
    pub block: u64,
    /// True once that block is final.
    pub finalized: bool,
}

/// How far proving and settling have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchStatus {
    /// The newest batch in a block.
    pub latest: Option<BatchInfo>,
    /// Number of batches in final blocks.
    pub finalized_batches: u64,
    /// The batch that is being proven.
    pub proving: Option<u64>,
    /// Number of batches that wait for a proof.
    pub waiting: u32,
    /// Number of batches that wait for a block.
    pub submitting: u32,
    /// Whether anything waits to be in a closed batch: the open batch is not empty, or no batch takes an event now, in
    /// which case `halted` says why.
    pub open: bool,
    /// Number of units in the largest shape that a batch may get.
    pub units: u32,
    /// Account root of the settled ledger.
    #[serde(with = "bytes")]
    pub settled_root: [u8; 32],
    /// Account root after every closed batch.
    #[serde(with = "bytes")]
    pub head_root: [u8; 32],
    /// What stops batches, if something does.
    pub halted: Option<HaltInfo>,
}
