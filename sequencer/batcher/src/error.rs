//! Why a batch cannot be made. Whatever the error, the events stay in the batcher.

use cloister_engine::{AccountIndex, TradeError};
use cloister_ledger::{BatchError, StateError};
use cloister_risk::MarginError;
use cloister_types::{GroupId, InstructionId, InstrumentId};

/// Names a unit in words an operator can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitName {
    /// Place in the batch.
    pub position: usize,
    /// Account.
    pub account: AccountIndex,
    /// Instruction id, unless the unit is padding or from the queue.
    pub id: Option<InstructionId>,
}

impl core::fmt::Display for UnitName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "unit {} (account {}", self.position, self.account)?;
        match self.id {
            Some(id) => write!(f, ", id {id})"),
            None => write!(f, ")"),
        }
    }
}

/// Why the batcher stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatcherError {
    /// The shape is too small.
    #[error("a shape needs two units and one place at least")]
    Shape,
    /// The table is of another group, or older than the one in force.
    #[error("table version {found} of group {group} cannot follow version {current}")]
    Table {
        /// Version in force.
        current: u64,
        /// Version offered.
        found: u64,
        /// Group of the table offered.
        group: GroupId,
    },
    /// An event names an account that neither the ledger nor an earlier event knows.
    #[error("account {0} is not known")]
    UnknownAccount(AccountIndex),
    /// A fill names an instrument that the pinned table does not list.
    #[error("instrument {0} is not listed in the pinned table")]
    UnknownInstrument(InstrumentId),
    /// A sum of a queued deposit or a withdrawal leaves the ranges of the specification.
    #[error("the cash of account {0} leaves its range")]
    CashRange(AccountIndex),
    /// One side of a fill breaks a rule at the pinned table.
    #[error("account {account}, order {id}: {rule}")]
    Unprovable {
        /// Account.
        account: AccountIndex,
        /// Order id.
        id: InstructionId,
        /// The rule.
        rule: TradeError,
    },
    /// What an account holds is out of range, so that nobody can say what a forced withdrawal pays.
    #[error("account {account}, forced withdrawal: {source}")]
    Forced {
        /// Account.
        account: AccountIndex,
        /// What the margin code says.
        source: MarginError,
    },
    /// The native transition refuses the batch.
    #[error("batch {batch_no}: {unit:?}: {source}")]
    Refused {
        /// Batch number.
        batch_no: u64,
        /// The unit at fault, if one is.
        unit: Option<UnitName>,
        /// What the transition says.
        source: StateError,
    },
    /// A refreshed batch no longer passes the transition.
    #[error("batch {batch_no} cannot be made again: {source}")]
    Refresh {
        /// Batch number.
        batch_no: u64,
        /// What the transition says.
        source: BatchError,
    },
    /// A settled batch is not the oldest one that is not settled.
    #[error("batch {found} settled where {expected:?} is next")]
    NotNext {
        /// The oldest batch that is not settled.
        expected: Option<u64>,
        /// The batch reported.
        found: u64,
    },
}
