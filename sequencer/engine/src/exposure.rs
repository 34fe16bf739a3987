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

/// What may still be filled of one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRisk {
    /// Row of the risk table.
    pub row: usize,
    /// Side.
    pub side: Side,
    /// Lots that may still be filled.
    pub quantity: u64,
    /// Limit price, 10^-6 per lot.
    pub limit: u64,
    /// Fee of filling all of it at the limit, 10^-6.
    pub fee: u128,
}

/// The worst deficits and equity an account can reach through its open orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstCase {
    /// Worst `deficit_s`, 2^-8 of 10^-6, by scenario.
    pub deficits: [i128; SCENARIOS],
    /// Lowest equity, 10^-6.
    pub equity: i128,
}

/// The fee at a rate in 10^-6 of a cost, rounded up: to the exchange's side.
pub fn fee_at(cost: u128, rate: u32) -> Option<u128> {
    Some(cost.checked_mul(rate.into())?.div_ceil(FEE_CAP_ONE.into()))
}

/// Change of equity, 10^-6, if the order fills wholly at its limit.
fn equity_change(order: &OpenRisk, row: &Row) -> Option<i128> {
    let edge = i128::from(row.mark.get()).checked_sub(i128::from(order.limit))?;
    let lots = i128::from(order.quantity).checked_mul(i128::from(order.side.sign()))?;
    lots.checked_mul(edge)?.checked_sub(i128::try_from(order.fee).ok()?)
}

impl WorstCase {
    /// Computes the worst case at a margin ratio (numerator over 2^8). `None` if a sum does not fit.
    pub fn new(table: &RiskTable, positions: &Positions, cash: i128, orders: &[OpenRisk], ratio: u16) -> Option<Self> {
        let scaled_cash = cash.checked_mul(1 << RATIO_SHIFT)?;
        let mut worst = Self {
            deficits: [scaled_cash.checked_neg()?; SCENARIOS],
            equity: cash,
        };
        for (index, (row, q)) in table.rows.iter().zip(positions).enumerate() {
            let own: Vec<(&OpenRisk, i128)> = orders
                .iter()
                .filter(|o| o.row == index)
                .map(|o| equity_change(o, row).map(|change| (o, change)))
                .collect::<Option<_>>()?;
            if q.is_zero() && own.is_empty() {
                continue;
            }
            let value = row.value.times(*q).get();
            let drop = own
                .iter()
                .try_fold(0i128, |sum, (_, change)| sum.checked_add((*change).min(0)))?;
            worst.equity = worst.equity.checked_add(value)?.checked_add(drop)?;
            for (deficit, profit) in worst.deficits.iter_mut().zip(&row.scenarios) {
                // `ratio·(-q·R + q·floor)` is linear in q on each piece of the floor.
                let piece = |floor: i128| -> Option<i128> {
                    let slope = floor
                        .checked_sub(i128::from(profit.get()))?
                        .checked_mul(i128::from(ratio))?;
                    let mut sum = slope
                        .checked_mul(i128::from(q.get()))?
                        .checked_sub(value.checked_mul(1 << RATIO_SHIFT)?)?;
                    for (order, change) in &own {
                        let lots = i128::from(order.quantity).checked_mul(i128::from(order.side.sign()))?;
                        let effect = slope
                            .checked_mul(lots)?
                            .checked_sub(change.checked_mul(1 << RATIO_SHIFT)?)?;
                        sum = sum.checked_add(effect.max(0))?;
                    }
                    Some(sum)
                };
                let long = piece(i128::from(row.floor_long.get()))?;
                let short = piece(i128::from(row.floor_short.get()).checked_neg()?)?;
                *deficit = deficit.checked_add(long.max(short))?;
            }
        }
        Some(worst)
    }

    /// What is missing for every deficit to be at most 0 and equity at least 0: 10^-6, rounded up; 0 if nothing is.
    pub fn shortfall(&self) -> u128 {
        let margin = self.deficits.iter().copied().fold(0, i128::max).unsigned_abs();
        let margin = margin.div_ceil(1 << RATIO_SHIFT);
        margin.max(if self.equity < 0 { self.equity.unsigned_abs() } else { 0 })
    }
}
