//! What the rules let a liquidation do (B-LIQUIDATION, B-NEED, B-EQUITY), in plain numbers.

use crate::{holding::Holding, refusal::Refusal, trade::Trade};
use cloister_risk::RiskTable;

/// Whether trades may liquidate an account from one state to the other. The bounds of each fill are not looked at.
///
/// # Errors
/// [`Refusal::NotInNeed`], [`Refusal::Equity`], [`Refusal::Margin`], [`Refusal::TooMuch`].
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
    // At no better than the mark, and with one lot of every fill to spare.
    let concession: i128 = trades.iter().map(|trade| trade.concession(table)).sum();
    let mut counted = *after;
    counted.cash += concession.min(0);
    let spare: i128 = trades.iter().map(|trade| trade.lone_lot(table)).sum();
    let initial = table.header.initial;
    if counted.shortfall(table, initial) + i128::from(initial) * spare < 0 {
        return Err(Refusal::TooMuch);
    }
    Ok(())
}
