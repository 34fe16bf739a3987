//! What becomes of events that can no longer be proven (Q-VOID).

use crate::{
    error::{BatcherError, GroupError},
    event::Event,
};
use cloister_engine::{Millis, TradeError};
use cloister_ledger::StateError;
use cloister_types::{AccountIndex, InstrumentId};

/// Why an event cannot be proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoidReason {
    /// One side of a fill breaks a rule at the table in force.
    #[error("account {account}: {rule}")]
    Rule {
        /// Whose side it is.
        account: AccountIndex,
        /// The rule.
        rule: TradeError,
    },
    /// An instruction of it is past its expiry at the time of the batch (B-ALIVE).
    #[error("account {account}: the instruction was good until {expiry}, the batch is of {time}")]
    Expired {
        /// Who signed it.
        account: AccountIndex,
        /// Until when it was good.
        expiry: Millis,
        /// The batch time.
        time: Millis,
    },
    /// The table in force does not list the instrument.
    #[error("instrument {0} is no longer listed")]
    NotListed(InstrumentId),
    /// The account is no more.
    #[error("account {0} is no more")]
    NoAccount(AccountIndex),
    /// The cash of an account would leave its range.
    #[error("the cash of account {0} would leave its range")]
    CashRange(AccountIndex),
    /// Another sequencer settled first, and what it settled does not have it (Q-RESTART).
    #[error("another sequencer of the group settled before it could be")]
    Overtaken,
    /// A group that nobody signs breaks a rule of its units, or of the house.
    #[error(transparent)]
    Group(GroupError),
    /// The ledger's transition refuses a unit that it is part of.
    #[error("the ledger refuses it: {0}")]
    Refused(StateError),
}

impl VoidReason {
    /// The account at fault; `None` if nobody can say which it is.
    pub fn account(&self) -> Option<AccountIndex> {
        match self {
            Self::Rule { account, .. }
            | Self::Expired { account, .. }
            | Self::NoAccount(account)
            | Self::CashRange(account) => Some(*account),
            Self::Group(error) => Some(error.account()),
            Self::NotListed(_) | Self::Overtaken | Self::Refused(_) => None,
        }
    }

    /// Why an event could not be put into the open batch; `None` if the error is not the event's fault.
    pub(crate) fn of(error: &BatcherError) -> Option<Self> {
        match error {
            BatcherError::Unprovable { account, rule, .. } => Some(Self::Rule {
                account: *account,
                rule: *rule,
            }),
            BatcherError::Expired {
                account, expiry, time, ..
            } => Some(Self::Expired {
                account: *account,
                expiry: *expiry,
                time: *time,
            }),
            BatcherError::Group(error) => Some(Self::Group(error.clone())),
            BatcherError::UnknownInstrument(instrument) => Some(Self::NotListed(*instrument)),
            BatcherError::UnknownAccount(account) => Some(Self::NoAccount(*account)),
            BatcherError::CashRange(account) => Some(Self::CashRange(*account)),
            BatcherError::Shape
            | BatcherError::Table { .. }
            | BatcherError::Forced { .. }
            | BatcherError::Refused { .. }
            | BatcherError::Refresh { .. }
            | BatcherError::NotNext { .. } => None,
        }
    }
}

/// Why a group that nobody signs is not taken. It is not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupRefusal {
    /// It has no proof at the table in force.
    #[error(transparent)]
    Void(VoidReason),
    /// Events wait because of an error of the queue.
    #[error("events wait")]
    Waiting,
    /// No batch can be made.
    #[error(transparent)]
    Stopped(BatcherError),
}

/// An event that can no longer be proven: it has not happened. Both sides of a fill lose it; the money of a withdrawal
/// stays in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voided {
    /// The event.
    pub event: Event,
    /// Why it cannot be proven.
    pub reason: VoidReason,
}

/// What became of an attempt to close the open batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// It is closed, or there was nothing to close.
    Done,
    /// An event in it had no proof and is void. What is left of the batch is pending again.
    Again,
}

/// What became of a batch that the transition refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A cancel was left out of it.
    Smaller,
    /// It was taken apart.
    Reopened,
}
