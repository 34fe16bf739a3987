//! What an engine takes over from the one whose place it takes.

use crate::{engine::Engine, ids::OrderKey, slots::Taken};
use cloister_crypto::constants::FILLED_MAX;
use cloister_types::Lots;

impl Engine {
    /// Goes on with the numbers of an engine that this one takes the place of, and refuses what it has taken: its ids
    /// stay taken, filled or not, although what it did with them is void, and so do the numbers of its controls. Owners
    /// stay protected as they asked for.
    pub fn succeed(&mut self, before: &Self) {
        self.next_sequence = self.next_sequence.max(before.next_sequence);
        self.next_fill = self.next_fill.max(before.next_fill);
        for (index, old) in before.accounts.iter() {
            let Some(view) = self.accounts.get_mut(index) else {
                continue;
            };
            for (slot, was) in old.slots.taken() {
                let Some(state) = view.slots.get_mut(slot) else {
                    continue;
                };
                // What the ledger has of it is all that was filled, unless it has a cancel there, which forgets that.
                let settled = state.ledger.filter(|settled| settled.id == was.id);
                let filled = settled.map_or(Lots::ZERO, |settled| match settled.filled {
                    Lots(FILLED_MAX) => was.filled,
                    filled => filled,
                });
                if state.taken.is_none_or(|taken| taken.id <= was.id) {
                    let most = was.most.max(filled);
                    state.taken = Some(Taken { filled, most, ..was });
                }
            }
            // What a cancel-all made void stays void.
            view.min_id = view.min_id.max(old.min_id);
            view.control = view.control.max(old.control);
            for (instrument, protection) in &old.protections {
                view.protections
                    .entry(*instrument)
                    .or_insert_with(|| protection.clone());
            }
        }
    }

    /// Numbers fills on from where an engine of the same group stopped: to be called before anything can trade.
    pub fn number_after(&mut self, before: &Self) {
        self.next_fill = self.next_fill.max(before.next_fill);
    }

    /// Keeps the dead man's switches of an engine of the same group, for accounts whose trading key is the same: their
    /// orders go on, so they must also leave when nobody renews the switch.
    pub fn keep_dead_men(&mut self, before: &Self) {
        for (index, view) in self.accounts.iter_mut() {
            let same = before.account(index).filter(|old| old.public_key == view.public_key);
            if let (None, Some(kept)) = (&view.dead_man, same.and_then(|old| old.dead_man.as_ref())) {
                self.dead_men.insert((kept.at, index));
                view.dead_man = Some(*kept);
            }
        }
    }

    /// Leaves no more than so many lots of an order at rest: a fill that is void brings none back into the book. An
    /// order that does not rest, or of which less is left, stays as it is; and so does one of which nothing may be
    /// left, which is to be cancelled.
    pub fn trim(&mut self, key: OrderKey, most: Lots) {
        let order = self.account(key.account).and_then(|view| view.open_order(key.id));
        let Some(order) = order.filter(|_| !most.is_zero()) else {
            return;
        };
        let (place, excess) = (order.place, order.remaining.saturating_sub(most));
        let instrument = order.instruction().instrument_id;
        if let Some(book) = self.books.get_mut(&instrument) {
            book.reduce(place, excess);
        }
        if let Some(view) = self.accounts.get_mut(key.account) {
            view.reduce(key.id, excess);
        }
    }
}
