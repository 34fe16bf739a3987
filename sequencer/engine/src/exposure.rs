//! The worst an account's open orders can do to its margin.
//!
//! A deficit is `ratio·(loss_s + floor) - 2^8·equity` (S-RISK). Filling a part of an order at its limit changes losses
//! and equity linearly, and the floor of an instrument is `max(q·floor+, -q·floor-)`, a maximum of two linear
//! functions. So the worst deficit over every combination of (partial) fills is found exactly: for each instrument,
//! scenario and one of the two pieces, add the orders that make it worse. A fill at a better price than the limit only
//! helps. With no orders the result equals [`cloister_risk::Assessment`]; tests hold the two together.

use cloister_crypto::constants::{FEE_CAP_ONE, RATIO_SHIFT, SCENARIOS};
use cloister_ledger::Side;
use cloister_risk::{Positions, RiskTable, Row};
use cloister_types::{Deficit, Lots, Money, Price, Total};

/// What may still be filled of one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRisk {
    /// Row of the risk table.
    pub row: usize,
    /// Side.
    pub side: Side,
    /// Lots that may still be filled.
    pub quantity: Lots,
    /// Limit price.
    pub limit: Price,
    /// Fee of filling all of it at the limit.
    pub fee: Total,
}

/// The worst deficits and equity an account can reach through its open orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstCase {
    /// Worst `deficit_s`, by scenario.
    pub deficits: [Deficit; SCENARIOS],
    /// Lowest equity.
    pub equity: Money,
}

/// The fee at a rate in 10^-6 of a cost, rounded up: to the exchange's side.
pub fn fee_at(cost: Total, rate: u32) -> Option<Total> {
    let scaled = cost.get().checked_mul(rate.into())?;
    // A division of 64 bits takes a small part of the time of one of 128.
    Some(Total(match u64::try_from(scaled) {
        Ok(scaled) => scaled.div_ceil(FEE_CAP_ONE).into(),
        Err(_) => scaled.div_ceil(FEE_CAP_ONE.into()),
    }))
}

/// Change of equity if the order fills wholly at its limit.
pub(crate) fn equity_change(order: &OpenRisk, row: &Row) -> Option<Money> {
    let edge = i128::from(row.mark.get()).checked_sub(i128::from(order.limit.get()))?;
    Money(signed_lots(order)?.checked_mul(edge)?).checked_sub(order.fee.signed()?)
}

/// Money in the unit of deficits, 2^-8; `None` if it leaves the range.
fn scaled(money: Money) -> Option<i128> {
    money.get().checked_mul(1 << RATIO_SHIFT)
}

/// Lots that the order adds to the position, negative for a sale.
fn signed_lots(order: &OpenRisk) -> Option<i128> {
    i128::from(order.quantity.get()).checked_mul(i128::from(order.side.sign()))
}

impl WorstCase {
    /// Computes the worst case at a margin ratio (numerator over 2^8). `None` if a sum does not fit.
    pub fn new(table: &RiskTable, positions: &Positions, cash: Money, orders: &[OpenRisk], ratio: u16) -> Option<Self> {
        let scaled_cash = scaled(cash)?;
        let mut worst = Self {
            deficits: [Deficit(scaled_cash.checked_neg()?); SCENARIOS],
            equity: cash,
        };
        for (index, (row, q)) in table.rows.iter().zip(positions).enumerate() {
            let own: Vec<(&OpenRisk, Money)> = orders
                .iter()
                .filter(|o| o.row == index)
                .map(|o| equity_change(o, row).map(|change| (o, change)))
                .collect::<Option<_>>()?;
            if q.is_zero() && own.is_empty() {
                continue;
            }
            let value = row.value.times(*q);
            let drop = own.iter().try_fold(Money::ZERO, |sum, (_, change)| {
                sum.checked_add((*change).min(Money::ZERO))
            })?;
            worst.equity = worst.equity.checked_add(value)?.checked_add(drop)?;
            for (deficit, profit) in worst.deficits.iter_mut().zip(&row.scenarios) {
                // `ratio·(-q·R + q·floor)` is linear in q on each piece of the floor.
                let piece = |floor: i128| -> Option<Deficit> {
                    let slope = floor
                        .checked_sub(i128::from(profit.get()))?
                        .checked_mul(i128::from(ratio))?;
                    let mut sum = slope.checked_mul(i128::from(q.get()))?.checked_sub(scaled(value)?)?;
                    for (order, change) in &own {
                        let effect = slope.checked_mul(signed_lots(order)?)?.checked_sub(scaled(*change)?)?;
                        sum = sum.checked_add(effect.max(0))?;
                    }
                    Some(Deficit(sum))
                };
                let long = piece(i128::from(row.floor_long.get()))?;
                let short = piece(i128::from(row.floor_short.get()).checked_neg()?)?;
                *deficit = deficit.checked_add(long.max(short))?;
            }
        }
        Some(worst)
    }

    /// What is missing for every deficit to be at most 0 and equity at least 0, rounded up; 0 if nothing is.
    pub fn shortfall(&self) -> Total {
        let worst = self.deficits.iter().copied().fold(Deficit::ZERO, Deficit::max);
        let margin = worst.get().unsigned_abs().div_ceil(1 << RATIO_SHIFT);
        let owed = self.equity.min(Money::ZERO).get().unsigned_abs();
        Total(margin.max(owed))
    }
}
