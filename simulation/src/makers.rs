//! What the makers take: at the mark a little, at a discount more.

use crate::{
    draft::Draft,
    holding::Holding,
    step::{Step, Trade},
    traders::ONE_TIMES,
};
use cloister_ledger::Side;
use cloister_risk::{RiskTable, Status};

/// Leverage up to which a maker takes at the mark, hundredths.
pub const AT_MARK: u64 = ONE_TIMES;
/// Leverage up to which a maker takes what is liquidated, at a discount, hundredths.
pub const AT_DISCOUNT: u64 = 5 * ONE_TIMES / 2;

/// Lots that somebody takes on a side of a row if the net position may be worth `leverage` (hundredths) times the equity.
pub fn capacity(table: &RiskTable, holding: &Holding, row: usize, side: Side, leverage: u64) -> u64 {
    let at = &table.rows[row];
    let equity = holding.equity(table).max(0);
    let most = equity * i128::from(leverage) / i128::from(ONE_TIMES) / i128::from(at.mark.max(1));
    let net = i128::from(holding.net_lots() * side.sign());
    (most - net).max(0) as u64
}

/// The same of a maker, who also keeps the row's limit and may only reduce in its last hour.
fn of_maker(draft: &Draft<'_>, index: u32, row: usize, side: Side, leverage: u64) -> u64 {
    let (table, holding) = (draft.table(), draft.book.holding(index));
    let at = &table.rows[row];
    let held = holding.lots[row] * side.sign();
    let most = match at.status {
        Status::Trading => at.limit.saturating_add_signed(-held),
        _ => u64::try_from(-held).unwrap_or(0),
    };
    capacity(table, &holding, row, side, leverage).min(most)
}

/// The makers with their capacities, the largest first; those without any are left out.
pub fn ranked(draft: &Draft<'_>, makers: &[u32], row: usize, side: Side, leverage: u64) -> Vec<(u64, u32)> {
    let mut out: Vec<(u64, u32)> = makers
        .iter()
        .map(|index| (of_maker(draft, *index, row, side, leverage), *index))
        .filter(|(lots, _)| *lots > 0)
        .collect();
    out.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    out
}

/// Orders of makers, at most `units` of them, that take `lots` at the mark; `None` if they would not take all.
pub fn take(draft: &Draft<'_>, makers: &[u32], row: usize, side: Side, lots: u64, units: usize) -> Option<Vec<Step>> {
    let price = draft.table().rows[row].mark.unsigned_abs();
    let mut left = lots;
    let mut out = Vec::new();
    for (capacity, index) in ranked(draft, makers, row, side, AT_MARK).into_iter().take(units) {
        if left == 0 {
            break;
        }
        let lots = left.min(capacity);
        out.push(Step::order(index, Trade::at(row, side, lots, price)));
        left -= lots;
    }
    (left == 0).then_some(out)
}
