//! Groups that nobody signs: liquidations, takeovers, expiries, deleveraging, with the orders at rest that meet them.
//!
//! They are decided at a table, from what accounts and house hold at that moment. One that the rules do not allow when
//! its turn comes is void like any event, and nobody misses it: who still is short is looked at again.

use super::Batcher;
use crate::{
    config::SecretSource,
    error::BatcherError,
    event::{Event, QueueItem},
    open::{most_units, Claims, OpenBatch},
    void::GroupRefusal,
};
use cloister_engine::{Holdings, Millis, UnsignedGroup};
use cloister_types::{AccountIndex, Amount, Money};
use std::sync::Arc;

impl Batcher {
    /// Maximum number of units of a group whose units need no more than so many places.
    pub fn most_units_of_a_group(&self, places: usize) -> usize {
        most_units(&self.config, places)
    }

    /// Whether events turned out to be void that nobody has taken yet ([`Self::take_voided`]).
    pub fn has_voided(&self) -> bool {
        !self.voided.is_empty()
    }

    /// The house as the open batch leaves it so far; its cash is the insurance, with what the queue pays into it.
    ///
    /// # Errors
    /// A sum that does not fit.
    pub fn house(&self) -> Result<Holdings, BatcherError> {
        match &self.open {
            Some(open) => open.house(&self.head, &self.table),
            None => {
                let mut open = OpenBatch::new(0, Vec::new(), Claims::default());
                open.pays_in(self.paid_in()?);
                open.house(&self.head, &self.table)
            }
        }
    }

    /// Takes a group, in the open batch or, if it is full, in the next one. What the queue holds for the group's
    /// accounts comes first.
    ///
    /// # Errors
    /// [`GroupRefusal`].
    pub fn push_group(
        &mut self,
        now: Millis,
        group: UnsignedGroup,
        secrets: &mut dyn SecretSource,
    ) -> Result<(), GroupRefusal> {
        if !self.pending.is_empty() {
            return Err(GroupRefusal::Waiting);
        }
        let (group, fresh) = (Arc::new(group), self.open.is_none());
        let is_it = |event: &Event| matches!(event, Event::Unsigned(other) if Arc::ptr_eq(other, &group));
        let result = self.push(now, Event::Unsigned(group.clone()), secrets);
        // Nobody has heard of it yet but whoever asked.
        if let Some(at) = self.voided.iter().position(|voided| is_it(&voided.event)) {
            // No batch is opened for nothing.
            self.open
                .take_if(|open| fresh && open.is_empty() && open.items.is_empty());
            return Err(GroupRefusal::Void(self.voided.remove(at).reason));
        }
        let before = self.pending.len();
        self.pending.retain(|entry| !is_it(&entry.event));
        match result {
            Err(error) if self.pending.len() < before => Err(GroupRefusal::Stopped(error)),
            // It is in: what else went wrong comes up again with the next input.
            _ => Ok(()),
        }
    }

    /// What the next batch brings into the insurance.
    pub(super) fn paid_in(&self) -> Result<Money, BatcherError> {
        let items = self.waiting.of_house();
        let sum = items.iter().try_fold(Amount::ZERO, |sum, item| match item {
            QueueItem::PayInsurance { amount, .. } => sum.checked_add(*amount),
            _ => Some(sum),
        });
        let sum = sum.ok_or(BatcherError::CashRange(AccountIndex::HOUSE))?;
        Ok(sum.into())
    }
}
