//! Margin of an account over the scenarios of a risk table (S-RISK, B-MARGIN, B-EQUITY).
//!
//! Deficits are in 2^-8 of 10^-6 of the settlement asset, so that ratios stay exact.

use crate::{Positions, RiskTable};
use cloister_crypto::constants::{RATIO_SHIFT, SCENARIOS};

/// Why an account fails the margin rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarginError {
    /// A position or price is outside the range in which the sums fit.
    #[error("a position or a price is out of range")]
    OutOfRange,
    /// B-EQUITY: equity after is negative.
    #[error("equity would be negative")]
    NegativeEquity,
    /// B-MARGIN: an initial deficit is positive and the account does not get safer.
    #[error("initial margin is short")]
    InitialMarginShort,
    /// B-MARGIN: a maintenance deficit is above the chosen one before.
    #[error("the account would get riskier while it is short of initial margin")]
    RiskIncreased,
    /// B-MARGIN: a withdrawal needs initial margin afterwards.
    #[error("a withdrawal needs initial margin afterwards")]
    WithdrawalWhileShort,
    /// The chosen threshold scenario does not exist.
    #[error("the threshold scenario does not exist")]
    Threshold,
}

/// How a unit or the house meets its margin rule: part of the witness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarginChoice {
    /// All initial deficits after are at most 0 (B-MARGIN, B-HOUSE-MARGIN). In a forced withdrawal: all that was requested is paid.
    #[default]
    Initial,
    /// No deficit after is above the deficit of this scenario before: maintenance deficits in normal and liquidation (B-MARGIN,
    /// B-LIQUIDATION), initial ones for the house (B-HOUSE-MARGIN).
    NotWorse(u8),
    /// Forced withdrawal: this one of the 17 deficits after leaves no room for one more unit of money (B-FORCED); 16 is equity itself.
    Tight(u8),
}

/// Equity and scenario exposures of one account at one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// `cash + Σ q_j·V_j`, 10^-6.
    pub equity: i128,
    /// `loss_s + floor`, 10^-6, by scenario.
    pub exposure: [i128; SCENARIOS],
}

fn add_product(sum: i128, quantity: i64, price: i64) -> Option<i128> {
    sum.checked_add(i128::from(quantity).checked_mul(i128::from(price))?)
}

impl Assessment {
    /// Assesses an account.
    ///
    /// # Errors
    /// [`MarginError::OutOfRange`] if a sum does not fit (impossible inside the widths of the specification).
    pub fn new(table: &RiskTable, positions: &Positions, cash: i128) -> Result<Self, MarginError> {
        Self::compute(table, positions, cash).ok_or(MarginError::OutOfRange)
    }

    fn compute(table: &RiskTable, positions: &Positions, cash: i128) -> Option<Self> {
        let mut equity = cash;
        let mut floor = 0i128;
        let mut loss = [0i128; SCENARIOS];
        for (row, &q) in table.rows.iter().zip(positions).filter(|(_, q)| **q != 0) {
            equity = add_product(equity, q, row.value)?;
            let unit = if q > 0 { row.floor_long } else { row.floor_short };
            floor = floor.checked_add(i128::from(q.unsigned_abs()).checked_mul(i128::from(unit))?)?;
            for (l, r) in loss.iter_mut().zip(&row.scenarios) {
                *l = add_product(*l, q.checked_neg()?, *r)?;
            }
        }
        let mut exposure = loss;
        for e in &mut exposure {
            *e = e.checked_add(floor)?;
        }
        Some(Self { equity, exposure })
    }

    /// `ratio·exposure_s - 2^8·equity` for every scenario; positive is short.
    ///
    /// # Errors
    /// [`MarginError::OutOfRange`] if a product does not fit.
    pub fn deficits(&self, ratio: u16) -> Result<[i128; SCENARIOS], MarginError> {
        let equity = self
            .equity
            .checked_mul(1 << RATIO_SHIFT)
            .ok_or(MarginError::OutOfRange)?;
        let mut out = [0i128; SCENARIOS];
        for (d, e) in out.iter_mut().zip(&self.exposure) {
            let required = e.checked_mul(i128::from(ratio)).ok_or(MarginError::OutOfRange)?;
            *d = required.checked_sub(equity).ok_or(MarginError::OutOfRange)?;
        }
        Ok(out)
    }

    /// The largest deficit and its scenario.
    ///
    /// # Errors
    /// As [`Self::deficits`].
    pub fn worst(&self, ratio: u16) -> Result<(u8, i128), MarginError> {
        let deficits = self.deficits(ratio)?;
        let mut worst = (0u8, deficits[0]);
        for (s, d) in deficits.iter().enumerate() {
            if *d > worst.1 {
                worst = (s as u8, *d);
            }
        }
        Ok(worst)
    }

    /// The requirement at a ratio: `max(0, ratio·max_s exposure_s)` rounded up, 10^-6.
    ///
    /// # Errors
    /// [`MarginError::OutOfRange`] if a product does not fit.
    pub fn requirement(&self, ratio: u16) -> Result<i128, MarginError> {
        let worst = self.exposure.iter().copied().fold(0, i128::max);
        let scaled = worst.checked_mul(i128::from(ratio)).ok_or(MarginError::OutOfRange)?;
        let one = 1i128 << RATIO_SHIFT;
        Ok(scaled.checked_add(one - 1).ok_or(MarginError::OutOfRange)? >> RATIO_SHIFT)
    }

    /// B-MARGIN and B-EQUITY with the witness's own choice.
    ///
    /// # Errors
    /// The part of the rule that fails.
    pub fn check(
        before: &Self,
        after: &Self,
        table: &RiskTable,
        withdrawal: bool,
        choice: MarginChoice,
    ) -> Result<(), MarginError> {
        if after.equity < 0 {
            return Err(MarginError::NegativeEquity);
        }
        if choice.initial {
            let deficits = after.deficits(table.header.initial)?;
            return if deficits.iter().all(|d| *d <= 0) {
                Ok(())
            } else {
                Err(MarginError::InitialMarginShort)
            };
        }
        if withdrawal {
            return Err(MarginError::WithdrawalWhileShort);
        }
        let thresholds = before.deficits(table.header.maintenance)?;
        let threshold = *thresholds
            .get(usize::from(choice.threshold))
            .ok_or(MarginError::Threshold)?;
        let deficits = after.deficits(table.header.maintenance)?;
        if deficits.iter().all(|d| *d <= threshold) {
            Ok(())
        } else {
            Err(MarginError::RiskIncreased)
        }
    }

    /// Finds a choice that meets B-MARGIN, preferring initial margin.
    ///
    /// # Errors
    /// Why none does.
    pub fn choose(
        before: &Self,
        after: &Self,
        table: &RiskTable,
        withdrawal: bool,
    ) -> Result<MarginChoice, MarginError> {
        let initial = MarginChoice {
            initial: true,
            threshold: 0,
        };
        let first = match Self::check(before, after, table, withdrawal, initial) {
            Ok(()) => return Ok(initial),
            Err(e) => e,
        };
        if withdrawal || first == MarginError::NegativeEquity {
            return Err(if withdrawal && first == MarginError::InitialMarginShort {
                MarginError::WithdrawalWhileShort
            } else {
                first
            });
        }
        let choice = MarginChoice {
            initial: false,
            threshold: before.worst(table.header.maintenance)?.0,
        };
        match Self::check(before, after, table, withdrawal, choice) {
            Ok(()) => Ok(choice),
            // Short of initial margin and not reducing: what the trader must know is the first part.
            Err(MarginError::RiskIncreased) => Err(MarginError::InitialMarginShort),
            Err(e) => Err(e),
        }
    }
}
