//! What everybody owns, and the sums of the specification over it in plain integers, written down a second time.

use std::collections::BTreeMap;

use cloister_ledger::{Account, House};
use cloister_ledger_testing::World;
use cloister_risk::{Positions, RiskTable};

/// Accounts and house at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    pub accounts: BTreeMap<u32, Account>,
    pub house: House,
}

impl Books {
    pub fn of(world: &World) -> Self {
        Self {
            accounts: world
                .state
                .accounts()
                .map(|(i, a)| (i.get(), a.account.clone()))
                .collect(),
            house: world.state.house().clone(),
        }
    }

    /// All money of the group: accounts, insurance, fees not paid out.
    pub fn money(&self) -> i128 {
        let cash: i128 = self.accounts.values().map(|a| a.cash.get()).sum();
        cash + self.house.insurance.get() + self.house.fee_pool.get() as i128
    }

    /// What accounts hold in a row.
    pub fn held(&self, row: usize) -> impl Iterator<Item = i64> + '_ {
        self.accounts.values().map(move |a| a.positions[row].get())
    }

    /// Lots of a row over accounts and house.
    pub fn lots(&self, row: usize) -> i64 {
        self.held(row).sum::<i64>() + self.house.positions[row].get()
    }

    /// Nobody holds anything in the row.
    pub fn is_empty(&self, row: usize) -> bool {
        self.held(row).all(|q| q == 0) && self.house.positions[row].is_zero()
    }

    pub fn house_equity(&self, table: &RiskTable) -> i128 {
        equity(table, &self.house.positions, self.house.insurance.get())
    }

    /// Accounts without a positive deficit at a ratio.
    pub fn above(&self, table: &RiskTable, ratio: u16) -> Vec<u32> {
        let meets = |a: &Account| worst_deficit(table, &a.positions, a.cash.get(), ratio) <= 0;
        self.accounts
            .iter()
            .filter(|(_, a)| meets(a))
            .map(|(i, _)| *i)
            .collect()
    }
}

/// `cash + Σ q_j·V_j` (S-RISK).
pub fn equity(table: &RiskTable, positions: &Positions, cash: i128) -> i128 {
    let rows = table.rows.iter().zip(positions);
    cash + rows
        .map(|(row, q)| i128::from(q.get()) * i128::from(row.value.get()))
        .sum::<i128>()
}

/// The largest of the 16 deficits `ratio·(loss_s + floor) - 2^8·equity` (S-RISK).
pub fn worst_deficit(table: &RiskTable, positions: &Positions, cash: i128, ratio: u16) -> i128 {
    let rows = || {
        table
            .rows
            .iter()
            .zip(positions)
            .map(|(row, q)| (row, i128::from(q.get())))
    };
    let floor: i128 = rows()
        .map(|(row, q)| q.max(0) * i128::from(row.floor_long.get()) + (-q).max(0) * i128::from(row.floor_short.get()))
        .sum();
    let exposure = |s: usize| {
        floor
            - rows()
                .map(|(row, q)| q * i128::from(row.scenarios[s].get()))
                .sum::<i128>()
    };
    let most = (0..16).map(exposure).max().expect("there are scenarios");
    i128::from(ratio) * most - 256 * equity(table, positions, cash)
}
