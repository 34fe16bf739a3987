//! What the batcher is fed.

use cloister_crypto::{schnorr::PublicKey, Fr};
use cloister_engine::{AccountIndex, Effect, Fill};
use cloister_ledger::SignedInstruction;
use cloister_types::{Amount, ItemId};
use std::sync::Arc;

/// One item of the chain's queue, in the queue's order.
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
    },
    /// A deposit.
    Deposit {
        /// Number of the item.
        item: ItemId,
        /// Account.
        account: AccountIndex,
        /// Amount.
        amount: Amount,
    },
}

impl QueueItem {
    /// Number of the item.
    pub fn item(&self) -> ItemId {
        match self {
            Self::Open { item, .. } | Self::Deposit { item, .. } => *item,
        }
    }
}

/// Something that has to be proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An item of the chain's queue.
    Queue(QueueItem),
    /// Two orders traded.
    Filled(Fill),
    /// A signed cancel, cancel-all or withdrawal.
    Bound(Arc<SignedInstruction>),
}

impl Event {
    /// The part of the engine's effects that has to be proven; the rest is news.
    pub fn of(effect: Effect) -> Option<Self> {
        match effect {
            Effect::Filled(fill) => Some(Self::Filled(fill)),
            Effect::Bound(signed) => Some(Self::Bound(signed)),
            Effect::Unbound(_) | Effect::Rested { .. } | Effect::Removed { .. } => None,
        }
    }
}
