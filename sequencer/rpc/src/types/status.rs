//! The state of the sequencer.

use super::halt::HaltInfo;
use cloister_types::{GroupId, ItemId};
use serde::{Deserialize, Serialize};

/// Versions, and what stops the sequencer. It has no counters of what traders do: they would tell when somebody trades.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Version of the sequencer.
    pub version: String,
    /// Margin group.
    pub group: GroupId,
    /// Its clock.
    pub time: u64,
    /// Since when it has been running.
    pub started: u64,
    /// The next item of the chain's queue it will take.
    pub next_queue_item: ItemId,
    /// Number of the final block it last looked at.
    pub finalized_block: u64,
    /// Version of the risk table in force.
    pub risk_version: u64,
    /// True if proofs are made with development parameters, whose trapdoor is public.
    pub development_proofs: bool,
    /// What stops batches, if something does.
    pub halted: Option<HaltInfo>,
    /// Its solvency rounds; `None` if it makes none.
    pub rounds: Option<RoundsInfo>,
}

/// How far solvency rounds have come since the start, and what stops them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoundsInfo {
    /// Number of statements that the chain has taken.
    pub statements: u64,
    /// Number of rounds that are complete.
    pub complete: u64,
    /// When the last one was, on its clock.
    pub last_complete: Option<u64>,
    /// Why no statement is made, if that is so. It is tried again.
    pub problem: Option<String>,
}
