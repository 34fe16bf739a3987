//! Margin of a unit of deleveraging (B-DELEVERAGE).

use super::{not_worse, Assessment, MarginChoice, MarginError};
use crate::table::RiskTable;
use cloister_types::Deficit;

impl Assessment {
    /// B-DELEVERAGE with the witness's own choice: the two sides of B-MARGIN, without B-EQUITY, since closing lots at
    /// the mark leaves equity as it is. `insolvent`: the account claims to be one that must shed its lots.
    ///
    /// # Errors
    /// The part of the rule that fails.
    pub fn check_deleveraging(
        before: &Self,
        after: &Self,
        table: &RiskTable,
        insolvent: bool,
        choice: MarginChoice,
    ) -> Result<(), MarginError> {
        if insolvent && !before.equity.is_negative() {
            return Err(MarginError::Solvent);
        }
        match choice {
            MarginChoice::Initial if after.within(table.header.initial, Deficit::ZERO)? => Ok(()),
            MarginChoice::Initial => Err(MarginError::InitialMarginShort),
            MarginChoice::NotWorse(scenario) => {
                let limit = before.deficit(table.header.maintenance, scenario)?;
                not_worse(after.within(table.header.maintenance, limit)?)
            }
            MarginChoice::Tight(_) => Err(MarginError::Choice),
        }
    }

    /// Finds a choice that meets B-DELEVERAGE: initial margin, else the worst scenario before, which leaves the most
    /// room.
    ///
    /// # Errors
    /// Why none does.
    pub fn choose_deleveraging(
        before: &Self,
        after: &Self,
        table: &RiskTable,
        insolvent: bool,
    ) -> Result<MarginChoice, MarginError> {
        let check = |choice| Self::check_deleveraging(before, after, table, insolvent, choice).map(|()| choice);
        match check(MarginChoice::Initial) {
            Err(MarginError::InitialMarginShort) => {
                check(MarginChoice::NotWorse(before.worst(table.header.maintenance)?.0))
            }
            other => other,
        }
    }
}
