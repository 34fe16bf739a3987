//! Engine, batcher and tape, moved together under one lock. Nothing here waits.

use crate::{config::SequencerConfig, halt::Halt, keys::SequencerKeys, record::BatchRecord, tape::Tape};
use cloister_batcher::{Batcher, BatcherConfig, BatcherError, Event, Forced, QueueItem, Request};
use cloister_engine::{
    AccountIndex, AccountView, Effect, Engine, EngineConfig, Fill, Holdings, InputError, Millis, OrderOutcome,
    Rejection,
};
use cloister_ledger::{slot::Slot, GroupLedger, InstructionKind, SignedInstruction};
use cloister_risk::RiskTable;
use cloister_settlement::{ItemKind, QueueItem as Queued};
use cloister_types::{GroupId, ItemId};
use std::collections::{BTreeMap, BTreeSet};

/// Why the core cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The engine refuses the table or an account.
    #[error(transparent)]
    Engine(#[from] InputError),
    /// The batcher refuses its configuration or the table.
    #[error(transparent)]
    Batcher(#[from] BatcherError),
    /// The trading key of an account of the ledger is not a key.
    #[error("the trading key of account {0} is not a key")]
    Key(u32),
}

/// Everything that moves with an instruction.
pub(crate) struct Core {
    pub engine: Engine,
    pub batcher: Batcher,
    pub keys: SequencerKeys,
    pub tape: Tape,
    /// The next queue item to take.
    pub next_item: u64,
    /// Accounts whose open no secret opens.
    sealed: BTreeSet<AccountIndex>,
    /// What keeps events out of batches.
    pub halt: Option<Halt>,
    /// Why the chain takes no batches of this sequencer, whatever they are.
    pub paused: Option<Halt>,
    pub accepted: u64,
    pub rejected: u64,
    pub fills: u64,
    /// Batches in blocks, by number.
    pub records: BTreeMap<u64, BatchRecord>,
    pub finalized_batches: u64,
    pub finalized_block: u64,
    /// Re-keys of the house that the ledger has.
    pub house_rekeys: u32,
}

/// What an instruction did at once. It settles with the proof of its batch.
pub(crate) struct Taken {
    pub time: Millis,
    /// The account that signed.
    pub account: AccountIndex,
    /// What became of the order; `None` for other kinds.
    pub order: Option<OrderOutcome>,
    /// The order's fills.
    pub fills: Vec<Fill>,
}

/// Where a core starts.
pub(crate) struct Origin<A> {
    pub state: GroupLedger,
    pub last_time: Millis,
    pub table: RiskTable,
    pub next_item: u64,
    /// The queue items that are ready at the table, in order.
    pub ready: Vec<(u64, Queued<A>)>,
    pub queue_share: u8,
    pub batch_no: u64,
    pub house_rekeys: u32,
}

impl Core {
    pub fn new<A>(
        config: &SequencerConfig,
        genesis: [u8; 32],
        payee: [u8; 32],
        keys: SequencerKeys,
        origin: Origin<A>,
    ) -> Result<Self, CoreError> {
        let engine_config = EngineConfig {
            genesis,
            group: GroupId(config.group),
            fees: config.fees,
            settlement_slack: millis(config.settlement_slack),
        };
        let mut engine = Engine::new(engine_config, origin.table.clone())?;
        for (index, state) in origin.state.accounts() {
            engine.restore(index, restored(index.get(), state)?)?;
        }
        let batcher_config = BatcherConfig {
            genesis,
            group: GroupId(config.group),
            shape: config.shape,
            payee,
            queue_share: origin.queue_share,
            max_age: millis(config.batch_age),
            sweep_every: config.sweep_every,
        };
        let mut next_item = origin.next_item;
        let (mut sealed, mut halt) = (BTreeSet::new(), None);
        let ready = readable(&origin.ready, &mut next_item, &keys, &mut sealed, &mut halt);
        for item in &ready {
            enter(&mut engine, item)?;
        }
        let batcher = Batcher::new(batcher_config, origin.state, origin.last_time, origin.table, ready)?;
        Ok(Self {
            engine,
            batcher,
            keys,
            tape: Tape::new(config.history),
            next_item,
            sealed,
            halt,
            paused: None,
            accepted: 0,
            rejected: 0,
            fills: 0,
            records: BTreeMap::new(),
            finalized_batches: origin.batch_no,
            finalized_block: 0,
            house_rekeys: origin.house_rekeys,
        })
    }

    /// Takes a signed instruction.
    pub fn submit(&mut self, now: Millis, signed: SignedInstruction) -> Result<Taken, Rejection> {
        let account = signed.instruction.index;
        let (passed, result) = self.engine.submit_with_effects(now, signed);
        self.absorb(now, passed);
        let accepted = match result {
            Ok(accepted) => accepted,
            Err(rejection) => {
                self.rejected = self.rejected.saturating_add(1);
                return Err(rejection);
            }
        };
        self.accepted = self.accepted.saturating_add(1);
        let fill = |effect: &Effect| match effect {
            Effect::Filled(fill) => Some(fill.clone()),
            _ => None,
        };
        let taken = Taken {
            time: now,
            account,
            order: accepted.order,
            fills: accepted.effects.iter().filter_map(fill).collect(),
        };
        self.absorb(now, accepted.effects);
        Ok(taken)
    }

    /// Why nothing is taken but what frees: events that wait, or a group that takes no batches.
    pub fn holds_back(&self) -> Option<Option<&Halt>> {
        if self.paused.is_some() {
            return Some(self.paused.as_ref());
        }
        self.is_halted().then_some(self.halt.as_ref())
    }

    /// True if new orders would only pile up.
    pub fn is_halted(&self) -> bool {
        self.batcher.pending() > 0
    }

    fn absorb(&mut self, now: Millis, effects: Vec<Effect>) {
        let mut events = Vec::new();
        for effect in effects {
            if let Effect::Filled(fill) = &effect {
                self.fills = self.fills.saturating_add(1);
                self.tape.push(fill.clone());
            }
            events.extend(Event::of(effect));
        }
        if !events.is_empty() {
            let result = self.batcher.push_all(now, events, &mut self.keys);
            self.note(result);
            self.end_accounts();
        }
    }

    /// Lets the engine know whose close takes effect in a batch. It hears of it before it takes anything more.
    fn end_accounts(&mut self) {
        for account in self.batcher.take_ended() {
            // Whoever follows the account hears of its end by the record.
            self.note_input(|core| core.engine.close(account).map(drop));
        }
    }

    /// The chain has taken a batch, in a final block.
    pub fn settle(&mut self, batch_no: u64) -> Result<(), BatcherError> {
        for account in self.batcher.settle(batch_no)? {
            self.engine.forget(account);
        }
        Ok(())
    }

    /// Remembers an error of the batcher, or that it has passed.
    fn note(&mut self, result: Result<(), BatcherError>) {
        for Forced { account, asked, paid } in self.batcher.take_forced() {
            self.note_input(|core| core.engine.pay_forced(account, asked, paid));
        }
        match result {
            Err(error) => {
                if !matches!(&self.halt, Some(Halt::Batcher(old)) if *old == error) {
                    log::error!(target: "cloister", "No batch can be made: {error}");
                }
                self.halt = Some(Halt::Batcher(error));
            }
            Ok(()) if matches!(self.halt, Some(Halt::Batcher(_))) => self.halt = None,
            Ok(()) => {}
        }
    }

    /// Lets time pass: orders expire, what waits is tried again, and, if the prover is idle, an old batch is closed.
    pub fn tick(&mut self, now: Millis, idle: bool) {
        let effects = self.engine.advance(now);
        self.absorb(now, effects);
        let waited = self.is_halted();
        let result = if idle {
            self.batcher.tick(now, &mut self.keys)
        } else {
            self.batcher.retry(now, &mut self.keys)
        };
        self.note(result);
        if waited && !self.is_halted() {
            // A rebase while events waited left them out of the engine's holdings; now the ledger has them all.
            let held = self.batcher.holdings();
            self.take_over(&held);
        }
        self.end_accounts();
    }

    /// Lets the engine have what the batcher says of every account.
    fn take_over(&mut self, holdings: &BTreeMap<AccountIndex, Holdings>) {
        self.note_input(|core| {
            core.engine.rebase(holdings)?;
            for (account, asked) in core.batcher.waiting_forced() {
                core.engine.force_withdrawal(account, asked)?;
            }
            Ok(())
        });
    }

    fn note_input(&mut self, input: impl FnOnce(&mut Self) -> Result<(), InputError>) {
        if let Err(error) = input(self) {
            log::error!(target: "cloister", "The engine refused an input: {error}");
            self.halt = Some(Halt::Engine(error));
        }
    }

    /// How far the queue was taken.
    pub fn queue_place(&self) -> QueuePlace {
        QueuePlace {
            next_item: self.next_item,
            sealed: self.sealed.clone(),
        }
    }

    /// Takes a newer risk table, with what is ready at it. If the open batch cannot be closed at its own, the old table
    /// stays in force for both engine and batcher, and the items wait. Nothing is taken that was read from another
    /// place of the queue than this one.
    pub fn set_table(&mut self, now: Millis, table: RiskTable, ready: Ready) {
        if table.header.version <= self.engine.table().header.version || ready.from != self.next_item {
            return;
        }
        if let Err(error) = table.validate() {
            self.halt = Some(Halt::Engine(error.into()));
            return;
        }
        let result = self
            .batcher
            .set_table(now, table.clone(), ready.items.clone(), &mut self.keys);
        let taken = result.is_ok();
        self.note(result);
        self.end_accounts();
        if !taken {
            return;
        }
        self.enter(ready);
        self.note_input(|core| core.engine.set_table(table).map(|effects| core.absorb(now, effects)));
    }

    /// Makes every batch that is not settled again, at a table the chain still takes, with what is ready at it, as in
    /// [`Self::set_table`], and without what is `gone` from the queue. False if the batcher does not take the table, or
    /// the items were read from another place of the queue: then nothing has changed.
    #[must_use]
    pub fn rebase(&mut self, now: Millis, table: RiskTable, ready: Ready, gone: &BTreeSet<ItemId>) -> bool {
        if ready.from != self.next_item {
            return false;
        }
        let result = self
            .batcher
            .rebase_without(now, table.clone(), ready.items.clone(), gone, &mut self.keys);
        if let Err(error @ BatcherError::Table { .. }) = result {
            // The batcher has not got the items, so the engine must not have them either.
            self.note(Err(error));
            return false;
        }
        self.enter(ready);
        let holdings: BTreeMap<AccountIndex, Holdings> = match result {
            Ok(holdings) => {
                self.note(Ok(()));
                holdings
            }
            // What could be rebuilt is; the rest waits.
            Err(error) => {
                self.note(Err(error));
                self.batcher.holdings()
            }
        };
        self.note_input(|core| {
            let effects = core.engine.set_table(table)?;
            core.absorb(now, effects);
            Ok(())
        });
        self.take_over(&holdings);
        self.end_accounts();
        true
    }

    /// Lets the engine have what the batcher has taken from the queue.
    fn enter(&mut self, ready: Ready) {
        for item in &ready.items {
            self.note_input(|core| enter(&mut core.engine, item));
        }
        (self.next_item, self.sealed) = (ready.next_item, ready.sealed);
        if ready.halt.is_some() {
            self.halt = ready.halt;
        }
    }
}

/// A place of the queue, up to which its items were taken.
pub(crate) struct QueuePlace {
    /// The next item.
    pub next_item: u64,
    /// Accounts whose open, before it, no secret opens.
    sealed: BTreeSet<AccountIndex>,
}

/// Queue items that are ready, as engine and batcher take them.
pub(crate) struct Ready {
    /// The item that was the next one when they were read.
    from: u64,
    items: Vec<QueueItem>,
    next_item: u64,
    sealed: BTreeSet<AccountIndex>,
    halt: Option<Halt>,
}

impl Ready {
    /// Reads what is ready at a table, among items from a place of the queue on. It opens seals, which takes a while:
    /// not to be done under a lock.
    pub fn read<A>(place: QueuePlace, keys: &SequencerKeys, table: &RiskTable, items: &[(u64, Queued<A>)]) -> Self {
        let QueuePlace {
            next_item: from,
            sealed,
        } = place;
        let new = items
            .iter()
            .filter(|(id, item)| *id >= from && item.ready_at <= table.header.time);
        let (mut next_item, mut sealed, mut halt) = (from, sealed, None);
        let items = readable(new, &mut next_item, keys, &mut sealed, &mut halt);
        Self {
            from,
            items,
            next_item,
            sealed,
            halt,
        }
    }
}

/// Reads queue items. An open that no secret opens is left out, and so is what was queued for its account; nothing else
/// waits for it until it is overdue.
fn readable<'a, A: 'a>(
    items: impl IntoIterator<Item = &'a (u64, Queued<A>)>,
    next_item: &mut u64,
    keys: &SequencerKeys,
    sealed: &mut BTreeSet<AccountIndex>,
    halt: &mut Option<Halt>,
) -> Vec<QueueItem> {
    let mut out = Vec::new();
    for (id, queued) in items {
        *next_item = id.saturating_add(1);
        let (item, account, amount) = (ItemId(*id), queued.index, queued.amount);
        let request = |request| QueueItem::Request {
            item,
            account,
            request,
            deadline: queued.deadline,
        };
        match &queued.kind {
            ItemKind::Deposit if sealed.contains(&account) => {}
            ItemKind::Deposit => out.push(QueueItem::Deposit {
                item,
                account,
                amount,
                deadline: queued.deadline,
            }),
            ItemKind::Switch(_) | ItemKind::Close | ItemKind::ForcedWithdrawal { .. } | ItemKind::Rekey(_)
                if sealed.contains(&account) => {}
            ItemKind::ForcedWithdrawal { amount } => out.push(request(Request::ForcedWithdrawal { amount: *amount })),
            ItemKind::Rekey(keys_asked) => match keys_asked.unseal(keys) {
                Some((public_key, view_key)) => out.push(request(Request::Rekey { public_key, view_key })),
                // The account goes on under the keys that it has.
                None => {
                    let found = Halt::Sealed { item: *id };
                    log::error!(target: "cloister", "Account {account} cannot be re-keyed: {found}");
                    *halt = Some(found);
                }
            },
            ItemKind::Switch(switches) => out.push(request(Request::Switch(*switches))),
            ItemKind::Close => out.push(request(Request::Close)),
            ItemKind::PayInsurance => out.push(QueueItem::PayInsurance { item, amount }),
            ItemKind::TakeInsurance { amount, keep } => out.push(QueueItem::TakeInsurance {
                item,
                asked: *amount,
                keep: *keep,
            }),
            ItemKind::Open(open) => match open.unseal(keys) {
                Some((public_key, view_key)) => out.push(QueueItem::Open {
                    item,
                    account,
                    public_key,
                    view_key,
                    deposit: amount,
                    deadline: queued.deadline,
                }),
                None => {
                    let found = Halt::Sealed { item: *id };
                    log::error!(target: "cloister", "Account {account} cannot be opened: {found}");
                    sealed.insert(account);
                    *halt = Some(found);
                }
            },
        }
    }
    out
}

/// Lets the engine have an item.
fn enter(engine: &mut Engine, item: &QueueItem) -> Result<(), InputError> {
    match item {
        QueueItem::Deposit { account, amount, .. } => engine.deposit(*account, *amount),
        QueueItem::Request { account, request, .. } => match request {
            // Whether a close takes effect is decided where it is put into a batch.
            Request::Switch(_) | Request::Close => Ok(()),
            Request::ForcedWithdrawal { amount } => engine.force_withdrawal(*account, *amount),
            // Whoever follows the account hears of its orders' end by the record.
            Request::Rekey { public_key, view_key } => engine.rekey(*account, *public_key, *view_key).map(drop),
        },
        // The insurance is the house's, of which the engine knows nothing.
        QueueItem::PayInsurance { .. } | QueueItem::TakeInsurance { .. } => Ok(()),
        QueueItem::Open {
            account,
            public_key,
            view_key,
            deposit,
            ..
        } => engine.open(*account, *public_key, *view_key, *deposit),
    }
}

/// An account of the ledger as the engine sees it, with nothing at rest.
fn restored(index: u32, state: &cloister_ledger::state::AccountState) -> Result<AccountView, CoreError> {
    let account = &state.account;
    let public_key = account.key.public().map_err(|_| CoreError::Key(index))?;
    let holdings = Holdings {
        cash: account.cash,
        positions: account.positions,
    };
    let slots = state
        .orders
        .leaves()
        .filter_map(|(number, value)| Some((u16::try_from(number).ok()?, Slot::from_field(&value)?)));
    Ok(AccountView::restored(
        public_key,
        account.view_key,
        account.min_id,
        holdings,
        slots,
    ))
}

/// Milliseconds of a duration.
pub(crate) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// True for instructions that are taken even while events wait: they free, they do not add.
pub(crate) fn frees(kind: InstructionKind) -> bool {
    matches!(kind, InstructionKind::Cancel | InstructionKind::CancelAll)
}
