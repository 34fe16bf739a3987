//! What is decided about accounts that are short, broke, or hold what has expired: planned with the rules of the proof
//! without changing anything, so that whoever makes batches can be asked before it happens.

use crate::{
    account::AccountView,
    book::Place,
    effect::{Effect, Fill, FillSide, Removal},
    engine::Engine,
    error::{TradeError, UnsignedError},
    ids::{AccountIndex, OrderKey},
    level::Resting,
    matcher::Market,
    protection::Filled,
    trade::{reducible, Holdings},
    unsigned::{MatchedOrder, UnsignedFill, UnsignedGroup, UnsignedUnit},
};
use cloister_ledger::{instruction::flags, Fill as UnitFill, Party, Side};
use cloister_risk::MarginError;
use cloister_types::{InstrumentId, Lots, Position, Price};
use std::collections::{BTreeMap, BTreeSet};

/// One thing to be done, in rows of the table in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnsignedStep {
    /// Reduce an account that is short of maintenance margin.
    Liquidate {
        /// The account.
        account: AccountIndex,
        /// Its fills, no more than one per row.
        fills: Vec<UnitFill>,
    },
    /// Pass an account of negative equity to the house.
    TakeOver {
        /// The account.
        account: AccountIndex,
    },
    /// Settle an account's lots in expired rows.
    Expire {
        /// The account.
        account: AccountIndex,
        /// The rows.
        rows: Vec<usize>,
    },
    /// Close lots at the mark, on one side of deleveraging.
    Deleverage {
        /// The account.
        account: AccountIndex,
        /// On which side it is.
        party: Party,
        /// Its fills, no more than one per row.
        fills: Vec<UnitFill>,
    },
    /// Have an order at rest take lots at its price.
    Match {
        /// The order.
        order: OrderKey,
        /// Lots.
        quantity: Lots,
    },
}

/// A group that the rules allow, and what its accounts hold then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedPlan {
    /// The units, for whoever makes batches.
    pub group: UnsignedGroup,
    holdings: BTreeMap<AccountIndex, Holdings>,
}

/// What an order at rest takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestingOffer {
    /// The order.
    pub key: OrderKey,
    /// Lots.
    pub quantity: Lots,
    /// Price per lot.
    pub price: Price,
}

impl Engine {
    /// The accounts whose holdings may have changed since the last call.
    pub fn take_touched(&mut self) -> BTreeSet<AccountIndex> {
        core::mem::take(&mut self.touched)
    }

    /// The first orders at rest on a side of an instrument, in the order in which they trade. Orders that must reduce
    /// offer no more than they can, and orders that are about to expire nothing.
    pub fn resting_offers(&self, instrument: InstrumentId, side: Side, most: usize) -> Vec<RestingOffer> {
        let (Some((row, at)), Some(book)) = (self.table.row_of(instrument), self.books.get(&instrument)) else {
            return Vec::new();
        };
        // Whoever comes from the other side at any price meets all of them.
        let any = match side {
            Side::Buy => Price::ZERO,
            Side::Sell => Price(u64::MAX),
        };
        let mut protected = BTreeMap::new();
        let offer = |(place, resting): (Place, Resting)| {
            let view = self.accounts.get(resting.key.account)?;
            let order = view.open_order(resting.key.id)?.instruction();
            let held = view.holdings.positions.get(row).copied().unwrap_or_default();
            let reduces = order.has(flags::REDUCE_ONLY) || at.only_reduces();
            let most = if reduces { reducible(held, side) } else { Lots::MAX };
            let room = self.protected_room(&protected, resting.key.account, instrument, side);
            let quantity = resting.remaining.min(most).min(room);
            if order.expiry < self.alive_from() || quantity.is_zero() {
                return None;
            }
            self.count_protected(&mut protected, resting.key.account, instrument, side, quantity);
            Some(RestingOffer {
                key: resting.key,
                quantity,
                price: place.price,
            })
        };
        book.crossing(side.opposite(), any)
            .filter_map(offer)
            .take(most)
            .collect()
    }

    /// Lots that an account's protection still lets be filled of its orders on a side, after what is counted already.
    fn protected_room(
        &self,
        counted: &BTreeMap<AccountIndex, Filled>,
        account: AccountIndex,
        instrument: InstrumentId,
        side: Side,
    ) -> Lots {
        let own = self.accounts.get(account).and_then(|view| view.protection(instrument));
        own.map_or(Lots::MAX, |own| {
            let filled = counted.get(&account).copied();
            filled.unwrap_or_else(|| own.filled(self.now)).room(own.terms(), side)
        })
    }

    /// Counts a fill against the protection of an account.
    fn count_protected(
        &self,
        counted: &mut BTreeMap<AccountIndex, Filled>,
        account: AccountIndex,
        instrument: InstrumentId,
        side: Side,
        quantity: Lots,
    ) {
        let own = self.accounts.get(account).and_then(|view| view.protection(instrument));
        if let Some(own) = own {
            let filled = counted.entry(account).or_insert_with(|| own.filled(self.now));
            *filled = filled.with(side, quantity);
        }
    }

    /// Takes the orders of an account out of the books that could make it riskier: all but those that only reduce its
    /// positions. An account that is short may not trade them anyway (B-MARGIN): they would stand in everybody's way.
    pub fn drop_risky(&mut self, account: AccountIndex) -> Vec<Effect> {
        let Some(view) = self.accounts.get(account) else {
            return Vec::new();
        };
        // What is left to reduce, by instrument and side.
        let mut left: BTreeMap<(InstrumentId, bool), Lots> = BTreeMap::new();
        let mut risky = Vec::new();
        for (id, order) in view.open_orders() {
            let (instrument, side) = (order.signed.instruction.instrument_id, order.place.side);
            let row = self.table.row_of(instrument).map(|(row, _)| row);
            let held = row.and_then(|row| view.holdings.positions.get(row)).copied();
            let room = left
                .entry((instrument, side == Side::Buy))
                .or_insert_with(|| reducible(held.unwrap_or(Position::ZERO), side));
            match room.checked_sub(order.remaining) {
                Some(rest) => *room = rest,
                None => risky.push(OrderKey { account, id }),
            }
        }
        let reason = Removal::Rule(TradeError::Margin(MarginError::InitialMarginShort));
        risky
            .into_iter()
            .filter_map(|key| self.drop_order(key, reason))
            .collect()
    }

    /// Takes an order out of the books that cannot trade, as matching does with one that it meets.
    pub fn drop_unfit(&mut self, key: OrderKey, rule: TradeError) -> Option<Effect> {
        self.drop_order(key, Removal::Rule(rule))
    }

    /// What steps would do, at the table in force and by the rules of the proof for each of their accounts. Nothing
    /// changes.
    ///
    /// # Errors
    /// The first rule that does not allow it.
    pub fn plan_unsigned(&self, steps: &[UnsignedStep]) -> Result<UnsignedPlan, UnsignedError> {
        let mut plan = UnsignedPlan {
            group: UnsignedGroup::default(),
            holdings: BTreeMap::new(),
        };
        let mut matched: BTreeMap<OrderKey, Lots> = BTreeMap::new();
        let mut protected = BTreeMap::new();
        for step in steps {
            let unit = self.unit(step, &mut matched)?;
            let account = unit.account();
            if let UnsignedUnit::Order(matched) = &unit {
                let (order, quantity) = (&matched.order.order.instruction, matched.quantity);
                let (instrument, side) = (order.instrument_id, order.side);
                if quantity > self.protected_room(&protected, account, instrument, side) {
                    return Err(UnsignedError::NotAtRest(matched.order.key));
                }
                self.count_protected(&mut protected, account, instrument, side, quantity);
            }
            let view = self
                .accounts
                .get(account)
                .filter(|view| !view.closing)
                .ok_or(UnsignedError::UnknownAccount(account))?;
            let held = plan.holdings.get(&account).copied().unwrap_or(view.holdings);
            let after = match &unit {
                // Who trades by choice may not count on what forced withdrawals can take.
                UnsignedUnit::Order(_) => {
                    let mut own = AccountView::new(view.public_key, view.view_key);
                    (own.holdings, own.asked) = (held, view.asked);
                    let after = unit.apply(&self.table, &own.usable())?.after;
                    own.set_usable(&after);
                    own.holdings
                }
                _ => unit.apply(&self.table, &held)?.after,
            };
            plan.holdings.insert(account, after);
            plan.group.units.push(unit);
        }
        self.number(&mut plan.group);
        Ok(plan)
    }

    /// Makes a plan happen. Nothing may have come between, or it is not good any more.
    pub fn commit_unsigned(&mut self, plan: &UnsignedPlan) -> Vec<Effect> {
        let (mut effects, mut hit) = (Vec::new(), BTreeSet::new());
        for fill in self.prints(&plan.group) {
            let key = fill.maker.key;
            self.next_fill = fill.id.saturating_add(1);
            let (instrument, side, quantity) = (fill.instrument_id, fill.taker_side.opposite(), fill.quantity);
            let is_signed = fill.maker.is_signed();
            effects.push(Effect::Liquidated(fill));
            if is_signed && self.reduce_resting(key, instrument, side, quantity) {
                hit.insert((key.account, instrument));
            }
        }
        for (account, instrument) in hit {
            effects.extend(self.stop_protected(account, instrument));
        }
        for (account, held) in &plan.holdings {
            if let Some(view) = self.accounts.get_mut(*account) {
                view.holdings = *held;
            }
            self.touched.insert(*account);
            effects.extend(self.drop_all_spent(*account));
        }
        effects
    }

    /// Lots of an order at rest are filled; it leaves the book with the last of them. True if that reaches a bound of
    /// its account's protection.
    fn reduce_resting(&mut self, key: OrderKey, instrument: InstrumentId, side: Side, quantity: Lots) -> bool {
        let now = self.now;
        let Some(view) = self.accounts.get_mut(key.account) else {
            return false;
        };
        let Some(order) = view.open_order(key.id).cloned() else {
            return false;
        };
        view.add_fill(key.id, quantity);
        if view.reduce(key.id, quantity) {
            self.expiries.0.leave();
        }
        let own = view.protections.get_mut(&instrument);
        let is_hit = own.is_some_and(|own| own.count(now, side, quantity));
        if let Some(turn) = order.fired {
            // From now on it can be proven wherever the mark is.
            self.unproven.remove(order.instruction(), turn);
        }
        if let Some(book) = self.books.get_mut(&instrument) {
            book.reduce(order.place, quantity);
        }
        is_hit
    }

    /// The unit of a step.
    fn unit(&self, step: &UnsignedStep, matched: &mut BTreeMap<OrderKey, Lots>) -> Result<UnsignedUnit, UnsignedError> {
        Ok(match step {
            UnsignedStep::Liquidate { account, fills } => UnsignedUnit::Liquidation {
                account: *account,
                fills: self.named(*account, fills)?,
            },
            UnsignedStep::TakeOver { account } => UnsignedUnit::Takeover { account: *account },
            UnsignedStep::Expire { account, rows } => UnsignedUnit::Expiry {
                account: *account,
                instruments: rows
                    .iter()
                    .map(|row| self.instrument(*account, *row))
                    .collect::<Result<_, _>>()?,
            },
            UnsignedStep::Deleverage { account, party, fills } => UnsignedUnit::Deleveraging {
                account: *account,
                party: *party,
                fills: self.named(*account, fills)?,
            },
            UnsignedStep::Match { order: key, quantity } => {
                let open = self.accounts.get(key.account).and_then(|view| view.open_order(key.id));
                let taken = matched.entry(*key).or_default();
                *taken = taken.saturating_add(*quantity);
                let (open, signed) = open
                    .filter(|open| open.remaining >= *taken)
                    .filter(|open| open.signed.instruction.expiry >= self.alive_from())
                    .map(|open| (open, open.signed.clone()))
                    .ok_or(UnsignedError::NotAtRest(*key))?;
                let price = open.place.price;
                let fee = Market::fee_of(
                    &self.table,
                    &signed.instruction,
                    self.config.fees.maker,
                    *quantity,
                    price.times(*quantity),
                );
                let fee = fee.map_err(|rule| UnsignedError::Order { key: *key, rule })?;
                UnsignedUnit::Order(MatchedOrder {
                    id: 0,
                    order: FillSide {
                        key: *key,
                        order: signed,
                        fee,
                    },
                    price,
                    quantity: *quantity,
                })
            }
        })
    }

    /// Fills with the names of their instruments.
    fn named(&self, account: AccountIndex, fills: &[UnitFill]) -> Result<Vec<UnsignedFill>, UnsignedError> {
        let named = fills.iter().map(|fill| {
            Ok(UnsignedFill {
                instrument_id: self.instrument(account, fill.row.into())?,
                side: fill.side,
                quantity: fill.quantity,
                cost: fill.cost,
                fee: fill.fee,
            })
        });
        named.collect()
    }

    fn instrument(&self, account: AccountIndex, row: usize) -> Result<InstrumentId, UnsignedError> {
        let row = self.table.rows.get(row).ok_or(UnsignedError::OutOfRange(account))?;
        Ok(row.instrument_id)
    }

    /// Gives the orders of a group the numbers that their fills will have.
    fn number(&self, group: &mut UnsignedGroup) {
        let mut next = self.next_fill;
        for unit in &mut group.units {
            if let UnsignedUnit::Order(order) = unit {
                order.id = next;
                next = next.saturating_add(1);
            }
        }
    }

    /// The fills of a group as the tape shows them: orders at rest, each at its price, and what the house takes of a
    /// liquidation. A takeover, an expiry and deleveraging are no trades.
    fn prints(&self, group: &UnsignedGroup) -> Vec<Fill> {
        let mut liquidated = None;
        let mut out: Vec<Fill> = Vec::new();
        for unit in &group.units {
            match unit {
                UnsignedUnit::Liquidation { account, fills } => liquidated = Some((*account, fills)),
                UnsignedUnit::Order(matched) => {
                    let instruction = &matched.order.order.instruction;
                    out.push(Fill {
                        id: matched.id,
                        time: self.now,
                        instrument_id: instruction.instrument_id,
                        price: matched.price,
                        quantity: matched.quantity,
                        taker_side: instruction.side.opposite(),
                        maker: matched.order.clone(),
                        taker: FillSide::unsigned(liquidated.map_or(AccountIndex::HOUSE, |(account, _)| account)),
                    });
                }
                _ => {}
            }
        }
        let Some((account, fills)) = liquidated else {
            return out;
        };
        for fill in fills {
            let own = |print: &Fill| print.instrument_id == fill.instrument_id;
            let matched = out.iter().filter(|print| own(print));
            let (lots, cost) = matched.fold((Lots::ZERO, 0u128), |(lots, cost), print| {
                (
                    lots.saturating_add(print.quantity),
                    cost.saturating_add(print.cost().get()),
                )
            });
            let rest = fill.quantity.saturating_sub(lots);
            if !rest.is_zero() {
                let id = out.last().map_or(self.next_fill, |last| last.id.saturating_add(1));
                let price = fill.cost.get().saturating_sub(cost).checked_div(u128::from(rest.get()));
                out.push(Fill {
                    id,
                    time: self.now,
                    instrument_id: fill.instrument_id,
                    price: Price(price.and_then(|price| u64::try_from(price).ok()).unwrap_or_default()),
                    quantity: rest,
                    taker_side: fill.side,
                    maker: FillSide::unsigned(AccountIndex::HOUSE),
                    taker: FillSide::unsigned(account),
                });
            }
            // The penalty is the account's, once.
            if let Some(last) = out.iter_mut().rfind(|print| own(print)) {
                last.taker.fee = fill.fee;
            }
        }
        out
    }
}
