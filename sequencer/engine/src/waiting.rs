//! Orders that wait for a mark, apart from the books: nobody but their account sees them.

use crate::ids::{Millis, OrderKey, Sequence};
use cloister_ledger::{Instruction, SignedInstruction, Trigger};
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, InstructionId, InstrumentId, PerLot, Price};
use codec::{Decode, Encode};
use std::{
    collections::BTreeSet,
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

/// An order that waits, from its account's side.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WaitingOrder {
    /// The order as signed.
    pub signed: Arc<SignedInstruction>,
    /// Its turn among the orders of one trigger.
    pub sequence: Sequence,
    /// Since when it has waited.
    pub since: Millis,
}

impl WaitingOrder {
    /// What was signed.
    pub fn instruction(&self) -> &Instruction {
        &self.signed.instruction
    }
}

/// The trigger of an order, if it has one. Orders whose trigger says nothing are never taken.
pub(crate) fn trigger_of(order: &Instruction) -> Option<Trigger> {
    order.waits_for().ok().flatten()
}

/// True if the mark of the order's instrument is where it waits for it.
pub(crate) fn holds(table: &RiskTable, order: &Instruction) -> bool {
    let row = table.row_of(order.instrument_id);
    trigger_of(order).is_none_or(|trigger| row.is_some_and(|(_, row)| trigger.fires_at(row.mark)))
}

/// Orders by instrument and trigger, in the order in which a moving mark passes them: upwards from the lowest trigger,
/// downwards from the highest, and of one trigger the one that came first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct ByTrigger {
    above: BTreeSet<(InstrumentId, Price, Sequence, OrderKey)>,
    /// The prices are turned over, so that the highest comes first.
    below: BTreeSet<(InstrumentId, Price, Sequence, OrderKey)>,
}

/// Turns the order of prices over.
const fn turned(price: Price) -> Price {
    Price(u64::MAX - price.0)
}

/// Lower than every key, and higher.
const FIRST: OrderKey = OrderKey {
    account: AccountIndex::ZERO,
    id: InstructionId::ZERO,
};
const LAST: OrderKey = OrderKey {
    account: AccountIndex::MAX,
    id: InstructionId::MAX,
};

impl ByTrigger {
    pub fn insert(&mut self, order: &Instruction, sequence: Sequence) {
        let (instrument, key) = (order.instrument_id, OrderKey::of(order));
        match trigger_of(order) {
            Some(Trigger::AtOrAbove(price)) => {
                self.above.insert((instrument, price, sequence, key));
            }
            Some(Trigger::AtOrBelow(price)) => {
                self.below.insert((instrument, turned(price), sequence, key));
            }
            None => {}
        }
    }

    pub fn remove(&mut self, order: &Instruction, sequence: Sequence) {
        let (instrument, key) = (order.instrument_id, OrderKey::of(order));
        match trigger_of(order) {
            Some(Trigger::AtOrAbove(price)) => self.above.remove(&(instrument, price, sequence, key)),
            Some(Trigger::AtOrBelow(price)) => self.below.remove(&(instrument, turned(price), sequence, key)),
            None => false,
        };
    }

    /// The instruments of the orders, found without looking at each order.
    pub fn instruments(&self) -> BTreeSet<InstrumentId> {
        let mut found = BTreeSet::new();
        let mut above = self.above.first();
        while let Some((instrument, ..)) = above {
            found.insert(*instrument);
            let last = (*instrument, Price::MAX, Sequence::MAX, LAST);
            above = self.above.range((Excluded(last), Unbounded)).next();
        }
        let mut below = self.below.first();
        while let Some((instrument, ..)) = below {
            found.insert(*instrument);
            let last = (*instrument, Price::MAX, Sequence::MAX, LAST);
            below = self.below.range((Excluded(last), Unbounded)).next();
        }
        found
    }

    /// All orders of an instrument.
    pub fn of(&self, instrument: InstrumentId) -> Vec<OrderKey> {
        let above = (instrument, Price::ZERO, Sequence::MIN, FIRST)..=(instrument, Price::MAX, Sequence::MAX, LAST);
        let below = (instrument, Price::ZERO, Sequence::MIN, FIRST)..=(instrument, Price::MAX, Sequence::MAX, LAST);
        let above = self.above.range(above).map(|(.., key)| *key);
        above.chain(self.below.range(below).map(|(.., key)| *key)).collect()
    }

    /// The orders whose trigger holds at a mark.
    pub fn reached(&self, instrument: InstrumentId, mark: PerLot) -> Vec<OrderKey> {
        let mut keys = Vec::new();
        // A negative mark reaches no trigger from below, and every one from above.
        let price = u64::try_from(mark.get()).map(Price);
        if let Ok(price) = price {
            let above = (instrument, Price::ZERO, Sequence::MIN, FIRST)..=(instrument, price, Sequence::MAX, LAST);
            keys.extend(self.above.range(above).map(|(.., key)| *key));
        }
        let below = (instrument, Price::ZERO, Sequence::MIN, FIRST)
            ..=(instrument, turned(price.unwrap_or(Price::ZERO)), Sequence::MAX, LAST);
        keys.extend(self.below.range(below).map(|(.., key)| *key));
        keys
    }

    /// The orders whose trigger does not hold at a mark.
    pub fn missed(&self, instrument: InstrumentId, mark: PerLot) -> Vec<OrderKey> {
        let reached: BTreeSet<OrderKey> = self.reached(instrument, mark).into_iter().collect();
        let all = self.of(instrument);
        all.into_iter().filter(|key| !reached.contains(key)).collect()
    }
}
