//! How one account stands at a table (D-SHORT, D-DEBT, D-LIVE).

use super::SolvencyError;
use crate::{account::Account, packing::positions_fit};
use cloister_crypto::constants::{DEFICIT_BITS, EQUITY_BITS, EXPOSURE_BITS, RATIO_SHIFT};
use cloister_risk::{Assessment, RiskTable, Row};
use cloister_types::{Deficit, Money, Total};

/// How an account stands at a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Some maintenance deficit is at least 1.
    pub short: bool,
    /// `max(-equity, 0)`.
    pub debt: Total,
    /// It holds lots in a row that is not stale.
    pub live: bool,
}

/// Whether a row's feed is dead.
pub fn is_stale(row: &Row) -> bool {
    row.stale
}

/// True in `[-2^bits, 2^bits)`.
fn fits(x: i128, bits: usize) -> bool {
    let half = 1i128 << bits;
    (-half..half).contains(&x)
}

/// The largest exposure, if all differences on the way to it fit.
fn worst(assessment: &Assessment) -> Option<Money> {
    let [first, rest @ ..] = assessment.exposure;
    rest.into_iter().try_fold(first, |worst, exposure| {
        let above = exposure.checked_sub(worst)?;
        fits(above.get(), EXPOSURE_BITS).then(|| worst.max(exposure))
    })
}

impl Standing {
    /// The standing of account number `number` of a statement.
    ///
    /// # Errors
    /// [`SolvencyError::Position`], [`SolvencyError::Equity`], [`SolvencyError::Exposure`].
    pub fn of(account: &Account, table: &RiskTable, number: u16) -> Result<Self, SolvencyError> {
        if !positions_fit(&account.positions) {
            return Err(SolvencyError::Position(number));
        }
        let assessment = Assessment::new(table, &account.positions, account.cash)
            .ok()
            .filter(|assessment| fits(assessment.equity.get(), EQUITY_BITS))
            .ok_or(SolvencyError::Equity(number))?;
        let deficit = worst(&assessment)
            .and_then(|worst| {
                let required = Deficit::of(worst, table.header.maintenance)?;
                required.checked_sub(Deficit::of(assessment.equity, 1 << RATIO_SHIFT)?)
            })
            .filter(|deficit| deficit.get().checked_neg().is_some_and(|x| fits(x, DEFICIT_BITS - 1)))
            .ok_or(SolvencyError::Exposure(number))?;
        let holds = |(row, q): (&Row, &cloister_types::Position)| !is_stale(row) && !q.is_zero();
        Ok(Self {
            short: deficit > Deficit::ZERO,
            debt: Total(u128::try_from(assessment.equity.get().saturating_neg()).unwrap_or(0)),
            live: table.rows.iter().zip(&account.positions).any(holds),
        })
    }

    /// What it owes if it holds lots in a row that is not stale.
    pub fn live_debt(self) -> Total {
        if self.live {
            self.debt
        } else {
            Total::ZERO
        }
    }
}
