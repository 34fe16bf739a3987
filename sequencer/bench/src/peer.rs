//! orderbook-rs: an order book that many threads may use at once; here one does.

use crate::{
    error::BenchError,
    messages::{Message, Recording},
    outcome::Lots,
    subject::Subject,
};
use cloister_ledger::Side;
use orderbook_rs::OrderBook;
use pricelevel::{Id, OrderUpdate, Quantity, TimeInForce};

/// The peer.
pub struct Peer {
    book: OrderBook<()>,
    /// Ids of orders that take: apart from those of the recording.
    taking: u64,
}

fn side(side: Side) -> pricelevel::Side {
    match side {
        Side::Buy => pricelevel::Side::Buy,
        Side::Sell => pricelevel::Side::Sell,
    }
}

fn refused(error: impl std::fmt::Display) -> BenchError {
    BenchError::Peer(error.to_string())
}

impl Peer {
    fn order(&self, id: u64, of: Side, price: u64, lots: u64) -> Result<u64, BenchError> {
        let (id, of) = (Id::from_u64(id), side(of));
        let added = self
            .book
            .add_limit_order_with_result(id, price.into(), lots, of, TimeInForce::Gtc, None);
        let (_, trades) = added.map_err(refused)?;
        let Some(trades) = trades else {
            return Ok(0);
        };
        let traded = trades.match_result.executed_quantity().map_err(refused)?;
        Ok(traded.as_u64())
    }

    fn take(&mut self, of: Side, price: u64, lots: u64) -> Result<u64, BenchError> {
        self.taking += 1;
        let id = Id::from_u64(u64::MAX - self.taking);
        let matched = self.book.match_limit_order(id, lots, side(of), price.into());
        let traded = matched.map_err(refused)?.executed_quantity().map_err(refused)?;
        Ok(traded.as_u64())
    }
}

impl Subject for Peer {
    const NAME: &'static str = "orderbook-rs 0.15.3";
    type Prepared = Vec<Message>;

    fn prepare(recording: &Recording) -> Result<Self::Prepared, BenchError> {
        Ok(recording.messages.clone())
    }

    fn new() -> Result<Self, BenchError> {
        Ok(Self {
            book: OrderBook::new("AMZN"),
            taking: 0,
        })
    }

    fn run(&mut self, messages: Vec<Message>) -> Result<u64, BenchError> {
        let mut traded = 0;
        for message in messages {
            match message {
                Message::Order {
                    id, side, price, lots, ..
                } => traded += self.order(id, side, price, lots)?,
                Message::Reduce { id, left } => {
                    let update = OrderUpdate::UpdateQuantity {
                        order_id: Id::from_u64(id),
                        new_quantity: Quantity::new(left),
                    };
                    self.book.update_order(update).map_err(refused)?;
                }
                Message::Cancel { id } => {
                    self.book.cancel_order(Id::from_u64(id)).map_err(refused)?;
                }
                Message::Take { side, price, lots } => traded += self.take(side, price, lots)?,
            }
        }
        Ok(traded)
    }

    fn book(&self) -> Result<Lots, BenchError> {
        let (bids, asks) = self.book.get_volume_by_price().map_err(refused)?;
        let sorted = |levels: std::collections::HashMap<u128, u64>| {
            let levels = levels.into_iter().filter(|(_, lots)| *lots > 0);
            levels
                .map(|(price, lots)| u64::try_from(price).map(|price| (price, lots)))
                .collect::<Result<_, _>>()
                .map_err(refused)
        };
        Ok(Lots {
            bids: sorted(bids)?,
            asks: sorted(asks)?,
        })
    }
}
