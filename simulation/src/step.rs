//! What a unit is to do, before anything is signed.

use cloister_ledger::Party;
use cloister_liquidator::{Decision, Trade};

/// What one account does in one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens the account.
    Open,
    /// New keys.
    Rekey,
    /// The owner allows transfers, through the queue.
    AllowTransfers,
    /// A signed order, filled once. `reduce_only` is signed too.
    Order {
        /// The fill.
        trade: Trade,
        /// Sets the flag of the order.
        reduce_only: bool,
    },
    /// A signed cancel of an id that was never filled.
    Cancel,
    /// A signed cancel of all ids so far.
    CancelAll,
    /// A signed withdrawal, 10^-6.
    Withdraw(u64),
    /// A signed transfer; the next step of the group is the receiver's.
    Transfer {
        /// Index of the receiver.
        to: u32,
        /// 10^-6.
        amount: u64,
    },
    /// A forced withdrawal of this much or less, 10^-6.
    Force(u64),
    /// Unsigned fills of one unit, no more than one per row.
    Liquidate(Vec<Trade>),
    /// Settles the account's lots in expired rows.
    Expire(Vec<usize>),
    /// Passes the account to the house.
    TakeOver,
    /// Closes lots at the mark, on one side of deleveraging; no more than one fill per row.
    Deleverage(Party, Vec<Trade>),
    /// Nothing but a deposit or an incoming transfer.
    Idle,
}

/// One unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Index of the account.
    pub index: u32,
    /// Queued deposit, 10^-6.
    pub deposit: u64,
    /// What it does.
    pub action: Action,
}

impl Step {
    /// A step without a deposit.
    pub fn new(index: u32, action: Action) -> Self {
        Self {
            index,
            deposit: 0,
            action,
        }
    }

    /// A signed order.
    pub fn order(index: u32, trade: Trade) -> Self {
        let reduce_only = false;
        Self::new(index, Action::Order { trade, reduce_only })
    }
}

impl From<&Decision> for Step {
    fn from(decision: &Decision) -> Self {
        match decision.clone() {
            Decision::Liquidate { account, trades } => Self::new(account, Action::Liquidate(trades)),
            Decision::TakeOver { account } => Self::new(account, Action::TakeOver),
            Decision::Expire { account, rows } => Self::new(account, Action::Expire(rows)),
            Decision::Deleverage { account, party, trades } => Self::new(account, Action::Deleverage(party, trades)),
            Decision::Take { account, trade } | Decision::Match { account, trade, .. } => Self::order(account, trade),
        }
    }
}
