//! What the makers take: at the mark a little, at a discount more. With them a draft is what the liquidator works on.

use crate::{draft::Draft, step::Step};
use cloister_ledger::Side;
use cloister_liquidator::{BatchDraft, Decision, Holding, Offer, OfferPrice, Refusal, ONE_TIMES};
use cloister_risk::{RiskTable, Status};

/// Leverage up to which a maker takes at the mark, hundredths.
pub const AT_MARK: u64 = ONE_TIMES;
/// Leverage up to which a maker takes what is liquidated, at a discount, hundredths.
pub const AT_DISCOUNT: u64 = 5 * ONE_TIMES / 2;

/// Discount at which makers take liquidated lots: a floor, and a part of the last minute's move, 10^-6.
const DISCOUNT: (u64, u64) = (2_000, 4);
/// Highest discount that makers ask for, 10^-6.
const MOST_DISCOUNT: u64 = 15_000;

/// What makers ask for taking liquidated lots after a move, 10^-6; never beyond the band, which is looked after by the
/// rules.
pub fn discount(last: u64, close: u64) -> u32 {
    let (floor, part) = DISCOUNT;
    let moved = last.abs_diff(close) * 1_000_000 / last.max(1);
    (floor + moved / part).min(MOST_DISCOUNT) as u32
}

/// A draft and the makers whose offers it may use.
pub struct WithMakers<'d, 't> {
    /// The draft.
    pub draft: &'d mut Draft<'t>,
    /// Indices of the makers.
    pub makers: &'d [u32],
}

impl WithMakers<'_, '_> {
    /// Lots that a maker takes: it keeps the row's limit, and may only reduce in the row's last hour.
    fn lots(&self, account: u32, row: usize, side: Side, leverage: u64) -> u64 {
        let (table, holding) = (self.draft.table(), self.draft.book.holding(account));
        let at = &table.rows[row];
        let held = holding.lots[row].get() * side.sign();
        let most = match at.status {
            Status::Trading => at.limit.get().saturating_add_signed(-held),
            _ => u64::try_from(-held).unwrap_or(0),
        };
        holding.capacity(table, row, side, leverage).min(most)
    }
}

impl<'t> BatchDraft<'t> for WithMakers<'_, 't> {
    fn table(&self) -> &'t RiskTable {
        self.draft.table()
    }

    fn accounts(&self) -> impl Iterator<Item = (u32, Holding)> + '_ {
        self.draft
            .book
            .accounts
            .iter()
            .map(|(account, holding)| (*account, *holding))
    }

    fn holding(&self, account: u32) -> Holding {
        self.draft.book.holding(account)
    }

    fn house(&self) -> Holding {
        self.draft.book.house
    }

    fn room(&self) -> usize {
        self.draft.room()
    }

    fn offers(&self, row: usize, side: Side, price: OfferPrice) -> Vec<Offer> {
        let leverage = match price {
            OfferPrice::Mark => AT_MARK,
            OfferPrice::Discount => AT_DISCOUNT,
        };
        let mut out: Vec<Offer> = self
            .makers
            .iter()
            .map(|account| Offer {
                account: *account,
                lots: self.lots(*account, row, side, leverage),
            })
            .filter(|offer| offer.lots > 0)
            .collect();
        out.sort_by(|a, b| b.lots.cmp(&a.lots).then(a.account.cmp(&b.account)));
        out
    }

    fn profit(&self, account: u32, row: usize) -> i128 {
        self.draft.book.profit(self.draft.table(), account, row)
    }

    fn push(&mut self, group: &[Decision]) -> Result<(), Refusal> {
        let steps: Vec<Step> = group.iter().map(Step::from).collect();
        self.draft.push(&steps)
    }
}
