//! Sums over the units of a batch.

use crate::unit::UnitEffect;
use cloister_crypto::constants::INSTRUMENTS;
use cloister_risk::Positions;
use cloister_types::{Lots, Money, Position, Total};

/// What the house must answer for.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Changes of cash.
    pub cash: Money,
    /// Fees of orders.
    pub fees: Total,
    /// Fees of liquidations.
    pub penalties: Money,
    pub deposits: Money,
    pub withdrawals: Money,
    /// Equity of the accounts taken over, before the takeover; never positive.
    pub taken_over: Money,
    pub positions: Positions,
    /// Changes of `|q_j|`.
    pub gross: [Position; INSTRUMENTS],
    /// Lots that liquidations and takeovers shed.
    pub shed_long: [Lots; INSTRUMENTS],
    pub shed_short: [Lots; INSTRUMENTS],
}

/// Adds up columns with one kind of addition; `None` if a sum does not fit.
fn add_all<T: Copy>(sums: &mut [T], parts: &[T], add: impl Fn(T, T) -> Option<T>) -> Option<()> {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum = add(*sum, *part)?;
    }
    Some(())
}

impl Sums {
    /// Over all units; `None` if a sum does not fit.
    pub fn over(units: &[UnitEffect]) -> Option<Self> {
        let mut sums = Self::default();
        for unit in units {
            sums.add(unit)?;
        }
        Some(sums)
    }

    fn add(&mut self, unit: &UnitEffect) -> Option<()> {
        self.cash = self.cash.checked_add(unit.cash)?;
        self.fees = self.fees.checked_add(unit.fees)?;
        self.penalties = self.penalties.checked_add(unit.penalties.signed()?)?;
        self.deposits = self.deposits.checked_add(unit.record.deposit.into())?;
        self.withdrawals = self.withdrawals.checked_add(unit.record.withdrawal.into())?;
        self.taken_over = self.taken_over.checked_add(unit.taken_over)?;
        add_all(&mut self.positions, &unit.positions, Position::checked_add)?;
        add_all(&mut self.gross, &unit.gross, Position::checked_add)?;
        add_all(&mut self.shed_long, &unit.shed_long, Lots::checked_add)?;
        add_all(&mut self.shed_short, &unit.shed_short, Lots::checked_add)
    }
}
