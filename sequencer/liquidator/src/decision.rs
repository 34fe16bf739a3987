//! What the policy decides about one account.

use crate::trade::Trade;
use cloister_ledger::Party;

/// One unit of a batch, as decided. All but [`Decision::Take`] and [`Decision::Match`] need no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Reduces an account by unsigned fills, no more than one per row (B-LIQUIDATION).
    Liquidate {
        /// Index of the account.
        account: u32,
        /// The fills.
        trades: Vec<Trade>,
    },
    /// Passes an account to the house (B-TAKEOVER).
    TakeOver {
        /// Index of the account.
        account: u32,
    },
    /// Settles an account's lots in expired rows (B-EXPIRY).
    Expire {
        /// Index of the account.
        account: u32,
        /// The rows.
        rows: Vec<usize>,
    },
    /// Closes lots at the mark: those that an insolvent account sheds, or those of a counterparty (B-DELEVERAGE).
    Deleverage {
        /// Index of the account.
        account: u32,
        /// On which side the account is.
        party: Party,
        /// The fills, no more than one per row.
        trades: Vec<Trade>,
    },
    /// A maker takes the other side, by an order that it signs.
    Take {
        /// Index of the maker's account.
        account: u32,
        /// The order's fill.
        trade: Trade,
    },
    /// An order at rest takes the other side, at its price.
    Match {
        /// Index of the order's account.
        account: u32,
        /// The order's id.
        order: u64,
        /// Its fill, without the fee that it pays.
        trade: Trade,
    },
}
