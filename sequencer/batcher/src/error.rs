//! Why a batch cannot be made. Whatever the error, the events stay in the batcher.

use cloister_engine::{AccountIndex, TradeError, UnsignedError};
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

/// Why a group that nobody signs cannot be part of a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// A unit breaks a rule of its mode.
    #[error(transparent)]
    Unit(#[from] UnsignedError),
    /// The batch would break a rule of the house, or of deleveraging.
    #[error(transparent)]
    House(BatchError),
    /// It has more units than a batch with enough places has room for beside what the queue may claim.
    #[error("a group of {units} units, where a batch has room for {most}")]
    TooLarge {
        /// Units of the group.
        units: usize,
        /// Maximum number of units.
        most: usize,
    },
    /// A unit has more fills than any shape has places.
    #[error("account {account}: {found} fills in one unit, where no shape has more than {most} places")]
    Places {
        /// Account.
        account: AccountIndex,
        /// Its fills.
        found: usize,
        /// Places per unit.
        most: usize,
    },
}

impl GroupError {
    /// The account at fault; [`AccountIndex::HOUSE`] if it is none in particular.
    pub fn account(&self) -> AccountIndex {
        match self {
            Self::Unit(error) => error.account(),
            Self::Places { account, .. } => *account,
            Self::House(_) | Self::TooLarge { .. } => AccountIndex::HOUSE,
        }
    }
}

/// Why a batch cannot be made. What is an event's fault makes the event void (`VoidReason`); what is left stops the
/// batcher: it is the fault of a table, of the queue, or of whoever reports settled batches.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatcherError {
    /// There is no shape, or one is too small.
    #[error("there must be a shape, and each needs two units and one place at least")]
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
    /// An instruction of an event is past its expiry at the time of the batch (B-ALIVE).
    #[error("account {account}, id {id}: good until {expiry}, and the batch is of {time}")]
    Expired {
        /// Account.
        account: AccountIndex,
        /// Id of the instruction.
        id: InstructionId,
        /// Until when it was good.
        expiry: u64,
        /// The batch time.
        time: u64,
    },
    /// A group that nobody signs cannot be part of a batch. It is not kept.
    #[error("a group that nobody signs: {0}")]
    Group(GroupError),
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

impl From<GroupError> for BatcherError {
    fn from(error: GroupError) -> Self {
        Self::Group(error)
    }
}
