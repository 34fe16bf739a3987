//! The batcher itself.

mod groups;
mod provisional;
mod queue;
mod resume;
mod snapshot;
mod unprovable;

pub use snapshot::RestoreError;

use crate::{
    closed::ClosedBatch,
    config::{BatcherConfig, SecretSource},
    draft::{digest, Draft},
    error::BatcherError,
    event::{Event, Forced, QueueItem, Request},
    open::{held_by, Absorbed, Claims, Entry, OpenBatch},
    padding::pad,
    shapes::{are_good, beginning_with, most_units},
    void::{Closing, Refusal, Voided},
    waiting::Waiting,
};
use cloister_crypto::Fr;
use cloister_engine::{AccountIndex, Holdings, Millis};
use cloister_ledger::{
    state::BatchRequest, BatchContext, BatchEffect, BatchWitness, Doors, GroupLedger, Shape, SignedInstruction,
};
use cloister_risk::RiskTable;
use cloister_types::{Amount, ItemId};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

/// A closed batch that the chain has not taken yet, with the events inside.
#[derive(Clone, Debug)]
struct Unsettled {
    shape: Shape,
    request: BatchRequest,
    /// Account root after the batch.
    root: Fr,
    entries: Vec<Entry>,
    items: Vec<QueueItem>,
    /// Units that are not padding.
    used: usize,
    closed_at: Millis,
}

/// Makes batches of one margin group.
#[derive(Clone, Debug)]
pub struct Batcher {
    config: BatcherConfig,
    /// The ledger as the chain has it.
    settled: GroupLedger,
    /// Time of the last settled batch.
    settled_time: Millis,
    /// The ledger after every closed batch.
    head: GroupLedger,
    /// Time of the last closed batch.
    last_time: Millis,
    table: RiskTable,
    open: Option<OpenBatch>,
    /// Events that are not in a batch yet; not empty only while an error of the queue stands.
    pending: VecDeque<Entry>,
    /// Queue items that are ready at the table and in no batch yet.
    waiting: Waiting,
    unsettled: VecDeque<Unsettled>,
    ready: VecDeque<ClosedBatch>,
    unbound: Vec<Arc<SignedInstruction>>,
    /// Events that had no proof, and that nobody has heard of yet.
    voided: Vec<Voided>,
    /// Forced withdrawals that were put into a batch, and that nobody has heard of yet.
    forced: Vec<Forced>,
    /// Accounts whose close takes effect in a batch, as far as nobody has asked for them.
    ended: Vec<AccountIndex>,
}

impl Batcher {
    /// A batcher on top of a settled ledger; `last_time` is the time of the last settled batch. `ready` are the queue
    /// items that are ready at the table, all of them and in order.
    ///
    /// # Errors
    /// [`BatcherError::Shape`], [`BatcherError::Table`].
    pub fn new(
        config: BatcherConfig,
        state: GroupLedger,
        last_time: Millis,
        table: RiskTable,
        ready: Vec<QueueItem>,
    ) -> Result<Self, BatcherError> {
        if !are_good(&config.shapes) {
            return Err(BatcherError::Shape);
        }
        let group = table.header.group;
        if group != config.group {
            let found = table.header.version;
            return Err(BatcherError::Table {
                current: 0,
                found,
                group,
            });
        }
        let mut waiting = Waiting::default();
        waiting.extend(ready);
        Ok(Self {
            config,
            settled: state.clone(),
            settled_time: last_time,
            head: state,
            last_time,
            table,
            open: None,
            pending: VecDeque::new(),
            waiting,
            unsettled: VecDeque::new(),
            ready: VecDeque::new(),
            unbound: Vec::new(),
            voided: Vec::new(),
            forced: Vec::new(),
            ended: Vec::new(),
        })
    }

    /// The configuration.
    pub fn config(&self) -> &BatcherConfig {
        &self.config
    }

    /// The ledger after every closed batch.
    pub fn head(&self) -> &GroupLedger {
        &self.head
    }

    /// The ledger as the chain has it.
    pub fn settled(&self) -> &GroupLedger {
        &self.settled
    }

    /// The table of the next batch.
    pub fn table(&self) -> &RiskTable {
        &self.table
    }

    /// Units of the open batch, in the shape that it would get now.
    pub fn open_units(&self) -> usize {
        let units = |open: &OpenBatch| Some(open.cut(open.shape()?).len());
        self.open.as_ref().and_then(units).unwrap_or(0)
    }

    /// The shapes of the batches that are closed and not settled.
    pub fn unsettled_shapes(&self) -> impl Iterator<Item = Shape> + '_ {
        self.unsettled.iter().map(|closed| closed.shape)
    }

    /// Events that wait because of an error.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// When the oldest event happened that the chain has not taken yet.
    pub fn oldest_event(&self) -> Option<Millis> {
        // Batches are made in the order of their events, and those of one batch happened at about the same time.
        let closed = self.unsettled.iter().flat_map(|closed| &closed.entries);
        let open = self.open.iter().flat_map(|open| &open.entries);
        closed.chain(open).chain(&self.pending).next().map(Entry::happened)
    }

    /// Accounts with opens or deposits that are ready and in no batch yet, and requests that are.
    pub fn waiting(&self) -> usize {
        self.waiting.accounts().saturating_add(self.waiting.requests().count())
    }

    /// When the first of what waits is overdue, by the time of a batch's table.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.waiting.first_deadline()
    }

    /// Sets the part of a batch's units that overdue queue items may claim, in percent, from the next batch on.
    pub fn set_queue_share(&mut self, share: u8) {
        self.config.queue_share = share;
    }

    /// Sets the shapes that batches may have. The open batch gets none that is not among them, unless it fits into no
    /// other. Batches that are closed stay as they are. If the chain does not take the shape of one any more,
    /// [`Self::rebase`] makes it again.
    ///
    /// # Errors
    /// [`BatcherError::Shape`], then nothing has changed.
    pub fn set_shapes(&mut self, shapes: Vec<Shape>) -> Result<(), BatcherError> {
        if !are_good(&shapes) {
            return Err(BatcherError::Shape);
        }
        if let Some(open) = &mut self.open {
            open.keep_shapes(&shapes);
        }
        self.config.shapes = shapes;
        Ok(())
    }

    /// Closed batches that the chain has not taken yet.
    pub fn unsettled(&self) -> usize {
        self.unsettled.len()
    }

    /// Closed batches that were not taken yet.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// The account root after a closed batch that the chain has not taken yet.
    pub fn unsettled_root(&self, batch_no: u64) -> Option<Fr> {
        self.unsettled
            .iter()
            .find(|u| u.request.context.batch_no == batch_no)
            .map(|u| u.root)
    }

    /// What every account holds after every event that is in a batch, open or closed, and with what the queue holds for
    /// it. An account whose close takes effect in a batch is not among them.
    pub fn holdings(&self) -> BTreeMap<AccountIndex, Holdings> {
        let mut all: BTreeMap<AccountIndex, Holdings> = self
            .head
            .accounts()
            .map(|(index, state)| (index, held_by(&state.account)))
            .collect();
        if let Some(open) = &self.open {
            all.extend(open.holdings().iter().map(|(i, h)| (*i, *h)));
            all.retain(|index, _| !open.ends(*index));
        }
        self.waiting.add_to(&mut all);
        all
    }

    /// Forced withdrawals that were put into a batch since the last call; not those of [`Self::rebase`], whose holdings
    /// say it all. They lower what their accounts hold, so the engine must hear of them.
    pub fn take_forced(&mut self) -> Vec<Forced> {
        core::mem::take(&mut self.forced)
    }

    /// Forced withdrawals that are ready and in no batch yet: the account, and what it asks for.
    pub fn waiting_forced(&self) -> impl Iterator<Item = (AccountIndex, Amount)> + '_ {
        self.waiting.requests().filter_map(|item| match item {
            QueueItem::Request {
                account,
                request: Request::ForcedWithdrawal { amount },
                ..
            } => Some((*account, *amount)),
            _ => None,
        })
    }

    /// Takes the accounts whose close has come to take effect in a batch, since the last call. The engine must take
    /// nothing more of them: whether a close takes effect is decided where it is put into a batch. To be asked after
    /// everything that makes batches.
    pub fn take_ended(&mut self) -> Vec<AccountIndex> {
        core::mem::take(&mut self.ended)
    }

    /// Takes the oldest closed batch that was not taken yet.
    pub fn next_closed(&mut self) -> Option<ClosedBatch> {
        self.ready.pop_front()
    }

    /// Takes an event. Full batches are closed and wait in [`Self::next_closed`]. An event that has no proof at the
    /// table in force is void ([`Self::take_voided`]).
    ///
    /// # Errors
    /// Why the queue cannot be put into a batch. Events are kept then, and tried again with the next input.
    pub fn push(&mut self, now: Millis, event: Event, secrets: &mut dyn SecretSource) -> Result<(), BatcherError> {
        self.push_all(now, [event], secrets)
    }

    /// Takes events that happened at once: no close comes between them.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn push_all(
        &mut self,
        now: Millis,
        events: impl IntoIterator<Item = Event>,
        secrets: &mut dyn SecretSource,
    ) -> Result<(), BatcherError> {
        let entries = events.into_iter().map(|event| Entry {
            time: now,
            event,
            again: false,
        });
        self.pending.extend(entries);
        self.drain(now, secrets)
    }

    /// Tries again what waits because of an error.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn retry(&mut self, now: Millis, secrets: &mut dyn SecretSource) -> Result<(), BatcherError> {
        self.drain(now, secrets)
    }

    /// Closes the open batch if it is old enough, and tries again what waits.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn tick(&mut self, now: Millis, secrets: &mut dyn SecretSource) -> Result<(), BatcherError> {
        self.drain(now, secrets)?;
        let old = |open: &OpenBatch| now.saturating_sub(open.time) >= self.config.max_age;
        if self.open.as_ref().is_some_and(old) {
            self.close(now, secrets)?;
        }
        Ok(())
    }

    /// Puts a new table in force for the next batch; the open batch is closed at its own. `ready` are the queue items
    /// that are ready at the new table and were not at the one before, all of them and in order.
    ///
    /// # Errors
    /// The table cannot follow the current one, or the open batch cannot be closed. The old table stays in force then,
    /// and the items are not taken: call again, or [`Self::rebase`].
    pub fn set_table(
        &mut self,
        now: Millis,
        table: RiskTable,
        ready: Vec<QueueItem>,
        secrets: &mut dyn SecretSource,
    ) -> Result<(), BatcherError> {
        self.check_table(&table)?;
        self.drain(now, secrets)?;
        self.close(now, secrets)?;
        self.table = table;
        self.waiting.extend(ready);
        Ok(())
    }

    /// Closes the open batch, or one of what waits in the queue, if there is something for it. What room it has goes to
    /// the queue. Events in it that have no proof are void.
    ///
    /// # Errors
    /// [`BatcherError::Refused`], [`BatcherError::CashRange`]: the queue's items cannot be proven; the batch stays
    /// open.
    pub fn close(&mut self, now: Millis, secrets: &mut dyn SecretSource) -> Result<(), BatcherError> {
        // Each round voids an event, so there are no more of them than events.
        while self.try_close(now, secrets)? == Closing::Again {
            self.drain(now, secrets)?;
        }
        Ok(())
    }

    /// As [`Self::close`], once: if events turn out to be void, what is left of the batch is pending.
    fn try_close(&mut self, now: Millis, secrets: &mut dyn SecretSource) -> Result<Closing, BatcherError> {
        self.begin(now)?;
        self.take_overdue()?;
        loop {
            // A unit that was left out has made room. Padding may stand only on accounts that take nothing.
            self.fill()?;
            let Some(open) = self.open.take() else {
                return Ok(Closing::Done);
            };
            let known = self.known_accounts(&open);
            let of_house = self.waiting.of_house();
            // All that was in it turned out to be cancels that cannot be proven. What the house takes asks for no unit,
            // but padding stands on accounts, and there may be none yet.
            if open.is_empty() && (of_house.is_empty() || known.is_empty()) {
                return Ok(Closing::Done);
            }
            let doors = match doors(&of_house) {
                Ok(doors) => doors,
                Err(error) => {
                    self.open = Some(open);
                    return Err(error);
                }
            };
            let Some(shape) = open.shape() else {
                // Nothing goes in that does not fit.
                self.open = Some(open);
                return Err(BatcherError::Shape);
            };
            let batch_no = self.head.batch_no();
            let used = open.cut(shape);
            let found = secrets.secrets(batch_no, &digest(batch_no, &self.head.root(), &used, &doors));
            let units = usize::from(shape.units);
            let drafts = in_full(&open, pad(&used, units, &known, found.padding), units);
            let request = BatchRequest {
                context: BatchContext {
                    genesis: self.config.genesis,
                    group: self.config.group,
                    batch_no,
                    time: open.time,
                    payee: self.config.payee,
                    salt: found.salt,
                    table: self.table.clone(),
                },
                sweep: Amount(self.sweep(batch_no)),
                doors,
                empty_mask: 0,
                units: drafts.iter().map(Draft::request).collect(),
            };
            match self.head.apply(shape, &request) {
                Ok((witness, effect)) => {
                    let mut open = open;
                    self.waiting.remove_of_house(&of_house);
                    open.items.extend(of_house);
                    self.closed(now, open, (shape, used.len()), request, (witness, effect));
                    return Ok(Closing::Done);
                }
                Err(source) => match self.refused(batch_no, open, (shape, &drafts), source)? {
                    Refusal::Smaller => {}
                    Refusal::Reopened => return Ok(Closing::Again),
                },
            }
        }
    }

    /// The chain has taken the oldest closed batch. Returns the accounts that are no more with it.
    ///
    /// # Errors
    /// [`BatcherError::NotNext`], or the ledger disagrees with itself ([`BatcherError::Refused`]).
    pub fn settle(&mut self, batch_no: u64) -> Result<Vec<AccountIndex>, BatcherError> {
        let expected = self.unsettled.front().map(|u| u.request.context.batch_no);
        if expected != Some(batch_no) {
            return Err(BatcherError::NotNext {
                expected,
                found: batch_no,
            });
        }
        let mut ended = Vec::new();
        if let Some(done) = self.unsettled.front() {
            self.settled
                .apply(done.shape, &done.request)
                .map_err(|source| BatcherError::Refused {
                    batch_no,
                    unit: None,
                    source,
                })?;
            self.settled_time = done.request.context.time;
            let closes = done.items.iter().filter(|item| item.is_close());
            ended.extend(closes.map(QueueItem::account));
            ended.retain(|account| self.settled.account(*account).is_none());
        }
        self.unsettled.pop_front();
        Ok(ended)
    }

    /// Throws away every batch that is not settled and makes them again at another table, for the case that the chain
    /// no longer takes the pinned one. `ready` is as in [`Self::set_table`]. Funding differs between tables, so
    /// holdings can change: the engine must take over what is returned.
    ///
    /// # Errors
    /// [`BatcherError::Table`], then nothing has changed. Otherwise as [`Self::push`]; what is not in a batch yet
    /// stays.
    pub fn rebase(
        &mut self,
        now: Millis,
        table: RiskTable,
        ready: Vec<QueueItem>,
        secrets: &mut dyn SecretSource,
    ) -> Result<BTreeMap<AccountIndex, Holdings>, BatcherError> {
        self.rebase_without(now, table, ready, &BTreeSet::new(), secrets)
    }

    /// Whether a queue item is in it: in a batch that is not settled, or waiting.
    pub fn holds(&self, item: ItemId) -> bool {
        let closed = self.unsettled.iter().flat_map(|closed| &closed.items);
        let open = self.open.iter().flat_map(|open| &open.items);
        closed.chain(open).any(|held| held.item() == item) || self.waiting.holds(item)
    }

    /// As [`Self::rebase`], without queue items that their owners have taken back: no batch at the table can have them
    /// (C-TAKE-BACK).
    ///
    /// # Errors
    /// As [`Self::rebase`].
    pub fn rebase_without(
        &mut self,
        now: Millis,
        table: RiskTable,
        ready: Vec<QueueItem>,
        gone: &BTreeSet<ItemId>,
        secrets: &mut dyn SecretSource,
    ) -> Result<BTreeMap<AccountIndex, Holdings>, BatcherError> {
        self.check_table(&table)?;
        let mut items = ready;
        let mut entries = Vec::new();
        for closed in self.unsettled.drain(..) {
            items.extend(closed.items);
            entries.extend(closed.entries);
        }
        if let Some(open) = self.open.take() {
            items.extend(open.items);
            entries.extend(open.entries);
        }
        items.extend(self.waiting.drain());
        items.retain(|item| !gone.contains(&item.item()));
        items.sort_by_key(QueueItem::item);
        self.waiting.extend(items);
        // The events get the present time: the chain takes no batch that is too old.
        let all = entries.into_iter().chain(self.pending.drain(..));
        let pending = all.map(|e| Entry {
            time: now,
            again: true,
            ..e
        });
        self.pending = pending.collect();
        self.ready.clear();
        self.ended.clear();
        self.head = self.settled.clone();
        self.last_time = self.settled_time;
        self.table = table;
        let drained = self.drain(now, secrets);
        self.forced.clear();
        drained?;
        Ok(self.holdings())
    }

    fn check_table(&self, table: &RiskTable) -> Result<(), BatcherError> {
        let (current, found) = (self.table.header.version, table.header.version);
        let group = table.header.group;
        if group != self.config.group || found < current {
            return Err(BatcherError::Table { current, found, group });
        }
        Ok(())
    }

    fn drain(&mut self, now: Millis, secrets: &mut dyn SecretSource) -> Result<(), BatcherError> {
        loop {
            while let Some(time) = self.pending.front().map(|entry| entry.time) {
                self.begin(time)?;
                // Opening a batch can change their order.
                let Some(entry) = self.pending.front().cloned() else {
                    break;
                };
                let taken = match self.take_queue_of(&entry.event)? {
                    Absorbed::Full => Absorbed::Full,
                    Absorbed::Taken => {
                        let shapes = self.config.shapes.clone();
                        let open = self
                            .open
                            .get_or_insert_with(|| OpenBatch::new(entry.time, shapes, Claims::default()));
                        match open.absorb(&self.head, &self.table, &self.config, &entry) {
                            Ok(taken) => taken,
                            Err(error) => {
                                self.void_first(error)?;
                                continue;
                            }
                        }
                    }
                };
                if taken == Absorbed::Taken {
                    self.pending.pop_front();
                }
                if taken == Absorbed::Full || self.is_full() {
                    // What it leaves pending comes first.
                    self.try_close(now, secrets)?;
                }
            }
            self.begin(now)?;
            // A queue that fits into the batch keeps nobody out.
            let free = self.open.as_ref().map_or(0, OpenBatch::free);
            if self.waiting() <= free {
                self.fill()?;
            }
            if !self.is_full() || self.try_close(now, secrets)? == Closing::Done {
                return Ok(());
            }
        }
    }

    /// Whether a batch is open that has no room.
    fn is_full(&self) -> bool {
        self.open.as_ref().is_some_and(OpenBatch::is_full)
    }

    /// Opens a batch if none is open and there is something for it. Its first units are of those whose items have
    /// waited longest, as many as overdue items may claim (C-QUEUE); what an error leaves of them is claimed at the
    /// next call. What an overdue request waits for comes before all other events.
    fn begin(&mut self, time: Millis) -> Result<(), BatcherError> {
        if self.open.is_none() {
            if self.pending.is_empty() && self.waiting.is_empty() {
                return Ok(());
            }
            // The chain takes no batch whose time is before its table's, and its clock may be ahead of ours.
            let time = time.max(self.last_time).max(self.table.header.time);
            let places = self.pending.front().map_or(0, |entry| entry.event.places());
            let shapes = beginning_with(&self.config.shapes, places);
            let units = most_units(&shapes, 0).unwrap_or(0);
            let mut open = OpenBatch::new(time, shapes, Claims::of(self.config.queue_share, units));
            open.pays_in(self.paid_in()?);
            let most = open.claims.all();
            let held_back: Vec<QueueItem> = self.held_back(&open).take(most).cloned().collect();
            for request in held_back.iter().rev() {
                self.advance(&open, request);
            }
            self.open = Some(open);
        }
        self.claim()
    }

    /// The accounts that padding may stand on: a unit of an account with ready items would take them.
    fn known_accounts(&self, open: &OpenBatch) -> Vec<AccountIndex> {
        let opened = open
            .drafts
            .iter()
            .filter(|d| matches!(d, Draft::Open { .. }))
            .map(Draft::account);
        let all = self.head.accounts().map(|(index, _)| index).chain(opened);
        all.filter(|index| !open.ends(*index) && self.waiting.of(*index).is_empty())
            .collect()
    }

    fn sweep(&self, batch_no: u64) -> u64 {
        let due = |every: u64| every > 0 && batch_no % every == every - 1;
        match self.config.sweep_every {
            Some(every) if due(every) => u64::try_from(self.head.house().fee_pool.get()).unwrap_or(u64::MAX),
            _ => 0,
        }
    }

    fn closed(
        &mut self,
        now: Millis,
        open: OpenBatch,
        (shape, used): (Shape, usize),
        request: BatchRequest,
        (witness, effect): (BatchWitness, BatchEffect),
    ) {
        self.last_time = request.context.time;
        let root = effect.statement.new_root;
        self.ready.push_back(ClosedBatch {
            shape,
            request: request.clone(),
            witness,
            effect,
            items: open.items.iter().map(QueueItem::item).collect(),
            fills: open
                .entries
                .iter()
                .filter(|e| matches!(e.event, Event::Filled(_)))
                .count(),
            used,
            unbound: core::mem::take(&mut self.unbound),
            closed_at: now,
        });
        self.unsettled.push_back(Unsettled {
            shape,
            request,
            root,
            entries: open.entries,
            items: open.items,
            used,
            closed_at: now,
        });
    }
}

/// What the house takes of the queue.
fn doors(items: &[QueueItem]) -> Result<Doors, BatcherError> {
    let mut doors = Doors::default();
    for item in items {
        match item {
            QueueItem::TakeInsurance { asked, keep, .. } => (doors.asked, doors.keep) = (*asked, *keep),
            _ => {
                let sum = doors.paid_in.checked_add(item.amount());
                doors.paid_in = sum.ok_or(BatcherError::CashRange(AccountIndex::HOUSE))?;
            }
        }
    }
    Ok(doors)
}

/// Drafts that padding could not fill, because the batch closes every account that there is: what is missing is of one
/// of them and comes right before its close, behind the unit that takes what the queue has for it.
fn in_full(open: &OpenBatch, mut drafts: Vec<Draft>, units: usize) -> Vec<Draft> {
    let ends = open.drafts.iter().find(|d| d.closes());
    if let Some((close, at)) = ends.and_then(|close| Some((close, drafts.iter().position(|d| d == close)?))) {
        let account = close.account();
        while drafts.len() < units {
            drafts.insert(at, Draft::Padding { account });
        }
    }
    drafts
}
