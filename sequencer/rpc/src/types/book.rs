//! The order book.

use crate::encoding::decimal;
use serde::{Deserialize, Serialize};

/// One price of a book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Level {
    /// Price per lot, 10^-6.
    #[serde(with = "decimal")]
    pub price: u64,
    /// Lots.
    #[serde(with = "decimal")]
    pub quantity: u128,
    /// Number of orders.
    pub orders: u32,
}

/// A book, best prices first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderBook {
    /// Instrument.
    pub instrument_id: u32,
    /// When the book was in this state.
    pub time: u64,
    /// Buyers.
    pub bids: Vec<Level>,
    /// Sellers.
    pub asks: Vec<Level>,
}
