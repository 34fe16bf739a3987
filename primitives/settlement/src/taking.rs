//! What each unit of a batch takes from the queue (C-QUEUE).
//!
//! It follows from the accounts of the units, the time of the batch's table and the queue before the batch, and from
//! nothing that a submitter says. Pallet, sequencer and client call the same function.

use crate::queue::{OpenKeys, QueueItem};
use alloc::{collections::BTreeMap, vec::Vec};
use cloister_types::{AccountIndex, Amount, ItemId};

/// What one unit takes: nothing, or every item of its account that is ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taking {
    /// The items, oldest first.
    pub items: Vec<ItemId>,
    /// Sum of their amounts: the unit's deposit.
    pub amount: Amount,
    /// The keys of the open, if there is one among them.
    pub open: Option<OpenKeys>,
}

/// The items of an account are 2^64 or more together. A chain queues no such items (`QueuedSumTooLarge`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue items of account {0} are 2^64 or more together")]
pub struct SumTooLarge(pub AccountIndex);

/// Items that wait in a queue, by account. It need not hold the whole queue, only every item of the accounts that are
/// asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting<AccountId> {
    by_account: BTreeMap<AccountIndex, BTreeMap<ItemId, QueueItem<AccountId>>>,
}

impl<AccountId> Default for Waiting<AccountId> {
    fn default() -> Self {
        Self {
            by_account: BTreeMap::new(),
        }
    }
}

impl<AccountId> FromIterator<(u64, QueueItem<AccountId>)> for Waiting<AccountId> {
    fn from_iter<I: IntoIterator<Item = (u64, QueueItem<AccountId>)>>(items: I) -> Self {
        let mut waiting = Self::default();
        for (id, item) in items {
            waiting
                .by_account
                .entry(item.index)
                .or_default()
                .insert(ItemId(id), item);
        }
        waiting
    }
}

impl<AccountId> Waiting<AccountId> {
    /// Takes every item of an account that is ready at the time of a table.
    fn take(&mut self, account: AccountIndex, table_time: u64) -> Result<Taking, SumTooLarge> {
        let mut taking = Taking::default();
        let Some(items) = self.by_account.get_mut(&account) else {
            return Ok(taking);
        };
        // The items of an account become ready in the order of their ids, so its open is never behind its deposits.
        while let Some(first) = items.first_entry() {
            if first.get().ready_at > table_time {
                break;
            }
            let (id, item) = first.remove_entry();
            taking.items.push(id);
            taking.amount = taking.amount.checked_add(item.amount).ok_or(SumTooLarge(account))?;
            taking.open = taking.open.or_else(|| item.kind.open().cloned());
        }
        Ok(taking)
    }
}

/// What each unit of a batch takes, given the accounts of its units in order and the time of its table. The first unit
/// of an account takes all of the account's items that are ready, later ones nothing. What is taken is waiting no more,
/// so the same `waiting` serves the next batch.
///
/// # Errors
/// [`SumTooLarge`].
pub fn take<AccountId>(
    waiting: &mut Waiting<AccountId>,
    units: impl IntoIterator<Item = AccountIndex>,
    table_time: u64,
) -> Result<Vec<Taking>, SumTooLarge> {
    units
        .into_iter()
        .map(|account| waiting.take(account, table_time))
        .collect()
}
