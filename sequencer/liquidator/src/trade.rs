//! A fill in plain numbers, and what it costs.

use cloister_ledger::{Fill, Side};
use cloister_risk::RiskTable;
use cloister_types::{Lots, Position, Total};

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

/// The side that closes lots.
pub fn closing(lots: Position) -> Side {
    if lots > Position::ZERO {
        Side::Sell
    } else {
        Side::Buy
    }
}

impl Trade {
    /// At one price per lot and without a fee.
    pub fn at(row: usize, side: Side, lots: u64, price: u64) -> Self {
        Self {
            row,
            side,
            lots,
            cost: u128::from(price) * u128::from(lots),
            fee: 0,
        }
    }

    /// What a buyer's cash falls and a seller's rises by, without the fee: the cost, less the funding that the price
    /// holds.
    pub fn paid(&self, table: &RiskTable) -> i128 {
        let funding = i128::from(self.lots) * i128::from(table.rows[self.row].funding.get());
        i128::from(self.side.sign()) * (self.cost as i128 - funding)
    }

    /// What the price costs the account, measured from the mark (B-FEE).
    pub fn concession(&self, table: &RiskTable) -> i128 {
        let worth = i128::from(self.lots) * i128::from(table.rows[self.row].mark.get());
        i128::from(self.side.sign()) * (self.cost as i128 - worth)
    }

    /// What the lots are worth with the floor of the side that is closed, 10^-6.
    fn basis(&self, table: &RiskTable) -> i128 {
        let row = &table.rows[self.row];
        let floor = match self.side {
            Side::Sell => row.floor_long,
            Side::Buy => row.floor_short,
        };
        i128::from(self.lots) * (i128::from(row.mark.get()) + i128::from(floor.get()))
    }

    /// The most, times 2^8, that price and fee of a liquidation may take together (B-FEE).
    pub fn penalty(&self, table: &RiskTable) -> i128 {
        i128::from(table.header.penalty) * self.basis(table)
    }

    /// The most, times 2^8, that the price of a liquidation may concede (B-DISCOUNT).
    pub fn discount(&self, table: &RiskTable) -> i128 {
        i128::from(table.header.max_discount) * self.basis(table)
    }

    /// What one lot of the closed side requires alone, 10^-6: its largest loss and its floor (B-NEED).
    pub fn lone_lot(&self, table: &RiskTable) -> i128 {
        let row = &table.rows[self.row];
        let (sign, floor) = match self.side {
            Side::Sell => (-1, row.floor_long),
            Side::Buy => (1, row.floor_short),
        };
        let losses = row.scenarios.iter().map(|profit| sign * i128::from(profit.get()));
        losses.max().unwrap_or_default() + i128::from(floor.get())
    }

    /// The change of the account's lots.
    pub fn change(&self) -> i64 {
        self.side.sign() * self.lots as i64
    }
}

impl From<&Trade> for Fill {
    fn from(trade: &Trade) -> Self {
        Self {
            side: trade.side,
            // A table has far fewer rows than a byte counts.
            row: trade.row as u8,
            quantity: Lots(trade.lots),
            cost: Total(trade.cost),
            fee: Total(trade.fee),
        }
    }
}
