//! The state machine: what it is follows from its inputs alone. What each of them does is in [`moves`].

mod moves;

use super::{
    error::{CoreError, Refusal},
    input::{Output, Pause, Taken},
    origin::{restored, Origin},
    ready::{enter, QueuePlace, Ready},
    receipts::{Promise, Receipts},
    told::Told,
};
use crate::{
    budget::Budgets,
    config::SequencerConfig,
    halt::Halt,
    keys::SequencerKeys,
    liquidations::{LiquidationTerms, Liquidations, OpenRow},
    notices::Notices,
    record::BatchRecord,
    tape::{Tape, TapeTerms},
    time::millis,
};
use cloister_batcher::{Batcher, BatcherConfig, BatcherError, Event, Forced, SecretSource, Voided};
use cloister_engine::{
    AccountIndex, Effect, Engine, EngineConfig, Fill, Holdings, InputError, Millis, OrderKey, TraderInput, Verified,
};
use cloister_ledger::{instruction::flags, InstructionKind, Shape};
use cloister_receipts::Scope;
use cloister_risk::RiskTable;
use cloister_types::{GroupId, ItemId};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that moves with an input.
pub(crate) struct State {
    pub engine: Engine,
    pub batcher: Batcher,
    pub tape: Tape,
    /// Who is short, and what is done about it.
    pub(super) liquidations: Liquidations,
    /// What accounts are told of what could not be proven.
    pub notices: Notices,
    /// What proven units each account may cause.
    pub(super) budgets: Budgets,
    /// The next queue item to take.
    pub next_item: u64,
    /// What was promised.
    pub receipts: Receipts,
    /// Accounts whose open no secret opens.
    pub(super) sealed: BTreeSet<AccountIndex>,
    /// What keeps events out of batches.
    pub halt: Option<Halt>,
    /// Why the chain takes no batches of this sequencer, whatever they are.
    pub paused: Option<Halt>,
    pub(super) pause: Option<Pause>,
    /// Whether the gate is closed, by what is no part of the state (Q-GATE).
    pub(super) gate_closed: bool,
    pub accepted: u64,
    pub fills: u64,
    /// Events that turned out to have no proof.
    pub voided: u64,
    /// Batches in blocks, by number.
    pub records: BTreeMap<u64, BatchRecord>,
    pub finalized_batches: u64,
    /// Re-keys of the house that the ledger has.
    pub house_rekeys: u32,
    /// Number of fills and receipts that are kept for readers.
    pub(super) history: usize,
    /// What the last input did that is to be told.
    pub(super) told: Told,
    /// True for a copy: another one logs what happens.
    pub(super) quiet: bool,
}

/// What an input is worked on with, and what it has done so far.
pub(crate) struct Step<'a> {
    pub(super) now: Millis,
    pub(super) secrets: &'a mut dyn SecretSource,
    pub(super) effects: Vec<Effect>,
}

/// A kind of input.
pub(crate) trait Move {
    /// What it answers.
    type Answer;

    /// Moves the state. Besides the answer: whether anything but the engine's clock is not as before.
    fn apply(self, state: &mut State, step: &mut Step<'_>) -> (Self::Answer, bool);
}

/// The configurations of engine and batcher.
pub(super) fn configs(
    config: &SequencerConfig,
    genesis: [u8; 32],
    payee: [u8; 32],
    queue_share: u8,
    shapes: Vec<Shape>,
) -> (EngineConfig, BatcherConfig) {
    let engine = EngineConfig {
        genesis,
        group: GroupId(config.group),
        fees: config.fees,
        settlement_slack: millis(config.settlement_slack),
        rules: config.rules,
    };
    let batcher = BatcherConfig {
        genesis,
        group: GroupId(config.group),
        shapes,
        payee,
        queue_share,
        max_age: millis(config.batch_age),
        sweep_every: config.sweep_every,
    };
    (engine, batcher)
}

impl State {
    /// The state over a settled ledger.
    pub fn new<A>(
        config: &SequencerConfig,
        genesis: [u8; 32],
        payee: [u8; 32],
        keys: &SequencerKeys,
        origin: Origin<A>,
    ) -> Result<Self, CoreError> {
        let (engine_config, batcher_config) = configs(config, genesis, payee, origin.queue_share, origin.shapes);
        let mut engine = Engine::new(engine_config, origin.table.clone())?;
        for (index, state) in origin.state.accounts() {
            engine.restore(index, restored(index.get(), state)?)?;
        }
        let place = QueuePlace {
            next_item: origin.next_item,
            sealed: BTreeSet::new(),
        };
        let ready = Ready::read(place, keys, &origin.table, &origin.ready);
        for item in &ready.items {
            enter(&mut engine, item)?;
        }
        let batcher = Batcher::new(
            batcher_config,
            origin.state,
            origin.last_time,
            origin.table,
            ready.items,
        )?;
        Ok(Self {
            engine,
            batcher,
            tape: Tape::new(TapeTerms::of(config)),
            liquidations: Liquidations::new(LiquidationTerms::of(config)),
            notices: Notices::default(),
            budgets: Budgets::new(config.unit_budget),
            receipts: Receipts::default(),
            next_item: ready.next_item,
            sealed: ready.sealed,
            halt: ready.unopened.map(|item| Halt::Sealed { item: item.get() }),
            paused: None,
            pause: None,
            gate_closed: false,
            accepted: 0,
            fills: 0,
            voided: 0,
            records: BTreeMap::new(),
            finalized_batches: origin.batch_no,
            house_rekeys: origin.house_rekeys,
            history: config.history,
            told: Told::default(),
            quiet: false,
        })
    }

    /// Takes an input. Times never go back; an earlier one counts as the latest.
    pub fn apply<M: Move>(&mut self, now: Millis, input: M, secrets: &mut dyn SecretSource) -> Output<M::Answer> {
        let mut step = Step {
            now: now.max(self.engine.now()),
            secrets,
            effects: Vec::new(),
        };
        let (answer, changed) = input.apply(self, &mut step);
        Output {
            at: step.now,
            answer,
            effects: step.effects,
            changed,
        }
    }

    fn submit(&mut self, step: &mut Step<'_>, verified: Verified) -> Result<Taken, Refusal> {
        let input = verified.input();
        let (account, promise) = (input.account(), Promise::of(input));
        if may_cost_a_unit(input) {
            self.budgets.check(account, step.now)?;
        }
        let must_bind = matches!(input, TraderInput::Annul(_));
        let incoming = input
            .instruction()
            .filter(|instruction| instruction.kind == InstructionKind::Order)
            .map(OrderKey::of);
        let (passed, result) = self.engine.take_verified(step.now, verified);
        self.absorb(step, passed);
        let accepted = result?;
        self.accepted = self.accepted.saturating_add(1);
        let fill = |effect: &Effect| match effect {
            Effect::Filled(fill) => Some(fill.clone()),
            _ => None,
        };
        let removed = |effect: &Effect| match effect {
            Effect::Removed { key, remaining, reason } if key.account == account && incoming != Some(*key) => {
                Some((key.id, *remaining, *reason))
            }
            _ => None,
        };
        let removed = accepted.effects.iter().filter_map(removed).collect();
        let fills: Vec<Fill> = accepted.effects.iter().filter_map(fill).collect();
        self.charge(step.now, account, &fills);
        let outcome = promise.outcome(&accepted);
        let effects = self.bind_what_is_paid_for(step.now, accepted.effects, must_bind);
        let bound = effects.iter().any(|effect| matches!(effect, Effect::Bound(_)));
        let config = self.engine.config();
        let scope = Scope {
            genesis: config.genesis,
            group: config.group,
        };
        let receipt = self
            .receipts
            .issue(scope, account, promise.hash, step.now, outcome, self.history);
        let taken = Taken {
            receipt,
            time: step.now,
            account,
            order: accepted.order,
            filled: accepted.filled,
            removed,
            fills,
            bound,
        };
        self.absorb(step, effects);
        Ok(taken)
    }

    /// Orders that wait for a mark fire only while others are taken. True if that has changed.
    pub(super) fn hold_triggers(&mut self, step: &mut Step<'_>) -> bool {
        let hold = self.gate_closed || self.holds_back().is_some();
        if hold == self.engine.holds_triggers() {
            return false;
        }
        let effects = self.engine.hold_triggers(hold);
        self.absorb_fired(step, effects);
        true
    }

    /// What orders that fired did. Their fills are charged like those of any order that comes in; a budget that is used
    /// up keeps no stop from firing.
    fn absorb_fired(&mut self, step: &mut Step<'_>, effects: Vec<Effect>) {
        let mut fills: BTreeMap<AccountIndex, Vec<Fill>> = BTreeMap::new();
        for effect in &effects {
            if let Effect::Filled(fill) = effect {
                fills.entry(fill.taker.key.account).or_default().push(fill.clone());
            }
        }
        for (taker, fills) in fills {
            self.charge(step.now, taker, &fills);
        }
        self.absorb(step, effects);
    }

    /// Whoever brings an order in pays for its unit and for one unit of each order that it meets; the fees of both
    /// sides buy units for those who pay them.
    fn charge(&mut self, now: Millis, taker: AccountIndex, fills: &[Fill]) {
        if fills.is_empty() {
            return;
        }
        let units = u32::try_from(fills.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.budgets.charge(taker, now, units);
        for side in fills.iter().flat_map(|fill| [&fill.maker, &fill.taker]) {
            self.budgets.earn(side.key.account, now, side.fee);
        }
    }

    /// Signed cancels and withdrawals take a unit of their own. A cancel holds in the book whether or not it is proven,
    /// so one that the budget has nothing for is not, unless its trader has asked for just that (Q-BUDGET).
    fn bind_what_is_paid_for(&mut self, now: Millis, effects: Vec<Effect>, must_bind: bool) -> Vec<Effect> {
        let paid_for = |effect| match effect {
            Effect::Bound(signed) => {
                let account = signed.instruction.index;
                let has_room = match signed.instruction.kind {
                    InstructionKind::Cancel if !must_bind => self.budgets.may_bind(account, now),
                    InstructionKind::CancelAll => self.budgets.check(account, now).is_ok(),
                    _ => true,
                };
                if has_room {
                    self.budgets.charge(account, now, 1);
                    Effect::Bound(signed)
                } else {
                    Effect::Unbound(signed)
                }
            }
            other => other,
        };
        effects.into_iter().map(paid_for).collect()
    }

    /// What the last input did that is to be told.
    pub fn take_told(&mut self) -> Told {
        std::mem::take(&mut self.told)
    }

    /// Why nothing is taken but what frees: events that wait, an input that the engine refused, or a group that takes
    /// no batches. An open that no secret opens keeps nobody else out.
    pub fn holds_back(&self) -> Option<&Halt> {
        let stops = |halt: &&Halt| !matches!(halt, Halt::Sealed { .. });
        self.paused.as_ref().or(self.halt.as_ref().filter(stops))
    }

    /// True if new orders would only pile up.
    pub fn is_halted(&self) -> bool {
        self.batcher.pending() > 0
    }

    pub(super) fn absorb(&mut self, step: &mut Step<'_>, effects: Vec<Effect>) {
        let mut events = Vec::new();
        for effect in effects {
            if let Effect::Filled(fill) | Effect::Liquidated(fill) = &effect {
                self.fills = self.fills.saturating_add(1);
                self.tape.push(fill.clone());
            }
            if let Effect::Filled(fill) = &effect {
                self.liquidations.note(fill, self.engine.table());
            }
            step.effects.push(effect.clone());
            events.extend(Event::of(effect));
        }
        if !events.is_empty() {
            let result = self.batcher.push_all(step.now, events, step.secrets);
            self.note(step.now, result);
            self.end_accounts();
        }
    }

    /// Lets the engine know whose close takes effect in a batch. It hears of it before it takes anything more.
    fn end_accounts(&mut self) {
        for account in self.batcher.take_ended() {
            self.note_input(|state| {
                let gone = state.engine.close(account)?;
                state.told.effects.extend(gone);
                Ok(())
            });
        }
    }

    /// The chain has taken a batch, in a final block.
    fn settle(&mut self, batch_no: u64, record: Option<BatchRecord>) -> Result<(), BatcherError> {
        for account in self.batcher.settle(batch_no)? {
            self.engine.forget(account);
            self.told.rekeyed.insert(account);
        }
        if let Some(record) = record {
            self.records.entry(batch_no).or_insert(record);
        }
        if let Some(record) = self.records.get_mut(&batch_no) {
            record.finalized = true;
            self.told.batches.push(record.clone());
        }
        self.finalized_batches = batch_no.saturating_add(1);
        self.tape.closings.settled_before(self.batcher.oldest_event());
        Ok(())
    }

    /// Remembers an error of the batcher, or that it has passed.
    fn note(&mut self, now: Millis, result: Result<(), BatcherError>) {
        for Forced { account, asked, paid } in self.batcher.take_forced() {
            self.note_input(|state| state.engine.pay_forced(account, asked, paid));
            self.told.touched.insert(account);
        }
        self.note_voided(now);
        match result {
            Err(error) => {
                let is_known = matches!(&self.halt, Some(Halt::Batcher(old)) if *old == error);
                if !is_known && !self.quiet {
                    log::error!(target: "cloister", "No batch can be made: {error}");
                }
                self.halt = Some(Halt::Batcher(error));
            }
            Ok(()) if self.halt.as_ref().is_some_and(Halt::is_of_events) => self.halt = None,
            Ok(()) => {}
        }
    }

    /// What has no proof has not happened: both sides of a fill lose it, a withdrawal's money is back, and whoever is
    /// concerned is told (Q-VOID).
    fn note_voided(&mut self, now: Millis) {
        let voided = self.batcher.take_voided();
        if voided.is_empty() {
            return;
        }
        if !self.quiet {
            log::warn!(target: "cloister", "{} events cannot be proven any more and are void", voided.len());
        }
        self.voided = self.voided.saturating_add(voided.len() as u64);
        // What is old enough is public, whether or not anybody has looked since.
        self.tape.advance(now);
        for void in &voided {
            if let Event::Filled(fill) = &void.event {
                self.engine.void(fill);
            }
        }
        self.tell_void(now, &voided);
        let held = self.batcher.holdings();
        self.take_over(&held);
    }

    /// Tells everybody whom it concerns what has not happened, and gives back what it has cost.
    pub(super) fn tell_void(&mut self, now: Millis, voided: &[Voided]) {
        for void in voided {
            self.notices.tell(now, void);
            if let Event::Filled(fill) = &void.event {
                self.tape.void(fill);
                self.told.void.push(fill.clone());
                for side in [&fill.maker, &fill.taker] {
                    self.budgets.give_back(side.key.account, now, side.fee);
                }
            }
            if let Event::Unsigned(group) = &void.event {
                let mut void = self.tape.closings.void(group);
                for matched in group.orders() {
                    self.engine.void_matched(matched);
                    void.push(matched.id);
                    self.budgets
                        .give_back(matched.order.key.account, now, matched.order.fee);
                }
                let tape = &mut self.tape;
                let void = void.into_iter().filter_map(|id| tape.void_of(id));
                self.told.void.extend(void);
            }
        }
    }

    /// Orders expire, and the public tapes go on.
    fn pass(&mut self, step: &mut Step<'_>) {
        self.tape.advance(step.now);
        let effects = self.engine.advance(step.now);
        self.absorb(step, effects);
    }

    /// Lets time pass. False if nothing was due.
    fn tick(&mut self, step: &mut Step<'_>, idle: bool) -> bool {
        self.pass(step);
        let held = self.hold_triggers(step);
        let fails = self.halt.as_ref().is_some_and(Halt::is_of_events);
        if !fails && !self.batcher.is_due(step.now, idle) {
            return held || !step.effects.is_empty();
        }
        // Only with what is remembered: a state that is replayed has the same.
        self.budgets.prune(step.now);
        let waited = self.is_halted();
        let result = if idle {
            self.batcher.tick(step.now, step.secrets)
        } else {
            self.batcher.retry(step.now, step.secrets)
        };
        self.note(step.now, result);
        if waited && !self.is_halted() {
            // A rebase while events waited left them out of the engine's holdings; now the ledger has them all.
            let held = self.batcher.holdings();
            self.take_over(&held);
        }
        self.end_accounts();
        true
    }

    /// Does what the table asks of accounts that are short, of what has expired, and of what the house holds. While the
    /// chain takes no batches of this sequencer, nothing is decided that it may not settle. False if nothing was done.
    fn liquidate(&mut self, step: &mut Step<'_>) -> bool {
        if self.paused.is_some() {
            return false;
        }
        let outcome = self
            .liquidations
            .run(step.now, &mut self.engine, &mut self.batcher, step.secrets);
        for closed in outcome.closed {
            self.tape.closings.push(step.now, closed);
        }
        for effect in &outcome.effects {
            if let Effect::Liquidated(fill) = effect {
                self.budgets.earn(fill.maker.key.account, step.now, fill.maker.fee);
            }
        }
        self.absorb(step, outcome.effects);
        if outcome.reopened {
            // A batch was taken apart on the way, and made again.
            let held = self.batcher.holdings();
            self.take_over(&held);
        }
        match outcome.stopped {
            Some(error) => self.note(step.now, Err(error)),
            None => self.note_voided(step.now),
        }
        if let Some(error) = outcome.refused {
            self.note_input(|_| Err(error));
        }
        outcome.changed
    }

    /// Lets the engine have what the batcher says of every account.
    fn take_over(&mut self, holdings: &BTreeMap<AccountIndex, Holdings>) {
        self.told.all = true;
        self.note_input(|state| {
            state.engine.rebase(holdings)?;
            for (account, asked) in state.batcher.waiting_forced() {
                state.engine.force_withdrawal(account, asked)?;
            }
            Ok(())
        });
    }

    fn note_input(&mut self, input: impl FnOnce(&mut Self) -> Result<(), InputError>) {
        if let Err(error) = input(self) {
            if !self.quiet {
                log::error!(target: "cloister", "The engine refused an input: {error}");
            }
            self.halt = Some(Halt::Engine(error));
        }
    }

    /// The lots of a row that are held by accounts and the house, and how many accounts hold any.
    pub fn open(&self, row: usize) -> OpenRow {
        let open = self.liquidations.open(row);
        let house = self.batcher.house().unwrap_or_default();
        let house = house.positions.get(row).copied().unwrap_or_default();
        OpenRow {
            long: open
                .long
                .saturating_add(u128::try_from(house.get()).unwrap_or_default()),
            holders: open.holders,
        }
    }

    /// How far the queue was taken.
    pub fn queue_place(&self) -> QueuePlace {
        QueuePlace {
            next_item: self.next_item,
            sealed: self.sealed.clone(),
        }
    }

    /// [`Table`]. False if nothing has changed.
    fn set_table(&mut self, step: &mut Step<'_>, table: RiskTable, ready: Ready) -> bool {
        if table.header.version <= self.engine.table().header.version || ready.from != self.next_item {
            return false;
        }
        if let Err(error) = table.validate() {
            self.halt = Some(Halt::Engine(error.into()));
            return false;
        }
        let result = self
            .batcher
            .set_table(step.now, table.clone(), ready.items.clone(), step.secrets);
        let taken = result.is_ok();
        if taken {
            // Before anything is noted: the batcher has the items, and what it says of accounts is with them.
            self.enter(ready);
        }
        self.note(step.now, result);
        self.end_accounts();
        if taken {
            self.put_in_force(step, table);
        }
        true
    }

    /// [`Rebase`]. False if nothing has changed.
    fn rebase(&mut self, step: &mut Step<'_>, table: RiskTable, ready: Ready, gone: &BTreeSet<ItemId>) -> bool {
        if ready.from != self.next_item {
            return false;
        }
        let result = self
            .batcher
            .rebase_without(step.now, table.clone(), ready.items.clone(), gone, step.secrets);
        if let Err(error @ BatcherError::Table { .. }) = result {
            // The batcher has not got the items, so the engine must not have them either.
            self.note(step.now, Err(error));
            return false;
        }
        self.enter(ready);
        let holdings: BTreeMap<AccountIndex, Holdings> = match result {
            Ok(holdings) => {
                self.note(step.now, Ok(()));
                holdings
            }
            // What could be rebuilt is; the rest waits.
            Err(error) => {
                self.note(step.now, Err(error));
                self.batcher.holdings()
            }
        };
        // First what accounts hold, then the table: orders that fire at it are matched with what their accounts hold.
        self.take_over(&holdings);
        self.put_in_force(step, table);
        self.end_accounts();
        true
    }

    /// Puts a table in force in the engine, when the batcher has it.
    fn put_in_force(&mut self, step: &mut Step<'_>, table: RiskTable) {
        self.told.all = true;
        // What fires is matched at the time of this input: the engine's clock may be behind it.
        self.pass(step);
        self.hold_triggers(step);
        match self.engine.set_table(table) {
            Ok(effects) => self.absorb_fired(step, effects),
            Err(error) => self.note_input(|_| Err(error)),
        }
    }

    /// Lets the engine have what the batcher has taken from the queue.
    fn enter(&mut self, ready: Ready) {
        for item in &ready.items {
            self.told.item(item);
            self.note_input(|state| {
                let gone = enter(&mut state.engine, item)?;
                state.told.effects.extend(gone);
                Ok(())
            });
        }
        (self.next_item, self.sealed) = (ready.next_item, ready.sealed);
        if let Some(item) = ready.unopened {
            self.halt = Some(Halt::Sealed { item: item.get() });
        }
    }
}

/// Whether an input may take a unit on its account's bill: a withdrawal does, and a cancel that must bind, and so does
/// an order that may come in upon another.
fn may_cost_a_unit(input: &TraderInput) -> bool {
    let Some(instruction) = input.instruction() else {
        return false;
    };
    match instruction.kind {
        InstructionKind::Cancel => matches!(input, TraderInput::Annul(_)),
        InstructionKind::CancelAll => false,
        InstructionKind::Order => !instruction.has(flags::POST_ONLY),
        _ => true,
    }
}
