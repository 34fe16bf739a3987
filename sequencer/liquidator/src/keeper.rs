//! The keeper of the house: takeovers, settlement of what expired, and getting rid of what the house holds.

use crate::{
    decision::Decision,
    draft::{take, BatchDraft, OfferPrice},
    refusal::Refusal,
    resting::{shed_to_book, take_resting},
    trade::{closing, Trade},
};
use cloister_risk::Status;

/// Largest number of makers whose orders stand behind one takeover, per row.
const TAKERS: usize = 6;

/// Takes over every account of negative equity that the house can carry, worst first. Where the house's own margin does
/// not allow it, makers must take the lots at the mark in the same batch. Returns the accounts that had to be left, and
/// why.
pub fn take_over<'t>(draft: &mut impl BatchDraft<'t>) -> Vec<(u32, Refusal)> {
    let table = draft.table();
    let mut insolvent: Vec<(i128, u32)> = draft
        .in_need()
        .map(|(account, holding)| (holding.equity(table), account))
        .filter(|(equity, _)| *equity < 0)
        .collect();
    insolvent.sort_unstable();
    let mut left = Vec::new();
    for (_, account) in insolvent {
        if draft.holding(account).held().any(|(row, _)| table.rows[row].stale) {
            // Its other rows are liquidated in the meantime.
            left.push((account, Refusal::Stale));
            continue;
        }
        let decision = Decision::TakeOver { account };
        let Err(first) = draft.push(std::slice::from_ref(&decision)) else {
            continue;
        };
        let mut group = vec![decision];
        for (row, lots) in draft.holding(account).held() {
            let side = closing(lots).opposite();
            let (lots, makers) = (
                lots.size().get(),
                take(draft, None, row, side, lots.size().get(), TAKERS),
            );
            let orders = makers.or_else(|| take_resting(draft, row, side, lots, TAKERS));
            group.extend(orders.into_iter().flatten());
        }
        if draft.push(&group).is_err() {
            left.push((account, first));
        }
    }
    left
}

/// Sells and buys back at the mark, or at a better price, what the house holds, as far as orders at rest and makers
/// take it.
pub fn shed<'t>(draft: &mut impl BatchDraft<'t>) {
    let table = draft.table();
    for (row, held) in draft.house().held() {
        let at = &table.rows[row];
        if !at.is_priced() {
            continue;
        }
        shed_to_book(draft, row);
        let price = at.mark.get().unsigned_abs();
        let side = closing(held).opposite();
        for offer in draft.offers(row, side, OfferPrice::Mark) {
            let lots = draft.house().lots[row].size().get().min(offer.lots);
            if lots == 0 || draft.room() == 0 {
                break;
            }
            // A refusal leaves the lots where they are: the next batch tries again.
            let _ = draft.push(&[Decision::Take {
                account: offer.account,
                trade: Trade::at(row, side, lots, price),
            }]);
        }
    }
}

/// Settles expired rows of as many accounts as fit.
pub fn expire<'t>(draft: &mut impl BatchDraft<'t>) {
    let table = draft.table();
    for row in (0..table.rows.len()).filter(|row| table.rows[*row].status == Status::Expired) {
        let open: Vec<u32> = draft
            .holders(row)
            .filter(|(_, holding)| !holding.lots[row].is_zero())
            .map(|(account, _)| account)
            .collect();
        for account in open {
            let rows = vec![row];
            if draft.push(&[Decision::Expire { account, rows }]) == Err(Refusal::Full) {
                return;
            }
        }
    }
}
