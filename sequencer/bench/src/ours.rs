//! Our order book by itself, with an index of orders by id.

use crate::{
    error::BenchError,
    messages::{Message, Recording},
    outcome::Lots,
    subject::Subject,
};
use cloister_engine::{AccountIndex, Book, OrderKey, Place, Resting, Sequence};
use cloister_ledger::Side;
use cloister_types::{InstructionId, Lots as Count, Price};
use std::collections::HashMap;

/// Our book.
#[derive(Debug, Default)]
pub struct OurBook {
    book: Book,
    places: HashMap<u64, Place>,
    /// Steps of the order that comes in.
    met: Vec<(Place, Resting, Count)>,
    next: Sequence,
}

/// All orders are of one account, and have the ids of the recording.
fn key(id: u64) -> OrderKey {
    OrderKey {
        account: AccountIndex::ZERO,
        id: InstructionId(id),
    }
}

impl OurBook {
    /// Trades what it can; gives what is left.
    fn take(&mut self, side: Side, price: u64, lots: u64) -> Count {
        let mut left = Count(lots);
        self.met.clear();
        for (place, order) in self.book.crossing(side, Price(price)) {
            if left.is_zero() {
                break;
            }
            let traded = order.remaining.min(left);
            left = left.saturating_sub(traded);
            self.met.push((place, order, traded));
        }
        for (place, order, traded) in &self.met {
            self.book.reduce(*place, *traded);
            if *traded == order.remaining {
                self.places.remove(&order.key.id.get());
            }
        }
        left
    }
}

impl Subject for OurBook {
    const NAME: &'static str = "our book";
    type Prepared = Vec<Message>;

    fn prepare(recording: &Recording) -> Result<Self::Prepared, BenchError> {
        Ok(recording.messages.clone())
    }

    fn new() -> Result<Self, BenchError> {
        Ok(Self::default())
    }

    fn run(&mut self, messages: Vec<Message>) -> Result<u64, BenchError> {
        let mut traded = 0;
        for message in messages {
            match message {
                Message::Order {
                    id, side, price, lots, ..
                } => {
                    let remaining = self.take(side, price, lots);
                    traded += lots - remaining.get();
                    if !remaining.is_zero() {
                        let place = Place {
                            side,
                            price: Price(price),
                            sequence: self.next,
                        };
                        self.next += 1;
                        self.book.insert(
                            place,
                            Resting {
                                key: key(id),
                                remaining,
                            },
                        );
                        self.places.insert(id, place);
                    }
                }
                Message::Reduce { id, left } => {
                    if let Some(place) = self.places.get(&id).copied() {
                        // The book keeps the place of an order that is put back where it was.
                        let remaining = Count(left);
                        self.book.insert(
                            place,
                            Resting {
                                key: key(id),
                                remaining,
                            },
                        );
                    }
                }
                Message::Cancel { id } => {
                    if let Some(place) = self.places.remove(&id) {
                        self.book.remove(place);
                    }
                }
                Message::Take { side, price, lots } => traded += lots - self.take(side, price, lots).get(),
            }
        }
        Ok(traded)
    }

    fn book(&self) -> Result<Lots, BenchError> {
        Ok(lots(&self.book))
    }
}

/// Lots of a book by price.
pub fn lots(book: &Book) -> Lots {
    let mut lots = Lots::default();
    for (side, levels) in [(Side::Buy, &mut lots.bids), (Side::Sell, &mut lots.asks)] {
        for (place, order) in book.orders(side) {
            *levels.entry(place.price.get()).or_default() += order.remaining.get();
        }
    }
    lots
}
