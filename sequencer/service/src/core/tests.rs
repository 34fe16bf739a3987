//! A state that is replayed is the state that was.

use super::{
    input::{InBlock, Pass, Paused, QueueShare, Rebase, Refreshed, Settled, Shapes, Table, Tick},
    origin::Origin,
    ready::Ready,
    record::Record,
    replay::{replay, ReplayError},
    settings,
    state::State,
    Core, Pause,
};
use crate::{
    config::SequencerConfig,
    keys::{development_seed, SequencerKeys},
    pipeline::closed_record,
};
use cloister_batcher::{QueueItem, Request};
use cloister_crypto::Fr;
use cloister_engine::TraderInput;
use cloister_engine_testing::{
    buy, other, row, secret, sell, table, with_flags, BTC, ETH, GENESIS, GROUP, MARK, NOW, ONE,
};
use cloister_journal::{Journal, JournalError, Records, Snapshot, Writer};
use cloister_ledger::{instruction::flags, GroupLedger, Instruction, InstructionKind, Shape, Side};
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, Amount, InstrumentId, ItemId};
use codec::{DecodeAll, Encode};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

mod copy;
mod gate;

const ACCOUNTS: u32 = 4;
const RICH: u64 = 20_000 * ONE;

#[derive(Default)]
struct Kept {
    records: Vec<Vec<u8>>,
    snapshot: Option<Snapshot>,
}

/// A journal in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Kept>>);

impl Journal for Memory {
    fn id(&self) -> [u8; 32] {
        [1; 32]
    }

    fn next(&self) -> u64 {
        self.0.lock().unwrap().records.len() as u64
    }

    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), JournalError> {
        self.0.lock().unwrap().records.extend_from_slice(records);
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        Ok(self.0.lock().unwrap().snapshot.clone())
    }

    fn keep(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.0.lock().unwrap().snapshot = Some(snapshot.clone());
        Ok(())
    }

    fn records(&self, from: u64) -> Result<Records, JournalError> {
        let all = self.0.lock().unwrap().records.clone();
        Ok(Box::new((0..).zip(all).skip(from as usize).map(Ok)))
    }

    fn prune(&mut self, _: u64) -> Result<(), JournalError> {
        Ok(())
    }
}

/// The shapes that batches may have, and more of them.
fn shapes(wide: bool) -> Vec<Shape> {
    let more = Shape { units: 3, places: 3 };
    let usual = Shape { units: 4, places: 1 };
    wide.then_some(more).into_iter().chain([usual]).collect()
}

fn configuration() -> SequencerConfig {
    SequencerConfig {
        shapes: shapes(false),
        settlement_slack: Duration::ZERO,
        batch_age: Duration::from_millis(400),
        sweep_every: Some(3),
        ..SequencerConfig::new(GROUP)
    }
}

/// A core, its journal, and what its inputs are made of.
struct World {
    memory: Memory,
    core: Core,
    now: u64,
    version: u64,
    next_item: u64,
    next_account: u32,
    next_id: u64,
    /// Closed batches that were taken.
    closed: Vec<cloister_batcher::ClosedBatch>,
}

impl World {
    fn new() -> Self {
        let config = configuration();
        let keys = SequencerKeys::new(development_seed(), GENESIS, GROUP).unwrap();
        let origin = Origin::<()> {
            state: GroupLedger::default(),
            last_time: 0,
            table: table(1),
            next_item: 0,
            ready: Vec::new(),
            queue_share: 50,
            shapes: configuration().shapes,
            batch_no: 0,
            house_rekeys: 1,
        };
        let state = State::new(&config, GENESIS, [9; 32], &keys, origin).unwrap();
        let memory = Memory::default();
        let core = Core::new(state, keys, Some(Writer::start(memory.clone(), 10)));
        let mut world = Self {
            memory,
            core,
            now: NOW,
            version: 1,
            next_item: 0,
            next_account: 0,
            next_id: 1,
            closed: Vec::new(),
        };
        let opens = (0..ACCOUNTS).map(|_| world.open()).collect();
        world.table(0, opens);
        assert!(world.core.halt.is_none(), "{:?}", world.core.halt);
        world
    }

    fn item(&mut self) -> ItemId {
        self.next_item += 1;
        ItemId(self.next_item - 1)
    }

    fn open(&mut self) -> QueueItem {
        let (item, account) = (self.item(), self.next_account);
        self.next_account += 1;
        QueueItem::Open {
            item,
            account: AccountIndex(account),
            public_key: secret(account).public(),
            view_key: Fr::from(u64::from(account)),
            deposit: Amount(RICH),
            deadline: u64::MAX,
        }
    }

    fn next_table(&mut self, shift: i64) -> RiskTable {
        self.version += 1;
        let mut table = table(self.version);
        table.header.time = self.now;
        let shifted = |mark: u64, by: i64| mark.saturating_add_signed(shift * by);
        table.rows[0] = row(BTC, shifted(MARK, ONE as i64), 3 * ONE as i64 + shift * 1_000);
        table.rows[3] = row(ETH, shifted(10 * ONE, ONE as i64 / 10), -(ONE as i64));
        table
    }

    fn ready(&self, items: Vec<QueueItem>) -> Ready {
        Ready {
            from: self.core.next_item,
            items,
            next_item: self.next_item,
            sealed: BTreeSet::from([AccountIndex(77)]),
            unopened: None,
        }
    }

    fn table(&mut self, shift: i64, items: Vec<QueueItem>) {
        let table = self.next_table(shift);
        let ready = self.ready(items);
        self.core.apply(self.now, Table { table, ready });
    }

    fn request(&mut self, account: u32, request: Request, deadline: u64) -> QueueItem {
        QueueItem::Request {
            item: self.item(),
            account: AccountIndex(account),
            request,
            deadline,
        }
    }

    fn submit(&mut self, instruction: Instruction) {
        let expiry = self.now + 1_000 + instruction.id.get() % 5 * 700;
        let signed = Instruction { expiry, ..instruction };
        let signed = signed.sign(&GENESIS, &secret(signed_by(&instruction)));
        // As the server does: what can be said without the signature, the signature, and the rest.
        let Ok(claim) = self.core.claim(TraderInput::Instruction(signed)) else {
            return;
        };
        match claim.check(&GENESIS) {
            Ok(verified) => drop(self.core.submit(self.now, verified)),
            Err(_) => self.core.reject(),
        }
    }

    fn take_closed(&mut self) {
        while let Some(closed) = self.core.next_closed() {
            self.closed.push(closed);
        }
    }

    fn step(&mut self, step: &Step) {
        let id = self.next_id;
        match *step {
            Step::Order {
                account,
                side,
                quantity,
                away,
                flags,
                eth,
            } => {
                self.next_id += 1;
                let (mark, tick) = if eth { (10 * ONE, ONE / 40) } else { (MARK, ONE / 4) };
                let limit = mark.saturating_add_signed(away * tick as i64);
                let order = match side {
                    Side::Buy => buy(account, id, quantity, limit),
                    Side::Sell => sell(account, id, quantity, limit),
                };
                let instrument_id = InstrumentId(if eth { ETH } else { BTC });
                self.submit(with_flags(Instruction { instrument_id, ..order }, flags));
            }
            Step::Cancel { account, back } => {
                self.submit(other(InstructionKind::Cancel, account, id.saturating_sub(back), 0));
            }
            Step::CancelAll { account } => {
                self.next_id += 1;
                self.submit(other(InstructionKind::CancelAll, account, id, 0));
            }
            Step::Withdraw { account, amount } => {
                self.next_id += 1;
                self.submit(other(InstructionKind::Withdrawal, account, id, amount * ONE));
            }
            Step::Wait(milliseconds) => self.now += milliseconds,
            Step::Tick { idle } => {
                self.core.apply(self.now, Tick { idle });
            }
            Step::Table { shift } => self.table(shift, Vec::new()),
            Step::Queue { account, amount, what } => {
                let item = match what {
                    0 => self.open(),
                    1 => self.request(account, Request::ForcedWithdrawal { amount: Amount(amount) }, 0),
                    2 => self.request(account, Request::Close, u64::MAX),
                    3 => {
                        let public_key = secret(account + 100).public();
                        let view_key = Fr::from(amount);
                        self.request(account, Request::Rekey { public_key, view_key }, 0)
                    }
                    4 => QueueItem::PayInsurance {
                        item: self.item(),
                        amount: Amount(amount),
                    },
                    5 => QueueItem::TakeInsurance {
                        item: self.item(),
                        asked: Amount(amount),
                        keep: Amount(0),
                    },
                    _ => QueueItem::Deposit {
                        item: self.item(),
                        account: AccountIndex(account),
                        amount: Amount(amount),
                        deadline: u64::MAX,
                    },
                };
                self.table(0, vec![item]);
            }
            Step::Rebase { shift } => {
                let table = self.next_table(shift);
                let (ready, gone) = (self.ready(Vec::new()), BTreeSet::new());
                self.closed.clear();
                let rebase = Rebase { table, ready, gone };
                self.core.apply(self.now, rebase);
            }
            Step::Refresh => {
                self.take_closed();
                let Some(last) = self.closed.last() else { return };
                let secrets = self.core.secrets(last.batch_no(), &[3; 32]);
                if let Ok(later) = last.refresh(self.now, &secrets) {
                    let (batch_no, time, salt) = (later.batch_no(), later.time(), later.request.context.salt);
                    self.core.apply(self.now, Refreshed { batch_no, time, salt });
                }
            }
            Step::Settle => {
                self.take_closed();
                if self.closed.is_empty() {
                    return;
                }
                let closed = self.closed.remove(0);
                let record = closed_record(&closed, 1, self.now);
                let batch_no = closed.batch_no();
                self.core.apply(self.now, InBlock(record));
                let settled = self.core.apply(self.now, Settled { batch_no, record: None });
                settled.answer.unwrap();
            }
            Step::Share(share) => {
                self.core.apply(self.now, QueueShare(share));
            }
            Step::Shapes(wide) => {
                self.core.apply(self.now, Shapes(shapes(wide)));
            }
            Step::Pause(pause) => {
                self.core.apply(self.now, Paused(pause.then_some(Pause::Following)));
            }
            Step::Snapshot => self.core.keep_snapshot(self.core.next_record(), self.core.encoded()),
            Step::Configure(maker) => {
                let mut config = configuration();
                config.fees.maker = maker;
                let settings = settings(&config, GENESIS, [8; 32], 0);
                self.core.apply(self.now, settings);
            }
        }
    }

    /// What the journal leads to, once it has everything.
    fn replayed(&self) -> State {
        let (next, _) = self.core.digest().unwrap();
        for _ in 0..2_000 {
            if self.memory.next() == next && self.snapshot_is_there() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(self.memory.next(), next);
        replay(&self.memory, configuration().history).unwrap().unwrap()
    }

    fn snapshot_is_there(&self) -> bool {
        self.memory.0.lock().unwrap().snapshot.as_ref().map(|kept| kept.before)
            == self.core.snapshot.map(|last| last.before)
    }
}

/// Half of the accounts of a re-key sign with the new key; which one is good shows.
fn signed_by(instruction: &Instruction) -> u32 {
    let account = instruction.index.get();
    if instruction.id.get().is_multiple_of(7) {
        account + 100
    } else {
        account
    }
}

#[derive(Clone, Debug)]
enum Step {
    Order {
        account: u32,
        side: Side,
        quantity: u64,
        away: i64,
        flags: u8,
        eth: bool,
    },
    Cancel {
        account: u32,
        back: u64,
    },
    CancelAll {
        account: u32,
    },
    Withdraw {
        account: u32,
        amount: u64,
    },
    Wait(u64),
    Tick {
        idle: bool,
    },
    Table {
        shift: i64,
    },
    Queue {
        account: u32,
        amount: u64,
        what: u8,
    },
    Rebase {
        shift: i64,
    },
    Refresh,
    Settle,
    Share(u8),
    Shapes(bool),
    Pause(bool),
    Snapshot,
    Configure(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let account = || 0..ACCOUNTS;
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let flags = prop_oneof![
        4 => Just(0),
        1 => Just(flags::IMMEDIATE_OR_CANCEL),
        1 => Just(flags::POST_ONLY),
        1 => Just(flags::REDUCE_ONLY),
        1 => Just(flags::FILL_OR_KILL),
    ];
    prop_oneof![
        12 => (account(), side, 1..6u64, -3..4i64, flags, any::<bool>()).prop_map(
            |(account, side, quantity, away, flags, eth)| Step::Order { account, side, quantity, away, flags, eth }
        ),
        2 => (account(), 0..9u64).prop_map(|(account, back)| Step::Cancel { account, back }),
        1 => account().prop_map(|account| Step::CancelAll { account }),
        1 => (account(), 1..20u64).prop_map(|(account, amount)| Step::Withdraw { account, amount }),
        3 => (0..900u64).prop_map(Step::Wait),
        3 => any::<bool>().prop_map(|idle| Step::Tick { idle }),
        1 => (-3..4i64).prop_map(|shift| Step::Table { shift }),
        2 => (account(), 0..9_000_000u64, 0..8u8)
            .prop_map(|(account, amount, what)| Step::Queue { account, amount, what }),
        1 => (-6..7i64).prop_map(|shift| Step::Rebase { shift }),
        1 => Just(Step::Refresh),
        2 => Just(Step::Settle),
        1 => (0..100u8).prop_map(Step::Share),
        1 => any::<bool>().prop_map(Step::Shapes),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => Just(Step::Snapshot),
        1 => (0..200u32).prop_map(Step::Configure),
    ]
}

/// A world in which two accounts have traded, and a batch with it is closed.
fn traded() -> World {
    let mut world = World::new();
    world.submit(sell(0, 1, 5, MARK));
    world.submit(buy(1, 1, 3, MARK));
    world.now += 1_000;
    world.core.apply(world.now, Tick { idle: true });
    assert!(world.core.fills == 1 && world.core.batcher.unsettled() > 0);
    world.replayed();
    world
}

/// Changes the first record of which something holds, and says which number it has and what replaying gives.
fn changed(world: &World, holds: impl Fn(&Record) -> bool, change: impl FnOnce(&mut Record)) -> (u64, ReplayError) {
    let number = {
        let mut kept = world.memory.0.lock().unwrap();
        let records: Vec<Record> = kept
            .records
            .iter()
            .map(|bytes| Record::decode_all(&mut &bytes[..]).unwrap())
            .collect();
        let at = records.iter().position(holds).unwrap();
        let mut record = records[at].clone();
        change(&mut record);
        kept.records[at] = record.encode();
        at as u64
    };
    (number, replay(&world.memory, 10).err().unwrap())
}

#[test]
fn a_record_without_the_secrets_that_it_needs_should_be_refused() {
    let closes = |record: &Record| !record.secrets.is_empty();
    let (number, error) = changed(&traded(), closes, |record| record.secrets.clear());
    assert!(
        matches!(error, ReplayError::Secrets(found) if found == number),
        "{error}"
    );
    let (number, error) = changed(&traded(), closes, |record| {
        let more = record.secrets[0];
        record.secrets.push(more);
    });
    assert!(
        matches!(error, ReplayError::Secrets(found) if found == number),
        "{error}"
    );
}

#[test]
fn a_record_with_another_outcome_than_its_receipt_should_be_refused() {
    let has_receipt = |record: &Record| record.receipt.is_some();
    let (number, error) = changed(&traded(), has_receipt, |record| record.receipt = Some([1; 32]));
    assert!(
        matches!(error, ReplayError::Receipt(found) if found == number),
        "{error}"
    );
    let (number, error) = changed(&traded(), has_receipt, |record| record.receipt = None);
    assert!(
        matches!(error, ReplayError::Receipt(found) if found == number),
        "{error}"
    );
    // An engine of another version that takes an instruction at another time, say.
    let (number, error) = changed(&traded(), has_receipt, |record| record.at += 1);
    assert!(
        matches!(error, ReplayError::Receipt(found) if found == number),
        "{error}"
    );
}

#[test]
fn bytes_that_are_no_record_or_no_state_should_be_refused() {
    let world = traded();
    let replayed = || replay(&world.memory, 10).err().unwrap();
    world.memory.0.lock().unwrap().records[0].push(0);
    assert!(
        matches!(replayed(), ReplayError::Record { number: 0, .. }),
        "{}",
        replayed()
    );
    let change = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut kept = world.memory.0.lock().unwrap();
        change(&mut kept.snapshot.as_mut().unwrap().bytes);
    };
    change(&|bytes| bytes.push(0));
    let is_format = |error: &ReplayError| match error {
        ReplayError::Snapshot { before, source } => *before == 0 && matches!(source, super::StateError::Format(_)),
        _ => false,
    };
    assert!(is_format(&replayed()), "{}", replayed());
    change(&|bytes| bytes[0] = 9);
    let version = replayed();
    assert!(
        matches!(
            version,
            ReplayError::Snapshot {
                source: super::StateError::Version(9),
                ..
            }
        ),
        "{version}"
    );
    world.memory.0.lock().unwrap().snapshot = None;
    assert!(matches!(replayed(), ReplayError::NoSnapshot), "{}", replayed());
    assert!(replay(&Memory::default(), 10).unwrap().is_none());
}

#[test]
fn what_is_refused_should_not_fill_the_journal() {
    let mut world = traded();
    let (before, _) = world.core.digest().unwrap();
    for _ in 0..100 {
        // Its id is taken, and the account has no such money.
        world.submit(sell(0, 1, 5, MARK));
        world.submit(other(InstructionKind::Withdrawal, 2, 9, 2 * RICH));
        world.core.apply(world.now, Tick { idle: true });
        world.core.apply(world.now, QueueShare(50));
    }
    assert_eq!(world.core.digest().unwrap().0, before);
    assert_eq!(world.core.rejected, 200);
    // A clock that goes on has effects when an order expires, and not before.
    world.now += 100_000;
    world.core.apply(world.now, Pass);
    assert_eq!(world.core.digest().unwrap().0, before + 1);
    let state = world.replayed();
    assert_eq!(state.digest(), world.core.digest().unwrap().1);
}

/// The random steps below do not only get refused.
#[test]
fn the_steps_should_reach_fills_and_settled_batches() {
    let mut runner = TestRunner::deterministic();
    let (mut fills, mut settled, mut orders, mut unsettled) = (0, 0, 0, 0);
    for _ in 0..24 {
        let steps = prop::collection::vec(step(), 60)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
        fills += world.core.fills;
        settled += world.core.finalized_batches;
        orders += world
            .core
            .engine
            .accounts()
            .map(|(_, view)| view.open_orders().count())
            .sum::<usize>();
        unsettled += world.core.batcher.unsettled();
    }
    assert!(
        fills > 30 && settled > 30 && orders > 30 && unsettled > 20,
        "{fills} {settled} {orders} {unsettled}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever was taken in whatever order: the journal leads to the same state, from the beginning or from a
    /// snapshot, and what is taken after that does the same.
    #[test]
    fn a_replayed_state_should_be_the_state_that_was(
        before in prop::collection::vec(step(), 1..60),
        after in prop::collection::vec(step(), 0..20),
    ) {
        let mut world = World::new();
        for step in &before {
            world.step(step);
        }
        let (_, digest) = world.core.digest().unwrap();
        let state = world.replayed();
        prop_assert_eq!(state.digest(), digest);
        // The trees too, of which the digest has the leaves alone.
        prop_assert_eq!(state.batcher.settled(), world.core.batcher.settled());
        prop_assert_eq!(state.batcher.head(), world.core.batcher.head());

        // The secrets are fresh ones in both from here on, so that roots may differ; what was matched does not.
        let mut again = World {
            memory: Memory::default(),
            core: Core::new(state, world.core.keys.clone(), Some(Writer::start(Memory::default(), 10))),
            closed: Vec::new(),
            ..world
        };
        for world in [&mut world, &mut again] {
            for step in after.iter().filter(|step| !matches!(step, Step::Settle | Step::Refresh)) {
                world.step(step);
            }
        }
        prop_assert_eq!(again.core.engine.encoded_at(0), world.core.engine.encoded_at(0));
        prop_assert_eq!(&again.core.receipts, &world.core.receipts);
    }
}
