//! The sequencer's keeper of the house: takeovers, settlement of what expired, and getting rid of what the house holds.

use crate::{
    book::Refusal,
    draft::Draft,
    makers::{ranked, take, AT_MARK},
    market::ROWS,
    step::{Action, Step, Trade},
};
use cloister_ledger::Side;
use cloister_risk::Status;

/// Most orders of makers behind one takeover.
const TAKERS: usize = 6;

/// The side that closes lots.
pub fn closing(lots: i64) -> Side {
    if lots > 0 {
        Side::Sell
    } else {
        Side::Buy
    }
}

/// Takes over every account of negative equity that the house can carry, worst first. Where the house's own margin does not
/// allow it, makers must take the lots at the mark in the same batch. Returns how many had to be left, and why.
pub fn take_over(draft: &mut Draft<'_>, makers: &[u32]) -> Vec<(u32, Refusal)> {
    let table = draft.table();
    let mut insolvent: Vec<(i128, u32)> = draft
        .book
        .accounts
        .iter()
        .map(|(index, holding)| (holding.equity(table), *index))
        .filter(|(equity, _)| *equity < 0)
        .collect();
    insolvent.sort_unstable();
    let mut left = Vec::new();
    for (_, index) in insolvent {
        let step = Step::new(index, Action::TakeOver);
        let Err(first) = draft.push(std::slice::from_ref(&step)) else {
            continue;
        };
        let lots = draft.book.holding(index).lots;
        let mut group = vec![step];
        for (row, lots) in lots.iter().enumerate().filter(|(_, lots)| **lots != 0) {
            let side = closing(*lots).opposite();
            if let Some(orders) = take(draft, makers, row, side, lots.unsigned_abs(), TAKERS) {
                group.extend(orders);
            }
        }
        if draft.push(&group).is_err() {
            left.push((index, first));
        }
    }
    left
}

/// Sells and buys back at the mark what the house holds, as far as makers take it.
pub fn shed(draft: &mut Draft<'_>, makers: &[u32]) {
    for row in 0..ROWS {
        let at = &draft.table().rows[row];
        if !at.is_live() {
            continue;
        }
        let price = at.mark.unsigned_abs();
        let side = closing(draft.book.house.lots[row]).opposite();
        for (capacity, index) in ranked(draft, makers, row, side, AT_MARK) {
            let lots = draft.book.house.lots[row].unsigned_abs().min(capacity);
            if lots == 0 || draft.room() == 0 {
                break;
            }
            // A refusal leaves the lots where they are: the next minute tries again.
            let _ = draft.push(&[Step::order(index, Trade::at(row, side, lots, price))]);
        }
    }
}

/// Settles expired rows of as many accounts as fit.
pub fn expire(draft: &mut Draft<'_>) {
    let table = draft.table();
    for row in (0..ROWS).filter(|row| table.rows[*row].status == Status::Expired) {
        let open: Vec<u32> = draft
            .book
            .accounts
            .iter()
            .filter(|(_, holding)| holding.lots[row] != 0)
            .map(|(index, _)| *index)
            .collect();
        for index in open {
            if draft.push(&[Step::new(index, Action::Expire(vec![row]))]) == Err(Refusal::Full) {
                return;
            }
        }
    }
}
