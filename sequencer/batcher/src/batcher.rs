//! The batcher itself.

use crate::{
    closed::ClosedBatch,
    config::{BatcherConfig, SecretSource},
    draft::{digest, Draft},
    error::{BatcherError, UnitName},
    event::{Event, Forced, QueueItem, Request},
    open::{held_by, Absorbed, Claims, Entry, OpenBatch},
    padding::pad,
    waiting::Waiting,
};
use cloister_crypto::Fr;
use cloister_engine::{AccountIndex, Holdings, Millis};
use cloister_ledger::{
    state::BatchRequest, BatchContext, BatchEffect, BatchError, BatchWitness, Doors, GroupLedger, SignedInstruction,
    StateError,
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
    request: BatchRequest,
    /// Account root after the batch.
    root: Fr,
    entries: Vec<Entry>,
    items: Vec<QueueItem>,
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
    /// Events that are not in a batch yet; not empty only while an error stands.
    pending: VecDeque<Entry>,
    /// Queue items that are ready at the table and in no batch yet.
    waiting: Waiting,
    unsettled: VecDeque<Unsettled>,
    ready: VecDeque<ClosedBatch>,
    unbound: Vec<Arc<SignedInstruction>>,
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
        if config.shape.units < 2 || config.shape.places == 0 {
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

    /// Units of the open batch.
    pub fn open_units(&self) -> usize {
        self.open.as_ref().map_or(0, |o| o.drafts.len())
    }

    /// Events that wait because of an error.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Accounts with opens or deposits that are ready and in no batch yet, and requests that are.
    pub fn waiting(&self) -> usize {
        self.waiting.accounts().saturating_add(self.waiting.requests().count())
    }

    /// Sets the part of a batch's units that overdue queue items may claim, in percent, from the next batch on.
    pub fn set_queue_share(&mut self, share: u8) {
        self.config.queue_share = share;
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

    /// Takes an event. Full batches are closed and wait in [`Self::next_closed`].
    ///
    /// # Errors
    /// Why the event, or one before it, cannot be put into a batch; the event is kept and tried again with the next
    /// input.
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
    /// the queue.
    ///
    /// # Errors
    /// [`BatcherError::Refused`], [`BatcherError::CashRange`]; the batch stays open.
    pub fn close(&mut self, now: Millis, secrets: &mut dyn SecretSource) -> Result<(), BatcherError> {
        self.begin(now)?;
        self.take_overdue()?;
        loop {
            // A unit that was left out has made room. Padding may stand only on accounts that take nothing.
            self.fill()?;
            let Some(open) = self.open.take() else {
                return Ok(());
            };
            let known = self.known_accounts(&open);
            let of_house = self.waiting.of_house();
            // All that was in it turned out to be cancels that cannot be proven. What the house takes asks for no unit,
            // but padding stands on accounts, and there may be none yet.
            if open.is_empty() && (of_house.is_empty() || known.is_empty()) {
                return Ok(());
            }
            let doors = match doors(&of_house) {
                Ok(doors) => doors,
                Err(error) => {
                    self.open = Some(open);
                    return Err(error);
                }
            };
            let batch_no = self.head.batch_no();
            let found = secrets.secrets(batch_no, &digest(batch_no, &self.head.root(), &open.drafts, &doors));
            let units = usize::from(self.config.shape.units);
            let drafts = in_full(&open, pad(&open.drafts, units, &known, found.padding), units);
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
            match self.head.apply(self.config.shape, &request) {
                Ok((witness, effect)) => {
                    let mut open = open;
                    self.waiting.remove_of_house(&of_house);
                    open.items.extend(of_house);
                    self.closed(now, open, request, witness, effect);
                    return Ok(());
                }
                Err(source) => self.refused(batch_no, open, &drafts, source)?,
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
                .apply(self.config.shape, &done.request)
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

    /// Replaces a closed batch by its refreshed self, so that later batches follow its time.
    pub fn refreshed(&mut self, batch: &ClosedBatch) {
        if let Some(own) = self
            .unsettled
            .iter_mut()
            .find(|u| u.request.context.batch_no == batch.batch_no())
        {
            own.request = batch.request.clone();
        }
        self.last_time = self.last_time.max(batch.time());
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
        while let Some(time) = self.pending.front().map(|entry| entry.time) {
            self.begin(time)?;
            // Opening a batch can change their order.
            let Some(entry) = self.pending.front().cloned() else {
                break;
            };
            let taken = self.take_queue_of(&entry.event)?;
            let open = self
                .open
                .get_or_insert_with(|| OpenBatch::new(entry.time, Claims::default()));
            match taken {
                Absorbed::Taken => match open.absorb(&self.head, &self.table, &self.config, &entry) {
                    Ok(Absorbed::Taken) => {
                        self.pending.pop_front();
                        if open.free(&self.config) == 0 {
                            self.close(now, secrets)?;
                        }
                    }
                    Ok(Absorbed::Full) => self.close(now, secrets)?,
                    Err(BatcherError::UnknownAccount(account)) => {
                        // The account is no more. A cancel holds in the engine all the same.
                        let cancel = entry.event.cancel().ok_or(BatcherError::UnknownAccount(account))?;
                        self.unbound.push(cancel.clone());
                        self.pending.pop_front();
                    }
                    Err(error) => return Err(error),
                },
                Absorbed::Full => self.close(now, secrets)?,
            }
        }
        self.begin(now)?;
        // A queue that fits into the batch keeps nobody out.
        let free = self.open.as_ref().map_or(0, |open| open.free(&self.config));
        if self.waiting() <= free {
            self.fill()?;
        }
        if self.open.as_ref().is_some_and(|open| open.free(&self.config) == 0) {
            self.close(now, secrets)?;
        }
        Ok(())
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
            let open = OpenBatch::new(time, Claims::of(&self.config));
            let most = open.claims.all();
            let held_back: Vec<QueueItem> = self.held_back(&open).take(most).cloned().collect();
            for request in held_back.iter().rev() {
                self.advance(&open, request);
            }
            self.open = Some(open);
        }
        self.claim()
    }

    /// Takes what is overdue into the units that the queue may claim, lane by lane as the chain asks for it (C-QUEUE),
    /// and keeps one for each overdue request that must not come yet and is before the rest of its lane. What overdue
    /// items do not need goes to whatever else has waited longest.
    fn claim(&mut self) -> Result<(), BatcherError> {
        // What a lane does not need is the other one's.
        let unused = self.claim_of(true, 0)?;
        let unused = self.claim_of(false, unused)?;
        let unused = self.claim_of(true, unused)?;
        for _ in 0..unused {
            if !self.take_first()? {
                break;
            }
        }
        Ok(())
    }

    /// Takes overdue items of one lane, with some more units. Returns how many it does not need.
    fn claim_of(&mut self, priority: bool, more: usize) -> Result<usize, BatcherError> {
        if let Some(open) = &mut self.open {
            *open.claims.lane(priority) += more;
        }
        let time = self.table.header.time;
        loop {
            let Some(open) = &self.open else {
                return Ok(0);
            };
            let claims = open.claims.of_lane(priority);
            if claims == 0 {
                return Ok(0);
            }
            // A request that a unit is kept for takes the money of its account with it, and claims for both.
            let kept_for: BTreeSet<AccountIndex> = self
                .held_back(open)
                .filter(|held| held.has_priority())
                .take(open.claims.priority)
                .map(QueueItem::account)
                .collect();
            let is_overdue = |account| {
                let mut items = self.waiting.of(account).iter();
                items.next().is_some_and(|item| item.is_overdue(time))
            };
            let mut accounts = self.waiting.accounts_in_order();
            let money = accounts
                .find(|(_, account)| !kept_for.contains(account))
                .filter(|(_, account)| !priority && is_overdue(*account));
            drop(accounts);
            let request = self
                .first_request(open, |item| item.has_priority() == priority && item.is_overdue(time))
                .cloned();
            let ids = money
                .map(|(item, _)| item)
                .into_iter()
                .chain(request.as_ref().map(QueueItem::item));
            let next = ids.min();
            let held_back = self.held_back(open).filter(|held| held.has_priority() == priority);
            let kept = held_back
                .filter(|held| next.is_none_or(|next| held.item() < next))
                .count()
                .min(claims);
            let took = claims > kept && self.take_older(money, request.as_ref())?;
            // The open of its account came first, which is of the other lane.
            let again = took && priority && request.is_some_and(|r| self.waiting.requests().any(|item| *item == r));
            if let Some(open) = &mut self.open {
                *open.claims.lane(priority) = if took { claims - usize::from(!again) } else { kept };
            }
            if !took {
                return Ok(claims - kept);
            }
        }
    }

    /// Takes the requests that units were kept for, in the batch that is being closed: the chain takes none without
    /// them. What they wait for is in it if it fits ([`Self::advance`]); what is left must hold without it.
    fn take_overdue(&mut self) -> Result<(), BatcherError> {
        for priority in [true, false] {
            while let Some(open) = self.open.as_ref().filter(|open| open.claims.of_lane(priority) > 0) {
                let mut held_back = self.held_back(open);
                let first = held_back.find(|held| held.has_priority() == priority).cloned();
                drop(held_back);
                let took = match first {
                    Some(request) => self.take_request(&request)?,
                    None => false,
                };
                if let Some(open) = &mut self.open {
                    let claims = open.claims.lane(priority);
                    *claims = if took { *claims - 1 } else { 0 };
                }
                self.claim()?;
            }
        }
        Ok(())
    }

    /// Moves the events that a request waits for to the front, and with them all that came before to any account that
    /// they touch, so that each account sees its events in their order.
    fn advance(&mut self, open: &OpenBatch, request: &QueueItem) {
        let mut touched = BTreeSet::new();
        let mut moves: Vec<bool> = Vec::with_capacity(self.pending.len());
        for entry in self.pending.iter().rev() {
            let accounts = entry.event.accounts();
            let first = self.waits_for(open, request, entry) || accounts.iter().any(|a| touched.contains(a));
            if first {
                touched.extend(accounts);
            }
            moves.push(first);
        }
        let (first, rest): (Vec<_>, Vec<_>) = self
            .pending
            .drain(..)
            .zip(moves.into_iter().rev())
            .partition(|(_, first)| *first);
        self.pending
            .extend(first.into_iter().chain(rest).map(|(entry, _)| entry));
    }

    /// Puts what waits in the queue into the open batch, as far as it fits.
    fn fill(&mut self) -> Result<(), BatcherError> {
        while self.take_first()? {}
        Ok(())
    }

    /// Takes the items of the account that is first in the queue, or the request that is. False if there is none, or no
    /// room.
    fn take_first(&mut self) -> Result<bool, BatcherError> {
        let Some(open) = &self.open else {
            return Ok(false);
        };
        let request = self.first_request(open, |_| true).cloned();
        self.take_older(self.waiting.first(), request.as_ref())
    }

    /// Takes the items of an account, given the oldest of them, or a request, whichever is older. False if there is
    /// none, or no room.
    fn take_older(
        &mut self,
        money: Option<(ItemId, AccountIndex)>,
        request: Option<&QueueItem>,
    ) -> Result<bool, BatcherError> {
        match (money, request) {
            (Some((item, account)), request) if request.is_none_or(|r| item < r.item()) => {
                Ok(self.take_queue(account)? == Absorbed::Taken)
            }
            (_, Some(request)) => self.take_request(request),
            (_, None) => Ok(false),
        }
    }

    /// Whether a request must not come before an event that is pending.
    ///
    /// * A close: its account is empty without events that wait, and those need it. A cancel does not.
    /// * A forced withdrawal takes what is free, which fills that are made again at another table may need, unless they
    ///   follow a re-key that is behind it. Of what is new the engine has made sure: it counts what is asked for as
    ///   gone from the moment on that it hears of it.
    /// * A re-key: behind it nothing can be proven that the old key signed.
    fn waits_for(&self, open: &OpenBatch, item: &QueueItem, entry: &Entry) -> bool {
        let QueueItem::Request { account, request, .. } = item else {
            return false;
        };
        if !entry.event.accounts().contains(account) {
            return false;
        }
        match request {
            Request::Switch(_) => false,
            Request::Close => entry.event.cancel().is_none() && open.holds_nothing(&self.head, *account),
            Request::ForcedWithdrawal { .. } => {
                let is_behind = |rekey| item.item() < rekey;
                entry.again && !self.rekey_before(*account, &entry.event).is_some_and(is_behind)
            }
            Request::Rekey { .. } => !self.follows(item, &entry.event),
        }
    }

    /// The requests, oldest first, and whether they can be taken now: none waits for an event, nor for one of the same
    /// account that does. Those of an account are taken in their order.
    fn requests<'a>(&'a self, open: &'a OpenBatch) -> impl Iterator<Item = (&'a QueueItem, bool)> {
        let mut skipped = BTreeSet::new();
        self.waiting.requests().map(move |item| {
            let account = item.account();
            let waits = || self.pending.iter().any(|entry| self.waits_for(open, item, entry));
            let can = !skipped.contains(&account) && !waits();
            if !can {
                skipped.insert(account);
            }
            (item, can)
        })
    }

    /// The oldest request of a kind that can be taken now.
    fn first_request<'a>(&'a self, open: &'a OpenBatch, kind: impl Fn(&QueueItem) -> bool) -> Option<&'a QueueItem> {
        let mut can = self.requests(open).filter(|(_, can)| *can);
        can.find(|(item, _)| kind(item)).map(|(item, _)| item)
    }

    /// The requests that are overdue and cannot be taken now, oldest first.
    fn held_back<'a>(&'a self, open: &'a OpenBatch) -> impl Iterator<Item = &'a QueueItem> {
        let time = self.table.header.time;
        let all = self.requests(open);
        let overdue = all.filter(move |(item, _)| item.is_overdue(time));
        overdue.filter(|(_, can)| !can).map(|(item, _)| item)
    }

    /// Takes a request. What waits for its account comes first, in the same unit if that can be.
    fn take_request(&mut self, request: &QueueItem) -> Result<bool, BatcherError> {
        let account = request.account();
        let items = self.waiting.of(account);
        let Some(open) = self.open.as_mut().filter(|open| open.free(&self.config) > 0) else {
            return Ok(false);
        };
        let opens = items.iter().any(|item| matches!(item, QueueItem::Open { .. }));
        if opens || request.is_close() && !items.is_empty() {
            return Ok(self.take_queue(account)? == Absorbed::Taken);
        }
        let forced = open.absorb_request(&self.head, &self.table, request, items)?;
        self.forced.extend(forced);
        if open.ends(account) {
            self.ended.push(account);
        }
        self.waiting.remove(account);
        self.waiting.remove_request(request.item());
        Ok(true)
    }

    /// Whether an event was signed with the key that a re-key gives, so that it comes after it.
    fn follows(&self, rekey: &QueueItem, event: &Event) -> bool {
        let QueueItem::Request { account, request, .. } = rekey else {
            return false;
        };
        event.signed_by(*account).is_some_and(|signed| {
            let message = signed.instruction.message(&self.config.genesis);
            request.gives(message, &signed.signature)
        })
    }

    /// The re-key of an account that waits and that an event follows.
    fn rekey_before(&self, account: AccountIndex, event: &Event) -> Option<ItemId> {
        let mut own = self.waiting.requests().filter(|item| item.account() == account);
        own.find(|item| item.is_rekey() && self.follows(item, event))
            .map(QueueItem::item)
    }

    /// Takes the items of the accounts of an event before the event: the first unit of an account takes them. A re-key
    /// comes before what its new key has signed, and what was requested before it comes before the re-key.
    fn take_queue_of(&mut self, event: &Event) -> Result<Absorbed, BatcherError> {
        for account in event.accounts() {
            while self.rekey_before(account, event).is_some() {
                // The last units may be kept for others.
                if self.unclaimed() == 0 {
                    return Ok(Absorbed::Full);
                }
                let first = self.waiting.requests().find(|item| item.account() == account).cloned();
                match first {
                    Some(first) if self.take_request(&first)? => {}
                    _ => return Ok(Absorbed::Full),
                }
            }
            let full = self.unclaimed() == 0 && !self.waiting.of(account).is_empty();
            if full || self.take_queue(account)? == Absorbed::Full {
                return Ok(Absorbed::Full);
            }
        }
        Ok(Absorbed::Taken)
    }

    /// Units of the open batch that are free and not kept for the queue.
    fn unclaimed(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.unclaimed(&self.config))
    }

    /// Takes the items of an account, if there are any, into the open batch.
    fn take_queue(&mut self, account: AccountIndex) -> Result<Absorbed, BatcherError> {
        let items = self.waiting.of(account);
        let Some(open) = self.open.as_mut().filter(|_| !items.is_empty()) else {
            return Ok(Absorbed::Taken);
        };
        if open.free(&self.config) == 0 {
            return Ok(Absorbed::Full);
        }
        open.absorb_queue(&self.head, account, items)?;
        self.waiting.remove(account);
        Ok(Absorbed::Taken)
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
        request: BatchRequest,
        witness: BatchWitness,
        effect: BatchEffect,
    ) {
        self.last_time = request.context.time;
        let root = effect.statement.new_root;
        self.ready.push_back(ClosedBatch {
            shape: self.config.shape,
            request: request.clone(),
            witness,
            effect,
            items: open.items.iter().map(QueueItem::item).collect(),
            fills: open
                .entries
                .iter()
                .filter(|e| matches!(e.event, Event::Filled(_)))
                .count(),
            used: open.drafts.len(),
            unbound: core::mem::take(&mut self.unbound),
            closed_at: now,
        });
        self.unsettled.push_back(Unsettled {
            request,
            root,
            entries: open.entries,
            items: open.items,
        });
    }

    /// The transition refused the batch. A cancel at fault is left out, because the engine has acted on it already;
    /// anything else stops the batcher, and the batch stays open.
    fn refused(
        &mut self,
        batch_no: u64,
        mut open: OpenBatch,
        drafts: &[Draft],
        source: StateError,
    ) -> Result<(), BatcherError> {
        let position = match source {
            StateError::Batch(BatchError::Unit(n, _))
            | StateError::NoAccount(n)
            | StateError::AccountExists(n)
            | StateError::TooManyPlaces(n) => Some(usize::from(n)),
            StateError::BatchNumber { .. } | StateError::Batch(_) => None,
        };
        let draft = position.and_then(|at| drafts.get(at));
        let own = draft
            .and_then(|d| open.drafts.iter().position(|o| o == d))
            .filter(|_| draft.is_some_and(Draft::is_cancel));
        if let Some(at) = own {
            if let Draft::Bound { signed } = open.remove(at) {
                open.entries.retain(|e| e.event != Event::Bound(signed.clone()));
                self.unbound.push(signed);
            }
            self.open = Some(open);
            return Ok(());
        }
        self.open = Some(open);
        let unit = position.zip(draft).map(|(position, d)| UnitName {
            position,
            account: d.account(),
            id: d.id(),
        });
        Err(BatcherError::Refused { batch_no, unit, source })
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
