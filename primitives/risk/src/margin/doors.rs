//! What may leave a group's insurance (B-DOORS).

use super::{Assessment, MarginChoice, MarginError};
use crate::table::RiskTable;
use cloister_crypto::constants::{FORCED_DEFICITS, FORCED_SLACK, RATIO_SHIFT, SCENARIOS};
use cloister_types::{Amount, Deficit, Money};

/// Why an amount may not leave the insurance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoorsError {
    /// More is paid out than was asked for.
    #[error("more would be paid out than was asked for")]
    AboveAsked,
    /// Something is paid out, and the house is short of initial margin afterwards.
    #[error("the house would be short of initial margin")]
    MarginShort,
    /// Something is paid out, and less than `keep` is left.
    #[error("less would be left than must stay in the insurance")]
    BelowKeep,
    /// Less is paid out than was asked for, and the chosen deficit has room for more.
    #[error("less would be paid out than margin and what must stay allow")]
    PaidTooLittle,
    /// Something is paid out, and the house does not claim to meet initial margin (B-HOUSE-MARGIN).
    #[error("something is paid out without a claim to initial margin")]
    Relaxed,
    /// The witness names no deficit that the rule offers.
    #[error("the choice is not one that the rule offers")]
    Choice,
    /// A sum does not fit.
    #[error("a sum does not fit its width")]
    OutOfRange,
}

impl From<MarginError> for DoorsError {
    /// Deficits fail only by their width.
    fn from(_: MarginError) -> Self {
        Self::OutOfRange
    }
}

impl Assessment {
    /// The house after this much of its money has left; `None` if it does not fit.
    pub fn without(&self, paid: Amount) -> Option<Self> {
        let equity = self.equity.checked_sub(paid.into())?;
        Some(Self {
            equity,
            exposure: self.exposure,
        })
    }

    /// The deficits that bound what leaves the insurance: 16 initial ones, then `2^8·(keep - equity)`.
    fn doors_deficits(&self, table: &RiskTable, keep: Amount) -> Result<[Deficit; FORCED_DEFICITS], MarginError> {
        let lacking = Money::from(keep).checked_sub(self.equity);
        let kept = lacking.and_then(|lacking| Deficit::of(lacking, 1 << RATIO_SHIFT));
        let mut out = [kept.ok_or(MarginError::OutOfRange)?; FORCED_DEFICITS];
        for (slot, deficit) in out.iter_mut().zip(self.deficits(table.header.initial)?) {
            *slot = deficit;
        }
        Ok(out)
    }

    /// B-DOORS of the house after `paid` has left its insurance, but for the claim to initial margin.
    ///
    /// # Errors
    /// The part of the rule that fails.
    pub fn check_doors(
        after: &Self,
        table: &RiskTable,
        (asked, keep): (Amount, Amount),
        paid: Amount,
        choice: MarginChoice,
    ) -> Result<(), DoorsError> {
        let deficits = after.doors_deficits(table, keep)?;
        if paid > asked {
            return Err(DoorsError::AboveAsked);
        }
        if let Some(scenario) = deficits.iter().position(|d| *d > Deficit::ZERO && !paid.is_zero()) {
            return Err(if scenario < SCENARIOS {
                DoorsError::MarginShort
            } else {
                DoorsError::BelowKeep
            });
        }
        match choice {
            MarginChoice::Initial if paid == asked => Ok(()),
            MarginChoice::Initial => Err(DoorsError::PaidTooLittle),
            MarginChoice::Tight(scenario) => {
                let deficit = deficits.get(usize::from(scenario)).ok_or(DoorsError::Choice)?;
                if deficit.get() >= -i128::from(FORCED_SLACK) {
                    Ok(())
                } else {
                    Err(DoorsError::PaidTooLittle)
                }
            }
            MarginChoice::NotWorse(_) => Err(DoorsError::Choice),
        }
    }

    /// The one amount that B-DOORS allows, from the house before it, and the choice that proves it.
    ///
    /// # Errors
    /// [`DoorsError::OutOfRange`] if a sum does not fit.
    pub fn doors_amount(
        before: &Self,
        table: &RiskTable,
        (asked, keep): (Amount, Amount),
    ) -> Result<(Amount, MarginChoice), DoorsError> {
        Ok(super::most_paid(&before.doors_deficits(table, keep)?, asked)?)
    }
}
