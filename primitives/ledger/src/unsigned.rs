//! What was done to an account without a signature, read from two states of it. Records do not name it, so this is how
//! an owner learns of it.

use crate::account::Account;
use alloc::vec::Vec;
use cloister_risk::{RiskTable, Status};
use cloister_types::{Amount, Money, Position};

/// A change of positions that no instruction made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    /// Rows, with the change of the position in each.
    pub rows: Vec<(u8, Position)>,
    /// Change of cash, without the deposit.
    pub cash: Money,
    /// Nothing is left: no cash and no positions.
    pub emptied: bool,
}

/// Why positions changed without an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The instruments have expired (B-EXPIRY).
    Expiry,
    /// The house has taken over all of the account (B-TAKEOVER).
    Takeover,
    /// Lots were closed at the mark and without fee: deleveraging (B-DELEVERAGE), or a liquidation that cost nothing.
    AtMark,
    /// Lots were closed at another price, or with a fee (B-LIQUIDATION).
    Liquidation,
}

impl Unsigned {
    /// Between an account before and after one unit; `None` if its positions are the same, or if an order slot changed,
    /// as it does with every instruction.
    pub fn between(before: &Account, after: &Account, deposit: Amount) -> Option<Self> {
        if before.orders_root != after.orders_root {
            return None;
        }
        let changes = before.positions.iter().zip(&after.positions).enumerate();
        let rows: Vec<(u8, Position)> = changes
            .filter(|(_, (old, new))| old != new)
            .filter_map(|(row, (old, new))| Some((row as u8, new.checked_sub(*old)?)))
            .collect();
        if rows.is_empty() {
            return None;
        }
        Some(Self {
            rows,
            cash: after.cash.checked_sub(before.cash)?.checked_sub(deposit.into())?,
            emptied: after.cash == Money::ZERO && after.positions.iter().all(|q| q.is_zero()),
        })
    }

    /// Why it was, at the table of the batch. An incoming transfer in the same unit makes deleveraging look like a
    /// liquidation.
    pub fn cause(&self, table: &RiskTable) -> Cause {
        let row = |number: u8| table.rows.get(usize::from(number));
        let expired = |(number, _): &(u8, Position)| row(*number).is_some_and(|row| row.status == Status::Expired);
        if self.rows.iter().all(expired) {
            return Cause::Expiry;
        }
        if self.emptied {
            return Cause::Takeover;
        }
        let worth = self.rows.iter().try_fold(Money::ZERO, |sum, (number, lots)| {
            sum.checked_add(row(*number)?.value.times(*lots))
        });
        // At the mark equity is what it was.
        match worth.and_then(|worth| worth.checked_add(self.cash)) {
            Some(Money::ZERO) => Cause::AtMark,
            _ => Cause::Liquidation,
        }
    }
}
