//! Groups in the open batch: all of their units or none.

use super::{Absorbed, Change, Claims, OpenBatch};
use crate::{
    config::BatcherConfig,
    draft::{places, request_of, Draft},
    error::{BatcherError, GroupError},
    event::places_of,
    shapes,
};
use cloister_engine::{Holdings, UnsignedGroup};
use cloister_ledger::GroupLedger;
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, Money};
use std::collections::BTreeMap;

/// Maximum number of units of a group with so many places in a unit: what no claim of the queue takes of a batch that
/// begins with it. 0 if no shape has the places.
pub(crate) fn most_units(config: &BatcherConfig, places: usize) -> usize {
    let units = shapes::most_units(&config.shapes, places).unwrap_or(0);
    usize::from(units).saturating_sub(Claims::of(config.queue_share, units).all())
}

impl OpenBatch {
    /// The house before the batch, with what it brings into the insurance.
    fn house_before(&self, state: &GroupLedger) -> Result<Holdings, BatcherError> {
        let house = state.house();
        let cash = house.insurance.checked_add(self.paid_in);
        Ok(Holdings {
            cash: cash.ok_or(BatcherError::CashRange(AccountIndex::HOUSE))?,
            positions: house.positions,
        })
    }

    /// The house as the batch leaves it so far; its cash is the insurance.
    pub fn house(&self, state: &GroupLedger, table: &RiskTable) -> Result<Holdings, BatcherError> {
        let before = self.house_before(state)?;
        let after = self.sums.house(table, &before);
        after.map_err(|rule| GroupError::House(rule).into())
    }

    /// Takes a group if it fits. On an error or [`Absorbed::Full`] nothing has changed.
    pub(super) fn absorb_unsigned(
        &mut self,
        state: &GroupLedger,
        table: &RiskTable,
        config: &BatcherConfig,
        group: &UnsignedGroup,
    ) -> Result<Absorbed, BatcherError> {
        let (units, wide) = (group.units.len(), places_of(group));
        let widest = config.shapes.iter().map(|shape| usize::from(shape.places)).max();
        let most = most_units(config, wide.min(widest.unwrap_or(0)));
        if units > most {
            return Err(GroupError::TooLarge { units, most }.into());
        }
        let mut held: BTreeMap<AccountIndex, Holdings> = BTreeMap::new();
        let mut sums = self.sums.clone();
        let mut changes = Vec::with_capacity(units);
        for unit in &group.units {
            let account = unit.account();
            let before = match held.get(&account) {
                Some(before) => *before,
                None => self.held(state, account)?,
            };
            let moved = unit.apply(table, &before).map_err(GroupError::Unit)?;
            let request = request_of(unit, &moved);
            let (found, most) = (places(&request), widest.unwrap_or(0));
            if found > most {
                return Err(GroupError::Places { account, found, most }.into());
            }
            sums.add(&moved).ok_or(BatcherError::CashRange(account))?;
            held.insert(account, moved.after);
            changes.push(Change {
                at: None,
                draft: Draft::Unsigned { account, request },
                after: moved.after,
            });
        }
        let before = self.house_before(state)?;
        sums.check(table, &before).map_err(GroupError::House)?;
        if !self.fits(&changes) {
            return Ok(Absorbed::Full);
        }
        self.put(changes);
        self.sums = sums;
        Ok(Absorbed::Taken)
    }

    /// What the batch brings into the insurance, beside what its units do.
    pub fn pays_in(&mut self, amount: Money) {
        self.paid_in = amount;
    }
}
