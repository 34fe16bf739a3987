//! The orders of one account that rest in books, found by id, by book, and by whether they may only reduce.

use crate::{
    book::Place,
    bound::{Bound, Bounds, Epoch},
    derived::Derived,
    flat::Flat,
    ids::{Millis, Sequence},
};
use cloister_ledger::{instruction::flags, Instruction, Side, SignedInstruction};
use cloister_types::{InstructionId, InstrumentId, Lots};
use codec::{Decode, Encode, EncodeLike, Error, Input, Output};
use std::{collections::BTreeSet, sync::Arc};

/// An order at rest, from its account's side.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OpenOrder {
    /// The order as signed.
    pub signed: Arc<SignedInstruction>,
    /// Lots not yet filled.
    pub remaining: Lots,
    /// Where it rests.
    pub place: Place,
    /// When it came to rest.
    pub since: Millis,
    /// Its turn among the orders of one trigger, if it has waited for a mark or has a trigger that held at once.
    pub fired: Option<Sequence>,
    /// The most that it can do to its account's margin; `None` if nobody has computed it.
    #[codec(skip)]
    pub(crate) bound: Derived<Option<Bound>>,
}

impl OpenOrder {
    /// What was signed.
    pub fn instruction(&self) -> &Instruction {
        &self.signed.instruction
    }
}

/// What orders of one side of a book come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    orders: usize,
    /// Those that are signed to reduce only.
    reducing: usize,
    /// Lots of the others.
    opening: Lots,
}

/// The orders of an account at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OpenOrders {
    by_id: Flat<InstructionId, OpenOrder>,
    /// Books in which there are orders.
    by_book: Flat<(InstrumentId, Side), Sum>,
    /// Orders that are signed to reduce only, in all books.
    reducing: usize,
    /// The most that the orders can do to the account's margin.
    bounds: Bounds,
}

fn reduces(order: &OpenOrder) -> bool {
    order.instruction().has(flags::REDUCE_ONLY)
}

fn book(order: &OpenOrder) -> (InstrumentId, Side) {
    (order.instruction().instrument_id, order.place.side)
}

impl OpenOrders {
    pub fn iter(&self) -> impl Iterator<Item = (InstructionId, &OpenOrder)> {
        self.by_id.iter()
    }

    pub fn get(&self, id: InstructionId) -> Option<&OpenOrder> {
        self.by_id.get(id)
    }

    pub fn insert(&mut self, id: InstructionId, order: OpenOrder) {
        self.remove(id);
        let (book, reduces) = (book(&order), reduces(&order));
        let mut sum = self.by_book.get(book).copied().unwrap_or_default();
        sum.orders = sum.orders.saturating_add(1);
        if reduces {
            sum.reducing = sum.reducing.saturating_add(1);
            self.reducing = self.reducing.saturating_add(1);
        } else {
            sum.opening = sum.opening.saturating_add(order.remaining);
        }
        self.by_book.insert(book, sum);
        self.bounds.add(order.bound.0);
        self.by_id.insert(id, order);
    }

    pub fn remove(&mut self, id: InstructionId) -> Option<OpenOrder> {
        let order = self.by_id.remove(id)?;
        let (book, reduces) = (book(&order), reduces(&order));
        if let Some(sum) = self.by_book.get_mut(book) {
            sum.orders = sum.orders.saturating_sub(1);
            if reduces {
                sum.reducing = sum.reducing.saturating_sub(1);
                self.reducing = self.reducing.saturating_sub(1);
            } else {
                sum.opening = sum.opening.saturating_sub(order.remaining);
            }
            if sum.orders == 0 {
                self.by_book.remove(book);
            }
        }
        self.bounds.subtract(order.bound.0);
        Some(order)
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Takes lots off an order. Gives it if it leaves, because none remain.
    pub fn reduce(&mut self, id: InstructionId, quantity: Lots) -> Option<OpenOrder> {
        let order = self.by_id.get_mut(id)?;
        let left = order.remaining.saturating_sub(quantity);
        if left.is_zero() {
            return self.remove(id);
        }
        let taken = order.remaining.saturating_sub(left);
        order.remaining = left;
        let (book, reduces) = (book(order), reduces(order));
        let sum = self.by_book.get_mut(book).filter(|_| !reduces);
        if let Some(sum) = sum {
            sum.opening = sum.opening.saturating_sub(taken);
        }
        // What less lots can do is no more.
        self.bounds.loosen();
        None
    }

    /// The orders of one side of a book; all, or those that are signed to reduce only.
    pub fn of(&self, instrument: InstrumentId, side: Side, reducing: bool) -> Vec<InstructionId> {
        if reducing && self.reducing == 0 {
            return Vec::new();
        }
        let sum = self.by_book.get((instrument, side)).copied().unwrap_or_default();
        if sum.orders == 0 || reducing && sum.reducing == 0 {
            return Vec::new();
        }
        let meant = |order: &OpenOrder| book(order) == (instrument, side) && (!reducing || reduces(order));
        let found = self.iter().filter(|(_, order)| meant(order));
        found.map(|(id, _)| id).collect()
    }

    /// Lots on one side of a book that can make a position larger, but for one order.
    pub fn opening(&self, instrument: InstrumentId, side: Side, without: Option<InstructionId>) -> Lots {
        let sum = self.by_book.get((instrument, side)).copied().unwrap_or_default();
        let left_out = without.and_then(|id| self.get(id));
        let left_out = left_out.filter(|order| book(order) == (instrument, side) && !reduces(order));
        sum.opening
            .saturating_sub(left_out.map_or(Lots::ZERO, |order| order.remaining))
    }

    /// Instruments in whose books there are orders.
    pub fn instruments(&self) -> BTreeSet<InstrumentId> {
        self.by_book.iter().map(|((instrument, _), _)| instrument).collect()
    }

    /// The most that the orders can do to the margin.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Forgets the most that the orders can do.
    pub fn forget_bounds(&mut self) {
        self.bounds = Bounds::default();
    }

    /// Computes anew the most that each order can do, and all of them together.
    pub fn bind(&mut self, epoch: Epoch, mut bound: impl FnMut(&OpenOrder) -> Option<Bound>) {
        self.bounds.begin(epoch);
        for order in self.by_id.values_mut() {
            order.bound = Derived(bound(order));
            self.bounds.add(order.bound.0);
        }
    }
}

impl Encode for OpenOrders {
    /// The orders; where they are found follows from them.
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        self.by_id.encode_to(out);
    }
}

impl EncodeLike for OpenOrders {}

impl Decode for OpenOrders {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let mut orders = Self::default();
        for (id, order) in Flat::<InstructionId, OpenOrder>::decode(input)?.into_entries() {
            orders.insert(id, order);
        }
        Ok(orders)
    }
}
