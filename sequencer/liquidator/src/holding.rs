//! An account or the house in plain numbers, with margin arithmetic that shares no code with the unit's (S-RISK).

use crate::{market::ROWS, step::Trade};
use cloister_ledger::{Account, House};
use cloister_risk::{Positions, RiskTable};

/// Cash and lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// 10^-6 of the settlement asset.
    pub cash: i128,
    /// Lots by row; negative is short.
    pub lots: [i64; ROWS],
}

/// The rows the market lists; no other can hold anything.
fn listed(positions: &Positions) -> [i64; ROWS] {
    std::array::from_fn(|row| positions[row])
}

impl From<&Account> for Holding {
    fn from(account: &Account) -> Self {
        Self {
            cash: account.cash,
            lots: listed(&account.positions),
        }
    }
}

impl From<&House> for Holding {
    fn from(house: &House) -> Self {
        Self {
            cash: house.insurance,
            lots: listed(&house.positions),
        }
    }
}

impl Holding {
    /// Cash and what the lots are worth, 10^-6.
    pub fn equity(&self, table: &RiskTable) -> i128 {
        let worth = |(row, lots): (usize, &i64)| i128::from(*lots) * i128::from(table.rows[row].value);
        self.cash + self.lots.iter().enumerate().map(worth).sum::<i128>()
    }

    /// The most that a scenario and the floors take, 10^-6.
    pub fn exposure(&self, table: &RiskTable) -> i128 {
        let scenarios = table.rows[0].scenarios.len();
        let mut worst = i128::MIN;
        for s in 0..scenarios {
            let mut loss = 0;
            for (row, lots) in table.rows.iter().zip(self.lots) {
                let floor = if lots > 0 { row.floor_long } else { row.floor_short };
                loss += i128::from(lots.abs()) * i128::from(floor) - i128::from(lots) * i128::from(row.scenarios[s]);
            }
            worst = worst.max(loss);
        }
        worst
    }

    /// What is missing to a requirement of `ratio` over 2^8, in 2^-8 of 10^-6: the largest deficit. Above 0 is short.
    pub fn shortfall(&self, table: &RiskTable, ratio: u16) -> i128 {
        i128::from(ratio) * self.exposure(table) - 256 * self.equity(table)
    }

    /// After a trade of its own, with the fee.
    pub fn traded(&self, table: &RiskTable, trade: &Trade) -> Self {
        let mut after = *self;
        after.cash -= trade.paid(table) + trade.fee as i128;
        after.lots[trade.row] += trade.change();
        after
    }

    /// True if it holds no lots.
    pub fn is_flat(&self) -> bool {
        self.lots.iter().all(|lots| *lots == 0)
    }

    /// What all lots together come to at their marks, both sides added, 10^-6.
    pub fn gross(&self, table: &RiskTable) -> i128 {
        let notional = |(row, lots): (usize, &i64)| i128::from(lots.abs()) * i128::from(table.rows[row].mark);
        self.lots.iter().enumerate().map(notional).sum()
    }

    /// Long lots less short lots, all rows: they follow one price.
    pub fn net_lots(&self) -> i64 {
        self.lots.iter().sum()
    }
}
