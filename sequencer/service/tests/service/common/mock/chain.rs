//! What the chain has, and what a test does to it.

use super::{
    clock::Clock,
    names::{Item, KEY, KEY_ID, SHAPE},
};
use cloister_crypto::field::to_bytes;
use cloister_engine_testing::{table, GENESIS, GROUP};
use cloister_ledger::{solvency::SUBTREE_LEAVES, GroupLedger, Shape};
use cloister_risk::RiskTable;
use cloister_sequencer::{
    chain::{BatchKey, GroupView, IndexPrice, SealingKey, SettledBatch, Stake, SubmitRejection, UnderWay},
    keys::development_seed,
    SequencerKeys,
};
use cloister_settlement::{Batch, HouseRekeyed, ItemKind, KeyId, QueueItem, SolvencySubmission};
use cloister_types::{AccountIndex, Amount};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

/// What the mock stores; cloned at every block.
#[derive(Clone)]
pub struct State {
    pub view: GroupView,
    pub queue: BTreeMap<u64, Item>,
    pub settled: Vec<SettledBatch>,
    /// The group at every block.
    pub past: BTreeMap<u64, GroupView>,
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
    /// What the oracle says.
    pub index_prices: Vec<IndexPrice>,
    /// Oldest table that is still taken.
    pub oldest_table: u64,
    /// Last moments of tables that were replaced.
    pub table_ends: BTreeMap<u64, u64>,
    /// Blocks become final at once.
    pub instant: bool,
    pub submissions: Vec<Batch>,
    pub enabled: bool,
    /// The keys of batches.
    pub batch_keys: Vec<BatchKey>,
    /// The sequencers' sealing key.
    pub seal_key: Option<SealingKey>,
    /// What the sequencer has staked on its receipts.
    pub stake: Stake,
    /// How often it was asked for.
    pub stakes_asked: u64,
    /// How often the round was asked for, which is the last question of a look at the chain.
    pub looks: u64,
    /// How often the queue was read.
    pub queue_reads: u32,
    /// From which items on it was read.
    pub queue_read_from: Vec<u64>,
    /// How many of its items were given.
    pub items_read: u64,
    /// How many settled batches were given, and in how many pages.
    pub batches_read: u64,
    pub pages_read: u64,
    /// States below this block are gone.
    pub pruned_below: u64,
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
    clock: Clock,
}

/// Hash of the block of a number. Forks of the mock have the same hashes.
fn hash_of(block: u64) -> [u8; 32] {
    let mut hash = [0xb1; 32];
    hash[..8].copy_from_slice(&block.to_le_bytes());
    hash
}

/// An active key of batches of a shape.
pub fn batch_key(id: KeyId, shape: Shape) -> BatchKey {
    BatchKey {
        id,
        shape,
        active: true,
        key: KEY.to_vec(),
    }
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
            hash: hash_of(0),
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
            past: BTreeMap::new(),
            rekeyed: Vec::new(),
            roots: Vec::new(),
            opened: Vec::new(),
            paid: BTreeMap::new(),
        };
        let inner = Inner {
            best: state.clone(),
            finalized: state,
            tables: BTreeMap::from([(1, table(1))]),
            stake: Stake::default(),
            stakes_asked: 0,
            refusals: VecDeque::new(),
            lost_answers: 0,
            together: Vec::new(),
            refused_once: None,
            index_prices: Vec::new(),
            oldest_table: 0,
            table_ends: BTreeMap::new(),
            instant: true,
            submissions: Vec::new(),
            enabled: true,
            batch_keys: vec![batch_key(KEY_ID, SHAPE)],
            seal_key: Some(seal_key(development_seed())),
            looks: 0,
            queue_reads: 0,
            queue_read_from: Vec::new(),
            items_read: 0,
            batches_read: 0,
            pages_read: 0,
            pruned_below: 0,
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
            clock: Clock::default(),
        }
    }

    pub fn clock(&self) -> u64 {
        self.clock.now()
    }

    /// So much time has passed at once.
    pub fn pass(&self, time: Duration) {
        self.clock.pass(time);
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

impl Inner {
    pub fn newest(&self) -> &RiskTable {
        self.tables.values().next_back().unwrap()
    }
}

impl State {
    /// The block is complete.
    pub fn sealed(&mut self) {
        self.view.hash = hash_of(self.view.block);
        self.past.insert(self.view.block, self.view.clone());
    }

    /// Whether no account is open in the subtrees from `from` to `to`, and they are no more than can be skipped.
    pub(super) fn is_empty(&self, from: u32, to: u32) -> bool {
        if from < to && (to - 1) / 512 - from / 512 >= 64 {
            return false;
        }
        let subtree = |index: &u32| index / SUBTREE_LEAVES as u32 * SUBTREE_LEAVES as u32;
        !self.opened.iter().map(subtree).any(|at| (from..to).contains(&at))
    }
}
