//! What is remembered of a batch that is in a block.

use cloister_engine::Millis;
use codec::{Decode, Encode};

/// A batch in a block, with what it took to get it there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BatchRecord {
    pub batch_no: u64,
    /// Batch time.
    pub time: Millis,
    pub risk_version: u64,
    /// Account root after the batch.
    pub root: [u8; 32],
    /// House commitment after the batch.
    pub house: [u8; 32],
    /// Number of units in the shape.
    pub units: u32,
    /// Constraints of the circuit.
    pub constraints: u64,
    /// How long proving took.
    pub prove_ms: Millis,
    /// From the first submission until it was in a block.
    pub submit_to_settle_ms: Millis,
    /// Number of submissions it took.
    pub attempts: u32,
    /// The block that holds it.
    pub block: u64,
    /// True once that block is final.
    pub finalized: bool,
}

/// A count; one that does not fit becomes the highest number that does.
pub(crate) fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
