//! What the policy sees of a batch in the making, and where it puts what it decides.

use crate::{decision::Decision, holding::Holding, refusal::Refusal, trade::Trade};
use cloister_ledger::Side;
use cloister_risk::RiskTable;

/// At which price a maker is asked to take lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferPrice {
    /// At the mark.
    Mark,
    /// At a discount to the mark: lots of a liquidation.
    Discount,
}

/// What a maker takes on one side of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Index of the maker's account.
    pub account: u32,
    /// Largest number of lots it takes.
    pub lots: u64,
}

/// An order at rest in a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// Index of its account.
    pub account: u32,
    /// The id that its trader signed.
    pub order: u64,
    /// Lots that it takes.
    pub lots: u64,
    /// Its price per lot, 10^-6.
    pub price: u64,
}

impl Resting {
    /// It takes some lots at its price.
    pub(crate) fn takes(&self, row: usize, side: Side, lots: u64) -> Decision {
        Decision::Match {
            account: self.account,
            order: self.order,
            trade: Trade::at(row, side, lots, self.price),
        }
    }
}

/// A batch in the making. Whoever assembles batches implements this.
///
/// `'t` is the lifetime of the risk table, which does not change while the batch is made.
pub trait BatchDraft<'t> {
    /// The risk table of the batch.
    fn table(&self) -> &'t RiskTable;

    /// All accounts as the units so far leave them, in the order of their indices.
    fn accounts(&self) -> impl Iterator<Item = (u32, Holding)> + '_;

    /// The accounts that are short of maintenance margin or owe money, and possibly others: whoever knows which they
    /// are spares a look at everybody.
    fn in_need(&self) -> impl Iterator<Item = (u32, Holding)> + '_ {
        self.accounts()
    }

    /// The accounts that hold lots of a row, and possibly others, in the order of their indices.
    fn holders(&self, _row: usize) -> impl Iterator<Item = (u32, Holding)> + '_ {
        self.accounts()
    }

    /// One account as the units so far leave it; an empty one if there is none.
    fn holding(&self, account: u32) -> Holding;

    /// The house as the units so far leave it; its cash is the insurance.
    fn house(&self) -> Holding;

    /// Number of units that still fit if none of them has more than one fill.
    fn room(&self) -> usize;

    /// What makers take on a side of a row, the largest offer first; makers that take nothing are left out.
    fn offers(&self, row: usize, side: Side, price: OfferPrice) -> Vec<Offer>;

    /// Orders at rest on a side of a row, in the order in which they trade: price, then time. None where makers are
    /// asked by [`Self::offers`].
    fn resting(&self, _row: usize, _side: Side) -> Vec<Resting> {
        Vec::new()
    }

    /// What an account's lots of a row are worth more than it paid for them, 10^-6; negative is a loss. See
    /// [`crate::Basis`].
    fn profit(&self, account: u32, row: usize) -> i128;

    /// Adds the units of a group, all or none.
    ///
    /// # Errors
    /// The first [`Refusal`]; the draft is as before then.
    fn push(&mut self, group: &[Decision]) -> Result<(), Refusal>;
}

/// Orders of at most `makers` makers that together take `lots` at the mark; `None` if they would not take all. `except`
/// is an account that must not be among them.
pub fn take<'t>(
    draft: &impl BatchDraft<'t>,
    except: Option<u32>,
    row: usize,
    side: Side,
    lots: u64,
    makers: usize,
) -> Option<Vec<Decision>> {
    let price = draft.table().rows[row].mark.get().unsigned_abs();
    let mut left = lots;
    let mut out = Vec::new();
    let offers = draft.offers(row, side, OfferPrice::Mark).into_iter();
    for offer in offers.filter(|offer| Some(offer.account) != except).take(makers) {
        if left == 0 {
            break;
        }
        let lots = left.min(offer.lots);
        out.push(Decision::Take {
            account: offer.account,
            trade: Trade::at(row, side, lots, price),
        });
        left -= lots;
    }
    (left == 0).then_some(out)
}
