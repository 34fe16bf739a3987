//! When orders expire.

use crate::ids::{Millis, OrderKey};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
};

/// Entries of orders that left may be as many as those of orders that are there, and this many more.
const SPARE: usize = 1_024;

/// Orders at rest and waiting, by expiry. An order that leaves leaves its entry behind, because most leave long before
/// they expire: it is passed over when its time comes, and all such entries go when they are more than half.
#[derive(Clone, Default)]
pub(crate) struct Expiries {
    heap: BinaryHeap<Reverse<(Millis, OrderKey)>>,
    alive: usize,
}

impl Expiries {
    pub fn new(orders: BTreeSet<(Millis, OrderKey)>) -> Self {
        Self {
            alive: orders.len(),
            heap: orders.into_iter().map(Reverse).collect(),
        }
    }

    /// An order rests or waits from now on.
    pub fn add(&mut self, expiry: Millis, key: OrderKey) {
        self.alive = self.alive.saturating_add(1);
        self.heap.push(Reverse((expiry, key)));
    }

    /// An order that was there left.
    pub fn leave(&mut self) {
        self.alive = self.alive.saturating_sub(1);
    }

    /// An entry that expires before a time, the earliest first.
    pub fn pop_before(&mut self, time: Millis) -> Option<(Millis, OrderKey)> {
        let Reverse((expiry, _)) = self.heap.peek()?;
        if *expiry >= time {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// True if so many orders left that their entries should go, with [`Self::keep`].
    pub fn is_stale(&self) -> bool {
        self.heap.len() > self.alive.saturating_mul(2).saturating_add(SPARE)
    }

    /// Keeps the entries of orders that are there.
    pub fn keep(&mut self, is_there: impl Fn(Millis, OrderKey) -> bool) {
        self.heap.retain(|Reverse((expiry, key))| is_there(*expiry, *key));
        if self.is_stale() {
            // An order that went from the book to waiting, or back, has several.
            let mut entries = core::mem::take(&mut self.heap).into_vec();
            entries.sort_unstable();
            entries.dedup();
            self.heap = entries.into();
        }
    }
}

impl core::fmt::Debug for Expiries {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let entries: BTreeSet<_> = self.heap.iter().map(|Reverse(entry)| entry).collect();
        out.debug_set().entries(entries).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Expiries, SPARE};
    use crate::ids::OrderKey;
    use cloister_types::{AccountIndex, InstructionId};
    use std::collections::BTreeSet;

    fn key(id: u64) -> OrderKey {
        OrderKey {
            account: AccountIndex(1),
            id: InstructionId(id),
        }
    }

    #[test]
    fn orders_that_left_should_take_no_room_however_many_they_are() {
        let mut expiries = Expiries::new(BTreeSet::from([(9, key(0))]));
        for id in 1..100_000 {
            expiries.add(1_000 + id, key(id));
            expiries.leave();
            if expiries.is_stale() {
                expiries.keep(|expiry, _| expiry == 9);
            }
            assert!(expiries.heap.len() <= SPARE + 3);
        }
        assert_eq!(expiries.pop_before(9), None);
        assert_eq!(expiries.pop_before(10), Some((9, key(0))));
    }

    #[test]
    fn an_order_that_comes_and_goes_should_be_kept_once() {
        let mut expiries = Expiries::default();
        for _ in 0..10_000 {
            expiries.add(5, key(1));
            expiries.leave();
            expiries.add(5, key(1));
            if expiries.is_stale() {
                expiries.keep(|_, _| true);
            }
            assert!(expiries.heap.len() <= SPARE + 5);
            expiries.leave();
        }
    }

    #[test]
    fn the_earliest_should_come_first() {
        let orders = BTreeSet::from([(7, key(2)), (3, key(4)), (7, key(1))]);
        let mut expiries = Expiries::new(orders.clone());
        let found: Vec<_> = std::iter::from_fn(|| expiries.pop_before(8)).collect();
        assert_eq!(found, orders.into_iter().collect::<Vec<_>>());
    }
}
