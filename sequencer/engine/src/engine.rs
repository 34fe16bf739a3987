//! The engine: accounts, books, and the inputs that move them.
//!
//! Every input is a method; time is an argument. The same inputs in the same order give the same state and effects.

use crate::{
    account::{AccountView, Accounts},
    book::{Book, Depth},
    bound::Epoch,
    config::EngineConfig,
    derived::Derived,
    effect::{Effect, OrderOutcome, Removal},
    entry::Entry,
    error::{Field, InputError, Rejection},
    expiries::Expiries,
    ids::{AccountIndex, FillId, Millis, OrderKey, Sequence},
    matcher::Plan,
    verified::{Claim, TraderInput, Verified},
    waiting::ByTrigger,
};
use cloister_crypto::schnorr::PublicKey;
use cloister_ledger::{InstructionKind, SignedControl, SignedInstruction};
use cloister_risk::RiskTable;
use cloister_types::{InstructionId, InstrumentId, Lots};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What an accepted input of a trader did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// What happened, in order.
    pub effects: Vec<Effect>,
    /// What became of the order; `None` for other kinds.
    pub order: Option<OrderOutcome>,
    /// Lots that are filled of the id: of an order, what it filled at once; of a cancel, what the order that it names
    /// had filled before. Zero for other kinds.
    pub filled: Lots,
    /// Of a cancel, the most lots that the order had filled at any time, those of void fills included. Zero for other
    /// kinds.
    pub most: Lots,
}

/// A margin group's matching engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) table: RiskTable,
    pub(crate) accounts: Accounts,
    pub(crate) books: BTreeMap<InstrumentId, Book>,
    /// Orders at rest and waiting, by expiry.
    pub(crate) expiries: Derived<Expiries>,
    /// Orders that wait for a mark.
    pub(crate) waiting: ByTrigger,
    /// Orders at rest with a trigger, of which nothing is filled yet: they can be proven only while it holds.
    pub(crate) unproven: ByTrigger,
    /// Whether orders that wait stay, wherever the mark is.
    pub(crate) holds_triggers: bool,
    /// Dead man's switches by time.
    pub(crate) dead_men: BTreeSet<(Millis, AccountIndex)>,
    pub(crate) now: Millis,
    pub(crate) next_sequence: Sequence,
    pub(crate) next_fill: FillId,
    /// Orders that left a book by an input that tells nobody of it, with their lots if they left for good because they
    /// must reduce and cannot, without if they wait again. [`Engine::advance`] tells.
    pub(crate) untold: Vec<(OrderKey, Option<Lots>)>,
    /// Accounts whose holdings may have changed since somebody asked.
    pub(crate) touched: BTreeSet<AccountIndex>,
    /// A number for the table and the fees in force.
    pub(crate) epoch: Derived<Epoch>,
    /// What the last plan has left: room for the next one.
    pub(crate) plan: Derived<Plan>,
}

impl Engine {
    /// An engine with no accounts.
    ///
    /// # Errors
    /// The table is of another group or breaks a bound.
    pub fn new(config: EngineConfig, table: RiskTable) -> Result<Self, InputError> {
        check_table(&config, &table)?;
        Ok(Self {
            config,
            table,
            accounts: Accounts::default(),
            books: BTreeMap::new(),
            expiries: Derived::default(),
            waiting: ByTrigger::default(),
            unproven: ByTrigger::default(),
            holds_triggers: false,
            dead_men: BTreeSet::new(),
            now: 0,
            next_sequence: 0,
            next_fill: 0,
            untold: Vec::new(),
            touched: BTreeSet::new(),
            epoch: Derived(0),
            plan: Derived::default(),
        })
    }

    /// The configuration.
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// The risk table in force.
    pub fn table(&self) -> &RiskTable {
        &self.table
    }

    /// The latest time given.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// One account.
    pub fn account(&self, index: AccountIndex) -> Option<&AccountView> {
        self.accounts.get(index)
    }

    /// All accounts in order.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountIndex, &AccountView)> {
        self.accounts.iter()
    }

    /// The book of an instrument, if anything ever rested in it.
    pub fn book(&self, instrument: InstrumentId) -> Option<&Book> {
        self.books.get(&instrument)
    }

    /// The best `levels` prices of an instrument.
    pub fn depth(&self, instrument: InstrumentId, levels: usize) -> Depth {
        self.books.get(&instrument).map(|b| b.depth(levels)).unwrap_or_default()
    }

    /// Moves time on: expired orders leave, and those whose dead man's switch was not renewed. Time never goes back: an
    /// earlier time changes nothing.
    pub fn advance(&mut self, now: Millis) -> Vec<Effect> {
        self.now = self.now.max(now);
        let needed = self.alive_from();
        let mut effects = self.tell();
        while let Some((expiry, key)) = self.expiries.0.pop_before(needed) {
            if self.is_there(expiry, key) {
                effects.extend(self.drop_order(key, Removal::Expired));
            }
        }
        self.tidy_expiries();
        effects.extend(self.end_dead_men());
        effects
    }

    /// True if an order rests or waits that expires at a time.
    fn is_there(&self, expiry: Millis, key: OrderKey) -> bool {
        let view = self.accounts.get(key.account);
        view.and_then(|view| view.living(key.id))
            .is_some_and(|order| order.expiry == expiry)
    }

    /// Forgets when orders would have expired that left, if they are many.
    fn tidy_expiries(&mut self) {
        if self.expiries.0.is_stale() {
            let mut expiries = std::mem::take(&mut self.expiries.0);
            expiries.keep(|expiry, key| self.is_there(expiry, key));
            self.expiries.0 = expiries;
        }
    }

    /// Table or fees are other ones from now on.
    pub(crate) fn next_epoch(&mut self) {
        self.epoch.0 = self.epoch.0.saturating_add(1);
    }

    /// What nobody has been told of yet.
    fn tell(&mut self) -> Vec<Effect> {
        let untold = std::mem::take(&mut self.untold).into_iter();
        untold
            .map(|(key, left)| match left {
                Some(remaining) => Effect::Removed {
                    key,
                    remaining,
                    reason: Removal::NothingToReduce,
                },
                None => Effect::Waits { key },
            })
            .collect()
    }

    /// Puts a new risk table in force. Orders that cannot trade at it leave the books: those of instruments that
    /// stopped trading, those outside the price band, and those that must reduce and cannot. Orders with a trigger that
    /// are not begun go back to waiting where it no longer holds; then those fire whose trigger holds, in the order in
    /// which the mark has passed them, and are matched at once.
    ///
    /// # Errors
    /// The table is of another group, older than the current one, or breaks a bound.
    pub fn set_table(&mut self, table: RiskTable) -> Result<Vec<Effect>, InputError> {
        check_table(&self.config, &table)?;
        if table.header.version < self.table.header.version {
            return Err(InputError::OlderTable {
                current: self.table.header.version,
                found: table.header.version,
            });
        }
        self.table = table;
        self.next_epoch();
        Ok(self.obey_table())
    }

    /// Whether orders that wait for a mark are held back.
    pub fn holds_triggers(&self) -> bool {
        self.holds_triggers
    }

    /// Holds orders back that wait for a mark, or lets them fire again, at the mark in force. For times in which
    /// nothing should be matched; whether other orders are taken is the caller's choice.
    pub fn hold_triggers(&mut self, hold: bool) -> Vec<Effect> {
        self.holds_triggers = hold;
        self.fire_reached()
    }

    /// Takes a signed instruction.
    ///
    /// The effects of [`Self::advance`] come first. A refused instruction changes nothing but time.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn submit(&mut self, now: Millis, signed: SignedInstruction) -> Result<Accepted, Rejection> {
        let (passed, result) = self.submit_with_effects(now, signed);
        with_passed(passed, result)
    }

    /// As [`Self::submit`], but gives the effects of time passing even if the instruction is refused.
    pub fn submit_with_effects(
        &mut self,
        now: Millis,
        signed: SignedInstruction,
    ) -> (Vec<Effect>, Result<Accepted, Rejection>) {
        self.handle(now, TraderInput::Instruction(signed))
    }

    /// Replaces an order that rests or waits by another one, or refuses and leaves it as it is. The new order has a
    /// higher id of the same slot. With the same side, price and instrument and no more lots than remain it keeps its
    /// place in the queue; otherwise it comes in as a new order.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn amend(
        &mut self,
        now: Millis,
        replaces: InstructionId,
        signed: SignedInstruction,
    ) -> Result<Accepted, Rejection> {
        let (passed, result) = self.handle(now, TraderInput::Amend { replaces, signed });
        with_passed(passed, result)
    }

    /// Takes a cancel that binds whatever is known of its id, unless the order is filled.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn annul(&mut self, now: Millis, signed: SignedInstruction) -> Result<Accepted, Rejection> {
        let (passed, result) = self.handle(now, TraderInput::Annul(signed));
        with_passed(passed, result)
    }

    /// Obeys a control.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn control(&mut self, now: Millis, signed: SignedControl) -> Result<Accepted, Rejection> {
        let (passed, result) = self.handle(now, TraderInput::Control(signed));
        with_passed(passed, result)
    }

    /// Takes anything that a trader signed, after checking its signature on its own. First come the effects of time
    /// passing, then what the input did; if it is refused, it has changed nothing.
    ///
    /// Whoever has many checks them together before ([`Checker`](crate::Checker)) and calls [`Self::take_verified`].
    pub fn handle(&mut self, now: Millis, input: TraderInput) -> (Vec<Effect>, Result<Accepted, Rejection>) {
        let passed = self.advance(now);
        let verified = self.claim(input).and_then(|claim| claim.check(&self.config.genesis));
        (passed, verified.and_then(|verified| self.take(verified)))
    }

    /// As [`Self::handle`], for an input whose signature is checked.
    pub fn take_verified(&mut self, now: Millis, verified: Verified) -> (Vec<Effect>, Result<Accepted, Rejection>) {
        let passed = self.advance(now);
        (passed, self.take(verified))
    }

    /// Everything about an input that can be said before its signature is checked, and the key that must have signed
    /// it.
    ///
    /// # Errors
    /// Why it is refused, whoever signed it.
    pub fn claim(&self, input: TraderInput) -> Result<Claim, Rejection> {
        let key = self.check_input(&input)?;
        Ok(Claim::new(input, key))
    }

    fn check_input(&self, input: &TraderInput) -> Result<PublicKey, Rejection> {
        match input {
            TraderInput::Instruction(signed) | TraderInput::Amend { signed, .. } | TraderInput::Annul(signed) => {
                self.check_instruction(&signed.instruction)
            }
            TraderInput::Control(signed) => self.check_control(&signed.control),
        }
    }

    fn take(&mut self, verified: Verified) -> Result<Accepted, Rejection> {
        // It may have waited since: it may have expired, and another key may be in force.
        let key = self.check_input(verified.input())?;
        match verified.under(&self.config.genesis, &key)? {
            TraderInput::Instruction(signed) => self.take_instruction(Arc::new(signed)),
            TraderInput::Amend { replaces, signed } => self.take_amendment(replaces, Arc::new(signed)),
            TraderInput::Annul(signed) => self.take_annulment(Arc::new(signed)),
            TraderInput::Control(signed) => self.take_control(&signed),
        }
    }

    fn take_instruction(&mut self, signed: Arc<SignedInstruction>) -> Result<Accepted, Rejection> {
        match signed.instruction.kind {
            InstructionKind::Order => self.take_order(signed, Entry::New),
            InstructionKind::Cancel => self.take_cancel(signed, false),
            InstructionKind::CancelAll => self.take_cancel_all(signed),
            InstructionKind::Withdrawal => self.take_withdrawal(signed),
            // Transfers are proven, and not taken by this sequencer yet.
            InstructionKind::None | InstructionKind::Transfer => Err(Rejection::FieldRange(Field::Kind)),
        }
    }

    fn take_amendment(
        &mut self,
        replaces: InstructionId,
        signed: Arc<SignedInstruction>,
    ) -> Result<Accepted, Rejection> {
        match signed.instruction.kind {
            InstructionKind::Order => self.take_order(signed, Entry::Amends(replaces)),
            _ => Err(Rejection::FieldRange(Field::Kind)),
        }
    }

    fn take_annulment(&mut self, signed: Arc<SignedInstruction>) -> Result<Accepted, Rejection> {
        match signed.instruction.kind {
            InstructionKind::Cancel => self.take_cancel(signed, true),
            _ => Err(Rejection::FieldRange(Field::Kind)),
        }
    }

    /// The next number of the order of time.
    pub(crate) fn count(&mut self) -> Sequence {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.saturating_add(1);
        sequence
    }

    pub(crate) fn view(&self, account: AccountIndex) -> Result<&AccountView, Rejection> {
        self.accounts
            .get(account)
            .filter(|view| !view.closing)
            .ok_or(Rejection::UnknownAccount(account))
    }

    /// Earliest expiry that is still good.
    pub(crate) fn alive_from(&self) -> Millis {
        self.now.saturating_add(self.config.settlement_slack)
    }
}

/// What an input did, after what time passing did.
fn with_passed(passed: Vec<Effect>, result: Result<Accepted, Rejection>) -> Result<Accepted, Rejection> {
    let mut accepted = result?;
    accepted.effects = passed.into_iter().chain(accepted.effects).collect();
    Ok(accepted)
}

fn check_table(config: &EngineConfig, table: &RiskTable) -> Result<(), InputError> {
    let group = table.header.group;
    if group != config.group {
        return Err(InputError::WrongGroup(group));
    }
    Ok(table.validate()?)
}
