//! Queue items that are ready at the table in force and in no batch yet.

use crate::event::QueueItem;
use cloister_engine::{AccountIndex, Holdings, Millis};
use cloister_types::ItemId;
use codec::{Decode, Encode};
use std::collections::{BTreeMap, VecDeque};

/// Opens and deposits by account, since the first unit of an account in a batch takes all of them (C-QUEUE), and
/// requests, each of which takes a unit of its own.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub(crate) struct Waiting {
    /// The items of each account, oldest first; never none.
    by_account: BTreeMap<AccountIndex, Vec<QueueItem>>,
    /// The accounts in the order of their oldest items, in which items fall due.
    order: BTreeMap<ItemId, AccountIndex>,
    /// In the order of the queue.
    requests: VecDeque<QueueItem>,
    /// What the house's part of the next batch takes, in the order of the queue.
    house: Vec<QueueItem>,
}

impl Waiting {
    /// Adds items; of one account in their order, and behind what waits already.
    pub fn extend(&mut self, items: impl IntoIterator<Item = QueueItem>) {
        for item in items {
            if matches!(item, QueueItem::Request { .. }) {
                self.requests.push_back(item);
                continue;
            }
            if item.account() == AccountIndex::HOUSE {
                self.house.push(item);
                continue;
            }
            let own = self.by_account.entry(item.account()).or_default();
            if own.is_empty() {
                self.order.insert(item.item(), item.account());
            }
            own.push(item);
        }
    }

    /// The requests, oldest first.
    pub fn requests(&self) -> impl Iterator<Item = &QueueItem> {
        self.requests.iter()
    }

    /// Removes a request.
    pub fn remove_request(&mut self, item: ItemId) {
        self.requests.retain(|request| request.item() != item);
    }

    /// What the house takes with the next batch: all payments into the insurance, and the oldest take of it.
    pub fn of_house(&self) -> Vec<QueueItem> {
        let mut takes = 0;
        let is_due = |item: &&QueueItem| {
            takes += usize::from(matches!(item, QueueItem::TakeInsurance { .. }));
            matches!(item, QueueItem::PayInsurance { .. }) || takes == 1
        };
        self.house.iter().filter(is_due).cloned().collect()
    }

    /// Removes what the house has taken.
    pub fn remove_of_house(&mut self, taken: &[QueueItem]) {
        self.house.retain(|item| !taken.contains(item));
    }

    /// Whether an item waits.
    pub fn holds(&self, item: ItemId) -> bool {
        let money = self.by_account.values().flatten();
        money
            .chain(&self.requests)
            .chain(&self.house)
            .any(|held| held.item() == item)
    }

    /// When the first of the items is overdue, by the time of a batch's table.
    pub fn first_deadline(&self) -> Option<Millis> {
        let money = self.by_account.values().flatten();
        money.chain(&self.requests).filter_map(QueueItem::deadline).min()
    }

    /// True if nothing waits.
    pub fn is_empty(&self) -> bool {
        self.by_account.is_empty() && self.requests.is_empty() && self.house.is_empty()
    }

    /// Number of accounts that money waits for.
    pub fn accounts(&self) -> usize {
        self.by_account.len()
    }

    /// The account whose items fall due first, with the oldest of them.
    pub fn first(&self) -> Option<(ItemId, AccountIndex)> {
        self.order.iter().next().map(|(item, account)| (*item, *account))
    }

    /// The accounts in the order in which their items fall due, each with its oldest item.
    pub fn accounts_in_order(&self) -> impl Iterator<Item = (ItemId, AccountIndex)> + '_ {
        self.order.iter().map(|(item, account)| (*item, *account))
    }

    /// The items of an account; none if nothing waits for it.
    pub fn of(&self, account: AccountIndex) -> &[QueueItem] {
        self.by_account.get(&account).map_or(&[], Vec::as_slice)
    }

    /// Removes the items of an account.
    pub fn remove(&mut self, account: AccountIndex) {
        if let Some(first) = self.by_account.remove(&account).as_deref().and_then(<[_]>::first) {
            self.order.remove(&first.item());
        }
    }

    /// Removes everything.
    pub fn drain(&mut self) -> Vec<QueueItem> {
        self.order.clear();
        let money = std::mem::take(&mut self.by_account).into_values().flatten();
        money
            .chain(self.requests.drain(..))
            .chain(self.house.drain(..))
            .collect()
    }

    /// Adds what waits to what accounts hold.
    pub fn add_to(&self, holdings: &mut BTreeMap<AccountIndex, Holdings>) {
        for item in self.by_account.values().flatten() {
            let held = holdings.entry(item.account()).or_default();
            // A sum beyond the range is found when the item is put into a batch.
            held.cash = held.cash.checked_add(item.amount().into()).unwrap_or(held.cash);
        }
    }
}
