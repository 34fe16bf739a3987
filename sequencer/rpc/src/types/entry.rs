//! Instructions with how they are meant: amendments, and entries of a list.

use super::{instruction::Submission, outcome::AcceptedInfo};
use crate::encoding::{decimal, optional_decimal};
use crate::ErrorCode;
use cloister_types::InstructionId;
use serde::{Deserialize, Serialize};

/// An order that takes the place of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amendment {
    /// Id of the order that it replaces. The new id is a higher one of the same slot.
    #[serde(with = "decimal")]
    pub replaces: InstructionId,
    /// The order.
    pub instruction: Submission,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchEntry {
    /// The instruction.
    pub instruction: Submission,
    /// The order whose place it takes, if it is an amendment.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    pub replaces: Option<InstructionId>,
}

/// What became of one entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryOutcome {
    /// It was taken.
    Accepted(AcceptedInfo),
    /// It was refused, and has changed nothing.
    Refused(EntryError),
}

/// Why an entry was refused: what a call of its own would have answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryError {
    /// Number of the failure.
    pub code: i32,
    /// What happened and what to do.
    pub message: String,
    /// Name of the failure; `null` if it is not one of the sequencer's own.
    pub data: Option<ErrorCode>,
}
