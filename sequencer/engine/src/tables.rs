//! What a new risk table does to orders: which leave, which wait again, and which fire.

use crate::{
    account::AccountView,
    effect::{Effect, Removal},
    engine::Engine,
    entry::Entry,
    ids::{AccountIndex, OrderKey},
    trade::band,
    waiting::WaitingOrder,
};
use cloister_risk::Row;
use cloister_types::{InstrumentId, PerLot};
use std::collections::BTreeSet;

impl Engine {
    /// Brings all orders in line with the table in force.
    pub(crate) fn obey_table(&mut self) -> Vec<Effect> {
        let mut effects = self.drop_stopped();
        effects.extend(self.drop_outside_bands());
        effects.extend(self.drop_where_rows_only_reduce());
        effects.extend(self.wait_again());
        effects.extend(self.fire_reached());
        effects
    }

    /// Orders of instruments that stopped trading leave, those that wait as well.
    fn drop_stopped(&mut self) -> Vec<Effect> {
        let stopped = |id: &InstrumentId| self.table.row_of(*id).is_none_or(|(_, row)| !row.is_live());
        let books = self.books.iter().filter(|(id, _)| stopped(id));
        let at_rest = books.flat_map(|(_, book)| book.keys());
        let instruments = self.waiting.instruments();
        let waiting = instruments.into_iter().filter(stopped);
        let keys: Vec<OrderKey> = at_rest.chain(waiting.flat_map(|id| self.waiting.of(id))).collect();
        keys.into_iter()
            .filter_map(|key| self.drop_order(key, Removal::NotTrading))
            .collect()
    }

    /// No order outside the band can trade (B-BAND). It would stand in the way of others, and bind its owner's margin.
    fn drop_outside_bands(&mut self) -> Vec<Effect> {
        let rows = self
            .books
            .iter()
            .filter_map(|(id, book)| Some((book, self.table.row_of(*id)?.1)));
        let keys: Vec<OrderKey> = rows
            .flat_map(|(book, row)| {
                let (low, high) = band(row);
                book.outside(low, high)
            })
            .collect();
        let reason = Removal::Rule(crate::error::TradeError::Band);
        keys.into_iter()
            .filter_map(|key| self.drop_order(key, reason))
            .collect()
    }

    /// In a close-only or stale row every order must reduce.
    fn drop_where_rows_only_reduce(&mut self) -> Vec<Effect> {
        let only_reduces = |id: &InstrumentId| self.table.row_of(*id).is_some_and(|(_, row)| row.only_reduces());
        let books = self.books.iter().filter(|(id, _)| only_reduces(id));
        let owners: BTreeSet<(InstrumentId, AccountIndex)> = books
            .flat_map(|(id, book)| book.keys().into_iter().map(|key| (*id, key.account)))
            .collect();
        owners
            .into_iter()
            .flat_map(|(instrument, account)| self.drop_spent(account, instrument))
            .collect()
    }

    /// An order with a trigger of which nothing is filled can be proven only while the trigger holds (B-TRIGGER). Where
    /// it no longer does the order waits again, at its old turn.
    fn wait_again(&mut self) -> Vec<Effect> {
        let marks = self.marks();
        let keys: Vec<OrderKey> = marks
            .into_iter()
            .flat_map(|(instrument, mark)| self.unproven.missed(instrument, mark))
            .collect();
        keys.into_iter().filter_map(|key| self.put_back(key)).collect()
    }

    pub(crate) fn put_back(&mut self, key: OrderKey) -> Option<Effect> {
        let order = self.take_out(key)?;
        let sequence = order.fired?;
        let instruction = &order.signed.instruction;
        self.waiting.insert(instruction, sequence);
        self.expiries.0.add(instruction.expiry, key);
        let since = self.now;
        let signed = order.signed;
        self.accounts.get_mut(key.account)?.wait(
            key.id,
            WaitingOrder {
                signed,
                sequence,
                since,
            },
        );
        Some(Effect::Waits { key })
    }

    /// Marks of the instruments that trade.
    fn marks(&self) -> Vec<(InstrumentId, PerLot)> {
        let live = self.table.rows.iter().filter(|row| row.is_live());
        live.map(|row| (row.instrument_id, row.mark)).collect()
    }

    /// Fires every order whose trigger holds, unless triggers are held: instrument by instrument, upwards from the
    /// lowest trigger, downwards from the highest, and of one trigger the order that came first.
    pub(crate) fn fire_reached(&mut self) -> Vec<Effect> {
        if self.holds_triggers {
            return Vec::new();
        }
        let marks = self.marks();
        let keys: Vec<OrderKey> = marks
            .into_iter()
            .flat_map(|(instrument, mark)| self.waiting.reached(instrument, mark))
            .collect();
        keys.into_iter().flat_map(|key| self.fire(key)).collect()
    }

    /// Matches an order that has waited, as one that comes in now. What is refused then leaves, and its trader hears
    /// why.
    fn fire(&mut self, key: OrderKey) -> Vec<Effect> {
        let view = self.accounts.get(key.account);
        let Some(order) = view.and_then(|view| view.waiting_order(key.id)).cloned() else {
            return Vec::new();
        };
        match self.take_order(order.signed, Entry::Fired(order.sequence)) {
            Ok(accepted) => accepted.effects,
            Err(rejection) => {
                let removed = self.drop_order(key, Removal::of_fired(&rejection));
                [Effect::Fired { key }].into_iter().chain(removed).collect()
            }
        }
    }

    /// Takes the orders of an account out of a book that must reduce its position and no longer can.
    pub(crate) fn drop_spent(&mut self, account: AccountIndex, instrument: InstrumentId) -> Vec<Effect> {
        let row = self.table.row_of(instrument);
        let only_reduces = row.is_some_and(|(_, row): (_, &Row)| row.only_reduces());
        let spent = |view: &AccountView| {
            let (number, _) = row?;
            let position = view.holdings.positions.get(number).copied()?;
            Some(view.spent(instrument, position, only_reduces))
        };
        let ids = self.accounts.get(account).and_then(spent).unwrap_or_default();
        let keys = ids.into_iter().map(|id| OrderKey { account, id });
        keys.filter_map(|key| self.drop_order(key, Removal::NothingToReduce))
            .collect()
    }

    /// The same in every book.
    pub(crate) fn drop_all_spent(&mut self, account: AccountIndex) -> Vec<Effect> {
        let view = self.accounts.get(account);
        let instruments = view.map(AccountView::instruments).unwrap_or_default();
        instruments
            .into_iter()
            .flat_map(|instrument| self.drop_spent(account, instrument))
            .collect()
    }
}
