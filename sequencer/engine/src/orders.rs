//! Orders: how one is taken, matched, put to rest and dropped.

use crate::{
    book::{Book, Place},
    bound::Bound,
    checks::lies_beyond_band,
    derived::Derived,
    effect::{Effect, Fill, FillSide, OrderOutcome, Removal},
    engine::{Accepted, Engine},
    entry::Entry,
    error::{Rejection, TradeError},
    ids::{AccountIndex, OrderKey, Sequence},
    level::Resting,
    matcher::{Market, Plan, PlannedFill, Step, Stop},
    resting::OpenOrder,
    waiting::{holds, trigger_of, WaitingOrder},
};
use cloister_ledger::{instruction::flags, Instruction, OrdersIn, SignedInstruction};
use cloister_types::{InstrumentId, Lots};
use std::{collections::BTreeSet, sync::Arc};

impl Engine {
    pub(crate) fn take_order(&mut self, signed: Arc<SignedInstruction>, entry: Entry) -> Result<Accepted, Rejection> {
        let order = &signed.instruction;
        let row = self.check_order(order, entry)?;
        if !entry.is_fired() && !holds(&self.table, order) {
            return self.take_waiting(signed, entry);
        }
        let quantity = self.remaining_of(order)?;
        self.check_protection(order)?;
        if let Some((old, place)) = self.keeps_place(order, quantity, entry) {
            self.check_amendment(order, row, quantity, &old)?;
            return Ok(self.amend_in_place(signed, quantity, old, place));
        }
        let bound = self.check_order_margin(order, row, quantity, entry.replaces())?;
        let mut plan = std::mem::take(&mut self.plan.0);
        let planned = self.plan_order(&mut plan, order, row, quantity, entry);
        let accepted = planned.map(|()| self.commit(signed, &mut plan, quantity, entry, bound));
        self.plan.0 = plan;
        accepted
    }

    /// Plans what an order does at once.
    fn plan_order(
        &self,
        plan: &mut Plan,
        order: &Instruction,
        row: usize,
        quantity: Lots,
        entry: Entry,
    ) -> Result<(), Rejection> {
        let empty = Book::default();
        let book = self.books.get(&order.instrument_id).unwrap_or(&empty);
        let market = Market {
            table: &self.table,
            row,
            book,
            accounts: &self.accounts,
            fees: self.config.fees,
            alive_from: self.alive_from(),
            now: self.now,
            replaced: entry.replaces(),
            epoch: self.epoch.0,
        };
        if order.has(flags::POST_ONLY) {
            if let Some(best) = market.first_crossing(order) {
                return Err(Rejection::WouldCross { best });
            }
        }
        market.plan(plan, order, quantity);
        if order.has(flags::FILL_OR_KILL) && !plan.remaining.is_zero() {
            return Err(Rejection::NotFilledInFull {
                available: quantity.saturating_sub(plan.remaining),
                quantity,
            });
        }
        if let (false, Some(stop)) = (plan.fills(), plan.stop) {
            match stop {
                Stop::SelfTrade(id) => return Err(Rejection::SelfTrade(id)),
                Stop::NothingToReduce => return Err(Rejection::WouldNotReduce),
                Stop::Rule(rule) => return Err(Rejection::Fill(rule)),
                // The order at rest leaves, so something happens.
                Stop::BothLeave => {}
            }
        }
        Ok(())
    }

    /// Makes a plan happen.
    fn commit(
        &mut self,
        signed: Arc<SignedInstruction>,
        plan: &mut Plan,
        quantity: Lots,
        entry: Entry,
        bound: Option<Bound>,
    ) -> Accepted {
        let order = &signed.instruction;
        let key = OrderKey::of(order);
        let mut effects = Vec::with_capacity(plan.steps.len().saturating_add(1));
        let fired = self.enter(order, entry, &mut effects);
        let mut hit = BTreeSet::new();
        for step in &plan.steps {
            match step {
                Step::Remove(removal) => effects.extend(self.drop_order(removal.maker, removal.reason)),
                Step::Fill(fill) => {
                    if self.fill(&signed, fill, &mut effects) {
                        hit.insert(fill.maker.account);
                    }
                }
            }
        }
        plan.held.each(|account, assessed| {
            if let Some(view) = self.accounts.get_mut(account) {
                view.exchange_assessed(assessed);
            }
            self.touched.insert(account);
        });
        for account in hit {
            effects.extend(self.stop_protected(account, order.instrument_id));
        }
        for account in plan.held.accounts() {
            effects.extend(self.drop_spent(account, order.instrument_id));
        }
        let remaining = plan.remaining;
        let mut outcome = OrderOutcome {
            filled: quantity.saturating_sub(remaining),
            dropped: plan.stop.map(Removal::from),
            ..OrderOutcome::default()
        };
        if !remaining.is_zero() && outcome.dropped.is_none() {
            outcome.dropped = self.cannot_rest(order);
        }
        if !remaining.is_zero() {
            match outcome.dropped {
                Some(reason) => effects.push(Effect::Removed { key, remaining, reason }),
                None => {
                    outcome.resting = remaining;
                    self.rest(&signed, remaining, None, fired, bound);
                    effects.push(Effect::Rested { key, remaining });
                }
            }
        }
        Accepted {
            effects,
            order: Some(outcome),
            filled: outcome.filled,
            ..Accepted::default()
        }
    }

    /// Why what is left of an order cannot rest, if it cannot.
    fn cannot_rest(&self, order: &Instruction) -> Option<Removal> {
        if order.has(flags::IMMEDIATE_OR_CANCEL) {
            return Some(Removal::Immediate);
        }
        let row = self.table.row_of(order.instrument_id).map(|(_, row)| row);
        row.is_none_or(|row| lies_beyond_band(row, order.price()))
            .then_some(Removal::Rule(TradeError::Band))
    }

    /// An order is in: its id is taken, what it replaces leaves, and it waits no longer. Gives its turn among those of
    /// its trigger, if it has one.
    fn enter(&mut self, order: &Instruction, entry: Entry, effects: &mut Vec<Effect>) -> Option<Sequence> {
        let key = OrderKey::of(order);
        if let Entry::Fired(turn) = entry {
            self.take_from_waiting(key);
            effects.push(Effect::Fired { key });
            return Some(turn);
        }
        if let Some(id) = entry.replaces() {
            effects.extend(self.drop_order(OrderKey { id, ..key }, Removal::Amended));
        }
        if let Some(view) = self.accounts.get_mut(key.account) {
            view.take_id(key.id, order.lots());
        }
        trigger_of(order).map(|_| self.count())
    }

    /// Takes an order that waits.
    fn take_waiting(&mut self, signed: Arc<SignedInstruction>, entry: Entry) -> Result<Accepted, Rejection> {
        let order = &signed.instruction;
        let key = OrderKey::of(order);
        let limit = usize::try_from(self.config.rules.max_waiting).unwrap_or(usize::MAX);
        let view = self.view(key.account)?;
        let replaced = entry.replaces().and_then(|id| view.waiting_order(id));
        if view.count_waiting().saturating_sub(usize::from(replaced.is_some())) >= limit {
            return Err(Rejection::TooManyWaiting { limit });
        }
        let mut effects = Vec::new();
        let turn = self.enter(order, entry, &mut effects);
        let sequence = turn.unwrap_or_default();
        self.waiting.insert(order, sequence);
        self.expiries.0.add(order.expiry, key);
        let since = self.now;
        if let Some(view) = self.accounts.get_mut(key.account) {
            let signed = signed.clone();
            view.wait(
                key.id,
                WaitingOrder {
                    signed,
                    sequence,
                    since,
                },
            );
        }
        effects.push(Effect::Waits { key });
        Ok(Accepted {
            effects,
            order: Some(OrderOutcome {
                waits: true,
                ..OrderOutcome::default()
            }),
            ..Accepted::default()
        })
    }

    /// Where an amended order rests and stays: the side, price and instrument are the same, and it asks for no more
    /// lots.
    fn keeps_place(&self, order: &Instruction, quantity: Lots, entry: Entry) -> Option<(OpenOrder, Place)> {
        let old = self.accounts.get(order.index)?.open_order(entry.replaces()?)?;
        let was = old.instruction();
        let same = (was.instrument_id, was.side, was.price()) == (order.instrument_id, order.side, order.price());
        let rests = order.flags & (flags::IMMEDIATE_OR_CANCEL | flags::FILL_OR_KILL) == 0;
        (same && rests && quantity <= old.remaining).then(|| (old.clone(), old.place))
    }

    fn amend_in_place(
        &mut self,
        signed: Arc<SignedInstruction>,
        remaining: Lots,
        old: OpenOrder,
        place: Place,
    ) -> Accepted {
        let order = &signed.instruction;
        let key = OrderKey::of(order);
        let mut effects = Vec::new();
        let fired = self.enter(order, Entry::Amends(old.instruction().id), &mut effects);
        self.rest(&signed, remaining, Some(place), fired, None);
        effects.push(Effect::Rested { key, remaining });
        Accepted {
            effects,
            order: Some(OrderOutcome {
                resting: remaining,
                ..OrderOutcome::default()
            }),
            ..Accepted::default()
        }
    }

    /// Makes a fill happen. True if it reaches a bound of the protection of the order that rested.
    fn fill(&mut self, taker: &Arc<SignedInstruction>, fill: &PlannedFill, effects: &mut Vec<Effect>) -> bool {
        let order = &taker.instruction;
        let key = OrderKey::of(order);
        let view = self.accounts.get_mut(fill.maker.account);
        let Some((view, maker)) = view.and_then(|view| {
            let maker = view.open_order(fill.maker.id)?;
            let (signed, turn) = (maker.signed.clone(), maker.fired);
            Some((view, (signed, turn)))
        }) else {
            return false;
        };
        let (maker, turn) = maker;
        view.add_fill(fill.maker.id, fill.quantity);
        if view.reduce(fill.maker.id, fill.quantity) {
            self.expiries.0.leave();
        }
        let protection = view.protections.get_mut(&order.instrument_id);
        let is_hit = protection.is_some_and(|own| own.count(self.now, order.side.opposite(), fill.quantity));
        if let Some(turn) = turn {
            // From now on it can be proven wherever the mark is.
            self.unproven.remove(&maker.instruction, turn);
        }
        if let Some(book) = self.books.get_mut(&order.instrument_id) {
            book.reduce(fill.place, fill.quantity);
        }
        if let Some(view) = self.accounts.get_mut(key.account) {
            view.add_fill(key.id, fill.quantity);
        }
        let id = self.next_fill;
        self.next_fill = self.next_fill.saturating_add(1);
        effects.push(Effect::Filled(Fill {
            id,
            time: self.now,
            instrument_id: order.instrument_id,
            price: fill.place.price,
            quantity: fill.quantity,
            taker_side: order.side,
            maker: FillSide {
                key: fill.maker,
                order: maker,
                fee: fill.maker_fee,
            },
            taker: FillSide {
                key,
                order: taker.clone(),
                fee: fill.taker_fee,
            },
        }));
        is_hit
    }

    /// The orders of an account in a book leave, because its protection asks for it.
    pub(crate) fn stop_protected(&mut self, account: AccountIndex, instrument_id: InstrumentId) -> Vec<Effect> {
        let orders = OrdersIn {
            instrument: Some(instrument_id),
            ..OrdersIn::AT_REST
        };
        let hit = Effect::ProtectionHit { account, instrument_id };
        let removed = self.drop_all_of(account, &orders, Removal::Protected);
        [hit].into_iter().chain(removed).collect()
    }

    /// Puts an order into the book: behind all others of its price, or at a place that it keeps.
    fn rest(
        &mut self,
        signed: &Arc<SignedInstruction>,
        remaining: Lots,
        place: Option<Place>,
        fired: Option<Sequence>,
        bound: Option<Bound>,
    ) {
        let order = &signed.instruction;
        let key = OrderKey::of(order);
        let place = place.unwrap_or_else(|| Place {
            side: order.side,
            price: order.price(),
            sequence: self.count(),
        });
        self.books
            .entry(order.instrument_id)
            .or_default()
            .insert(place, Resting { key, remaining });
        self.expiries.0.add(order.expiry, key);
        let Some(view) = self.accounts.get_mut(key.account) else {
            return;
        };
        if let Some(turn) = fired.filter(|_| view.filled(key.id).is_zero()) {
            self.unproven.insert(order, turn);
        }
        view.rest(
            key.id,
            OpenOrder {
                signed: signed.clone(),
                remaining,
                place,
                since: self.now,
                fired,
                bound: Derived(bound),
            },
        );
    }

    /// Takes an order out of its book.
    pub(crate) fn take_out(&mut self, key: OrderKey) -> Option<OpenOrder> {
        let order = self.accounts.get_mut(key.account)?.remove(key.id)?;
        let instruction = &order.signed.instruction;
        self.expiries.0.leave();
        if let Some(turn) = order.fired {
            self.unproven.remove(instruction, turn);
        }
        if let Some(book) = self.books.get_mut(&instruction.instrument_id) {
            book.remove(order.place);
        }
        Some(order)
    }

    /// Takes an order from among those that wait.
    fn take_from_waiting(&mut self, key: OrderKey) -> Option<WaitingOrder> {
        let order = self.accounts.get_mut(key.account)?.remove_waiting(key.id)?;
        let instruction = &order.signed.instruction;
        self.expiries.0.leave();
        self.waiting.remove(instruction, order.sequence);
        Some(order)
    }

    /// Ends an order that rests or waits.
    pub(crate) fn drop_order(&mut self, key: OrderKey, reason: Removal) -> Option<Effect> {
        let remaining = match self.take_out(key) {
            Some(order) => order.remaining,
            None => self.take_from_waiting(key)?.signed.instruction.lots(),
        };
        Some(Effect::Removed { key, remaining, reason })
    }
}
