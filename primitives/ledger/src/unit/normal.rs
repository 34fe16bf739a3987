//! Instructions under the margin rule (B-NORMAL, B-MARGIN).

use super::{effect::Moved, UnitError, UnitWitness};
use crate::{account::Account, context::BatchContext, place::PlaceContext};
use alloc::vec::Vec;
use cloister_risk::{Assessment, MarginChoice, MarginError, Traded};

impl UnitWitness {
    /// Runs the places in order.
    pub(super) fn run_normal(&self, context: &BatchContext, entry: &Account) -> Result<Moved, UnitError> {
        let mut moved = Moved {
            slots: Vec::with_capacity(self.places.len()),
            ..Moved::unchanged(entry, 0)
        };
        for (i, place) in self.places.iter().enumerate() {
            let place_context = PlaceContext {
                genesis: &context.genesis,
                group: context.group,
                index: self.index,
                time: context.time,
                table: &context.table,
                last: i + 1 == self.places.len(),
            };
            let effect = place
                .apply(&place_context, &mut moved.after)
                .map_err(|e| UnitError::Place(i as u8, e))?;
            moved.slots.push(effect.slot);
            // Only the last place can pay.
            moved.withdrawal = effect.withdrawal;
            moved.transfer = effect.transfer;
            moved.count(&effect.traded).ok_or(UnitError::CashWidth)?;
            moved.fees = moved.fees.checked_add(effect.fee).ok_or(UnitError::CashWidth)?;
        }
        Ok(moved)
    }

    /// The mere presence of a withdrawal or transfer counts, even of amount 0: it is what the circuit sees.
    fn pays(&self) -> bool {
        self.places.iter().any(|p| p.signed.instruction.pays())
    }

    /// B-MARGIN, B-EQUITY.
    pub(super) fn check_normal(
        &self,
        context: &BatchContext,
        before: &Assessment,
        after: &Assessment,
        traded: &Traded,
    ) -> Result<(), MarginError> {
        Assessment::check(before, after, &context.table, traded, self.pays(), self.margin)
    }

    /// A choice that meets B-MARGIN.
    pub(super) fn choose_normal(
        &self,
        context: &BatchContext,
        before: &Assessment,
        after: &Assessment,
        traded: &Traded,
    ) -> Result<MarginChoice, MarginError> {
        Assessment::choose(before, after, &context.table, traded, self.pays())
    }
}
