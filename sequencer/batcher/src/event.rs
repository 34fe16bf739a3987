//! What the batcher is fed.

use cloister_crypto::{
    schnorr::{PublicKey, Signature},
    Fr,
};
use cloister_engine::{AccountIndex, Effect, Fill, Millis, UnsignedGroup, UnsignedUnit};
use cloister_ledger::{InstructionKind, SignedInstruction, Switches};
use cloister_types::{Amount, ItemId};
use codec::{Decode, Encode};
use std::sync::Arc;

/// What an owner asks for that is taken by a unit of its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Set the flags of the account (B-SWITCH).
    Switch(Switches),
    /// Close the account if it is empty (B-CLOSE).
    Close,
    /// Pay the owner as much of the amount as initial margin leaves (B-FORCED).
    ForcedWithdrawal {
        /// What is asked for.
        amount: Amount,
    },
    /// Give the account other keys. The seal was good.
    Rekey {
        /// New trading key.
        public_key: PublicKey,
        /// New view key.
        view_key: Fr,
    },
}

impl Request {
    /// Whether these are the keys that it asks for.
    pub(crate) fn gives(&self, message: Fr, signature: &Signature) -> bool {
        matches!(self, Self::Rekey { public_key, .. } if public_key.verify(message, signature).is_ok())
    }
}

/// A forced withdrawal that was put into a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Forced {
    /// The account.
    pub account: AccountIndex,
    /// What was asked for.
    pub asked: Amount,
    /// What it pays.
    pub paid: Amount,
}

/// One item of the chain's queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueItem {
    /// An open whose seal was good.
    Open {
        /// Number of the item.
        item: ItemId,
        /// Index the chain reserved.
        account: AccountIndex,
        /// Trading key.
        public_key: PublicKey,
        /// View key.
        view_key: Fr,
        /// First deposit.
        deposit: Amount,
        /// When it is overdue, by the time of a batch's table, ms of the Unix epoch.
        deadline: Millis,
    },
    /// A deposit.
    Deposit {
        /// Number of the item.
        item: ItemId,
        /// Account.
        account: AccountIndex,
        /// Amount.
        amount: Amount,
        /// When it is overdue, likewise.
        deadline: Millis,
    },
    /// A request, taken by a unit of its mode.
    Request {
        /// Number of the item.
        item: ItemId,
        /// Account.
        account: AccountIndex,
        /// What its owner asks for.
        request: Request,
        /// When it is overdue, likewise.
        deadline: Millis,
    },
    /// Money for the insurance, taken by the house's part of the next batch.
    PayInsurance {
        /// Number of the item.
        item: ItemId,
        /// Amount.
        amount: Amount,
    },
    /// Money asked from the insurance, taken likewise.
    TakeInsurance {
        /// Number of the item.
        item: ItemId,
        /// What is asked for.
        asked: Amount,
        /// What must stay.
        keep: Amount,
    },
}

impl QueueItem {
    /// Number of the item.
    pub fn item(&self) -> ItemId {
        match self {
            Self::Open { item, .. }
            | Self::Deposit { item, .. }
            | Self::Request { item, .. }
            | Self::PayInsurance { item, .. }
            | Self::TakeInsurance { item, .. } => *item,
        }
    }

    /// The account; [`AccountIndex::HOUSE`] for insurance.
    pub fn account(&self) -> AccountIndex {
        match self {
            Self::Open { account, .. } | Self::Deposit { account, .. } | Self::Request { account, .. } => *account,
            Self::PayInsurance { .. } | Self::TakeInsurance { .. } => AccountIndex::HOUSE,
        }
    }

    /// Whether it stands in the queue's priority lane (C-QUEUE).
    pub(crate) fn has_priority(&self) -> bool {
        matches!(
            self,
            Self::Request {
                request: Request::ForcedWithdrawal { .. } | Request::Rekey { .. },
                ..
            }
        )
    }

    /// From which time of a batch's table on it is overdue. What the house takes claims no unit, so it never is.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        match self {
            Self::Open { deadline, .. } | Self::Deposit { deadline, .. } | Self::Request { deadline, .. } => {
                Some(*deadline)
            }
            Self::PayInsurance { .. } | Self::TakeInsurance { .. } => None,
        }
    }

    /// Whether it is overdue at a table of this time.
    pub(crate) fn is_overdue(&self, table_time: Millis) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= table_time)
    }

    /// True for a close.
    pub fn is_close(&self) -> bool {
        matches!(
            self,
            Self::Request {
                request: Request::Close,
                ..
            }
        )
    }

    /// True for a re-key.
    pub(crate) fn is_rekey(&self) -> bool {
        matches!(
            self,
            Self::Request {
                request: Request::Rekey { .. },
                ..
            }
        )
    }

    /// What was paid.
    pub fn amount(&self) -> Amount {
        match self {
            Self::Open { deposit: amount, .. } | Self::Deposit { amount, .. } | Self::PayInsurance { amount, .. } => {
                *amount
            }
            Self::Request { .. } | Self::TakeInsurance { .. } => Amount::ZERO,
        }
    }
}

/// Something that has to be proven.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// Two orders traded.
    Filled(Fill),
    /// A signed cancel, cancel-all or withdrawal.
    Bound(Arc<SignedInstruction>),
    /// Units that nobody signs, with the orders at rest that meet them. If they cannot be proven they are void.
    Unsigned(Arc<UnsignedGroup>),
}

impl Event {
    /// The accounts that it changes.
    pub(crate) fn accounts(&self) -> Vec<AccountIndex> {
        match self {
            Self::Filled(fill) => vec![fill.maker.key.account, fill.taker.key.account],
            Self::Bound(signed) => vec![signed.instruction.index],
            Self::Unsigned(group) => group.units.iter().map(UnsignedUnit::account).collect(),
        }
    }

    /// Places that a unit of it needs.
    pub(crate) fn places(&self) -> usize {
        match self {
            Self::Filled(_) | Self::Bound(_) => 1,
            Self::Unsigned(group) => places_of(group),
        }
    }

    /// What was signed for it.
    pub(crate) fn instructions(&self) -> Vec<&SignedInstruction> {
        match self {
            Self::Filled(fill) => vec![&fill.maker.order, &fill.taker.order],
            Self::Bound(signed) => vec![signed],
            Self::Unsigned(group) => group.orders().map(|matched| matched.order.order.as_ref()).collect(),
        }
    }

    /// What an account signed of it.
    pub(crate) fn signed_by(&self, account: AccountIndex) -> Option<&SignedInstruction> {
        match self {
            Self::Filled(fill) => [&fill.maker, &fill.taker]
                .into_iter()
                .find(|side| side.key.account == account)
                .map(|side| side.order.as_ref()),
            Self::Bound(signed) => Some(signed.as_ref()).filter(|signed| signed.instruction.index == account),
            Self::Unsigned(group) => group
                .orders()
                .find(|matched| matched.order.key.account == account)
                .map(|matched| matched.order.order.as_ref()),
        }
    }

    /// The instruction, if it is a cancel or cancel-all.
    pub(crate) fn cancel(&self) -> Option<&Arc<SignedInstruction>> {
        match self {
            Self::Bound(signed) => matches!(
                signed.instruction.kind,
                InstructionKind::Cancel | InstructionKind::CancelAll
            )
            .then_some(signed),
            Self::Filled(_) | Self::Unsigned(_) => None,
        }
    }

    /// The part of the engine's effects that has to be proven; the rest is news.
    pub fn of(effect: Effect) -> Option<Self> {
        match effect {
            Effect::Filled(fill) => Some(Self::Filled(fill)),
            Effect::Bound(signed) => Some(Self::Bound(signed)),
            // The batcher was asked before it happened.
            Effect::Liquidated(_) => None,
            Effect::Unbound(_)
            | Effect::Rested { .. }
            | Effect::Waits { .. }
            | Effect::Fired { .. }
            | Effect::ProtectionHit { .. }
            | Effect::Removed { .. } => None,
        }
    }
}

/// Places that the widest unit of a group needs.
pub(crate) fn places_of(group: &UnsignedGroup) -> usize {
    let places = group.units.iter().map(|unit| match unit {
        UnsignedUnit::Liquidation { fills, .. } | UnsignedUnit::Deleveraging { fills, .. } => fills.len(),
        UnsignedUnit::Expiry { instruments, .. } => instruments.len(),
        UnsignedUnit::Order(_) => 1,
        UnsignedUnit::Takeover { .. } => 0,
    });
    places.max().unwrap_or(0)
}
