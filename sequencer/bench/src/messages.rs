//! Recorded messages, and what must come of them.
//!
//! The recording is of one day's first orders at the best prices, so some cancels name orders from before or from
//! elsewhere; they are left out. An execution is an order from the other side, at the price of the execution, of which
//! nothing rests. Hidden executions and halts are not orders. A plain model, which is not measured, follows the book,
//! so that whoever is measured is asked only about orders that are there, and says what everybody must come to.

use crate::{
    error::BenchError,
    outcome::{Lots, Outcome},
};
use cloister_ledger::Side;
use std::{collections::BTreeMap, path::Path};

/// What a book is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// An order comes. What does not trade at once rests.
    Order {
        /// Its id.
        id: u64,
        /// Side.
        side: Side,
        /// Limit.
        price: u64,
        /// Lots.
        lots: u64,
        /// Some of it trades at once.
        crosses: bool,
    },
    /// Lots are taken off an order at rest, which keeps its place.
    Reduce {
        /// The order.
        id: u64,
        /// Lots that remain.
        left: u64,
    },
    /// An order at rest leaves.
    Cancel {
        /// The order.
        id: u64,
    },
    /// An order comes and trades what it can; nothing of it rests.
    Take {
        /// Its side.
        side: Side,
        /// Limit.
        price: u64,
        /// Lots.
        lots: u64,
    },
}

/// Kinds of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Orders that may rest.
    Order,
    /// Cancels of all lots or some.
    Cancel,
    /// Orders that take.
    Execution,
}

/// Messages, and what must come of them.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// In order.
    pub messages: Vec<Message>,
    /// How many lines were read.
    pub read: usize,
    /// What must come of them.
    pub expected: Outcome,
}

impl Recording {
    /// How many messages are of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        let of = |message: &&Message| match message {
            Message::Order { .. } => kind == Kind::Order,
            Message::Reduce { .. } | Message::Cancel { .. } => kind == Kind::Cancel,
            Message::Take { .. } => kind == Kind::Execution,
        };
        self.messages.iter().filter(of).count()
    }
}

/// A plain model of a book.
#[derive(Debug, Default)]
struct Model {
    /// Lots and id by price, the best first, and time. Of buyers the price is turned over.
    bids: BTreeMap<(u64, usize), (u64, u64)>,
    asks: BTreeMap<(u64, usize), (u64, u64)>,
    /// Where an order is.
    places: BTreeMap<u64, (Side, (u64, usize))>,
    /// Orders that have come.
    came: usize,
    traded: u64,
}

impl Model {
    fn side(&mut self, side: Side) -> &mut BTreeMap<(u64, usize), (u64, u64)> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Prices of a side in the order in which they trade.
    fn rank(side: Side, price: u64) -> u64 {
        match side {
            Side::Buy => u64::MAX - price,
            Side::Sell => price,
        }
    }

    /// Trades what it can; gives what is left.
    fn take(&mut self, side: Side, price: u64, mut lots: u64) -> u64 {
        let other = side.opposite();
        let last = Self::rank(other, price);
        while lots > 0 {
            let Some(mut best) = self.side(other).first_entry().filter(|best| best.key().0 <= last) else {
                break;
            };
            let (there, id) = *best.get();
            let traded = there.min(lots);
            best.get_mut().0 = there - traded;
            if traded == there {
                best.remove();
                self.places.remove(&id);
            }
            lots -= traded;
            self.traded += traded;
        }
        lots
    }

    /// An order comes; gives true if it trades.
    fn order(&mut self, id: u64, side: Side, price: u64, lots: u64) -> bool {
        let left = self.take(side, price, lots);
        if left > 0 {
            let place = (Self::rank(side, price), self.came);
            self.came += 1;
            self.side(side).insert(place, (left, id));
            self.places.insert(id, (side, place));
        }
        left < lots
    }

    /// Takes lots off an order; gives what is left, if it is there.
    fn reduce(&mut self, id: u64, lots: u64) -> Option<u64> {
        let (side, place) = *self.places.get(&id)?;
        let entry = self.side(side).get_mut(&place)?;
        entry.0 = entry.0.saturating_sub(lots);
        let left = entry.0;
        if left == 0 {
            self.side(side).remove(&place);
            self.places.remove(&id);
        }
        Some(left)
    }

    fn outcome(&self) -> Outcome {
        let mut book = Lots::default();
        for (side, orders) in [(Side::Buy, &self.bids), (Side::Sell, &self.asks)] {
            let levels = match side {
                Side::Buy => &mut book.bids,
                Side::Sell => &mut book.asks,
            };
            for ((rank, _), (lots, _)) in orders {
                *levels.entry(Self::rank(side, *rank)).or_default() += lots;
            }
        }
        Outcome {
            traded: self.traded,
            book,
        }
    }
}

/// A line: its number, type, id, lots, price and direction.
type Line = (u64, u8, u64, u64, u64, i8);

fn parse(record: &csv::StringRecord) -> Result<Line, BenchError> {
    let line = record.position().map_or(0, csv::Position::line);
    fn field<T: std::str::FromStr>(
        record: &csv::StringRecord,
        line: u64,
        at: usize,
        field: &'static str,
    ) -> Result<T, BenchError> {
        let found = record.get(at).and_then(|text| text.trim().parse().ok());
        found.ok_or(BenchError::Message { line, field })
    }
    Ok((
        line,
        field(record, line, 1, "type")?,
        field(record, line, 2, "order id")?,
        field(record, line, 3, "size")?,
        field(record, line, 4, "price")?,
        field(record, line, 5, "direction")?,
    ))
}

/// Reads messages.
///
/// # Errors
/// The file cannot be read, or is of another format.
pub fn read(path: &Path) -> Result<Recording, BenchError> {
    let mut reader = csv::Reader::from_path(path)?;
    let (mut model, mut messages, mut read) = (Model::default(), Vec::new(), 0);
    for record in reader.records() {
        read += 1;
        let (line, kind, id, lots, price, direction) = parse(&record?)?;
        let side = match direction {
            1 => Side::Buy,
            -1 => Side::Sell,
            _ => {
                return Err(BenchError::Message {
                    line,
                    field: "direction",
                })
            }
        };
        match kind {
            1 => {
                let crosses = model.order(id, side, price, lots);
                messages.push(Message::Order {
                    id,
                    side,
                    price,
                    lots,
                    crosses,
                });
            }
            2 | 3 => {
                let off = if kind == 2 { lots } else { u64::MAX };
                match model.reduce(id, off) {
                    None => {}
                    Some(0) => messages.push(Message::Cancel { id }),
                    Some(left) => messages.push(Message::Reduce { id, left }),
                }
            }
            4 => {
                let side = side.opposite();
                model.take(side, price, lots);
                messages.push(Message::Take { side, price, lots });
            }
            // Hidden executions, auctions and halts.
            5..=7 => {}
            _ => return Err(BenchError::Message { line, field: "type" }),
        }
    }
    Ok(Recording {
        messages,
        read,
        expected: model.outcome(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Message, Model};
    use cloister_ledger::Side;

    #[test]
    fn the_model_should_trade_by_price_and_time_and_keep_the_place_of_what_is_reduced() {
        let mut model = Model::default();
        assert!(!model.order(1, Side::Sell, 10, 5));
        assert!(!model.order(2, Side::Sell, 9, 5));
        assert!(!model.order(3, Side::Sell, 9, 5));
        assert_eq!(model.reduce(2, 1), Some(4));
        assert_eq!(model.take(Side::Buy, 9, 6), 0);
        // Of the second at this price, what the first did not have; the price above is not met.
        assert_eq!(model.reduce(2, 1), None);
        assert_eq!(model.reduce(3, 1), Some(2));
        assert!(model.order(4, Side::Buy, 10, 9));
        let outcome = model.outcome();
        assert_eq!(outcome.traded, 6 + 2 + 5);
        assert_eq!(outcome.book.best(), (Some(10), None));
        assert_eq!(outcome.book.bids[&10], 2);
        assert_eq!(Message::Cancel { id: 1 }, Message::Cancel { id: 1 });
    }
}
