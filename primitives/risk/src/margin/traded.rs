//! What the fills of a unit did to its account, as far as the states before and after do not tell (B-NEED, B-MARGIN).

use super::{not_worse, Assessment, MarginError};
use crate::table::{RiskTable, Row};
use cloister_crypto::constants::CONCESSION_WEIGHT;
use cloister_types::{Deficit, Lots, Money, Total};

/// Sums over the fills of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traded {
    /// `Σ σ·(n - f·mark)`: what the prices cost the account, measured from the marks. Negative if they were better.
    pub concession: Money,
    /// `Σ m`: what one lot of every fill requires alone, at a ratio of one, on the side that the fill closes
    /// ([`Row::lone_lot`]).
    pub lone_lots: Money,
    /// Fees of a liquidation, which its owner did not sign; 0 in other modes.
    pub penalties: Total,
}

impl Traded {
    /// One fill without a penalty; `sells`: it closes or opens lots as a sale.
    pub fn fill(row: &Row, concession: Money, sells: bool) -> Self {
        Self {
            concession,
            lone_lots: row.lone_lot(sells),
            penalties: Total::ZERO,
        }
    }

    /// The same with the fee of a liquidation.
    pub fn with_penalty(self, penalties: Total) -> Self {
        Self { penalties, ..self }
    }

    /// The fills of both; `None` if a sum does not fit.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Some(Self {
            concession: self.concession.checked_add(other.concession)?,
            lone_lots: self.lone_lots.checked_add(other.lone_lots)?,
            penalties: self.penalties.checked_add(other.penalties)?,
        })
    }

    /// What prices and penalties take: `max(0, Σ c) + Σ p`; `None` if it does not fit.
    pub fn taken(&self) -> Option<Money> {
        self.concession.max(Money::ZERO).checked_add(self.penalties.signed()?)
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
    /// No maintenance deficit after is above `limit`, one of those before (B-MARGIN, B-LIQUIDATION); nor is any if what
    /// prices and penalties took counts [`CONCESSION_WEIGHT`] times, once of which equity holds already. So together
    /// they take at most a quarter of what the unit frees.
    pub(super) fn check_not_worse(
        &self,
        table: &RiskTable,
        traded: &Traded,
        limit: Deficit,
    ) -> Result<(), MarginError> {
        let ratio = table.header.maintenance;
        not_worse(self.within(ratio, limit)?)?;
        let again = i128::from(CONCESSION_WEIGHT - 1);
        let taken = traded.taken().and_then(|taken| taken.get().checked_mul(again));
        let lowered = taken.and_then(|more| self.equity.checked_sub(Money(more)));
        let equity = lowered.ok_or(MarginError::OutOfRange)?;
        if (Self { equity, ..*self }).within(ratio, limit)? {
            Ok(())
        } else {
            Err(MarginError::Conceded)
        }
    }

    /// The deficits of B-NEED: initial ones, with the fills counted at no better than the mark and without penalties,
    /// plus the tolerance. At least one of a needed liquidation is not negative.
    fn needs(&self, table: &RiskTable, traded: &Traded) -> Option<[Deficit; super::SCENARIOS]> {
        let without_gains = self.equity.checked_add(traded.concession.min(Money::ZERO))?;
        let counted = Self {
            equity: without_gains.checked_add(traded.penalties.signed()?)?,
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
