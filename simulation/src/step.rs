//! What a unit shall do, before anything is signed.

use cloister_ledger::Side;
use cloister_risk::RiskTable;

/// A trade at one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Row of the table.
    pub row: usize,
    /// Side of the account.
    pub side: Side,
    /// Lots.
    pub lots: u64,
    /// Cost of all lots, 10^-6.
    pub cost: u128,
    /// Fee, 10^-6.
    pub fee: u128,
}

impl Trade {
    /// At one price a lot and without a fee.
    pub fn at(row: usize, side: Side, lots: u64, price: u64) -> Self {
        Self {
            row,
            side,
            lots,
            cost: u128::from(price) * u128::from(lots),
            fee: 0,
        }
    }

    /// What a buyer's cash falls and a seller's rises by, without the fee: the cost, less the funding that the price holds.
    pub fn paid(&self, table: &RiskTable) -> i128 {
        let funding = i128::from(self.lots) * i128::from(table.rows[self.row].funding);
        i128::from(self.side.sign()) * (self.cost as i128 - funding)
    }

    /// What the price costs the account, measured from the mark (B-FEE).
    pub fn concession(&self, table: &RiskTable) -> i128 {
        let worth = i128::from(self.lots) * i128::from(table.rows[self.row].mark);
        i128::from(self.side.sign()) * (self.cost as i128 - worth)
    }

    /// The most, times 2^8, that price and fee of a liquidation may take together (B-FEE).
    pub fn penalty(&self, table: &RiskTable) -> i128 {
        let row = &table.rows[self.row];
        let floor = match self.side {
            Side::Sell => row.floor_long,
            Side::Buy => row.floor_short,
        };
        i128::from(self.lots) * i128::from(table.header.penalty) * (i128::from(row.mark) + i128::from(floor))
    }

    /// The change of the account's lots.
    pub fn change(&self) -> i64 {
        self.side.sign() * self.lots as i64
    }
}

/// What one account does in one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens the account.
    Open,
    /// New keys.
    Rekey,
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
    /// A forced withdrawal of at most this much, 10^-6.
    Force(u64),
    /// Unsigned fills of one unit, at most one a row.
    Liquidate(Vec<Trade>),
    /// Settles the account's lots in expired rows.
    Expire(Vec<usize>),
    /// Passes the account to the house.
    TakeOver,
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
