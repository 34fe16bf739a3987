//! What the rules let a liquidation do (B-LIQUIDATION, B-NEED, B-EQUITY), in plain numbers.

use crate::{holding::Holding, refusal::Refusal, trade::Trade};
use cloister_risk::RiskTable;

/// How often what prices and penalties take counts against what is freed.
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
    let penalties: i128 = trades.iter().map(|trade| trade.fee as i128).sum();
    shares(table, before, after, concession.max(0) + penalties)?;
    // At no better than the mark, without penalties, and with one lot of every fill to spare.
    let mut counted = *after;
    counted.cash += concession.min(0) + penalties;
    let spare: i128 = trades.iter().map(|trade| trade.lone_lot(table)).sum();
    let initial = table.header.initial;
    if counted.shortfall(table, initial) + i128::from(initial) * spare < 0 {
        return Err(Refusal::TooMuch);
    }
    Ok(())
}

/// The most that prices and penalties may take together of an account that is short of margin, 10^-6, if fills at the
/// mark without a fee lead from one state to the other: a quarter of what is freed (B-MARGIN, B-LIQUIDATION).
fn share(table: &RiskTable, before: &Holding, after: &Holding) -> i128 {
    freed(table, before, after).div_euclid(256 * CONCESSION_WEIGHT)
}

/// So much may price and penalty of a fill take together, 10^-6: its share of what it frees, the penalty, and what
/// there is.
pub(crate) fn granted(table: &RiskTable, holding: &Holding, trade: &Trade) -> i128 {
    let mark = table.rows[trade.row].mark.get().unsigned_abs();
    let at_mark = Trade::at(trade.row, trade.side, trade.lots, mark);
    let share = share(table, holding, &holding.traded(table, &at_mark));
    share.min(trade.penalty(table) / 256).min(holding.equity(table)).max(0)
}

/// Whether fills whose prices and penalties took so much in all took no more than their share of what is freed. One
/// quarter is in the second state already.
///
/// # Errors
/// [`Refusal::Conceded`].
pub fn shares(table: &RiskTable, before: &Holding, after: &Holding, taken: i128) -> Result<(), Refusal> {
    if taken > 0 && taken > freed(table, before, after).div_euclid(256 * (CONCESSION_WEIGHT - 1)) {
        return Err(Refusal::Conceded);
    }
    Ok(())
}

/// By how much the largest maintenance deficit falls, in 2^-8 of 10^-6.
fn freed(table: &RiskTable, before: &Holding, after: &Holding) -> i128 {
    let maintenance = table.header.maintenance;
    before.shortfall(table, maintenance) - after.shortfall(table, maintenance)
}
