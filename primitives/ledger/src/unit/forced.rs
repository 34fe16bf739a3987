//! Forced withdrawal, which the owner asks for on the chain (B-FORCED).

use super::{effect::Moved, UnitError, UnitWitness};
use crate::{account::Account, context::BatchContext};
use cloister_risk::{Assessment, MarginChoice};
use cloister_types::Amount;

impl UnitWitness {
    /// Pays the amount of the witness.
    pub(super) fn run_forced(&self, entry: &Account) -> Result<Moved, UnitError> {
        let mut moved = Moved::unchanged(entry, self.places.len());
        moved.after.cash = entry.cash.checked_sub(self.paid.into()).ok_or(UnitError::CashWidth)?;
        moved.withdrawal = self.paid;
        Ok(moved)
    }

    /// The amount to pay and the choice that proves it.
    pub(super) fn choose_forced(&self, context: &BatchContext) -> Result<(Amount, MarginChoice), UnitError> {
        let entry = self.entry()?;
        let before = Assessment::new(&context.table, &entry.positions, entry.cash)?;
        Ok(Assessment::forced_amount(&before, &context.table, self.requested)?)
    }
}
