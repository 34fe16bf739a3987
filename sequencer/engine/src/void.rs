//! Fills that turned out to have no proof (Q-VOID).

use crate::{effect::Fill, engine::Engine, ids::OrderKey, unsigned::MatchedOrder, waiting::holds};

impl Engine {
    /// Takes the fill of an order at rest back that met lots which nobody signed for, likewise.
    pub fn void_matched(&mut self, matched: &MatchedOrder) {
        let key = matched.order.key;
        if let Some(view) = self.accounts.get_mut(key.account) {
            view.take_back_fill(key.id, matched.quantity);
        }
        self.bind_to_mark_again(key);
    }

    /// Takes a fill back: both orders have filled that much less. What they hold afterwards comes with
    /// [`Self::rebase`]. Nothing comes back into the book: a trader who still wants the lots asks for them again.
    pub fn void(&mut self, fill: &Fill) {
        for side in [&fill.maker, &fill.taker] {
            if let Some(view) = self.accounts.get_mut(side.key.account) {
                view.take_back_fill(side.key.id, fill.quantity);
            }
            self.bind_to_mark_again(side.key);
        }
    }

    /// An order at rest with a trigger, of which nothing is filled after all, is bound to the mark again: it rests
    /// while its trigger holds, and waits otherwise (Q-TRIGGER). [`Self::advance`] tells.
    fn bind_to_mark_again(&mut self, key: OrderKey) {
        let Some(view) = self
            .accounts
            .get(key.account)
            .filter(|view| view.filled(key.id).is_zero())
        else {
            return;
        };
        let Some((order, turn)) = view
            .open_order(key.id)
            .and_then(|order| Some((order.signed.clone(), order.fired?)))
        else {
            return;
        };
        self.unproven.insert(&order.instruction, turn);
        if !holds(&self.table, &order.instruction) && self.put_back(key).is_some() {
            self.untold.push((key, None));
        }
    }
}
