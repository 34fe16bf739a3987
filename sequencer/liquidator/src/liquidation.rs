//! Finds accounts below maintenance margin and reduces them by unsigned fills: makers take at a discount, else the house at
//! the mark.

use crate::{
    book::Refusal,
    draft::Draft,
    holding::Holding,
    keeper::closing,
    makers::{capacity, ranked, take, AT_DISCOUNT},
    market::ROWS,
    step::{Action, Step, Trade},
};
use cloister_risk::RiskTable;
use std::collections::BTreeMap;

/// Liquidations that one maker's order takes at once.
const BUNDLE: usize = 9;
/// Most orders of makers behind one liquidation at the mark.
const TAKERS: usize = 2;
/// How often the house tries a smaller step when its margin does not carry a larger one, and by how much.
const HOUSE_TRIES: u32 = 4;
const HOUSE_SHRINKS: u64 = 4;

/// What the liquidator could not do.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// Accounts of which no single fill reduces the risk: both legs must go in one unit.
    pub pairs: Vec<u32>,
    /// Accounts that nobody took, and the last reason.
    pub refused: Vec<(u32, Refusal)>,
}

/// Accounts that are short of maintenance margin, broke ones too, those with the least equity for their risk first.
fn short(draft: &Draft<'_>) -> Vec<u32> {
    let table = draft.table();
    let mut out: Vec<(i128, u32)> = Vec::new();
    for (index, holding) in &draft.book.accounts {
        let equity = holding.equity(table);
        if !holding.is_flat() && holding.shortfall(table, table.header.maintenance) >= 1 {
            out.push((equity * 1_000_000 / holding.exposure(table).max(1), *index));
        }
    }
    out.sort_unstable();
    out.into_iter().map(|(_, index)| index).collect()
}

/// One fill that reduces a row of an account by as little as brings it back to initial margin, at most `most` lots, at a price
/// `discount` (10^-6) worse than the mark. `None` if no fill of the row makes the account safer, or it cannot pay for one.
fn plan(table: &RiskTable, holding: &Holding, row: usize, most: u64, discount: u32) -> Option<Trade> {
    let at = &table.rows[row];
    let held = holding.lots[row];
    if held == 0 || !at.is_live() {
        return None;
    }
    let (side, mark) = (closing(held), at.mark.unsigned_abs());
    let worse = (u128::from(mark) * u128::from(discount) / 1_000_000) as u64;
    let price = mark.saturating_add_signed(side.sign() * worse as i64);
    let equity = holding.equity(table);
    let affordable = equity
        .checked_div(i128::from(worse))
        .map_or(u64::MAX, |lots| lots as u64);
    let most = most.min(held.unsigned_abs()).min(at.chunk).min(affordable);
    if most == 0 {
        return None;
    }
    let with_fee = |lots: u64| {
        let mut trade = Trade::at(row, side, lots, price);
        let concession = trade.concession(table);
        let fee = (trade.penalty(table) / 256).min(equity) - concession;
        trade.fee = fee.max(0) as u128;
        trade
    };
    let safe = |lots: u64| {
        holding
            .traded(table, &with_fee(lots))
            .shortfall(table, table.header.initial)
            <= 0
    };
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if safe(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    let trade = with_fee(low);
    if 256 * trade.concession(table) > trade.penalty(table) {
        return None;
    }
    let maintenance = |holding: &Holding| holding.shortfall(table, table.header.maintenance);
    (maintenance(&holding.traded(table, &trade)) < maintenance(holding)).then_some(trade)
}

/// Puts liquidations of single fills into a draft; the house takes up to `leverage`, hundredths.
pub fn liquidate(draft: &mut Draft<'_>, makers: &[u32], discount: u32, leverage: u64) -> Left {
    let table = draft.table();
    let mut left = Left::default();
    // By row and sign of what must go.
    let mut queues: BTreeMap<(usize, bool), Vec<u32>> = BTreeMap::new();
    for index in short(draft) {
        let holding = draft.book.holding(index);
        let row = (0..ROWS)
            .filter(|row| plan(table, &holding, *row, u64::MAX, 0).is_some())
            .max_by_key(|row| i128::from(holding.lots[*row].abs()) * i128::from(table.rows[*row].mark));
        match row {
            Some(row) => queues.entry((row, holding.lots[row] > 0)).or_default().push(index),
            None if (0..ROWS).all(|row| holding.lots[row] != 0 && table.rows[row].is_live()) => left.pairs.push(index),
            None => left.refused.push((index, Refusal::Margin)),
        }
    }
    for ((row, _), queue) in queues {
        let rest = to_makers(draft, makers, row, discount, queue);
        for index in rest {
            if let Err(refusal) = at_mark(draft, makers, index, row, leverage) {
                left.refused.push((index, refusal));
            }
        }
    }
    left
}

/// Each account of the queue once, several to a maker's order. Returns whom no maker took.
fn to_makers(draft: &mut Draft<'_>, makers: &[u32], row: usize, discount: u32, queue: Vec<u32>) -> Vec<u32> {
    let table = draft.table();
    let Some(first) = queue.first() else {
        return Vec::new();
    };
    let taking = closing(draft.book.holding(*first).lots[row]).opposite();
    let mut waiting = queue.into_iter().peekable();
    let mut rest = Vec::new();
    for (mut capacity, maker) in ranked(draft, makers, row, taking, AT_DISCOUNT) {
        let room = draft.room().min(BUNDLE + 1);
        let mut group: Vec<Step> = Vec::new();
        let mut order = Trade::at(row, taking, 0, 0);
        while let Some(index) = waiting.peek().copied() {
            if capacity == 0 || group.len() + 1 >= room {
                break;
            }
            waiting.next();
            let holding = draft.book.holding(index);
            // A maker does not take of itself, and a broke account can pay no discount.
            let fits = index != maker && holding.equity(table) >= 0;
            let Some(trade) = plan(table, &holding, row, capacity, discount).filter(|_| fits) else {
                rest.push(index);
                continue;
            };
            capacity -= trade.lots;
            order.lots += trade.lots;
            order.cost += trade.cost;
            group.push(Step::new(index, Action::Liquidate(vec![trade])));
        }
        if group.is_empty() {
            continue;
        }
        let accounts: Vec<u32> = group.iter().map(|step| step.index).collect();
        group.push(Step::order(maker, order));
        if draft.push(&group).is_err() {
            rest.extend(accounts);
        }
    }
    rest.extend(waiting);
    rest
}

/// At the mark: makers take all of a step, or the house takes what its own limit and its margin carry.
fn at_mark(draft: &mut Draft<'_>, makers: &[u32], index: u32, row: usize, leverage: u64) -> Result<(), Refusal> {
    let table = draft.table();
    if let Some(trade) = plan(table, &draft.book.holding(index), row, u64::MAX, 0) {
        let side = trade.side.opposite();
        let others: Vec<u32> = makers.iter().copied().filter(|maker| *maker != index).collect();
        if let Some(orders) = take(draft, &others, row, side, trade.lots, TAKERS) {
            let mut group = vec![Step::new(index, Action::Liquidate(vec![trade]))];
            group.extend(orders);
            if draft.push(&group).is_ok() {
                return Ok(());
            }
        }
    }
    let taking = closing(draft.book.holding(index).lots[row]).opposite();
    let mut most = capacity(table, &draft.book.house, row, taking, leverage);
    let mut last = Refusal::HouseLimit;
    for _ in 0..HOUSE_TRIES {
        let holding = draft.book.holding(index);
        let Some(trade) = plan(table, &holding, row, most, 0) else {
            return Err(last);
        };
        most = trade.lots / HOUSE_SHRINKS;
        match draft.push(&[Step::new(index, Action::Liquidate(vec![trade]))]) {
            Err(Refusal::HouseMargin) => last = Refusal::HouseMargin,
            other => return other,
        }
    }
    Err(last)
}

/// Liquidates accounts that are long one row and short the other, both legs in one unit, at the mark against the house.
pub fn liquidate_pairs(draft: &mut Draft<'_>, pairs: &[u32]) -> Vec<(u32, Refusal)> {
    let table = draft.table();
    let mut left = Vec::new();
    for index in pairs {
        let holding = draft.book.holding(*index);
        let lots = (0..ROWS)
            .map(|row| holding.lots[row].unsigned_abs().min(table.rows[row].chunk))
            .min()
            .unwrap_or(0);
        let trades: Vec<Trade> = (0..ROWS)
            .map(|row| {
                let price = table.rows[row].mark.unsigned_abs();
                Trade::at(row, closing(holding.lots[row]), lots, price)
            })
            .collect();
        if let Err(refusal) = draft.push(&[Step::new(*index, Action::Liquidate(trades))]) {
            left.push((*index, refusal));
        }
    }
    left
}
