//! Units that trade without a signature: liquidation, expiry, takeover, deleveraging (B-LIQUIDATION, B-EXPIRY,
//! B-TAKEOVER, B-DELEVERAGE).

use super::{effect::Moved, UnitError, UnitWitness};
use crate::{account::Account, context::BatchContext, fill::FillRule};
use cloister_risk::{Assessment, Positions};
use cloister_types::Money;

impl UnitWitness {
    /// Runs the unsigned fills of a liquidation, an expiry or a deleveraging in order.
    pub(super) fn run_fills(
        &self,
        context: &BatchContext,
        entry: &Account,
        rule: FillRule<'_>,
    ) -> Result<Moved, UnitError> {
        let mut moved = Moved::unchanged(entry, self.places.len());
        for (i, place) in self.places.iter().enumerate().filter(|(_, p)| !p.fill.is_nothing()) {
            let traded = place
                .fill
                .apply(rule, &context.table, &mut moved.after)
                .map_err(|e| UnitError::Place(i as u8, e.into()))?;
            moved.count(&traded).ok_or(UnitError::CashWidth)?;
        }
        Ok(moved)
    }

    /// B-TAKEOVER: everything passes to the house. Order tree, minimum id and keys stay, so that nothing signed before
    /// can be used twice.
    pub(super) fn run_takeover(&self, context: &BatchContext, entry: &Account) -> Result<Moved, UnitError> {
        // B-STALE: at a mark that has no feed, nobody knows what the house would take.
        let mut rows = context.table.rows.iter().zip(&entry.positions);
        if let Some(row) = rows.position(|(row, lots)| row.stale && !lots.is_zero()) {
            return Err(UnitError::StaleLots(row as u8));
        }
        let assessment = Assessment::new(&context.table, &entry.positions, entry.cash)?;
        assessment.check_takeover()?;
        let mut moved = Moved::unchanged(entry, self.places.len());
        moved.after.cash = Money::ZERO;
        moved.after.positions = Positions::default();
        moved.taken_over = assessment.equity;
        Ok(moved)
    }
}
