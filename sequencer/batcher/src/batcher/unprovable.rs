//! Events that can no longer be proven leave, so that the rest goes on (Q-VOID).
//!
//! Events are tried in the order in which they happened, each at the table in force and on top of those before it that
//! hold. One that has no proof there is void, at once and for good. What needed it is tried in its turn like everything
//! else, so dependants fall exactly where they cannot stand without it.

use super::Batcher;
use crate::{
    draft::{Draft, Fault},
    error::{BatcherError, UnitName},
    event::{Event, QueueItem},
    open::{Entry, OpenBatch},
    void::{Refusal, VoidReason, Voided},
};
use cloister_engine::{AccountIndex, OrderKey, UnsignedUnit};
use cloister_ledger::{state::UnitRequest, BatchError, Shape, SignedInstruction, StateError, UnitError};

impl Batcher {
    /// Takes what turned out to have no proof since the last call. What the accounts hold afterwards is
    /// [`Self::holdings`]: whoever keeps accounts of its own must take it over.
    pub fn take_voided(&mut self) -> Vec<Voided> {
        core::mem::take(&mut self.voided)
    }

    /// The first pending event could not be put into a batch: it is void, or the error is not its fault.
    pub(super) fn void_first(&mut self, error: BatcherError) -> Result<(), BatcherError> {
        let reason = VoidReason::of(&error).ok_or(error)?;
        if let Some(entry) = self.pending.pop_front() {
            self.void(entry.event, reason);
        }
        Ok(())
    }

    /// A cancel holds whether or not it can be proven; anything else has not happened.
    fn void(&mut self, event: Event, reason: VoidReason) {
        match event.cancel() {
            Some(cancel) => self.unbound.push(cancel.clone()),
            None => self.voided.push(Voided { event, reason }),
        }
    }

    /// The transition refused the batch. A cancel at fault is left out, because the engine has acted on it already. An
    /// order or a withdrawal at fault is void, with all of that order's fills in the batch, and the rest of the batch
    /// is made again. If the fault is nobody's, the newest event goes: a smaller batch is tried until one holds. What
    /// the queue alone cannot be proven with stops the batcher, because the chain takes no batch without it.
    pub(super) fn refused(
        &mut self,
        batch_no: u64,
        mut open: OpenBatch,
        (shape, drafts): (Shape, &[Draft]),
        source: StateError,
    ) -> Result<Refusal, BatcherError> {
        let position = unit_of(&source);
        let draft = position.and_then(|at| drafts.get(at));
        let fault = draft.map_or(Fault::None, |draft| draft.fault(place_of(&source, shape, draft)));
        if let Fault::Cancels(cancels) = &fault {
            let is_at_fault = |signed: &SignedInstruction| cancels.contains(&OrderKey::of(&signed.instruction));
            let left_out = open.entries.iter().filter_map(|entry| entry.event.cancel());
            let left_out: Vec<_> = left_out.filter(|cancel| is_at_fault(cancel)).cloned().collect();
            if !left_out.is_empty() {
                open.remove_cancels(is_at_fault);
                self.unbound.extend(left_out);
                self.open = Some(open);
                return Ok(Refusal::Smaller);
            }
        }
        let is_at_fault = |entry: &Entry| match &fault {
            Fault::Order(order) => entry.event.is_of(*order),
            Fault::Unsigned(account) => entry.event.has_unsigned(*account),
            Fault::Cancels(_) | Fault::None => false,
        };
        let (mut guilty, mut rest): (Vec<_>, Vec<_>) = open.entries.drain(..).partition(is_at_fault);
        if guilty.is_empty() {
            // What nobody has signed goes first: who is short is looked at again.
            let newest = rest.iter().rposition(|entry| matches!(entry.event, Event::Unsigned(_)));
            guilty.extend(match newest {
                Some(at) => Some(rest.remove(at)),
                None => rest.pop(),
            });
        }
        if guilty.is_empty() {
            self.open = Some(open);
            let unit = position.zip(draft).map(|(position, d)| UnitName {
                position,
                account: d.account(),
                id: d.id(),
            });
            return Err(BatcherError::Refused { batch_no, unit, source });
        }
        for entry in guilty {
            self.void(entry.event, VoidReason::Refused(source));
        }
        self.take_apart(open, rest);
        Ok(Refusal::Reopened)
    }

    /// Takes the open batch apart: its events are pending again, before all others, and its queue items wait again.
    fn take_apart(&mut self, open: OpenBatch, entries: Vec<Entry>) {
        self.ended.retain(|account| !open.ends(*account));
        // Holdings say it all, and whoever keeps accounts must take them over.
        self.forced.clear();
        let mut items = open.items;
        items.extend(self.waiting.drain());
        items.sort_by_key(QueueItem::item);
        self.waiting.extend(items);
        for entry in entries.into_iter().rev() {
            self.pending.push_front(Entry { again: true, ..entry });
        }
    }
}

/// The place that a refusal names, counted from the first that the unit uses: the ledger leaves the first ones empty.
fn place_of(source: &StateError, shape: Shape, unit: &Draft) -> Option<usize> {
    let StateError::Batch(BatchError::Unit(_, UnitError::Place(place, _))) = source else {
        return None;
    };
    let UnitRequest::Normal { places, .. } = unit.request() else {
        return None;
    };
    let empty = usize::from(shape.places).checked_sub(places.len())?;
    usize::from(*place).checked_sub(empty)
}

/// The unit that a refusal names.
fn unit_of(source: &StateError) -> Option<usize> {
    match source {
        StateError::Batch(BatchError::Unit(n, _))
        | StateError::NoAccount(n)
        | StateError::AccountExists(n)
        | StateError::TooManyPlaces(n) => Some(usize::from(*n)),
        StateError::BatchNumber { .. } | StateError::Batch(_) => None,
    }
}

impl Event {
    /// Whether it is of this order, or this withdrawal.
    fn is_of(&self, order: OrderKey) -> bool {
        match self {
            Self::Filled(fill) => fill.maker.key == order || fill.taker.key == order,
            Self::Bound(signed) => OrderKey::of(&signed.instruction) == order,
            Self::Unsigned(group) => group.orders().any(|matched| matched.order.key == order),
        }
    }

    /// Whether a unit of this account is in it that nobody has signed.
    fn has_unsigned(&self, account: AccountIndex) -> bool {
        let Self::Unsigned(group) = self else {
            return false;
        };
        let unsigned = group
            .units
            .iter()
            .filter(|unit| !matches!(unit, UnsignedUnit::Order(_)));
        unsigned.map(UnsignedUnit::account).any(|own| own == account)
    }
}
