//! A bounded queue that is fair between accounts.

use cloister_engine::AccountIndex;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Items in the order of each account, the accounts taking turns.
///
/// It holds no more than a number of items. When it is full, an account that has fewer in it than the one that has most
/// still gets in, and the newest item of that one leaves: a flood of one account costs that account, and nobody else.
#[derive(Debug)]
pub(crate) struct FairQueue<T> {
    waiting: BTreeMap<AccountIndex, VecDeque<T>>,
    /// Accounts that have items, the next one first.
    turns: VecDeque<AccountIndex>,
    /// Accounts by how many items they have.
    loads: BTreeSet<(usize, AccountIndex)>,
    length: usize,
    most: usize,
}

/// What became of an item that wanted in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry<T> {
    /// It waits.
    Waits,
    /// It waits, and this one, of the account that had most, leaves for it.
    Displaces(T),
    /// There is no place for it.
    Full(T),
}

impl<T> FairQueue<T> {
    /// A queue of no more than so many items.
    pub fn new(most: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            turns: VecDeque::new(),
            loads: BTreeSet::new(),
            length: 0,
            most,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn load(&self, account: AccountIndex) -> usize {
        self.waiting.get(&account).map_or(0, VecDeque::len)
    }

    /// Notes that an account has another number of items than before.
    fn reload(&mut self, account: AccountIndex, before: usize) {
        self.loads.remove(&(before, account));
        match self.load(account) {
            0 => {
                self.waiting.remove(&account);
            }
            load => {
                self.loads.insert((load, account));
            }
        }
    }

    /// Adds an item of an account.
    pub fn push(&mut self, account: AccountIndex, item: T) -> Entry<T> {
        let mut out = Entry::Waits;
        if self.length >= self.most {
            match self.displaced(self.load(account)) {
                Some(displaced) => out = Entry::Displaces(displaced),
                None => return Entry::Full(item),
            }
        }
        let before = self.load(account);
        if before == 0 {
            self.turns.push_back(account);
        }
        self.waiting.entry(account).or_default().push_back(item);
        self.length = self.length.saturating_add(1);
        self.reload(account, before);
        out
    }

    /// Takes the newest item of the account that has most, if an account with one item more than `load` has still fewer
    /// than that one.
    fn displaced(&mut self, load: usize) -> Option<T> {
        let (most, account) = self.loads.last().copied()?;
        if load.saturating_add(1) >= most {
            return None;
        }
        let item = self.waiting.get_mut(&account)?.pop_back()?;
        self.length = self.length.saturating_sub(1);
        self.reload(account, most);
        Some(item)
    }

    /// Takes items, one of each account in turn, until there are so many or none are left.
    pub fn take(&mut self, count: usize) -> Vec<T> {
        let mut out = Vec::new();
        while out.len() < count {
            let Some(account) = self.turns.pop_front() else { break };
            let before = self.load(account);
            let Some(item) = self.waiting.get_mut(&account).and_then(VecDeque::pop_front) else {
                continue;
            };
            self.length = self.length.saturating_sub(1);
            self.reload(account, before);
            if before > 1 {
                self.turns.push_back(account);
            }
            out.push(item);
        }
        out
    }
}

#[cfg(test)]
mod tests;
