//! The limit order book of one instrument: who is first at which price.
//!
//! The book knows order keys, remaining quantities and priority, nothing of margin or signatures. Both sides are
//! ordered maps, so every walk over them is deterministic.

use crate::ids::{OrderKey, Sequence};
use cloister_ledger::Side;
use std::collections::BTreeMap;

/// An order at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// Whose order it is.
    pub key: OrderKey,
    /// Lots not yet filled.
    pub remaining: u64,
}

/// Where an order rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Side of the book.
    pub side: Side,
    /// Limit price, 10^-6 of the settlement asset per lot.
    pub price: u64,
    /// Time priority: a lower number came first.
    pub sequence: Sequence,
}

/// All orders of one price. `quantity` is the sum of what remains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Level {
    orders: BTreeMap<Sequence, Resting>,
    quantity: u128,
}

/// One price of the public book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthLevel {
    /// Price, 10^-6 of the settlement asset per lot.
    pub price: u64,
    /// Lots offered at it.
    pub quantity: u128,
    /// Orders offered at it.
    pub orders: usize,
}

/// Best prices first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Buyers, highest price first.
    pub bids: Vec<DepthLevel>,
    /// Sellers, lowest price first.
    pub asks: Vec<DepthLevel>,
}

/// The book of one instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    bids: BTreeMap<u64, Level>,
    asks: BTreeMap<u64, Level>,
}

impl Book {
    fn side(&self, side: Side) -> &BTreeMap<u64, Level> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<u64, Level> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Highest price bid.
    pub fn best_bid(&self) -> Option<u64> {
        self.bids.keys().next_back().copied()
    }

    /// Lowest price asked.
    pub fn best_ask(&self) -> Option<u64> {
        self.asks.keys().next().copied()
    }

    /// True if an order of this side and limit would trade at once.
    pub fn crosses(&self, side: Side, limit: u64) -> bool {
        match side {
            Side::Buy => self.best_ask().is_some_and(|ask| ask <= limit),
            Side::Sell => self.best_bid().is_some_and(|bid| bid >= limit),
        }
    }

    /// Orders that a taker of this side and limit meets, in price-time priority.
    pub fn crossing(&self, taker: Side, limit: u64) -> Box<dyn Iterator<Item = (Place, Resting)> + '_> {
        let entry = |side: Side, price: u64| {
            move |(sequence, order): (&Sequence, &Resting)| {
                (
                    Place {
                        side,
                        price,
                        sequence: *sequence,
                    },
                    *order,
                )
            }
        };
        match taker {
            Side::Buy => Box::new(
                self.asks
                    .range(..=limit)
                    .flat_map(move |(price, level)| level.orders.iter().map(entry(Side::Sell, *price))),
            ),
            Side::Sell => Box::new(
                self.bids
                    .range(limit..)
                    .rev()
                    .flat_map(move |(price, level)| level.orders.iter().map(entry(Side::Buy, *price))),
            ),
        }
    }

    /// Adds an order; one already at the place is replaced.
    pub fn insert(&mut self, place: Place, order: Resting) {
        self.remove(place);
        let level = self.side_mut(place.side).entry(place.price).or_default();
        level.quantity = level.quantity.saturating_add(u128::from(order.remaining));
        level.orders.insert(place.sequence, order);
    }

    /// Takes an order out of the book.
    pub fn remove(&mut self, place: Place) -> Option<Resting> {
        let levels = self.side_mut(place.side);
        let level = levels.get_mut(&place.price)?;
        let order = level.orders.remove(&place.sequence)?;
        level.quantity = level.quantity.saturating_sub(u128::from(order.remaining));
        if level.orders.is_empty() {
            levels.remove(&place.price);
        }
        Some(order)
    }

    /// Takes `quantity` lots off an order, and the order out of the book when nothing remains.
    pub fn reduce(&mut self, place: Place, quantity: u64) {
        let Some(level) = self.side_mut(place.side).get_mut(&place.price) else {
            return;
        };
        let Some(order) = level.orders.get_mut(&place.sequence) else {
            return;
        };
        let taken = quantity.min(order.remaining);
        order.remaining -= taken;
        level.quantity = level.quantity.saturating_sub(u128::from(taken));
        if order.remaining == 0 {
            self.remove(place);
        }
    }

    /// The best `levels` prices of both sides.
    pub fn depth(&self, levels: usize) -> Depth {
        let level = |(price, level): (&u64, &Level)| DepthLevel {
            price: *price,
            quantity: level.quantity,
            orders: level.orders.len(),
        };
        Depth {
            bids: self.bids.iter().rev().take(levels).map(level).collect(),
            asks: self.asks.iter().take(levels).map(level).collect(),
        }
    }

    /// Every order of one side in priority order.
    pub fn orders(&self, side: Side) -> Vec<(Place, Resting)> {
        let collect = |levels: &mut dyn Iterator<Item = (&u64, &Level)>| {
            levels
                .flat_map(|(price, level)| {
                    level
                        .orders
                        .iter()
                        .map(|(s, o)| {
                            (
                                Place {
                                    side,
                                    price: *price,
                                    sequence: *s,
                                },
                                *o,
                            )
                        })
                        .collect::<Vec<_>>()
                })
                .collect()
        };
        match side {
            Side::Buy => collect(&mut self.side(side).iter().rev()),
            Side::Sell => collect(&mut self.side(side).iter()),
        }
    }
}
