//! What can be said of an order before it is signed, in the units in which it was typed.
//!
//! An exchange names prices per lot, in millionths of the settlement asset, and quantities in lots. People type prices
//! of one unit of the underlying, and quantities of it. So what an exchange would refuse is refused here first.

use crate::{
    amount::{Decimal, MONEY_DECIMALS},
    instrument::TradedInstrument,
    stop::direction,
    trader::OrderTerms,
};
use cloister_crypto::constants::{COST_BITS, FEE_CAP_ONE, MAX_FEE_BITS, QUANTITY_BITS};
use cloister_types::PerLot;

/// Highest number of lots that an instruction has room for.
const MOST_LOTS: u64 = (1 << QUANTITY_BITS) - 1;
/// Highest maximum fee per lot that an instruction has room for, 10^-6.
const MOST_FEE: u64 = (1 << MAX_FEE_BITS) - 1;

/// What an exchange takes now of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderBounds {
    /// Mark per lot, 10^-6.
    pub mark: PerLot,
    /// Lowest price per lot that can trade, 10^-6.
    pub lowest: u64,
    /// Highest price per lot that can trade, 10^-6.
    pub highest: u64,
    /// The higher one of the fees of makers and takers, 10^-6 of the cost.
    pub fee_rate: u32,
}

/// Why an order is not worth signing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// Nothing is to be traded.
    #[error("the quantity is 0")]
    ZeroQuantity,
    /// The quantity does not fit an instruction, or its cost does not fit the ledger.
    #[error("a quantity of {quantity} {underlying} is too large for one order; the largest is {largest} {underlying}")]
    QuantityTooLarge {
        /// What was asked for.
        quantity: Decimal,
        /// What fits.
        largest: Decimal,
        /// What is traded.
        underlying: String,
    },
    /// The price is too far from the mark.
    #[error(
        "a price of {price} is outside the band around the mark: it must be from {lowest} to {highest} of the settlement \
         asset for one {underlying}"
    )]
    OutsideBand {
        /// What was asked for.
        price: Decimal,
        /// Lowest price of the band, rounded down.
        lowest: Decimal,
        /// Highest price of the band, rounded down.
        highest: Decimal,
        /// What is traded.
        underlying: String,
    },
    /// The mark is where the order should wait for it.
    #[error(
        "the order would not wait: the mark is {mark} already, {direction} {trigger} of the settlement asset for one \
         {underlying}. Leave the trigger out to trade at once; a stop is on the losing side of the mark and a take-profit \
         on the winning side"
    )]
    TriggerHolds {
        /// The price that was asked for.
        trigger: Decimal,
        /// From which side the mark should come to it.
        direction: &'static str,
        /// The mark.
        mark: Decimal,
        /// What is traded.
        underlying: String,
    },
    /// The price is further from the mark, or the trigger, than the group's collar allows.
    #[error(
        "a price of {price} of the settlement asset for one {underlying} is further from {from} than this group takes: it \
         has a collar against slips, which is narrower than the band"
    )]
    BeyondCollar {
        /// What was asked for.
        price: Decimal,
        /// What it counts from, with its price.
        from: String,
        /// What is traded.
        underlying: String,
    },
    /// The maximum fee does not cover the fee of the exchange.
    #[error(
        "a maximum fee of {fee} for one lot of {lot} {underlying} is too low: at this price the exchange takes up to \
         {needed} of the settlement asset for a lot"
    )]
    FeeTooLow {
        /// What was allowed for a lot.
        fee: Decimal,
        /// What the exchange may take for a lot.
        needed: Decimal,
        /// The lot.
        lot: Decimal,
        /// What is traded.
        underlying: String,
    },
    /// The maximum fee does not fit an instruction.
    #[error(
        "a maximum fee of {fee} for one lot of {lot} {underlying} is too large to be signed; the largest is {largest} of \
         the settlement asset"
    )]
    FeeTooLarge {
        /// What was allowed for a lot.
        fee: Decimal,
        /// What fits.
        largest: Decimal,
        /// The lot.
        lot: Decimal,
        /// What is traded.
        underlying: String,
    },
    /// The position could grow past the limit of the instrument.
    #[error(
        "with this order and the open ones the position could pass the limit of {limit} {underlying} for one account"
    )]
    PositionLimit {
        /// Largest position.
        limit: Decimal,
        /// What is traded.
        underlying: String,
    },
    /// A post-only order would trade at once.
    #[error(
        "a post-only order at {price} would trade at once: {best} of the settlement asset for one {underlying} stands on \
         the other side of the book"
    )]
    WouldCross {
        /// What was asked for.
        price: Decimal,
        /// Best price of the other side.
        best: Decimal,
        /// What is traded.
        underlying: String,
    },
    /// A fill-or-kill order finds too little.
    #[error("the book does not hold {quantity} {underlying} at {price} or better, so nothing was traded")]
    NotFilledInFull {
        /// What was asked for.
        quantity: Decimal,
        /// The worst price.
        price: Decimal,
        /// What is traded.
        underlying: String,
    },
}

fn money(amount: u64) -> Decimal {
    Decimal::new(amount.into(), MONEY_DECIMALS)
}

impl TradedInstrument {
    /// What is traded, as people say it: `BTC` of `BTC-PERP`.
    pub fn underlying(&self) -> &str {
        match self.name.split_once('-') {
            // The name of an instrument on a feed that has none is made from its number.
            Some((first, _)) if !first.eq_ignore_ascii_case("PERP") => first,
            _ => "unit of the underlying",
        }
    }

    /// A mark per lot as the price of one unit of the underlying; 0 if it is negative.
    pub fn unit_mark(&self, mark: PerLot) -> Decimal {
        self.lot.unit_price(u64::try_from(mark.get()).unwrap_or_default())
    }

    /// Checks an order against what an instruction has room for and what the exchange takes now.
    ///
    /// # Errors
    /// The first [`OrderError`], in the units in which people type orders.
    pub fn check(&self, terms: &OrderTerms, bounds: &OrderBounds) -> Result<(), OrderError> {
        let underlying = || self.underlying().to_owned();
        if terms.quantity == 0 {
            return Err(OrderError::ZeroQuantity);
        }
        // One that waits is asked for the band when it fires.
        let waits = terms.trigger.is_some();
        if let Some(trigger) = terms.trigger.filter(|trigger| trigger.fires_at(bounds.mark)) {
            return Err(OrderError::TriggerHolds {
                trigger: self.lot.unit_price(trigger.price().get()),
                direction: direction(trigger),
                mark: self.unit_mark(bounds.mark),
                underlying: underlying(),
            });
        }
        if !waits && !(bounds.lowest..=bounds.highest).contains(&terms.limit) {
            return Err(OrderError::OutsideBand {
                price: self.lot.unit_price(terms.limit),
                lowest: self.lot.unit_price(bounds.lowest),
                highest: self.lot.unit_price(bounds.highest),
                underlying: underlying(),
            });
        }
        // A sell can fill above its limit, up to the band.
        let dearest = bounds.highest.max(terms.limit).max(1);
        let by_cost = ((1u128 << COST_BITS) - 1) / u128::from(dearest);
        let most = u64::try_from(by_cost).map_or(MOST_LOTS, |lots| lots.min(MOST_LOTS));
        if terms.quantity > most {
            return Err(OrderError::QuantityTooLarge {
                quantity: self.lot.quantity(terms.quantity),
                largest: self.lot.quantity(most),
                underlying: underlying(),
            });
        }
        if terms.max_fee > MOST_FEE {
            return Err(OrderError::FeeTooLarge {
                fee: money(terms.max_fee),
                largest: money(MOST_FEE),
                lot: self.lot.size(),
                underlying: underlying(),
            });
        }
        let rate = bounds.fee_rate.min(self.fee_cap);
        let needed = (u128::from(terms.limit) * u128::from(rate)).div_ceil(u128::from(FEE_CAP_ONE));
        let needed = u64::try_from(needed).unwrap_or(u64::MAX);
        if terms.max_fee < needed {
            return Err(OrderError::FeeTooLow {
                fee: money(terms.max_fee),
                needed: money(needed),
                lot: self.lot.size(),
                underlying: underlying(),
            });
        }
        Ok(())
    }
}
