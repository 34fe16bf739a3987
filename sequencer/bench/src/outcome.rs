//! What comes of messages.

use std::collections::BTreeMap;

/// A book at the end: lots by price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lots {
    /// Bid.
    pub bids: BTreeMap<u64, u64>,
    /// Asked.
    pub asks: BTreeMap<u64, u64>,
}

impl Lots {
    /// Highest bid and lowest ask.
    pub fn best(&self) -> (Option<u64>, Option<u64>) {
        let bid = self.bids.last_key_value().map(|(price, _)| *price);
        (bid, self.asks.first_key_value().map(|(price, _)| *price))
    }
}

/// What came of all messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Lots traded.
    pub traded: u64,
    /// The book at the end.
    pub book: Lots,
}
