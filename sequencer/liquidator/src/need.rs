//! What the rules let a liquidation do (B-LIQUIDATION, B-NEED, B-EQUITY), in plain numbers.

use crate::{holding::Holding, refusal::Refusal, trade::Trade};
use cloister_risk::RiskTable;

/// How often what prices concede counts against what is freed.
const CONCESSION_WEIGHT: i128 = 4;

/// Whether trades may liquidate an account from one state to the other. The bounds of each fill are not looked at.
///
/// # Errors
/// [`Refusal::NotInNeed`], [`Refusal::Equity`], [`Refusal::Margin`], [`Refusal::Conceded`], [`Refusal::TooMuch`].
pub fn admissible(table: &RiskTable, before: &Holding, after: &Holding, trades: &[Trade]) -> Result<(), Refusal> {
    let maintenance = table.header.maintenance;
    let short = before.shortfall(table, maintenance);
    if short < 1 {
        return Err(Refusal::NotInNeed);
    }
    if after.equity(table) < before.equity(table).min(0) {
        return Err(Refusal::Equity);
    }
    if after.shortfall(table, maintenance) > short {
        return Err(Refusal::Margin);
    }
    let concession: i128 = trades.iter().map(|trade| trade.concession(table)).sum();
    shares(table, before, after, concession)?;
    // At no better than the mark, and with one lot of every fill to spare.
    let mut counted = *after;
    counted.cash += concession.min(0);
    let spare: i128 = trades.iter().map(|trade| trade.lone_lot(table)).sum();
    let initial = table.header.initial;
    if counted.shortfall(table, initial) + i128::from(initial) * spare < 0 {
        return Err(Refusal::TooMuch);
    }
    Ok(())
}

/// The most that prices may concede of an account that is short of maintenance margin, 10^-6, if the fills together
/// with their fees lead from one state to the other: a quarter of what they free (B-MARGIN, B-LIQUIDATION). One quarter
/// is in the second state already.
pub fn share(table: &RiskTable, before: &Holding, after: &Holding) -> i128 {
    let maintenance = table.header.maintenance;
    let freed = before.shortfall(table, maintenance) - after.shortfall(table, maintenance);
    freed.div_euclid(256 * (CONCESSION_WEIGHT - 1))
}

/// Whether prices that concede so much in all take no more than their share of what is freed.
///
/// # Errors
/// [`Refusal::Conceded`].
pub fn shares(table: &RiskTable, before: &Holding, after: &Holding, concession: i128) -> Result<(), Refusal> {
    if concession > 0 && concession > share(table, before, after) {
        return Err(Refusal::Conceded);
    }
    Ok(())
}
