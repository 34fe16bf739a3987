//! The engine as bytes, and back: what a sequencer starts from again, and what it compares.
//!
//! A field that is not listed here does not compile.

use crate::{
    account::AccountView,
    config::EngineConfig,
    derived::Derived,
    engine::Engine,
    error::InputError,
    expiries::Expiries,
    ids::{AccountIndex, Millis, OrderKey},
    slots::{SlotState, Slots, Taken},
};
use cloister_crypto::Fr;
use cloister_ledger::{slot::Slot, wire::Wire, Key};
use cloister_types::InstructionId;
use codec::{Decode, Encode, EncodeLike, Error, Input, Output};
use std::collections::{BTreeMap, BTreeSet};

/// Why bytes are not an engine.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// They are not the encoding of one.
    #[error("they do not decode: {0}")]
    Format(#[from] Error),
    /// Their risk table is of another group, or breaks a bound.
    #[error(transparent)]
    Table(#[from] InputError),
}

impl Engine {
    /// All of it as bytes; `now` stands for the clock. Two engines are equal if they have the same bytes at their
    /// clocks.
    pub fn encoded_at(&self, now: Millis) -> Vec<u8> {
        let Self {
            config,
            table,
            accounts,
            books,
            // They follow from the orders.
            expiries: _,
            waiting,
            unproven,
            holds_triggers,
            dead_men,
            now: _,
            next_sequence,
            next_fill,
            untold,
            // Whoever starts from the bytes looks at everybody.
            touched: _,
            epoch: _,
            plan: _,
        } = self;
        let expiries = self.expiring();
        let orders = (books, expiries, waiting, unproven, holds_triggers, dead_men);
        (config, table, accounts, orders, now, next_sequence, next_fill, untold).encode()
    }

    /// The engine of these bytes; what follows them is left.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn decode<I: Input>(input: &mut I) -> Result<Self, SnapshotError> {
        let config: EngineConfig = Decode::decode(input)?;
        let table = Decode::decode(input)?;
        let mut engine = Self::new(config, table)?;
        engine.accounts = Decode::decode(input)?;
        engine.books = Decode::decode(input)?;
        let expiring: BTreeSet<(Millis, OrderKey)> = Decode::decode(input)?;
        engine.expiries = Derived(Expiries::new(expiring));
        engine.waiting = Decode::decode(input)?;
        engine.unproven = Decode::decode(input)?;
        engine.holds_triggers = Decode::decode(input)?;
        engine.dead_men = Decode::decode(input)?;
        engine.now = Decode::decode(input)?;
        engine.next_sequence = Decode::decode(input)?;
        engine.next_fill = Decode::decode(input)?;
        engine.untold = Decode::decode(input)?;
        engine.touched = engine.accounts.keys().collect();
        Ok(engine)
    }

    /// Other fees and settings from now on; chain and group stay.
    pub fn configure(&mut self, config: EngineConfig) {
        self.config = EngineConfig {
            genesis: self.config.genesis,
            group: self.config.group,
            ..config
        };
        self.next_epoch();
    }

    /// All orders at rest and waiting, by expiry.
    fn expiring(&self) -> BTreeSet<(Millis, OrderKey)> {
        let of = |(account, view): (AccountIndex, &AccountView)| {
            let open = view.open_orders().map(|(id, order)| (order.instruction().expiry, id));
            let waiting = view
                .waiting_orders()
                .map(|(id, order)| (order.instruction().expiry, id));
            let orders = open.chain(waiting);
            let keyed = orders.map(|(expiry, id)| (expiry, OrderKey { account, id }));
            keyed.collect::<Vec<_>>()
        };
        self.accounts.iter().flat_map(of).collect()
    }

    /// Orders at rest, over all accounts.
    pub fn orders_at_rest(&self) -> impl Iterator<Item = (AccountIndex, usize)> + '_ {
        self.accounts.iter().map(|(index, view)| (index, view.open.len()))
    }
}

impl Encode for AccountView {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        let Self {
            public_key,
            view_key,
            min_id,
            holdings,
            slots,
            open,
            waiting,
            control,
            dead_man,
            protections,
            closing,
            asked,
            assessed: _,
        } = self;
        let ledger: Vec<(u16, Slot)> = slots.ledger().collect();
        let taken: Vec<(u16, Taken)> = slots.taken().collect();
        let alive: Vec<(u16, InstructionId)> = slots.alive().collect();
        Key::from(public_key).encode_to(out);
        view_key.write_to(out);
        // The encodings of maps.
        (min_id, holdings, ledger, taken).encode_to(out);
        (open, waiting, alive).encode_to(out);
        (control, dead_man, protections, closing, asked).encode_to(out);
    }
}

impl EncodeLike for AccountView {}

impl Decode for AccountView {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let key = Key::decode(input)?;
        let public_key = key.public().map_err(|_| Error::from("a trading key is not a key"))?;
        let mut view = Self::new(public_key, Fr::read_from(input)?);
        view.min_id = Decode::decode(input)?;
        view.holdings = Decode::decode(input)?;
        let ledger: BTreeMap<u16, Slot> = Decode::decode(input)?;
        let taken: BTreeMap<u16, Taken> = Decode::decode(input)?;
        view.open = Decode::decode(input)?;
        view.waiting = Decode::decode(input)?;
        let alive: BTreeMap<u16, InstructionId> = Decode::decode(input)?;
        view.control = Decode::decode(input)?;
        view.dead_man = Decode::decode(input)?;
        view.protections = Decode::decode(input)?;
        view.closing = Decode::decode(input)?;
        view.asked = Decode::decode(input)?;
        for (number, slot) in ledger {
            slot_of(&mut view.slots, number)?.ledger = Some(slot);
        }
        for (number, last) in taken {
            slot_of(&mut view.slots, number)?.taken = Some(last);
        }
        for (number, id) in alive {
            slot_of(&mut view.slots, number)?.alive = Some(id);
        }
        Ok(view)
    }
}

fn slot_of(slots: &mut Slots, number: u16) -> Result<&mut SlotState, Error> {
    slots
        .get_mut(number)
        .ok_or_else(|| "an account has no slot of this number".into())
}
