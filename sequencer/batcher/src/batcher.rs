//! The batcher itself.

use crate::{
    closed::ClosedBatch,
    config::{BatcherConfig, SecretSource},
    draft::{digest, Draft},
    error::{BatcherError, UnitName},
    event::{Event, QueueItem},
    open::{held_by, Absorbed, Entry, OpenBatch},
    padding::pad,
};
use cloister_crypto::Fr;
use cloister_engine::{AccountIndex, Holdings, Millis};
use cloister_ledger::{
    state::BatchRequest, BatchContext, BatchEffect, BatchError, BatchWitness, GroupLedger, SignedInstruction,
    StateError,
};
use cloister_risk::RiskTable;
use cloister_types::Amount;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// A closed batch that the chain has not taken yet, with the events inside.
#[derive(Clone, Debug)]
struct Unsettled {
    request: BatchRequest,
    /// Account root after the batch.
    root: Fr,
    entries: Vec<Entry>,
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
    unsettled: VecDeque<Unsettled>,
    ready: VecDeque<ClosedBatch>,
    unbound: Vec<Arc<SignedInstruction>>,
}

impl Batcher {
    /// A batcher on top of a settled ledger; `last_time` is the time of the last settled batch.
    ///
    /// # Errors
    /// [`BatcherError::Shape`], [`BatcherError::Table`].
    pub fn new(
        config: BatcherConfig,
        state: GroupLedger,
        last_time: Millis,
        table: RiskTable,
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
        Ok(Self {
            config,
            settled: state.clone(),
            settled_time: last_time,
            head: state,
            last_time,
            table,
            open: None,
            pending: VecDeque::new(),
            unsettled: VecDeque::new(),
            ready: VecDeque::new(),
            unbound: Vec::new(),
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

    /// What every account holds after every event that is in a batch, open or closed.
    pub fn holdings(&self) -> BTreeMap<AccountIndex, Holdings> {
        let mut all: BTreeMap<AccountIndex, Holdings> = self
            .head
            .accounts()
            .map(|(index, state)| (index, held_by(&state.account)))
            .collect();
        if let Some(open) = &self.open {
            all.extend(open.holdings().iter().map(|(i, h)| (*i, *h)));
        }
        all
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
        self.pending.push_back(Entry { time: now, event });
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

    /// Puts a new table in force for the next batch; the open batch is closed at its own.
    ///
    /// # Errors
    /// The table cannot follow the current one, or the open batch cannot be closed. In the second case the old table
    /// stays in force: call again, or [`Self::rebase`].
    pub fn set_table(
        &mut self,
        now: Millis,
        table: RiskTable,
        secrets: &mut dyn SecretSource,
    ) -> Result<(), BatcherError> {
        self.check_table(&table)?;
        self.drain(now, secrets)?;
        self.close(now, secrets)?;
        self.table = table;
        Ok(())
    }

    /// Closes the open batch, if there is something in it.
    ///
    /// # Errors
    /// [`BatcherError::Refused`]; the batch stays open.
    pub fn close(&mut self, now: Millis, secrets: &mut dyn SecretSource) -> Result<(), BatcherError> {
        while let Some(open) = self.open.take() {
            if open.is_empty() {
                // All that was in it turned out to be cancels that cannot be proven.
                return Ok(());
            }
            let known = self.known_accounts(&open);
            let batch_no = self.head.batch_no();
            let found = secrets.secrets(batch_no, &digest(batch_no, &self.head.root(), &open.drafts));
            let units = usize::from(self.config.shape.units);
            let drafts = pad(&open.drafts, units, &known, found.padding);
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
                empty_mask: 0,
                units: drafts.iter().map(Draft::request).collect(),
            };
            match self.head.apply(self.config.shape, &request) {
                Ok((witness, effect)) => {
                    self.closed(now, open, &drafts, request, witness, effect);
                    return Ok(());
                }
                Err(source) => self.refused(batch_no, open, &drafts, source)?,
            }
        }
        Ok(())
    }

    /// The chain has taken the oldest closed batch.
    ///
    /// # Errors
    /// [`BatcherError::NotNext`], or the ledger disagrees with itself ([`BatcherError::Refused`]).
    pub fn settle(&mut self, batch_no: u64) -> Result<(), BatcherError> {
        let expected = self.unsettled.front().map(|u| u.request.context.batch_no);
        if expected != Some(batch_no) {
            return Err(BatcherError::NotNext {
                expected,
                found: batch_no,
            });
        }
        if let Some(done) = self.unsettled.front() {
            self.settled
                .apply(self.config.shape, &done.request)
                .map_err(|source| BatcherError::Refused {
                    batch_no,
                    unit: None,
                    source,
                })?;
            self.settled_time = done.request.context.time;
        }
        self.unsettled.pop_front();
        Ok(())
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
    /// no longer takes the pinned one. Funding differs between tables, so holdings can change: the engine must take
    /// over what is returned.
    ///
    /// # Errors
    /// As [`Self::push`]; the events that are not in a batch yet stay.
    pub fn rebase(
        &mut self,
        now: Millis,
        table: RiskTable,
        secrets: &mut dyn SecretSource,
    ) -> Result<BTreeMap<AccountIndex, Holdings>, BatcherError> {
        self.check_table(&table)?;
        let closed = self.unsettled.drain(..).flat_map(|u| u.entries);
        let open = self.open.take().map(|o| o.entries).unwrap_or_default();
        // The events get the present time: the chain takes no batch that is too old. Queue items go first: money and
        // accounts can come earlier without harm, and the chain refuses a batch that leaves an overdue item behind.
        let all = closed
            .chain(open)
            .chain(self.pending.drain(..))
            .map(|e| Entry { time: now, ..e });
        let (queue, rest): (Vec<Entry>, Vec<Entry>) = all.partition(|e| matches!(e.event, Event::Queue(_)));
        self.pending = queue.into_iter().chain(rest).collect();
        self.ready.clear();
        self.head = self.settled.clone();
        self.last_time = self.settled_time;
        self.table = table;
        self.drain(now, secrets)?;
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
        while let Some(entry) = self.pending.front() {
            // The chain takes no batch whose time is before its table's, and its clock may be ahead of ours.
            let time = entry.time.max(self.last_time).max(self.table.header.time);
            let open = self.open.get_or_insert_with(|| OpenBatch::new(time));
            match open.absorb(&self.head, &self.table, &self.config, entry)? {
                Absorbed::Taken => {
                    self.pending.pop_front();
                    if open.drafts.len() >= usize::from(self.config.shape.units) {
                        self.close(now, secrets)?;
                    }
                }
                Absorbed::Full => self.close(now, secrets)?,
            }
        }
        Ok(())
    }

    fn known_accounts(&self, open: &OpenBatch) -> Vec<AccountIndex> {
        let opened = open
            .drafts
            .iter()
            .filter(|d| matches!(d, Draft::Open { .. }))
            .map(Draft::account);
        self.head.accounts().map(|(index, _)| index).chain(opened).collect()
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
        drafts: &[Draft],
        request: BatchRequest,
        witness: BatchWitness,
        effect: BatchEffect,
    ) {
        let item = |e: &Entry| match &e.event {
            Event::Queue(item) => Some(item.item()),
            _ => None,
        };
        self.last_time = request.context.time;
        let root = effect.statement.new_root;
        self.ready.push_back(ClosedBatch {
            shape: self.config.shape,
            request: request.clone(),
            witness,
            effect,
            queued: drafts.iter().map(Draft::queued).collect(),
            last_item: open.entries.iter().filter_map(item).max(),
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

impl From<QueueItem> for Event {
    fn from(item: QueueItem) -> Self {
        Self::Queue(item)
    }
}
