//! Identifiers, all computed from inputs.

use cloister_ledger::Instruction;
pub use cloister_types::AccountIndex;
use cloister_types::InstructionId;
use codec::{Decode, Encode};

/// Time priority, counted by the engine over accepted orders.
pub type Sequence = u64;

/// Number of a fill, counted by the engine from 0.
pub type FillId = u64;

/// Milliseconds of Unix time; always an argument, never read from a clock.
pub type Millis = u64;

/// Names an order: an account signs an id once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct OrderKey {
    /// The account.
    pub account: AccountIndex,
    /// The id the trader signed.
    pub id: InstructionId,
}

impl OrderKey {
    /// The account that signs an instruction, and the id it signs.
    pub fn of(instruction: &Instruction) -> Self {
        Self {
            account: instruction.index,
            id: instruction.id,
        }
    }
}
