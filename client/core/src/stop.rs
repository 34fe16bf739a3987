//! Stop and take-profit orders: what people call them, and the mark that they wait for (B-TRIGGER).

use crate::instrument::TradedInstrument;
use cloister_ledger::{Side, Trigger};
use cloister_types::Price;

/// How much further than its trigger the protective limit of a stop-market order is, in widths of the price band: the
/// mark may have gone on by one until the order fires, and the best orders may stand as far behind the mark again.
const BANDS: u64 = 2;

/// Why an order waits for a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The market has gone against a position: a sell waits for a mark that is as low, a buy for one that is as high.
    Stop,
    /// The market has gone with a position: a sell waits for a mark that is as high, a buy for one that is as low.
    TakeProfit,
}

impl Condition {
    /// What an order of this side waits for.
    pub fn trigger(self, side: Side, price: Price) -> Trigger {
        match (self, side) {
            (Self::Stop, Side::Buy) | (Self::TakeProfit, Side::Sell) => Trigger::AtOrAbove(price),
            (Self::Stop, Side::Sell) | (Self::TakeProfit, Side::Buy) => Trigger::AtOrBelow(price),
        }
    }
}

/// The direction of a trigger in words.
pub fn direction(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::AtOrAbove(_) => "at or above",
        Trigger::AtOrBelow(_) => "at or below",
    }
}

impl TradedInstrument {
    /// The worst price per lot that a market order behind a trigger takes, unless its trader says otherwise: twice the
    /// width of the price band beyond it.
    pub fn limit_behind(&self, side: Side, trigger: Trigger) -> u64 {
        let (at, far) = (trigger.price().get(), self.row.band.get().saturating_mul(BANDS));
        match side {
            Side::Buy => at.saturating_add(far),
            Side::Sell => at.saturating_sub(far).max(1),
        }
    }
}
