//! The chain in memory: the storage and checks of C-SUBMIT that matter to a sequencer, blocks on demand, forks on
//! demand.

use cloister_crypto::{
    field::{from_bytes, to_bytes},
    Fr,
};
use cloister_engine_testing::{table, GENESIS, GROUP, NOW};
use cloister_ledger::{
    solvency::SUBTREE_LEAVES, Doors, GroupLedger, HouseRecord, KeyRecord, RecordKind, SolvencyShape, Statement,
    UnitRecord,
};
use cloister_prover_job::{JobKind, Proof, ProofJob, Prover, ProverError, PROOF_BYTES};
use cloister_risk::RiskTable;
use cloister_sequencer::{
    chain::{
        At, BatchKey, GroupView, InvalidBatch, RekeyKey, RoundRejection, RoundView, SealingKey, SettledBatch,
        SolvencyKey, SubmitOutcome, SubmitRejection, UnderWay,
    },
    keys::development_seed,
    ChainClient, ChainError, SequencerKeys,
};
use cloister_settlement::{
    check_overdue, closed, lanes, no_sums, take, take_house, Batch, HouseRekey, HouseRekeyed, HouseTaking, ItemKind,
    KeyId, LeftOut, QueueItem, SolvencyKnown, SolvencySubmission, Taking, Terms,
};
use cloister_types::{AccountIndex, Amount, GroupId};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        Arc, Mutex,
    },
    time::Instant,
};

pub const KEY_ID: KeyId = 3;
/// Account id that submits the batches.
pub const SUBMITTER: [u8; 32] = [0x51; 32];
/// The mock has no owners.
pub type Item = QueueItem<()>;
pub const KEY: &[u8] = b"the mock's verifying key";
pub const REKEY_KEY_ID: KeyId = 4;
pub const SOLVENCY_KEY_ID: KeyId = 5;
pub const SOLVENCY_KEY: &[u8] = b"the mock's verifying key of solvency statements";
/// Shape of the mock's solvency statements.
pub const ROUND_SHAPE: SolvencyShape = SolvencyShape { subtrees: 1 };
pub const REKEY_KEY: &[u8] = b"the mock's verifying key of re-keys";

/// "Proves" by writing down the statement, which the mock chain compares with its own.
#[derive(Clone, Default)]
pub struct MockProver {
    /// What it proves; batches if it is `None`.
    kind: Option<JobKind>,
    /// Attempts that fail first.
    pub failures: Arc<AtomicU64>,
    /// Proofs take 400 ms.
    pub slow: Arc<AtomicBool>,
    /// Attempts to make a prover of solvency statements ready that fail first.
    pub load_failures: Arc<AtomicU64>,
}

/// Counts down; false at 0.
fn fails(left: &AtomicU64) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
        .is_ok()
}

impl MockProver {
    /// Makes the prover of a kind ready.
    pub fn load(&self, kind: JobKind) -> Result<Self, ProverError> {
        if matches!(kind, JobKind::Solvency(_)) && fails(&self.load_failures) {
            return Err(ProverError::Randomness);
        }
        Ok(self.of(kind))
    }

    /// The prover of a kind.
    pub fn of(&self, kind: JobKind) -> Self {
        Self {
            kind: (!matches!(kind, JobKind::Batch(_))).then_some(kind),
            ..self.clone()
        }
    }
}

impl Prover for MockProver {
    fn kind(&self) -> JobKind {
        self.kind.unwrap_or(JobKind::Batch(super::SHAPE))
    }

    fn verifying_key(&self) -> Vec<u8> {
        match self.kind() {
            JobKind::HouseRekey => REKEY_KEY,
            JobKind::Solvency(_) => SOLVENCY_KEY,
            _ => KEY,
        }
        .to_vec()
    }

    fn constraints(&self) -> u64 {
        17
    }

    fn is_development(&self) -> bool {
        true
    }

    async fn prove(&self, job: ProofJob) -> Result<Proof, ProverError> {
        self.kind().check(job.kind())?;
        if let ProofJob::HouseRekey(job) = &job {
            assert_eq!(job.statement.check(&job.witness), Ok(()));
        }
        if let ProofJob::Solvency(job) = &job {
            assert_eq!(job.statement.check(job.shape, &job.witness), Ok(()));
        }
        if self.slow.load(Ordering::SeqCst) {
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        }
        if fails(&self.failures) {
            return Err(ProverError::Randomness);
        }
        let mut proof = [0; PROOF_BYTES];
        proof[..32].copy_from_slice(&to_bytes(&job.public_input()));
        Ok(Proof(proof))
    }
}

/// What the mock stores; cloned at every block.
#[derive(Clone)]
pub struct State {
    pub view: GroupView,
    pub queue: BTreeMap<u64, Item>,
    pub settled: Vec<SettledBatch>,
    pub rekeyed: Vec<HouseRekeyed>,
    /// The roots and houses that batches left, and when.
    pub roots: Vec<Left>,
    /// The accounts that are open.
    pub opened: Vec<u32>,
    pub paid: BTreeMap<u32, u64>,
}

/// What a batch left.
#[derive(Clone)]
pub struct Left {
    pub root: [u8; 32],
    pub house: [u8; 32],
    /// Time of its block.
    pub since: u64,
}

pub struct Inner {
    pub best: State,
    pub finalized: State,
    pub tables: BTreeMap<u64, RiskTable>,
    /// Refusals of the next submissions.
    pub refusals: VecDeque<SubmitRejection>,
    /// Answers of the next submissions that get lost although the batch is in a block.
    pub lost_answers: u32,
    /// How many batches each call for several has had.
    pub together: Vec<usize>,
    /// The batch of this number is refused the next time, for its number.
    pub refused_once: Option<u64>,
    /// Oldest table that is still taken.
    pub oldest_table: u64,
    /// Last moments of tables that were replaced.
    pub table_ends: BTreeMap<u64, u64>,
    /// Blocks become final at once.
    pub instant: bool,
    pub submissions: Vec<Batch>,
    pub enabled: bool,
    /// The sequencers' sealing key.
    pub seal_key: Option<SealingKey>,
    /// How often the queue was read.
    pub queue_reads: u32,
    /// How long an item may wait once it is ready, milliseconds. At 0, the strictest chain, whatever is ready is
    /// overdue.
    pub patience: u64,
    /// Where a new solvency round ends.
    pub next_index: u32,
    /// The solvency round under way.
    pub round: Option<UnderWay>,
    /// The solvency statements that were taken.
    pub statements: Vec<SolvencySubmission>,
    /// Refusals of the next statements.
    pub statement_refusals: VecDeque<SubmitRejection>,
    /// Those that were refused.
    pub refused_statements: Vec<SubmitRejection>,
    /// Whether the key of solvency statements is active.
    pub solvency_key_active: bool,
    /// Oldest table of the round that counts.
    pub counted: Option<u64>,
    /// How long a round is fresh, milliseconds, if the group has solvency terms.
    pub max_round_age: Option<u64>,
}

#[derive(Clone)]
pub struct MockChain {
    pub inner: Arc<Mutex<Inner>>,
    start: Instant,
}

/// The sealing key of a seed.
pub fn seal_key(seed: [u8; 32]) -> SealingKey {
    let keys = SequencerKeys::new(seed, GENESIS, GROUP).unwrap();
    (to_bytes(&keys.public().x()), to_bytes(&keys.public().y()))
}

impl MockChain {
    pub fn new() -> Self {
        let genesis = GroupLedger::default();
        let view = GroupView {
            block: 0,
            enabled: true,
            leads: true,
            root: to_bytes(&genesis.root()),
            house: to_bytes(&genesis.house().commitment()),
            batch_no: 0,
            time: 0,
            risk_version: 0,
            queue_first: 0,
            queue_next: 0,
            queue_share: 50,
            house_rekeys: 0,
        };
        let state = State {
            view,
            queue: BTreeMap::new(),
            settled: Vec::new(),
            rekeyed: Vec::new(),
            roots: Vec::new(),
            opened: Vec::new(),
            paid: BTreeMap::new(),
        };
        let inner = Inner {
            best: state.clone(),
            finalized: state,
            tables: BTreeMap::from([(1, table(1))]),
            refusals: VecDeque::new(),
            lost_answers: 0,
            together: Vec::new(),
            refused_once: None,
            oldest_table: 0,
            table_ends: BTreeMap::new(),
            instant: true,
            submissions: Vec::new(),
            enabled: true,
            seal_key: Some(seal_key(development_seed())),
            queue_reads: 0,
            patience: 0,
            next_index: 0,
            round: None,
            statements: Vec::new(),
            statement_refusals: VecDeque::new(),
            refused_statements: Vec::new(),
            solvency_key_active: true,
            counted: None,
            max_round_age: None,
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            start: Instant::now(),
        }
    }

    pub fn clock(&self) -> u64 {
        NOW + self.start.elapsed().as_millis() as u64
    }

    pub fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Queues an item in a final block, ready at the newest table: for a chain that no sequencer follows yet.
    pub fn enqueue(&self, index: u32, amount: u64, kind: ItemKind) -> u64 {
        let time = self.lock().newest().header.time;
        self.enqueue_at(index, amount, kind, time)
    }

    /// Queues an item in a final block, and builds the table at which it is ready.
    pub fn enqueue_with_table(&self, index: u32, amount: u64, kind: ItemKind) -> u64 {
        let time = self.lock().newest().header.time;
        let item = self.enqueue_at(index, amount, kind, time + 1);
        self.next_table();
        item
    }

    /// Builds a table like the newest, a millisecond later.
    pub fn next_table(&self) {
        let mut table = self.lock().newest().clone();
        table.header.version += 1;
        table.header.time += 1;
        self.add_table(table);
    }

    /// Builds a table like the newest at the present time.
    pub fn present_table(&self) {
        let mut table = self.lock().newest().clone();
        table.header.version += 1;
        table.header.time = self.clock().max(table.header.time + 1);
        self.add_table(table);
    }

    /// Queues an item in a final block that is ready at tables from a time on.
    pub fn enqueue_at(&self, index: u32, amount: u64, kind: ItemKind, ready_at: u64) -> u64 {
        let mut inner = self.lock();
        let item = inner.best.view.queue_next;
        let deadline = ready_at + inner.patience;
        let Inner { best, finalized, .. } = &mut *inner;
        for state in [best, finalized] {
            state.queue.insert(
                item,
                QueueItem {
                    owner: (),
                    index: AccountIndex(index),
                    amount: Amount(amount),
                    queued_at: 0,
                    ready_at,
                    deadline,
                    kind: kind.clone(),
                    until: None,
                },
            );
            state.view.queue_next = item + 1;
        }
        item
    }

    /// Lets the owner of an item take it back from a time of tables on, in a final block.
    pub fn take_back(&self, item: u64, until: u64) {
        let mut inner = self.lock();
        let Inner { best, finalized, .. } = &mut *inner;
        for state in [best, finalized] {
            if let Some(item) = state.queue.get_mut(&item) {
                item.until = Some(until);
            }
        }
    }

    pub fn add_table(&self, table: RiskTable) {
        self.lock().tables.insert(table.header.version, table);
    }

    /// Makes the best block final.
    pub fn finalize(&self) {
        let mut inner = self.lock();
        inner.finalized = inner.best.clone();
    }

    /// A fork without the blocks that are not final wins.
    pub fn fork(&self) {
        let mut inner = self.lock();
        inner.best = inner.finalized.clone();
    }
}

/// The kind of a record whose unit takes no open.
fn no_open(taking: &Taking) -> RecordKind {
    let request = taking.request.as_ref();
    request.map_or(RecordKind::Update, |request| request.record().unwrap())
}

impl Inner {
    pub fn newest(&self) -> &RiskTable {
        self.tables.values().next_back().unwrap()
    }

    /// What each unit takes from the queue, if it takes what is overdue (C-QUEUE).
    fn takings(&self, batch: &Batch) -> Result<(Vec<Taking>, HouseTaking<()>), SubmitRejection> {
        let time = self.tables[&batch.risk_version].header.time;
        let queue = || self.best.queue.iter().map(|(id, item)| (*id, item.clone()));
        let mut waiting = queue().collect();
        let takings = take(&mut waiting, batch.asks(), time).unwrap();
        let house = take_house(&mut waiting, batch.take_insurance.is_some(), time).unwrap();
        let claimed = Terms::claimed_units(self.best.view.queue_share, batch.units.len());
        let closed = closed(batch.leaves(), &takings);
        match check_overdue(lanes(queue()), &takings, &house, &closed, claimed, time) {
            Ok(()) => Ok((takings, house)),
            Err(LeftOut(_)) => Err(SubmitRejection::QueueOverdue),
        }
    }

    fn statement(&self, batch: &Batch, takings: &[Taking], doors: Doors) -> Statement {
        let field = |bytes: &[u8; 32]| from_bytes(bytes).unwrap();
        let units = batch
            .units
            .iter()
            .zip(takings)
            .map(|(u, taking)| UnitRecord {
                index: u.index,
                kind: taking.open.as_ref().map_or(no_open(taking), |keys| {
                    RecordKind::Open(KeyRecord {
                        x: field(&keys.pk_x),
                        y: field(&keys.pk_y),
                        view_commitment: field(&keys.view_commitment),
                    })
                }),
                deposit: taking.amount,
                withdrawal: u.withdrawal,
                new_leaf: field(&u.new_leaf),
                ciphertext: u.ciphertext.iter().map(field).collect(),
            })
            .collect();
        let mut house = [Fr::zero(); cloister_crypto::constants::HOUSE_RECORD];
        for (element, bytes) in house.iter_mut().zip(&batch.house_record) {
            *element = field(bytes);
        }
        Statement {
            genesis: GENESIS,
            group: GroupId(GROUP),
            batch_no: self.best.view.batch_no,
            time: batch.time,
            payee: batch.payee,
            salt: field(&batch.salt),
            old_root: field(&self.best.view.root),
            new_root: field(&batch.new_root),
            old_house: field(&self.best.view.house),
            new_house: field(&batch.new_house),
            risk_hash: self.tables[&batch.risk_version].hash(),
            sweep: batch.sweep,
            doors,
            insurance_out: batch.take_insurance.unwrap_or_default(),
            empty_mask: batch.empty_mask,
            units,
            house: HouseRecord { ciphertext: house },
        }
    }

    fn submit(&mut self, batch: &Batch, now: u64) -> Result<u64, SubmitRejection> {
        self.submissions.push(batch.clone());
        if let Some(refusal) = self.refusals.pop_front() {
            return Err(refusal);
        }
        if self
            .refused_once
            .take_if(|refused| *refused == batch.batch_no)
            .is_some()
        {
            return Err(SubmitRejection::WrongBatchNumber);
        }
        let view = &self.best.view;
        if !self.enabled {
            return Err(SubmitRejection::Disabled);
        }
        if batch.batch_no != view.batch_no {
            return Err(SubmitRejection::WrongBatchNumber);
        }
        if view.house_rekeys == 0 {
            return Err(SubmitRejection::House);
        }
        let version = batch.risk_version;
        if version < self.oldest_table || version < view.risk_version || !self.tables.contains_key(&version) {
            return Err(SubmitRejection::RiskTable);
        }
        if batch.time < view.time || batch.time < self.tables[&version].header.time {
            return Err(SubmitRejection::TimeTooOld);
        }
        let (takings, house) = self.takings(batch)?;
        let opens = |(_, taking): &(AccountIndex, &Taking)| taking.open.is_some();
        let newly = batch.accounts().zip(&takings).filter(opens);
        let newly: Vec<u32> = newly.map(|(index, _)| index.get()).collect();
        let known = |index: u32| self.best.opened.contains(&index) || newly.contains(&index);
        if !batch.units.iter().all(|u| known(u.index.get())) {
            return Err(SubmitRejection::Invalid(InvalidBatch::UnknownAccount));
        }
        if to_bytes(&self.statement(batch, &takings, house.doors()).hash()) != batch.proof[..32] {
            return Err(SubmitRejection::Invalid(InvalidBatch::Proof));
        }
        let ended = closed(batch.leaves(), &takings);
        let state = &mut self.best;
        state.opened.extend(newly);
        state.opened.retain(|index| !ended.contains(&AccountIndex(*index)));
        state.roots.push(Left {
            root: batch.new_root,
            house: batch.new_house,
            since: now,
        });
        for unit in batch.units.iter().filter(|u| u.withdrawal > Amount::ZERO) {
            *state.paid.entry(unit.index.get()).or_default() += unit.withdrawal.get();
        }
        let taken = takings.iter().flat_map(|t| &t.items).chain(&house.items);
        let taken: Vec<u64> = taken.map(|id| id.get()).collect();
        state.queue.retain(|item, _| !taken.contains(item));
        let first = state.queue.keys().next().copied();
        let view = &mut state.view;
        view.block += 1;
        view.batch_no += 1;
        view.root = batch.new_root;
        view.house = batch.new_house;
        view.time = batch.time;
        view.risk_version = version;
        view.queue_first = first.unwrap_or(view.queue_next);
        let block = view.block;
        state.settled.push(SettledBatch {
            batch: batch.clone(),
            block,
            takings,
        });
        if self.instant {
            self.finalized = self.best.clone();
        }
        Ok(block)
    }
}

impl Inner {
    /// C-HOUSE.
    fn rekey(&mut self, rekey: &HouseRekey) -> Result<u64, SubmitRejection> {
        if let Some(refusal) = self.refusals.pop_front() {
            return Err(refusal);
        }
        let Inner { best, seal_key, .. } = self;
        if rekey.old_house != best.view.house {
            return Err(SubmitRejection::House);
        }
        let kept = rekey.kept(best.view.batch_no, seal_key.unwrap());
        let statement = kept.statement(GENESIS, GroupId(GROUP), &best.view.house).unwrap();
        if to_bytes(&statement.hash()) != rekey.proof[..32] {
            return Err(SubmitRejection::Invalid(InvalidBatch::Proof));
        }
        best.rekeyed.push(kept);
        if let Some(newest) = best.roots.last_mut() {
            newest.house = rekey.new_house;
        }
        best.view.block += 1;
        best.view.house = rekey.new_house;
        best.view.house_rekeys += 1;
        if self.instant {
            self.finalized = self.best.clone();
        }
        Ok(self.best.view.block)
    }
}

impl State {
    /// Whether no account is open in the subtrees from `from` to `to`, and they are no more than can be skipped.
    fn is_empty(&self, from: u32, to: u32) -> bool {
        if from < to && (to - 1) / 512 - from / 512 >= 64 {
            return false;
        }
        let subtree = |index: &u32| index / SUBTREE_LEAVES as u32 * SUBTREE_LEAVES as u32;
        !self.opened.iter().map(subtree).any(|at| (from..to).contains(&at))
    }
}

impl Inner {
    /// D-ROUND.
    fn take_statement(&mut self, submission: &SolvencySubmission) -> Result<u64, SubmitRejection> {
        if let Some(refusal) = self.statement_refusals.pop_front() {
            return Err(refusal);
        }
        let table = self.tables[&submission.risk_version].clone();
        let time = table.header.time;
        let root = self.best.roots.get(submission.batch_no as usize);
        let root = root.ok_or(RoundRejection::RootUnknown)?;
        let next = self.best.roots.get(submission.batch_no as usize + 1);
        if next.is_some_and(|next| next.since <= time) {
            return Err(RoundRejection::RootReplaced.into());
        }
        let first = submission.first.get();
        let round = self.round.filter(|round| first >= round.cursor);
        let (cursor, end) = round.map_or((0, self.next_index), |round| (round.cursor, round.end));
        if !self.best.is_empty(cursor, first) {
            return Err(RoundRejection::AccountSkipped.into());
        }
        let last = self.best.is_empty(ROUND_SHAPE.next(submission.first).get(), end);
        if last != submission.findings.is_some() {
            return Err(RoundRejection::WrongOutcome.into());
        }
        let known = SolvencyKnown {
            genesis: GENESIS,
            group: GroupId(GROUP),
            shape: ROUND_SHAPE,
            root: root.root,
            house: root.house,
            risk_hash: to_bytes(&table.hash()),
            table_time: time,
            before: round.map_or_else(no_sums, |round| round.sums),
        };
        let statement = submission.statement(&known).unwrap();
        if submission.proof[..32] != to_bytes(&statement.hash()) {
            return Err(SubmitRejection::Invalid(InvalidBatch::Proof));
        }
        let next = UnderWay {
            cursor: statement.next.get(),
            end,
            sums: submission.after,
            oldest_table: round.map_or(time, |round| round.oldest_table.min(time)),
        };
        self.round = (!last).then_some(next);
        if last {
            self.counted = self.counted.max(Some(next.oldest_table));
        }
        self.statements.push(submission.clone());
        Ok(self.best.view.block)
    }
}

impl ChainClient for MockChain {
    type AccountId = ();

    fn genesis_hash(&self) -> [u8; 32] {
        GENESIS
    }

    fn submitter(&self) -> [u8; 32] {
        SUBMITTER
    }

    fn now(&self) -> u64 {
        self.clock()
    }

    async fn group(&self, group: u32, at: At) -> Result<Option<GroupView>, ChainError> {
        let inner = self.lock();
        let state = if at == At::Best { &inner.best } else { &inner.finalized };
        Ok((group == GROUP).then(|| state.view.clone()))
    }

    async fn queue(&self, _: u32, from: u64, limit: u32) -> Result<Vec<(u64, Item)>, ChainError> {
        let mut inner = self.lock();
        inner.queue_reads += 1;
        Ok(inner
            .finalized
            .queue
            .range(from..)
            .take(limit as usize)
            .map(|(id, item)| (*id, item.clone()))
            .collect())
    }

    async fn risk_table(&self, _: u32, version: Option<u64>) -> Result<Option<RiskTable>, ChainError> {
        let inner = self.lock();
        let version = version.or(inner.tables.keys().next_back().copied());
        Ok(version.and_then(|v| inner.tables.get(&v).cloned()))
    }

    async fn house_rekeys(&self, _: u32) -> Result<Vec<HouseRekeyed>, ChainError> {
        Ok(self.lock().finalized.rekeyed.clone())
    }

    async fn seal_key(&self, _: u32) -> Result<Option<SealingKey>, ChainError> {
        Ok(self.lock().seal_key)
    }

    async fn rekey_keys(&self) -> Result<Vec<RekeyKey>, ChainError> {
        Ok(vec![RekeyKey {
            id: REKEY_KEY_ID,
            active: true,
            key: REKEY_KEY.to_vec(),
        }])
    }

    async fn submit_rekey(&self, _: u32, rekey: &HouseRekey) -> Result<SubmitOutcome, ChainError> {
        assert_eq!(rekey.key, REKEY_KEY_ID);
        Ok(match self.lock().rekey(rekey) {
            Ok(block) => SubmitOutcome::InBlock(block),
            Err(rejection) => SubmitOutcome::Rejected(rejection),
        })
    }

    async fn solvency_keys(&self) -> Result<Vec<SolvencyKey>, ChainError> {
        Ok(vec![SolvencyKey {
            id: SOLVENCY_KEY_ID,
            shape: ROUND_SHAPE,
            active: self.lock().solvency_key_active,
            key: SOLVENCY_KEY.to_vec(),
        }])
    }

    async fn solvency_round(&self, _: u32) -> Result<Option<RoundView>, ChainError> {
        let inner = self.lock();
        Ok(Some(RoundView {
            next_index: inner.next_index,
            under_way: inner.round,
            counted: inner.counted,
            max_round_age: inner.max_round_age,
        }))
    }

    async fn ends_round(&self, _: u32, next: u32, end: u32) -> Result<bool, ChainError> {
        Ok(self.lock().best.is_empty(next, end))
    }

    async fn submit_solvency(&self, _: u32, submission: &SolvencySubmission) -> Result<SubmitOutcome, ChainError> {
        let mut inner = self.lock();
        Ok(match inner.take_statement(submission) {
            Ok(block) => SubmitOutcome::InBlock(block),
            Err(rejection) => {
                inner.refused_statements.push(rejection);
                SubmitOutcome::Rejected(rejection)
            }
        })
    }

    async fn table_end(&self, _: u32, version: u64) -> Result<Option<u64>, ChainError> {
        Ok(self.lock().table_ends.get(&version).copied())
    }

    async fn batch_keys(&self) -> Result<Vec<BatchKey>, ChainError> {
        Ok(vec![BatchKey {
            id: KEY_ID,
            shape: super::SHAPE,
            active: true,
            key: KEY.to_vec(),
        }])
    }

    async fn submit_batch(&self, _: u32, batch: &Batch) -> Result<SubmitOutcome, ChainError> {
        assert_eq!(batch.key, KEY_ID);
        let mut inner = self.lock();
        // A block's time is behind that of the tables before it.
        let outcome = match inner.submit(batch, self.clock() + 1) {
            Ok(block) => SubmitOutcome::InBlock(block),
            Err(rejection) => SubmitOutcome::Rejected(rejection),
        };
        if inner.lost_answers > 0 {
            inner.lost_answers -= 1;
            return Err(ChainError::Dropped);
        }
        Ok(outcome)
    }

    async fn submit_batches(&self, group: u32, batches: &[Batch]) -> Result<SubmitOutcome, ChainError> {
        self.lock().together.push(batches.len());
        let mut outcome = Err(ChainError::Dropped);
        for (n, batch) in batches.iter().enumerate() {
            match self.submit_batch(group, batch).await {
                // What is refused behind the first stops nothing before it.
                Ok(SubmitOutcome::Rejected(_)) if n > 0 => break,
                Ok(SubmitOutcome::Rejected(rejection)) => return Ok(SubmitOutcome::Rejected(rejection)),
                other => outcome = other,
            }
        }
        outcome
    }

    async fn settled_batches(&self, _: u32, from: u64) -> Result<Vec<SettledBatch>, ChainError> {
        let inner = self.lock();
        Ok(inner
            .finalized
            .settled
            .iter()
            .filter(|s| s.batch.batch_no >= from)
            .cloned()
            .collect())
    }
}
