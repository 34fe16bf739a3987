//! An engine and a batcher that run together.
#![allow(dead_code)]

use cloister_batcher::{
    BatchSecrets, Batcher, BatcherConfig, BatcherError, ClosedBatch, Event, Forced, QueueItem, Request, SecretSource,
};
use cloister_crypto::Fr;
use cloister_engine::{Engine, Fill, Rejection};
pub use cloister_engine_testing::*;
use cloister_ledger::{GroupLedger, Instruction, Shape, SignedInstruction};
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, Amount, GroupId, ItemId};

/// Counts, so that every attempt has its own salt.
#[derive(Default)]
pub struct Counter(pub u64);

impl SecretSource for Counter {
    fn secrets(&mut self, _batch_no: u64, digest: &[u8; 32]) -> BatchSecrets {
        self.0 += 1;
        BatchSecrets {
            salt: Fr::from(1_000 + self.0),
            padding: u64::from(digest[0]) + self.0,
        }
    }
}

pub const SHAPE: Shape = Shape { units: 6, places: 1 };

pub fn batcher_config() -> BatcherConfig {
    BatcherConfig {
        genesis: GENESIS,
        group: GroupId(GROUP),
        shapes: vec![SHAPE],
        payee: [3; 32],
        queue_share: 50,
        max_age: 1_000,
        sweep_every: None,
    }
}

pub struct World {
    pub engine: Engine,
    pub batcher: Batcher,
    pub secrets: Counter,
    pub closed: Vec<ClosedBatch>,
    pub now: u64,
    /// Fills of orders that fired at a new table.
    pub fired: Vec<Fill>,
}

pub fn open_item(item: u64, account: u32, deposit: u64) -> QueueItem {
    QueueItem::Open {
        item: ItemId(item),
        account: AccountIndex(account),
        public_key: secret(account).public(),
        view_key: Fr::from(u64::from(account) + 1),
        deposit: Amount(deposit),
        deadline: 0,
    }
}

impl World {
    /// Accounts `0..accounts`, opened and settled.
    pub fn new(accounts: u32, deposit: u64) -> Self {
        Self::with(batcher_config(), accounts, deposit)
    }

    pub fn with(config: BatcherConfig, accounts: u32, deposit: u64) -> Self {
        let ready = (0..accounts).map(|account| open_item(account.into(), account, deposit));
        let mut world = Self {
            engine: Engine::new(cloister_engine_testing::config(), table(1)).unwrap(),
            batcher: Batcher::new(config, GroupLedger::default(), 0, table(1), ready.collect()).unwrap(),
            secrets: Counter::default(),
            closed: Vec::new(),
            now: NOW,
            fired: Vec::new(),
        };
        for account in 0..accounts {
            world.open(account, deposit);
        }
        world.flush();
        for batch in std::mem::take(&mut world.closed) {
            world.batcher.settle(batch.batch_no()).unwrap();
        }
        world
    }

    /// Gives the batcher the second table, at which queue items are ready.
    pub fn next_table(&mut self, ready: Vec<QueueItem>) {
        let result = self.batcher.set_table(NOW, table(2), ready, &mut self.secrets);
        result.expect("the batcher takes a newer table");
    }

    /// Lets the engine have requests that are ready.
    pub fn request(&mut self, item: &QueueItem) {
        let QueueItem::Request { account, request, .. } = item else {
            return;
        };
        match request {
            Request::Switch(_) | Request::Close => {}
            Request::ForcedWithdrawal { amount } => self.engine.force_withdrawal(*account, *amount).unwrap(),
            Request::Rekey { public_key, view_key } => {
                self.engine.rekey(*account, *public_key, *view_key).unwrap();
            }
        }
    }

    /// Makes what is not settled again at another table, with nothing new in the queue.
    pub fn rebase(&mut self, table: RiskTable) {
        let result = self
            .batcher
            .rebase(self.now, table.clone(), Vec::new(), &mut self.secrets);
        let held = result.expect("everything can be made again");
        // First what accounts hold, then the table: orders that fire at it are matched with what their accounts hold.
        self.engine.rebase(&held).unwrap();
        let waiting: Vec<_> = self.batcher.waiting_forced().collect();
        for (account, asked) in waiting {
            self.engine.force_withdrawal(account, asked).unwrap();
        }
        self.closed.clear();
        self.collect();
        self.obey(table);
    }

    /// Gives the engine a table that the batcher has, and the batcher what fires at it.
    pub fn obey(&mut self, table: RiskTable) {
        let effects = self.engine.set_table(table).unwrap();
        for event in effects.into_iter().filter_map(Event::of) {
            if let Event::Filled(fill) = &event {
                self.fired.push(fill.clone());
            }
            self.push(event).unwrap();
        }
    }

    pub fn push(&mut self, event: Event) -> Result<(), BatcherError> {
        let result = self.batcher.push(self.now, event, &mut self.secrets);
        self.collect();
        result
    }

    pub fn collect(&mut self) {
        while let Some(batch) = self.batcher.next_closed() {
            self.closed.push(batch);
        }
        for Forced { account, asked, paid } in self.batcher.take_forced() {
            self.engine.pay_forced(account, asked, paid).unwrap();
        }
    }

    /// Opens an account in the engine.
    pub fn open(&mut self, account: u32, deposit: u64) {
        let (key, view) = (secret(account).public(), Fr::from(u64::from(account) + 1));
        self.engine
            .open(AccountIndex(account), key, view, Amount(deposit))
            .unwrap();
    }

    /// Closes the open batch, and those that the queue takes.
    pub fn flush(&mut self) {
        self.batcher.close(self.now, &mut self.secrets).unwrap();
        while self.batcher.waiting() > 0 {
            self.batcher.close(self.now, &mut self.secrets).unwrap();
        }
        self.collect();
    }

    /// Submits to the engine and feeds the batcher.
    pub fn submit(&mut self, instruction: Instruction) -> Result<(), Rejection> {
        self.submit_signed(sign(instruction))
    }

    /// The same with what is signed already.
    pub fn submit_signed(&mut self, signed: SignedInstruction) -> Result<(), Rejection> {
        let accepted = self.engine.submit(self.now, signed)?;
        for event in accepted.effects.into_iter().filter_map(Event::of) {
            self.push(event).unwrap();
        }
        Ok(())
    }
}

/// Accounts of the units that carry an instruction, with its id and the lots filled.
pub fn units(batch: &ClosedBatch) -> Vec<(u32, u64, u64)> {
    batch
        .witness
        .units
        .iter()
        .filter_map(|u| {
            let place = &u.places[0];
            let instruction = &place.signed.instruction;
            (instruction.kind != cloister_ledger::InstructionKind::None).then_some((
                u.index.get(),
                instruction.id.get(),
                place.fill.quantity.get(),
            ))
        })
        .collect()
}
