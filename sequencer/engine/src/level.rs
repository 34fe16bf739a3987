//! All orders of one price.

use crate::ids::{OrderKey, Sequence};
use cloister_types::Lots;
use codec::{Compact, Decode, Encode, EncodeLike, Error, Input, Output};
use std::collections::{vec_deque, BTreeMap, VecDeque};

/// Places of orders that left may be as many as orders, and this many more.
const SPARE: usize = 32;

/// An order at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Resting {
    /// Whose order it is.
    pub key: OrderKey,
    /// Lots not yet filled.
    pub remaining: Lots,
}

/// An order's place in the queue. Nothing remains of an order that left; its place stays until it is the first or the
/// last, or such places are more than half, so that nobody behind it has to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Queued {
    sequence: Sequence,
    order: Resting,
}

impl Queued {
    fn is_gone(&self) -> bool {
        self.order.remaining.is_zero()
    }
}

/// A queue of orders. It has the encoding of a map of them by sequence, and the sum of their lots.
#[derive(Clone, Default)]
pub(crate) struct Level {
    /// By sequence.
    queue: VecDeque<Queued>,
    /// Orders that are there.
    orders: usize,
    /// Lots that remain, wider than one order's so that it is exact.
    quantity: u128,
}

impl Level {
    /// Lots that remain.
    pub fn quantity(&self) -> u128 {
        self.quantity
    }

    /// Number of orders.
    pub fn len(&self) -> usize {
        self.orders
    }

    pub fn is_empty(&self) -> bool {
        self.orders == 0
    }

    /// Orders, first come first.
    pub fn iter(&self) -> Orders<'_> {
        Orders(self.queue.iter())
    }

    /// Where a sequence is, or where it belongs.
    fn find(&self, sequence: Sequence) -> Result<usize, usize> {
        match (self.queue.front(), self.queue.back()) {
            (Some(first), _) if first.sequence == sequence => Ok(0),
            (_, Some(last)) if last.sequence >= sequence => {
                self.queue.binary_search_by_key(&sequence, |queued| queued.sequence)
            }
            _ => Err(self.queue.len()),
        }
    }

    /// Adds an order of some lots. One of the same sequence is replaced.
    pub fn insert(&mut self, sequence: Sequence, order: Resting) {
        self.remove(sequence);
        if order.remaining.is_zero() {
            return;
        }
        let queued = Queued { sequence, order };
        match self.find(sequence) {
            Ok(at) => {
                if let Some(place) = self.queue.get_mut(at) {
                    *place = queued;
                }
            }
            Err(at) => self.queue.insert(at, queued),
        }
        self.orders = self.orders.saturating_add(1);
        self.quantity = self.quantity.saturating_add(order.remaining.get().into());
    }

    /// Takes an order out.
    pub fn remove(&mut self, sequence: Sequence) -> Option<Resting> {
        let at = self.find(sequence).ok()?;
        let queued = self.queue.get_mut(at).filter(|queued| !queued.is_gone())?;
        let order = queued.order;
        queued.order.remaining = Lots::ZERO;
        self.quantity = self.quantity.saturating_sub(order.remaining.get().into());
        self.left();
        Some(order)
    }

    /// Takes lots off an order, which leaves when nothing remains.
    pub fn reduce(&mut self, sequence: Sequence, quantity: Lots) {
        let at = self.find(sequence).ok();
        let queued = at.and_then(|at| self.queue.get_mut(at));
        let Some(queued) = queued.filter(|queued| !queued.is_gone()) else {
            return;
        };
        let taken = quantity.min(queued.order.remaining);
        queued.order.remaining = queued.order.remaining.saturating_sub(taken);
        self.quantity = self.quantity.saturating_sub(taken.get().into());
        if queued.is_gone() {
            self.left();
        }
    }

    /// An order has left.
    fn left(&mut self) {
        self.orders = self.orders.saturating_sub(1);
        while self.queue.front().is_some_and(Queued::is_gone) {
            self.queue.pop_front();
        }
        while self.queue.back().is_some_and(Queued::is_gone) {
            self.queue.pop_back();
        }
        if self.queue.len() > self.orders.saturating_mul(2).saturating_add(SPARE) {
            self.queue.retain(|queued| !queued.is_gone());
        }
    }
}

/// Orders of a level, first come first.
#[derive(Clone, Debug)]
pub(crate) struct Orders<'a>(vec_deque::Iter<'a, Queued>);

impl Iterator for Orders<'_> {
    type Item = (Sequence, Resting);

    fn next(&mut self) -> Option<Self::Item> {
        let queued = self.0.find(|queued| !queued.is_gone())?;
        Some((queued.sequence, queued.order))
    }
}

impl PartialEq for Level {
    fn eq(&self, other: &Self) -> bool {
        self.quantity == other.quantity && self.iter().eq(other.iter())
    }
}

impl Eq for Level {}

impl core::fmt::Debug for Level {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}

impl Encode for Level {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        Compact(u32::try_from(self.orders).unwrap_or(u32::MAX)).encode_to(out);
        for order in self.iter() {
            order.encode_to(out);
        }
        self.quantity.encode_to(out);
    }
}

impl EncodeLike for Level {}

impl Decode for Level {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let mut level = Self::default();
        for (sequence, order) in BTreeMap::<Sequence, Resting>::decode(input)? {
            level.insert(sequence, order);
        }
        if u128::decode(input)? != level.quantity {
            return Err("the lots of a level are not those of its orders".into());
        }
        Ok(level)
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, Resting};
    use crate::ids::OrderKey;
    use cloister_types::{AccountIndex, InstructionId, Lots};
    use codec::{Decode, Encode};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn order(remaining: u64) -> Resting {
        let key = OrderKey {
            account: AccountIndex(1),
            id: InstructionId(2),
        };
        Resting {
            key,
            remaining: Lots(remaining),
        }
    }

    #[derive(Clone, Debug)]
    enum Call {
        Insert(u64, u64),
        Remove(u64),
        Reduce(u64, u64),
    }

    fn call() -> impl Strategy<Value = Call> {
        prop_oneof![
            4 => (0u64..150, 1u64..9).prop_map(|(sequence, lots)| Call::Insert(sequence, lots)),
            4 => (0u64..150).prop_map(Call::Remove),
            2 => (0u64..150, 0u64..9).prop_map(|(sequence, lots)| Call::Reduce(sequence, lots)),
        ]
    }

    proptest! {
        #[test]
        fn a_level_is_a_map_of_orders_by_sequence(calls in proptest::collection::vec(call(), 0..400)) {
            let mut level = Level::default();
            let mut map: BTreeMap<u64, Resting> = BTreeMap::new();
            for call in calls {
                match call {
                    Call::Insert(sequence, lots) => {
                        level.insert(sequence, order(lots));
                        map.insert(sequence, order(lots));
                    }
                    Call::Remove(sequence) => prop_assert_eq!(level.remove(sequence), map.remove(&sequence)),
                    Call::Reduce(sequence, lots) => {
                        level.reduce(sequence, Lots(lots));
                        if let Some(order) = map.get_mut(&sequence) {
                            order.remaining = order.remaining.saturating_sub(Lots(lots));
                        }
                        map.retain(|_, order| !order.remaining.is_zero());
                    }
                }
                prop_assert!(level.iter().eq(map.iter().map(|(sequence, order)| (*sequence, *order))));
                prop_assert_eq!((level.len(), level.is_empty()), (map.len(), map.is_empty()));
                // Those who left take no more room than those who are there, and some more.
                prop_assert!(level.queue.len() <= 2 * map.len() + super::SPARE);
                let lots: u128 = map.values().map(|order| u128::from(order.remaining.get())).sum();
                prop_assert_eq!(level.quantity(), lots);
                prop_assert_eq!(level.encode(), (&map, lots).encode());
            }
            prop_assert_eq!(Level::decode(&mut &level.encode()[..]).unwrap(), level);
        }
    }
}
