//! How an order comes in.

use crate::ids::Sequence;
use cloister_types::InstructionId;

/// How an order comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// By itself.
    New,
    /// In the place of another order, which leaves.
    Amends(InstructionId),
    /// From among those that wait, where it had this turn.
    Fired(Sequence),
}

impl Entry {
    /// The order that leaves for it.
    pub fn replaces(self) -> Option<InstructionId> {
        match self {
            Self::Amends(id) => Some(id),
            Self::New | Self::Fired(_) => None,
        }
    }

    /// True if it has waited.
    pub fn is_fired(self) -> bool {
        matches!(self, Self::Fired(_))
    }
}
