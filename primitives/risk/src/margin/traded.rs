//! What the fills of a unit did to its account, as far as the states before and after do not tell (B-NEED, B-MARGIN).

use super::{Assessment, MarginError};
use crate::table::{RiskTable, Row};
use cloister_crypto::constants::RATIO_SHIFT;
use cloister_types::{Deficit, Lots, Money, Position};

/// Sums over the fills of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traded {
    /// `Σ σ·(n - f·mark)`: what the prices cost the account, measured from the marks. Negative if they were better.
    pub concession: Money,
    /// The change of `Σ_j |q_j|·(mark_j + floor_j)`, with the floor of the side held.
    pub basis: Money,
    /// `Σ m`: what one lot of every fill requires alone, at a ratio of one, on the side that the fill closes
    /// ([`Row::lone_lot`]).
    pub lone_lots: Money,
}

impl Traded {
    /// One fill, from the position before to the one after; `None` if a sum does not fit.
    pub fn fill(row: &Row, concession: Money, before: Position, after: Position) -> Option<Self> {
        let basis = |q: Position| row.basis(q >= Position::ZERO).get().checked_mul(q.size().get().into());
        Some(Self {
            concession,
            basis: Money(basis(after)?.checked_sub(basis(before)?)?),
            lone_lots: row.lone_lot(before > after),
        })
    }

    /// The fills of both; `None` if a sum does not fit.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Some(Self {
            concession: self.concession.checked_add(other.concession)?,
            basis: self.basis.checked_add(other.basis)?,
            lone_lots: self.lone_lots.checked_add(other.lone_lots)?,
        })
    }

    /// B-MARGIN: what the prices concede is at most the discount of what the account holds less or more.
    pub(super) fn concedes_little(&self, table: &RiskTable) -> Result<bool, MarginError> {
        let conceded = Deficit::of(self.concession, 1 << RATIO_SHIFT).ok_or(MarginError::OutOfRange)?;
        let change = i128::try_from(self.basis.get().unsigned_abs()).map_err(|_| MarginError::OutOfRange)?;
        let most = Deficit::of(Money(change), table.header.max_discount).ok_or(MarginError::OutOfRange)?;
        Ok(conceded <= most)
    }
}

/// The most that a price may concede for some lots of a side, times 2^8 (B-DISCOUNT); `None` if it does not fit.
pub fn highest_discount(table: &RiskTable, row: &Row, long: bool, lots: Lots) -> Option<i128> {
    row.basis(long)
        .get()
        .checked_mul(lots.get().into())?
        .checked_mul(table.header.max_discount.into())
}

impl Assessment {
    /// The deficits of B-NEED: initial ones, with the fills counted at no better than the mark, plus the tolerance. At
    /// least one of a needed liquidation is not negative.
    fn needs(&self, table: &RiskTable, traded: &Traded) -> Option<[Deficit; super::SCENARIOS]> {
        let counted = Self {
            equity: self.equity.checked_add(traded.concession.min(Money::ZERO))?,
            ..*self
        };
        let mut out = counted.deficits(table.header.initial).ok()?;
        let tolerance = Deficit::of(traded.lone_lots, table.header.initial)?;
        for d in &mut out {
            *d = d.checked_add(tolerance)?;
        }
        Some(out)
    }

    /// B-NEED with the witness's own scenario.
    pub(super) fn check_need(&self, table: &RiskTable, traded: &Traded, scenario: u8) -> Result<(), MarginError> {
        let needs = self.needs(table, traded).ok_or(MarginError::OutOfRange)?;
        match needs.get(usize::from(scenario)) {
            None => Err(MarginError::Threshold),
            Some(d) if *d < Deficit::ZERO => Err(MarginError::NotNeeded),
            Some(_) => Ok(()),
        }
    }

    /// The scenario that meets B-NEED first: the worst.
    pub(super) fn most_needed(&self, table: &RiskTable) -> Result<u8, MarginError> {
        // Equity and tolerance are the same in all of them.
        Ok(self.worst(table.header.initial)?.0)
    }
}
