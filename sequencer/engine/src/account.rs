//! The sequencer's view of one account: the ledger's state after every fill it has made, settled or not.

use crate::{
    book::Place,
    error::Rejection,
    exposure::{fee_at, OpenRisk},
    ids::{AccountIndex, Millis},
    trade::Holdings,
};
use cloister_crypto::{constants::FILLED_MAX, schnorr::PublicKey, Fr};
use cloister_ledger::{
    slot::{slot_number, Slot},
    Instruction, SignedInstruction,
};
use cloister_risk::RiskTable;
use cloister_types::InstrumentId;
use std::{collections::BTreeMap, sync::Arc};

/// An order at rest, from its account's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// The order as signed.
    pub signed: Arc<SignedInstruction>,
    /// Lots not yet filled.
    pub remaining: u64,
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
    pub min_id: u64,
    /// Cash and positions.
    pub holdings: Holdings,
    /// The ledger's order slots that are not empty.
    slots: BTreeMap<u16, Slot>,
    /// The highest id taken in each slot, filled or not. Keeps instructions from being played twice.
    taken: BTreeMap<u16, u64>,
    /// Orders at rest by id.
    open: BTreeMap<u64, OpenOrder>,
}

impl AccountView {
    /// A fresh account.
    pub fn new(public_key: PublicKey, view_key: Fr) -> Self {
        Self {
            public_key,
            view_key,
            min_id: 0,
            holdings: Holdings::default(),
            slots: BTreeMap::new(),
            taken: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }

    /// The account as the ledger has it, with nothing at rest.
    pub fn restored(
        public_key: PublicKey,
        view_key: Fr,
        min_id: u64,
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

    /// Orders at rest by id.
    pub fn open_orders(&self) -> impl Iterator<Item = (u64, &OpenOrder)> {
        self.open.iter().map(|(id, order)| (*id, order))
    }

    /// One order at rest.
    pub fn open_order(&self, id: u64) -> Option<&OpenOrder> {
        self.open.get(&id)
    }

    /// The ledger's slot of an id.
    pub fn slot(&self, id: u64) -> Slot {
        self.slots.get(&slot_number(id)).copied().unwrap_or_default()
    }

    /// Lots filled of an id (S-SLOT).
    pub fn filled(&self, id: u64) -> u64 {
        let slot = self.slot(id);
        if slot.id == id {
            slot.filled
        } else {
            0
        }
    }

    /// Checks that an id can still be signed for: B-ALIVE's id part and B-SLOT, against the ledger and against what the
    /// engine took.
    pub(crate) fn check_id(&self, id: u64, fresh: bool) -> Result<(), Rejection> {
        if id < self.min_id {
            return Err(Rejection::BelowMinId {
                id,
                min_id: self.min_id,
            });
        }
        let slot = slot_number(id);
        let ledger = self.slot(id);
        let holds = self.taken.get(&slot).copied().unwrap_or_default().max(ledger.id);
        if holds > id {
            return Err(Rejection::SlotConflict { slot, holds });
        }
        let used = self.filled(id) == FILLED_MAX;
        if used || (fresh && self.taken.get(&slot) == Some(&id)) {
            return Err(Rejection::Duplicate(id));
        }
        Ok(())
    }

    /// Orders at rest in the slot of an id that a higher id would replace.
    pub(crate) fn overtaken_by(&self, id: u64) -> Vec<u64> {
        let slot = slot_number(id);
        self.open
            .keys()
            .copied()
            .filter(|other| *other < id && slot_number(*other) == slot)
            .collect()
    }

    /// Remembers an id as taken.
    pub(crate) fn take_id(&mut self, id: u64) {
        let taken = self.taken.entry(slot_number(id)).or_default();
        *taken = (*taken).max(id);
    }

    /// Adds a fill to the ledger's slot.
    pub(crate) fn add_fill(&mut self, id: u64, quantity: u64) {
        let filled = self.filled(id).saturating_add(quantity);
        self.slots.insert(slot_number(id), Slot { id, filled });
    }

    /// Marks an id as used up in the ledger's slot.
    pub(crate) fn use_up(&mut self, id: u64) {
        self.slots.insert(slot_number(id), Slot { id, filled: FILLED_MAX });
    }

    pub(crate) fn rest(&mut self, id: u64, order: OpenOrder) {
        self.open.insert(id, order);
    }

    pub(crate) fn reduce(&mut self, id: u64, quantity: u64) {
        if let Some(order) = self.open.get_mut(&id) {
            order.remaining = order.remaining.saturating_sub(quantity);
            if order.remaining == 0 {
                self.open.remove(&id);
            }
        }
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<OpenOrder> {
        self.open.remove(&id)
    }

    /// Ids at rest that a cancel-all with this id kills.
    pub(crate) fn below(&self, id: u64) -> Vec<u64> {
        self.open.keys().copied().filter(|other| *other <= id).collect()
    }

    /// Lots at rest on one side of an instrument.
    pub(crate) fn resting(&self, instrument_id: u32, side: cloister_ledger::Side) -> u64 {
        self.open
            .values()
            .filter(|o| o.signed.instruction.instrument_id == instrument_id && o.place.side == side)
            .fold(0, |sum, o| sum.saturating_add(o.remaining))
    }

    /// What the orders at rest can still do, less those of `without`; orders of instruments that left the table cannot
    /// trade and count nothing. `None` if a sum does not fit.
    pub fn open_risks(&self, table: &RiskTable, rate: u32, without: &[u64]) -> Option<Vec<OpenRisk>> {
        self.open
            .iter()
            .filter(|(id, _)| !without.contains(id))
            .filter_map(|(_, order)| {
                let instruction = &order.signed.instruction;
                let (row, _) = table
                    .row_of(InstrumentId(instruction.instrument_id))
                    .filter(|(_, row)| row.is_live())?;
                Some(open_risk(row, instruction, order.remaining, rate))
            })
            .collect()
    }
}

/// What `quantity` lots of an order can do at worst; `None` if the fee does not fit.
pub(crate) fn open_risk(row: usize, order: &Instruction, quantity: u64, rate: u32) -> Option<OpenRisk> {
    let cost = u128::from(order.limit).checked_mul(quantity.into())?;
    let cap = u128::from(order.max_fee).checked_mul(quantity.into())?;
    Some(OpenRisk {
        row,
        side: order.side,
        quantity,
        limit: order.limit,
        fee: fee_at(cost, rate)?.min(cap),
    })
}

/// All accounts by index.
pub type Accounts = BTreeMap<AccountIndex, AccountView>;
