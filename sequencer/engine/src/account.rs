//! The sequencer's view of one account: the ledger's state after every fill it has made, settled or not.

use crate::{
    assessed::{Assessed, Found},
    bound::Epoch,
    dense::Dense,
    derived::Derived,
    error::Rejection,
    exposure::{fee_at, OpenRisk},
    ids::Millis,
    protection::Protection,
    resting::{OpenOrder, OpenOrders},
    slots::{Slots, Taken},
    trade::{reducible, Holdings},
    waiting::WaitingOrder,
};
use cloister_crypto::{
    constants::{FILLED_MAX, ID_WINDOW_BITS},
    schnorr::PublicKey,
    Fr,
};
use cloister_ledger::{
    instruction::flags,
    slot::{slot_number, Slot},
    Instruction, OrdersIn, Side,
};
use cloister_risk::RiskTable;
use cloister_types::{Amount, InstructionId, InstrumentId, Lots, Money, Position};
use codec::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// What became of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Neither the engine nor the ledger has seen it.
    Unknown,
    /// The ledger has fills of it, from before the engine's time. What is left of it can still be signed for.
    Begun(Lots),
    /// An order at rest, or one that waits for a mark.
    Alive(Lots),
    /// An order that is filled.
    Filled(Lots),
    /// An order that left, after this much was filled.
    Gone(Lots),
    /// Used by something else than an order, or void.
    Used,
}

/// The orders of an account leave at a time, unless it is put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DeadMan {
    /// When.
    pub at: Millis,
    /// Which orders.
    pub orders: OrdersIn,
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
    /// The order slots: what the ledger has in them, what was taken, and which order rests or waits.
    pub(crate) slots: Slots,
    pub(crate) open: OpenOrders,
    /// Orders that wait for a mark, by id.
    pub(crate) waiting: BTreeMap<InstructionId, WaitingOrder>,
    /// The number of the last control.
    pub(crate) control: u64,
    pub(crate) dead_man: Option<DeadMan>,
    pub(crate) protections: BTreeMap<InstrumentId, Protection>,
    /// The account is about to be closed: nothing more is taken from it.
    pub(crate) closing: bool,
    /// What forced withdrawals ask for that are ready and in no batch yet. How much of it they pay is known then.
    pub(crate) asked: Amount,
    /// What [`Self::usable`] said when it was assessed last.
    pub(crate) assessed: Derived<Option<Box<Assessed>>>,
}

impl AccountView {
    /// A fresh account.
    pub fn new(public_key: PublicKey, view_key: Fr) -> Self {
        Self {
            public_key,
            view_key,
            min_id: InstructionId::ZERO,
            holdings: Holdings::default(),
            slots: Slots::default(),
            open: OpenOrders::default(),
            waiting: BTreeMap::new(),
            control: 0,
            dead_man: None,
            protections: BTreeMap::new(),
            closing: false,
            asked: Amount::ZERO,
            assessed: Derived(None),
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
        let mut view = Self {
            min_id,
            holdings,
            ..Self::new(public_key, view_key)
        };
        for (number, slot) in slots {
            if let Some(state) = view.slots.get_mut(number) {
                state.ledger = Some(slot);
            }
        }
        view
    }

    /// What the account can trade and withdraw with: its holdings less all that forced withdrawals may still take.
    /// Whatever they pay in the end, and whichever comes first, everything that passed with this can be proven.
    pub fn usable(&self) -> Holdings {
        Holdings {
            cash: self.usable_cash(),
            ..self.holdings
        }
    }

    fn usable_cash(&self) -> Money {
        let left = self.holdings.cash.checked_sub(self.asked.into());
        left.unwrap_or(self.holdings.cash)
    }

    /// Replaces what [`Self::usable`] says.
    pub(crate) fn set_usable(&mut self, usable: &Holdings) {
        let cash = usable.cash.checked_add(self.asked.into());
        self.holdings = Holdings {
            cash: cash.unwrap_or(usable.cash),
            ..*usable
        };
    }

    /// What [`Self::usable`] says, assessed at the table of an epoch.
    pub(crate) fn assessed(&self, table: &RiskTable, epoch: Epoch) -> Found<'_> {
        let is_usable = |held: &Holdings| held.cash == self.usable_cash() && held.positions == self.holdings.positions;
        match &self.assessed.0 {
            Some(assessed) if assessed.epoch() == epoch && is_usable(assessed.held()) => Found::Before(assessed),
            _ => Found::Now(Box::new(Assessed::new(table, epoch, self.usable()))),
        }
    }

    /// Replaces what [`Self::usable`] says, and exchanges what was assessed before.
    pub(crate) fn exchange_assessed(&mut self, assessed: &mut Box<Assessed>) {
        self.set_usable(assessed.held());
        match &mut self.assessed.0 {
            Some(before) => core::mem::swap(before, assessed),
            none => *none = Some(assessed.clone()),
        }
    }

    /// Forgets what was computed by rules that may not be those in force.
    pub(crate) fn forget_assessed(&mut self) {
        self.assessed = Derived(None);
        self.open.forget_bounds();
    }

    /// Orders at rest by id.
    pub fn open_orders(&self) -> impl Iterator<Item = (InstructionId, &OpenOrder)> {
        self.open.iter()
    }

    /// One order at rest.
    pub fn open_order(&self, id: InstructionId) -> Option<&OpenOrder> {
        self.open.get(id)
    }

    /// Orders that wait for a mark, by id.
    pub fn waiting_orders(&self) -> impl Iterator<Item = (InstructionId, &WaitingOrder)> {
        self.waiting.iter().map(|(id, order)| (*id, order))
    }

    /// One order that waits for a mark.
    pub fn waiting_order(&self, id: InstructionId) -> Option<&WaitingOrder> {
        self.waiting.get(&id)
    }

    /// An order at rest, or one that waits.
    pub(crate) fn living(&self, id: InstructionId) -> Option<&Instruction> {
        let open = self.open.get(id).map(OpenOrder::instruction);
        open.or_else(|| self.waiting.get(&id).map(WaitingOrder::instruction))
    }

    /// The number of the account's last control; the next must be higher.
    pub fn last_control(&self) -> u64 {
        self.control
    }

    /// The dead man's switch, if it is on.
    pub fn dead_man(&self) -> Option<&DeadMan> {
        self.dead_man.as_ref()
    }

    /// The protection of the orders in an instrument.
    pub fn protection(&self, instrument: InstrumentId) -> Option<&Protection> {
        self.protections.get(&instrument)
    }

    /// The instruments with a protection.
    pub fn protections(&self) -> impl Iterator<Item = (InstrumentId, &Protection)> {
        self.protections.iter().map(|(instrument, own)| (*instrument, own))
    }

    /// The ledger's slot of an id.
    pub fn slot(&self, id: InstructionId) -> Slot {
        self.slots.of(id).ledger.unwrap_or_default()
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

    /// B-ALIVE's id part and B-SLOT, against the ledger and against what the engine took.
    pub(crate) fn check_id(&self, id: InstructionId) -> Result<(), Rejection> {
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
        let state = self.slots.of(id);
        let (taken, ledger) = (state.taken.unwrap_or_default(), state.ledger.unwrap_or_default());
        let holds = taken.id.max(ledger.id);
        if holds > id {
            let slot = slot_number(id);
            return Err(Rejection::SlotConflict { slot, holds });
        }
        Ok(())
    }

    /// Checks that an id was not taken before, that it is not used up, and that nobody's life ends by it but that of an
    /// order that it is meant to replace.
    pub(crate) fn check_fresh(&self, id: InstructionId, replaces: Option<InstructionId>) -> Result<(), Rejection> {
        self.check_id(id)?;
        if matches!(self.fate(id), Fate::Unknown | Fate::Begun(_)) {
            self.check_overtakes(id, replaces)
        } else {
            Err(Rejection::Duplicate(id))
        }
    }

    /// Checks that an id takes the slot of no other order that rests or waits.
    pub(crate) fn check_overtakes(&self, id: InstructionId, replaces: Option<InstructionId>) -> Result<(), Rejection> {
        match self.slots.of(id).alive {
            Some(holds) if holds != id && Some(holds) != replaces => Err(Rejection::WouldOvertake { id, holds }),
            _ => Ok(()),
        }
    }

    /// True if the engine took just this id. Id 0 can be signed for, so an empty entry does not stand for it.
    fn took(&self, id: InstructionId) -> Option<Taken> {
        self.slots.of(id).taken.filter(|taken| taken.id == id)
    }

    /// What became of an id, if no higher one holds its slot.
    pub fn fate(&self, id: InstructionId) -> Fate {
        let filled = self.filled(id);
        match self.took(id) {
            None if filled.is_zero() => Fate::Unknown,
            None if filled == Lots(FILLED_MAX) => Fate::Used,
            None => Fate::Begun(filled),
            Some(taken) if self.slots.of(id).alive == Some(id) => Fate::Alive(taken.filled),
            Some(taken) if taken.quantity.is_zero() => Fate::Used,
            Some(taken) if taken.filled >= taken.quantity => Fate::Filled(taken.filled),
            Some(taken) => Fate::Gone(taken.filled),
        }
    }

    /// The most lots of an id that the chain may have settled before it hears of a cancel: what is filled of it, and
    /// what was and is void, as a batch with that may be in a block of some fork.
    pub(crate) fn most_filled(&self, id: InstructionId) -> Lots {
        let ledger = Some(self.filled(id)).filter(|filled| *filled != Lots(FILLED_MAX));
        let ledger = ledger.unwrap_or_default();
        self.took(id).map_or(ledger, |taken| taken.most.max(ledger))
    }

    /// True if the ledger takes nothing more of an id.
    pub(crate) fn is_used_up(&self, id: InstructionId) -> bool {
        self.filled(id) == Lots(FILLED_MAX)
    }

    /// Remembers an id as taken, with the lots of an order or 0.
    pub(crate) fn take_id(&mut self, id: InstructionId, quantity: Lots) {
        let filled = self.filled(id);
        let Some(state) = self.slots.of_mut(id) else {
            return;
        };
        if state.taken.is_none_or(|taken| taken.id <= id) {
            let before = state.taken.filter(|taken| taken.id == id);
            let most = before.map_or(filled, |taken| taken.most.max(filled));
            state.taken = Some(Taken {
                id,
                quantity,
                filled,
                most,
            });
        }
    }

    /// Adds a fill to the ledger's slot.
    pub(crate) fn add_fill(&mut self, id: InstructionId, quantity: Lots) {
        let Some(state) = self.slots.of_mut(id) else {
            return;
        };
        let before = state.ledger.filter(|slot| slot.id == id);
        let filled = before.map_or(Lots::ZERO, |slot| slot.filled).saturating_add(quantity);
        if let Some(taken) = state.taken.as_mut().filter(|taken| taken.id == id) {
            taken.filled = filled;
            taken.most = taken.most.max(filled);
        }
        state.ledger = Some(Slot { id, filled });
    }

    /// Takes a fill off the ledger's slot, unless a higher id or a cancel has the slot.
    pub(crate) fn take_back_fill(&mut self, id: InstructionId, quantity: Lots) {
        let slot = self.slot(id);
        if slot.id == id && slot.filled != Lots(FILLED_MAX) {
            self.set_filled(id, slot.filled.saturating_sub(quantity));
        }
        let taken = self.slots.of_mut(id).and_then(|state| state.taken.as_mut());
        if let Some(taken) = taken.filter(|taken| taken.id == id) {
            taken.filled = taken.filled.saturating_sub(quantity);
        }
    }

    /// Marks an id as used up in the ledger's slot.
    pub(crate) fn use_up(&mut self, id: InstructionId) {
        self.set_filled(id, Lots(FILLED_MAX));
    }

    fn set_filled(&mut self, id: InstructionId, filled: Lots) {
        if let Some(state) = self.slots.of_mut(id) {
            state.ledger = Some(Slot { id, filled });
        }
    }

    /// An order rests or waits in the slot of its id, or none does any more.
    fn set_alive(&mut self, id: InstructionId, is_alive: bool) {
        if let Some(state) = self.slots.of_mut(id) {
            state.alive = is_alive.then_some(id);
        }
    }

    pub(crate) fn rest(&mut self, id: InstructionId, order: OpenOrder) {
        self.set_alive(id, true);
        self.open.insert(id, order);
    }

    /// Takes lots off an order at rest. True if it left, because none remain.
    pub(crate) fn reduce(&mut self, id: InstructionId, quantity: Lots) -> bool {
        let left = self.open.reduce(id, quantity).is_some();
        if left {
            self.set_alive(id, false);
        }
        left
    }

    pub(crate) fn remove(&mut self, id: InstructionId) -> Option<OpenOrder> {
        let order = self.open.remove(id)?;
        self.set_alive(id, false);
        Some(order)
    }

    pub(crate) fn wait(&mut self, id: InstructionId, order: WaitingOrder) {
        self.set_alive(id, true);
        self.waiting.insert(id, order);
    }

    pub(crate) fn remove_waiting(&mut self, id: InstructionId) -> Option<WaitingOrder> {
        let order = self.waiting.remove(&id)?;
        self.set_alive(id, false);
        Some(order)
    }

    /// Number of orders that wait.
    pub(crate) fn count_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Ids at rest or waiting that a cancel-all with this id kills.
    pub(crate) fn below(&self, id: InstructionId) -> Vec<InstructionId> {
        let alive = self.slots.alive().map(|(_, other)| other);
        alive
            .filter(|other| *other <= id)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// The orders that are meant, by id.
    pub(crate) fn orders_in(&self, orders: &OrdersIn) -> Vec<InstructionId> {
        let meant = |order: &Instruction| orders.contains(order.instrument_id, order.side);
        let open = self
            .open_orders()
            .filter(|(_, o)| meant(o.instruction()))
            .map(|(id, _)| id);
        let waits =
            |(id, order): (InstructionId, &WaitingOrder)| (orders.waiting && meant(order.instruction())).then_some(id);
        let ids: BTreeSet<_> = open.chain(self.waiting_orders().filter_map(waits)).collect();
        ids.into_iter().collect()
    }

    /// The orders at rest in a book that must reduce a position and cannot. In a row that only reduces, every order
    /// must.
    pub(crate) fn spent(&self, instrument: InstrumentId, position: Position, only_reduces: bool) -> Vec<InstructionId> {
        let stuck = |side: &Side| reducible(position, *side).is_zero();
        let sides = [Side::Buy, Side::Sell].into_iter().filter(stuck);
        sides
            .flat_map(|side| self.open.of(instrument, side, !only_reduces))
            .collect()
    }

    /// Instruments in which orders rest.
    pub(crate) fn instruments(&self) -> BTreeSet<InstrumentId> {
        self.open.instruments()
    }

    /// Lots at rest on one side of an instrument that can make a position larger, but for one order.
    pub(crate) fn opening(&self, instrument: InstrumentId, side: Side, without: Option<InstructionId>) -> Lots {
        self.open.opening(instrument, side, without)
    }

    /// What the orders at rest can still do, but for one order. Orders of instruments that left the table cannot trade
    /// and count nothing; nor do those that can only reduce a position, which need no margin of their own. `None` if a
    /// sum does not fit.
    pub fn open_risks(&self, table: &RiskTable, rate: u32, without: Option<InstructionId>) -> Option<Vec<OpenRisk>> {
        self.open
            .iter()
            .filter(|(id, order)| Some(*id) != without && !order.instruction().has(flags::REDUCE_ONLY))
            .filter_map(|(_, order)| {
                let instruction = order.instruction();
                let (row, _) = table
                    .row_of(instruction.instrument_id)
                    .filter(|(_, row)| row.is_live() && !row.only_reduces())?;
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
pub(crate) type Accounts = Dense<AccountView>;
