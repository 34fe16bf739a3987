//! Trade tapes: what happened on a market, trade by trade, and how orders can make it happen again.
//!
//! * [`csv`] reads tapes that exchanges and researchers publish.
//! * [`market`] makes one from a seed.
//! * [`plan`] finds orders, as few as it can, whose fills are the tape's trades.

pub mod csv;
pub mod market;
pub mod plan;

use cloister_client_core::amount::{AmountError, Decimal, Lot};
use cloister_ledger::Side;

/// One trade of a tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeTrade {
    /// When, as the tape writes it. Trades of one sweep carry the same time.
    pub time: String,
    /// Price of one unit of the underlying, in the settlement asset.
    pub price: Decimal,
    /// Quantity of the underlying.
    pub quantity: Decimal,
    /// Side of the order that came in and traded at once.
    pub aggressor: Side,
}

/// One trade in the exchange's units: what the tape demands of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    /// Price per lot, 10^-6 of the settlement asset.
    pub price: u64,
    /// Lots.
    pub lots: u64,
    /// Side of the incoming order.
    pub taker: Side,
    /// Trades with the same number happened at the same time.
    pub moment: usize,
}

/// Why trades cannot be expressed in an instrument's lots.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trade {row} of the tape: {reason}")]
pub struct PrintError {
    /// Number of the trade, from 1.
    pub row: usize,
    /// What does not fit.
    pub reason: AmountError,
}

/// Converts a tape to lots and prices per lot, exactly.
///
/// # Errors
/// The first trade that is not a whole number of lots, or whose price per lot is finer than 10^-6.
pub fn prints(trades: &[TapeTrade], lot: Lot) -> Result<Vec<Print>, PrintError> {
    let mut moment = 0;
    let mut out = Vec::with_capacity(trades.len());
    for (i, trade) in trades.iter().enumerate() {
        if i > 0 && trades.get(i - 1).is_some_and(|before| before.time != trade.time) {
            moment = i;
        }
        let at = |reason| PrintError { row: i + 1, reason };
        out.push(Print {
            price: lot.price(&trade.price).map_err(at)?,
            lots: lot.lots(&trade.quantity).map_err(at)?,
            taker: trade.aggressor,
            moment,
        });
    }
    Ok(out)
}

/// The largest lot that suits a tape: a power of ten of the underlying, not below 10^-9, so that every quantity is a
/// whole number of lots and every price per lot a whole number of 10^-6. `None` if there is no such lot.
pub fn natural_lot(trades: &[TapeTrade]) -> Option<Lot> {
    (0..=9u32)
        .rev()
        .map(|power| Lot(10u64.pow(power)))
        .find(|lot| prints(trades, *lot).is_ok())
}
