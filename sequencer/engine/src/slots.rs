//! What is known of each order slot of an account.

use cloister_crypto::constants::ORDER_SLOT_BITS;
use cloister_ledger::slot::{slot_number, Slot};
use cloister_types::{InstructionId, Lots};
use codec::{Decode, Encode};

/// The highest id that was taken in a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Taken {
    pub id: InstructionId,
    /// Lots that were signed; 0 if it is not an order.
    pub quantity: Lots,
    /// Lots that were filled. The slot forgets them when the order is cancelled.
    pub filled: Lots,
    /// The most lots that were filled at any time, those of void fills included: a batch with them may settle yet.
    pub most: Lots,
}

/// What is known of one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SlotState {
    /// The ledger's slot, unless it is empty.
    pub ledger: Option<Slot>,
    /// The highest id taken, filled or not. Keeps instructions from being played twice.
    pub taken: Option<Taken>,
    /// The order at rest or waiting.
    pub alive: Option<InstructionId>,
}

const EMPTY: SlotState = SlotState {
    ledger: None,
    taken: None,
    alive: None,
};

/// Slots of a page. Traders number their orders one after the other, so an account that has signed few has few pages.
const PAGE: usize = 1 << PAGE_BITS;
const PAGE_BITS: usize = 4;
const PAGES: usize = 1 << (ORDER_SLOT_BITS - PAGE_BITS);

/// All slots of an account.
#[derive(Clone)]
pub(crate) struct Slots {
    pages: [Option<Box<[SlotState; PAGE]>>; PAGES],
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            pages: [const { None }; PAGES],
        }
    }
}

/// The page of a slot, and its place in the page.
const fn place(number: u16) -> (usize, usize) {
    (number as usize >> PAGE_BITS, number as usize & (PAGE - 1))
}

impl Slots {
    /// The slot of an id.
    pub fn of(&self, id: InstructionId) -> &SlotState {
        self.get(slot_number(id)).unwrap_or(&EMPTY)
    }

    /// The slot of an id, to be changed.
    pub fn of_mut(&mut self, id: InstructionId) -> Option<&mut SlotState> {
        self.get_mut(slot_number(id))
    }

    /// One slot, if something is known of it.
    pub fn get(&self, number: u16) -> Option<&SlotState> {
        let (page, at) = place(number);
        self.pages.get(page)?.as_ref()?.get(at)
    }

    /// One slot, to be changed. `None` if there is no slot of that number.
    pub fn get_mut(&mut self, number: u16) -> Option<&mut SlotState> {
        let (page, at) = place(number);
        let page = self.pages.get_mut(page)?;
        page.get_or_insert_with(|| Box::new([EMPTY; PAGE])).get_mut(at)
    }

    fn states(&self) -> impl Iterator<Item = (u16, &SlotState)> {
        let pages = self.pages.iter().zip(0u16..);
        pages.flat_map(|(page, number)| {
            let states = page.iter().flat_map(|page| page.iter()).zip(0u16..);
            states.map(move |(state, at)| (number << PAGE_BITS | at, state))
        })
    }

    /// The ledger's slots that are not empty.
    pub fn ledger(&self) -> impl Iterator<Item = (u16, Slot)> + '_ {
        self.states()
            .filter_map(|(number, state)| Some((number, state.ledger?)))
    }

    /// The highest id taken of each slot.
    pub fn taken(&self) -> impl Iterator<Item = (u16, Taken)> + '_ {
        self.states().filter_map(|(number, state)| Some((number, state.taken?)))
    }

    /// Orders at rest or waiting.
    pub fn alive(&self) -> impl Iterator<Item = (u16, InstructionId)> + '_ {
        self.states().filter_map(|(number, state)| Some((number, state.alive?)))
    }
}

impl PartialEq for Slots {
    /// A page that nothing is on is as good as none.
    fn eq(&self, other: &Self) -> bool {
        let known = |(_, state): &(u16, &SlotState)| **state != EMPTY;
        self.states().filter(known).eq(other.states().filter(known))
    }
}

impl Eq for Slots {}

impl core::fmt::Debug for Slots {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        use std::collections::BTreeMap;
        out.debug_struct("Slots")
            .field("ledger", &self.ledger().collect::<BTreeMap<_, _>>())
            .field("taken", &self.taken().collect::<BTreeMap<_, _>>())
            .field("alive", &self.alive().collect::<BTreeMap<_, _>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{SlotState, Slots};
    use cloister_types::InstructionId;

    #[test]
    fn a_slot_that_was_left_should_be_as_one_that_was_never_taken() {
        let mut slots = Slots::default();
        for id in [InstructionId(3), InstructionId(17), InstructionId(511)] {
            slots.of_mut(id).unwrap().alive = Some(id);
            assert_eq!(slots.of(InstructionId(id.get() + 512)).alive, Some(id));
        }
        let alive: Vec<_> = slots.alive().collect();
        let expected = [3u16, 17, 511].map(|number| (number, InstructionId(number.into())));
        assert_eq!(alive, expected);
        for number in [3, 17, 511] {
            assert_ne!(slots, Slots::default());
            *slots.get_mut(number).unwrap() = SlotState::default();
        }
        assert_eq!(slots, Slots::default());
        assert_eq!(slots.get_mut(512), None);
    }
}
