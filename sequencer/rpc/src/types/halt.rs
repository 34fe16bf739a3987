//! What stops batches.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why nothing settles at present, by what an operator can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HaltKind {
    /// Events do not go into a batch. They are kept, and tried again at every tick and with every new risk table.
    Events,
    /// The matching engine refused a queue item or a risk table of the chain.
    Input,
    /// An open was sealed to a key that this sequencer does not have; a former secret is missing.
    Seal,
    /// A batch cannot be proven; it is tried again.
    Proof,
    /// The chain refuses a batch; it is submitted again later.
    Refused,
    /// The group is disabled or frozen: the chain takes no batches, so only cancels are taken.
    Paused,
    /// Another sequencer of the group leads now; only cancels are taken.
    Following,
    /// The risk table in force is too old: prices have stopped. Only cancels are taken.
    Table,
    /// What was traded long ago has not settled. Only cancels are taken.
    Unsettled,
    /// The chain finalises nothing. Only cancels are taken.
    Finality,
    /// No solvency round counts that is new enough. Only cancels are taken.
    Solvency,
    /// The chain has a batch that this sequencer did not make: another one runs for the same group.
    Foreign,
    /// The chain's root after a batch is not this sequencer's.
    Diverged,
}

/// A halt: its kind for programs, its message for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HaltInfo {
    /// Why.
    pub kind: HaltKind,
    /// The particulars, and what to do.
    pub message: String,
}

impl fmt::Display for HaltInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
