//! The sequencer's view of one account: the ledger's state after every fill it has made, settled or not.

use crate::{
    book::Place,
    error::Rejection,
    exposure::{fee_at, OpenRisk},
    ids::{AccountIndex, Millis},
    trade::Holdings,
};
use cloister_crypto::{
    constants::{FILLED_MAX, ID_WINDOW_BITS},
    schnorr::PublicKey,
    Fr,
};
use cloister_ledger::{
    slot::{slot_number, Slot},
    Instruction, Side, SignedInstruction,
};
use cloister_risk::RiskTable;
use cloister_types::{Amount, InstructionId, InstrumentId, Lots};
use std::{collections::BTreeMap, sync::Arc};

/// An order at rest, from its account's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// The order as signed.
    pub signed: Arc<SignedInstruction>,
    /// Lots not yet filled.
    pub remaining: Lots,
    /// Where it rests.
    pub place: Place,
    /// When it came to rest.
    pub since: Millis,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// Signs orders, cancels, withdrawals.
    pub public_key: PublicKey,
    /// Authenticates readers.
    pub view_key: Fr,
    /// Ids below it are void.
    pub min_id: InstructionId,
    /// Cash and positions.
    pub holdings: Holdings,
    /// The ledger's order slots that are not empty.
    slots: BTreeMap<u16, Slot>,
    /// The highest id taken in each slot, filled or not. Keeps instructions from being played twice.
    taken: BTreeMap<u16, InstructionId>,
    /// Orders at rest by id.
    open: BTreeMap<InstructionId, OpenOrder>,
    /// The account is about to be closed: nothing more is taken from it.
    pub(crate) closing: bool,
    /// What forced withdrawals ask for that are ready and in no batch yet. How much of it they pay is known then.
    pub(crate) asked: Amount,
}

impl AccountView {
    /// A fresh account.
    pub fn new(public_key: PublicKey, view_key: Fr) -> Self {
        Self {
            public_key,
            view_key,
            min_id: InstructionId::ZERO,
            holdings: Holdings::default(),
            slots: BTreeMap::new(),
            taken: BTreeMap::new(),
            open: BTreeMap::new(),
            closing: false,
            asked: Amount::ZERO,
        }
    }

    /// The account as the ledger has it, with nothing at rest.
    pub fn restored(
        public_key: PublicKey,
        view_key: Fr,
        min_id: InstructionId,
        holdings: Holdings,
        slots: impl IntoIterator<Item = (u16, Slot)>,
    ) -> Self {
        let slots: BTreeMap<u16, Slot> = slots.into_iter().collect();
        Self {
            min_id,
            holdings,
            slots,
            ..Self::new(public_key, view_key)
        }
    }

    /// What the account can trade and withdraw with: its holdings less all that forced withdrawals may still take.
    /// Whatever they pay in the end, and whichever comes first, everything that passed with this can be proven.
    pub fn usable(&self) -> Holdings {
        let left = self.holdings.cash.checked_sub(self.asked.into());
        Holdings {
            cash: left.unwrap_or(self.holdings.cash),
            ..self.holdings
        }
    }

    /// Replaces what [`Self::usable`] says.
    pub(crate) fn set_usable(&mut self, usable: &Holdings) {
        let cash = usable.cash.checked_add(self.asked.into());
        self.holdings = Holdings {
            cash: cash.unwrap_or(usable.cash),
            ..*usable
        };
    }

    /// Orders at rest by id.
    pub fn open_orders(&self) -> impl Iterator<Item = (InstructionId, &OpenOrder)> {
        self.open.iter().map(|(id, order)| (*id, order))
    }

    /// One order at rest.
    pub fn open_order(&self, id: InstructionId) -> Option<&OpenOrder> {
        self.open.get(&id)
    }

    /// The ledger's slot of an id.
    pub fn slot(&self, id: InstructionId) -> Slot {
        self.slots.get(&slot_number(id)).copied().unwrap_or_default()
    }

    /// Lots filled of an id (S-SLOT).
    pub fn filled(&self, id: InstructionId) -> Lots {
        let slot = self.slot(id);
        if slot.id == id {
            slot.filled
        } else {
            Lots::ZERO
        }
    }

    /// Checks that an id can still be signed for: B-ALIVE's id part and B-SLOT, against the ledger and against what the
    /// engine took.
    pub(crate) fn check_id(&self, id: InstructionId, fresh: bool) -> Result<(), Rejection> {
        if id < self.min_id {
            return Err(Rejection::BelowMinId {
                id,
                min_id: self.min_id,
            });
        }
        let window = (1 << ID_WINDOW_BITS) - 1;
        if id.get().saturating_sub(self.min_id.get()) > window {
            let highest = InstructionId(self.min_id.get().saturating_add(window));
            return Err(Rejection::AboveIdWindow { id, highest });
        }
        let slot = slot_number(id);
        let ledger = InstructionId(self.slot(id).id.get());
        let holds = self.taken.get(&slot).copied().unwrap_or_default().max(ledger);
        if holds > id {
            return Err(Rejection::SlotConflict { slot, holds });
        }
        let used = self.filled(id) == Lots(FILLED_MAX);
        if used || (fresh && self.taken.get(&slot) == Some(&id)) {
            return Err(Rejection::Duplicate(id));
        }
        Ok(())
    }

    /// Orders at rest in the slot of an id that a higher id would replace.
    pub(crate) fn overtaken_by(&self, id: InstructionId) -> Vec<InstructionId> {
        let slot = slot_number(id);
        self.open
            .keys()
            .copied()
            .filter(|other| *other < id && slot_number(*other) == slot)
            .collect()
    }

    /// Remembers an id as taken.
    pub(crate) fn take_id(&mut self, id: InstructionId) {
        let taken = self.taken.entry(slot_number(id)).or_default();
        *taken = (*taken).max(id);
    }

    /// Adds a fill to the ledger's slot.
    pub(crate) fn add_fill(&mut self, id: InstructionId, quantity: Lots) {
        let filled = self.filled(id).saturating_add(quantity);
        self.set_filled(id, filled);
    }

    /// Marks an id as used up in the ledger's slot.
    pub(crate) fn use_up(&mut self, id: InstructionId) {
        self.set_filled(id, Lots(FILLED_MAX));
    }

    fn set_filled(&mut self, id: InstructionId, filled: Lots) {
        let slot = Slot { id, filled };
        self.slots.insert(slot_number(id), slot);
    }

    pub(crate) fn rest(&mut self, id: InstructionId, order: OpenOrder) {
        self.open.insert(id, order);
    }

    pub(crate) fn reduce(&mut self, id: InstructionId, quantity: Lots) {
        if let Some(order) = self.open.get_mut(&id) {
            order.remaining = order.remaining.saturating_sub(quantity);
            if order.remaining.is_zero() {
                self.open.remove(&id);
            }
        }
    }

    pub(crate) fn remove(&mut self, id: InstructionId) -> Option<OpenOrder> {
        self.open.remove(&id)
    }

    /// Ids at rest that a cancel-all with this id kills.
    pub(crate) fn below(&self, id: InstructionId) -> Vec<InstructionId> {
        self.open.keys().copied().filter(|other| *other <= id).collect()
    }

    /// Lots at rest on one side of an instrument.
    pub(crate) fn resting(&self, instrument: InstrumentId, side: Side) -> Lots {
        self.open
            .values()
            .filter(|o| o.signed.instruction.instrument_id == instrument && o.place.side == side)
            .fold(Lots::ZERO, |sum, o| sum.saturating_add(o.remaining))
    }

    /// What the orders at rest can still do, less those of `without`; orders of instruments that left the table cannot
    /// trade and count nothing. `None` if a sum does not fit.
    pub fn open_risks(&self, table: &RiskTable, rate: u32, without: &[InstructionId]) -> Option<Vec<OpenRisk>> {
        self.open
            .iter()
            .filter(|(id, _)| !without.contains(id))
            .filter_map(|(_, order)| {
                let instruction = &order.signed.instruction;
                let (row, _) = table
                    .row_of(instruction.instrument_id)
                    .filter(|(_, row)| row.is_live())?;
                Some(open_risk(row, instruction, order.remaining, rate))
            })
            .collect()
    }
}

/// What `quantity` lots of an order can do at worst; `None` if the fee does not fit.
pub(crate) fn open_risk(row: usize, order: &Instruction, quantity: Lots, rate: u32) -> Option<OpenRisk> {
    let cost = order.price().times(quantity);
    let cap = order.max_fee.times(quantity);
    Some(OpenRisk {
        row,
        side: order.side,
        quantity,
        limit: order.price(),
        fee: fee_at(cost, rate)?.min(cap),
    })
}

/// All accounts by index.
pub type Accounts = BTreeMap<AccountIndex, AccountView>;
