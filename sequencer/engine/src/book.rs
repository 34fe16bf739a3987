//! The limit order book of one instrument: who is first at which price.
//!
//! The book knows order keys, remaining quantities and priority, nothing of margin or signatures. Both sides are
//! ordered maps of queues, so every walk over them is deterministic.

use crate::{
    ids::{OrderKey, Sequence},
    level::{Level, Orders, Resting},
};
use cloister_ledger::Side;
use cloister_types::{Lots, Price};
use codec::{Decode, Encode};
use std::{
    collections::{btree_map, BTreeMap},
    iter::Rev,
    ops::Bound::{Excluded, Unbounded},
};

/// Where an order rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Place {
    /// Side of the book.
    pub side: Side,
    /// Limit price.
    pub price: Price,
    /// Time priority: a lower number came first.
    pub sequence: Sequence,
}

/// One price of the public book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthLevel {
    /// Price.
    pub price: Price,
    /// Lots offered at it, by any number of orders.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Book {
    bids: BTreeMap<Price, Level>,
    asks: BTreeMap<Price, Level>,
}

impl Book {
    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Price, Level> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Highest price bid.
    pub fn best_bid(&self) -> Option<Price> {
        self.bids.keys().next_back().copied()
    }

    /// Lowest price asked.
    pub fn best_ask(&self) -> Option<Price> {
        self.asks.keys().next().copied()
    }

    /// True if an order of this side and limit would trade at once.
    pub fn crosses(&self, side: Side, limit: Price) -> bool {
        match side {
            Side::Buy => self.best_ask().is_some_and(|ask| ask <= limit),
            Side::Sell => self.best_bid().is_some_and(|bid| bid >= limit),
        }
    }

    /// Orders that a taker of this side and limit meets, in price-time priority.
    pub fn crossing(&self, taker: Side, limit: Price) -> Crossing<'_> {
        Crossing {
            levels: match taker {
                Side::Buy => Levels::Up(self.asks.range(..=limit)),
                Side::Sell => Levels::Down(self.bids.range(limit..).rev()),
            },
            level: None,
        }
    }

    /// All orders, buyers first, in priority order.
    pub fn keys(&self) -> Vec<OrderKey> {
        let side = |side| self.orders(side).into_iter().map(|(_, order)| order.key);
        side(Side::Buy).chain(side(Side::Sell)).collect()
    }

    /// Orders at prices below the one or above the other, buyers first, from the lowest price up.
    pub fn outside(&self, low: Price, high: Price) -> Vec<OrderKey> {
        let of = |levels: &BTreeMap<Price, Level>| -> Vec<OrderKey> {
            levels
                .range(..low)
                .chain(levels.range((Excluded(high.max(low)), Unbounded)))
                .flat_map(|(_, level)| level.iter().map(|(_, order)| order.key))
                .collect()
        };
        of(&self.bids).into_iter().chain(of(&self.asks)).collect()
    }

    /// Adds an order of some lots; one already at the place is replaced.
    pub fn insert(&mut self, place: Place, order: Resting) {
        if order.remaining.is_zero() {
            self.remove(place);
            return;
        }
        let level = self.side_mut(place.side).entry(place.price).or_default();
        level.insert(place.sequence, order);
    }

    /// Takes an order out of the book.
    pub fn remove(&mut self, place: Place) -> Option<Resting> {
        let levels = self.side_mut(place.side);
        let level = levels.get_mut(&place.price)?;
        let order = level.remove(place.sequence)?;
        if level.is_empty() {
            levels.remove(&place.price);
        }
        Some(order)
    }

    /// Takes `quantity` lots off an order, and the order out of the book when nothing remains.
    pub fn reduce(&mut self, place: Place, quantity: Lots) {
        let levels = self.side_mut(place.side);
        let Some(level) = levels.get_mut(&place.price) else {
            return;
        };
        level.reduce(place.sequence, quantity);
        if level.is_empty() {
            levels.remove(&place.price);
        }
    }

    /// The best `levels` prices of both sides.
    pub fn depth(&self, levels: usize) -> Depth {
        let level = |(price, level): (&Price, &Level)| DepthLevel {
            price: *price,
            quantity: level.quantity(),
            orders: level.len(),
        };
        Depth {
            bids: self.bids.iter().rev().take(levels).map(level).collect(),
            asks: self.asks.iter().take(levels).map(level).collect(),
        }
    }

    /// Every order of one side in priority order.
    pub fn orders(&self, side: Side) -> Vec<(Place, Resting)> {
        let anything = match side {
            Side::Buy => Price::ZERO,
            Side::Sell => Price::MAX,
        };
        self.crossing(side.opposite(), anything).collect()
    }
}

/// Orders that a taker meets, in price-time priority.
#[derive(Clone, Debug)]
pub struct Crossing<'a> {
    levels: Levels<'a>,
    /// The side of the orders, the price of the level that comes next, and what is left of it.
    level: Option<(Side, Price, Orders<'a>)>,
}

/// Levels from the best one on.
#[derive(Clone, Debug)]
enum Levels<'a> {
    /// Sellers, from the lowest price.
    Up(btree_map::Range<'a, Price, Level>),
    /// Buyers, from the highest price.
    Down(Rev<btree_map::Range<'a, Price, Level>>),
}

impl Iterator for Crossing<'_> {
    type Item = (Place, Resting);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((side, price, orders)) = &mut self.level {
                if let Some((sequence, order)) = orders.next() {
                    let place = Place {
                        side: *side,
                        price: *price,
                        sequence,
                    };
                    return Some((place, order));
                }
            }
            let (side, (price, level)) = match &mut self.levels {
                Levels::Up(levels) => (Side::Sell, levels.next()?),
                Levels::Down(levels) => (Side::Buy, levels.next()?),
            };
            self.level = Some((side, *price, level.iter()));
        }
    }
}
