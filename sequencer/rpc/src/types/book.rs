//! The order book.

use crate::encoding::decimal;
use cloister_types::{InstrumentId, Price};
use serde::{Deserialize, Serialize};

/// One price of a book. It does not say how many orders there are, because one alone would show its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Level {
    /// The price.
    #[serde(with = "decimal")]
    pub price: Price,
    /// Lots of all its orders together, which may be more than one order can have.
    #[serde(with = "decimal")]
    pub quantity: u128,
}

/// A book, best prices first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderBook {
    /// Instrument.
    pub instrument_id: InstrumentId,
    /// When the book was in this state.
    pub time: u64,
    /// Buyers.
    pub bids: Vec<Level>,
    /// Sellers.
    pub asks: Vec<Level>,
}
