//! An account or the house in plain numbers, with margin arithmetic that shares no code with the unit's (S-RISK).

use crate::trade::Trade;
use cloister_ledger::{Account, House, Side};
use cloister_risk::{Positions, RiskTable, Row};
use cloister_types::Position;

/// Leverages are in hundredths.
pub const ONE_TIMES: u64 = 100;

/// Cash and lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// 10^-6 of the settlement asset.
    pub cash: i128,
    /// Lots by row.
    pub lots: Positions,
}

impl From<&Account> for Holding {
    fn from(account: &Account) -> Self {
        Self {
            cash: account.cash.get(),
            lots: account.positions,
        }
    }
}

impl From<&House> for Holding {
    fn from(house: &House) -> Self {
        Self {
            cash: house.insurance.get(),
            lots: house.positions,
        }
    }
}

impl Holding {
    /// Cash and what the lots are worth, 10^-6.
    pub fn equity(&self, table: &RiskTable) -> i128 {
        let worth = |(row, lots): (usize, &Position)| i128::from(lots.get()) * i128::from(table.rows[row].value.get());
        self.cash + self.lots.iter().enumerate().map(worth).sum::<i128>()
    }

    /// Loss in the worst scenario with the floors on top, 10^-6.
    pub fn exposure(&self, table: &RiskTable) -> i128 {
        let held: Vec<(&Row, i64)> = self.held().map(|(row, lots)| (&table.rows[row], lots.get())).collect();
        let floors: i128 = held
            .iter()
            .map(|(row, lots)| {
                let floor = if *lots > 0 { row.floor_long } else { row.floor_short };
                i128::from(lots.abs()) * i128::from(floor.get())
            })
            .sum();
        let gain = |s: usize| {
            held.iter()
                .map(|(row, lots)| i128::from(*lots) * i128::from(row.scenarios[s].get()))
                .sum()
        };
        let lowest: i128 = (0..table.rows[0].scenarios.len()).map(gain).min().unwrap_or(0);
        floors - lowest
    }

    /// What is missing for a requirement of `ratio` over 2^8, in 2^-8 of 10^-6: the largest deficit. Above 0 is short.
    pub fn shortfall(&self, table: &RiskTable, ratio: u16) -> i128 {
        i128::from(ratio) * self.exposure(table) - 256 * self.equity(table)
    }

    /// After a trade of its own, with the fee.
    pub fn traded(&self, table: &RiskTable, trade: &Trade) -> Self {
        let mut after = *self;
        after.cash -= trade.paid(table) + trade.fee as i128;
        after.lots[trade.row].0 += trade.change();
        after
    }

    /// True if it holds no lots.
    pub fn is_flat(&self) -> bool {
        self.lots.iter().all(|lots| lots.is_zero())
    }

    /// The rows in which it holds lots, with the lots.
    pub fn held(&self) -> impl Iterator<Item = (usize, Position)> + '_ {
        self.lots
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, lots)| !lots.is_zero())
    }

    /// Long lots less short lots, all rows: they follow one price.
    pub fn net_lots(&self) -> i64 {
        self.lots.iter().map(|lots| lots.get()).sum()
    }

    /// Lots that it can take on a side of a row if the net position may be worth `leverage` (hundredths) times the
    /// equity.
    pub fn capacity(&self, table: &RiskTable, row: usize, side: Side, leverage: u64) -> u64 {
        let equity = self.equity(table).max(0);
        let most =
            equity * i128::from(leverage) / i128::from(ONE_TIMES) / i128::from(table.rows[row].mark.get().max(1));
        let net = i128::from(self.net_lots() * side.sign());
        (most - net).max(0) as u64
    }
}
