//! A chain in memory, a prover that signs for nothing, and a running sequencer.
#![allow(dead_code)]

pub mod aging;
pub mod disk;
pub mod mock;

use cloister_crypto::{
    auth::Purpose,
    field::to_bytes,
    seal::seal,
    stream::{view_commitment, Scope},
    Fr,
};
use cloister_engine::FeeRates;
use cloister_engine_testing::*;
use cloister_ledger::{Instruction, InstructionKind};
use cloister_sequencer::{
    keys::development_seed,
    limits::{Limits, Rate},
    GateTerms, Sequencer, SequencerConfig, SequencerKeys,
};
use cloister_sequencer_rpc::types::{AcceptedInfo, AccountInfo, AccountQuery, BatchStatus, Submission};
use cloister_settlement::{ItemKind, OpenKeys};
use cloister_types::AccountIndex;
pub use disk::{Disk, Signer, RECEIPTS};
use jsonrpsee::{core::traits::ToRpcParams, RpcModule};
pub use mock::*;
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

pub const SCOPE: Scope = Scope {
    genesis: GENESIS,
    group: GROUP,
};

/// How long a test waits for what must happen. No test tells how long anything takes: machines are slow at times.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A gate that no test meets unless it lets time pass.
pub fn patient_gate() -> GateTerms {
    let long = Duration::from_secs(3_600);
    GateTerms {
        table_age: long,
        unsettled_age: long,
        finality_lag: long,
        round_lag: long,
    }
}

pub fn sequencer_config() -> SequencerConfig {
    SequencerConfig {
        shapes: vec![SHAPE],
        fees: FeeRates { maker: 100, taker: 500 },
        batch_age: Duration::from_millis(15),
        poll: Duration::from_millis(3),
        settlement_slack: Duration::ZERO,
        stale_after: Duration::from_millis(20),
        backoff: Duration::from_millis(2),
        tape_interval: Duration::from_millis(20),
        tape_delay: Duration::from_millis(10),
        gate: patient_gate(),
        max_table_age: Duration::from_secs(3_600),
        max_backlog: Duration::from_secs(3_600),
        busy_patience: Duration::from_secs(600),
        // Tests look again and again; those of limits have their own.
        limits: Limits {
            account: Rate {
                per_second: 1_000_000,
                burst: 1_000_000,
            },
            ..Limits::default()
        },
        ..SequencerConfig::new(GROUP)
    }
}

pub fn keys() -> SequencerKeys {
    SequencerKeys::new(development_seed(), GENESIS, GROUP).unwrap()
}

pub fn view_key(account: u32) -> Fr {
    Fr::from(5_000 + u64::from(account))
}

/// A question from the holder of an account.
pub fn question(account: u32, time: u64) -> AccountQuery {
    question_for(Purpose::Account, account, time)
}

/// A question from the holder of an account, for a purpose.
pub fn question_for(purpose: Purpose, account: u32, time: u64) -> AccountQuery {
    AccountQuery::new(view_key(account), SCOPE, purpose, AccountIndex(account), time)
}

/// The open of an account, sealed to the sequencer.
pub fn open(account: u32) -> ItemKind {
    open_for(account, &keys())
}

/// The open of an account, sealed to the owner of some keys.
pub fn open_for(account: u32, keys: &SequencerKeys) -> ItemKind {
    ItemKind::Open(sealed(account, keys))
}

/// A re-key to the keys that an account of this number would have, sealed to the owner of some keys.
pub fn rekey_for(number: u32, keys: &SequencerKeys) -> ItemKind {
    ItemKind::Rekey(sealed(number, keys))
}

fn sealed(number: u32, keys: &SequencerKeys) -> OpenKeys {
    let public = secret(number).public();
    let entropy = [number as u8 + 1; 64];
    OpenKeys {
        pk_x: to_bytes(&public.x()),
        pk_y: to_bytes(&public.y()),
        view_commitment: to_bytes(&view_commitment(&SCOPE, view_key(number))),
        sealed_view_key: seal(view_key(number), keys.public(), &entropy).0,
    }
}

pub struct Running {
    pub chain: MockChain,
    pub rpc: RpcModule<()>,
    pub sequencer: Sequencer<MockChain>,
    task: JoinHandle<Result<(), cloister_sequencer::StartError>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    pub fn start(chain: &MockChain) -> Self {
        Self::with(chain, sequencer_config(), MockProver::default())
    }

    pub fn with(chain: &MockChain, config: SequencerConfig, prover: MockProver) -> Self {
        Self::with_keys(chain, config, prover, keys())
    }

    pub fn with_keys(chain: &MockChain, config: SequencerConfig, prover: MockProver, keys: SequencerKeys) -> Self {
        Self::of(chain, Sequencer::new(config, chain.clone(), keys), prover)
    }

    /// A sequencer that keeps what it takes.
    pub fn with_disk(chain: &MockChain, config: SequencerConfig, prover: MockProver, disk: &Disk) -> Self {
        let sequencer = Sequencer::new(config, chain.clone(), keys());
        Self::of(chain, sequencer.keeping(disk.journal(), Signer::default()), prover)
    }

    /// Runs a sequencer of a chain.
    pub fn of(chain: &MockChain, sequencer: Sequencer<MockChain>, prover: MockProver) -> Self {
        Self {
            chain: chain.clone(),
            rpc: sequencer.rpc(),
            sequencer: sequencer.clone(),
            task: tokio::spawn(sequencer.run(move |kind| prover.load(kind))),
        }
    }

    /// Stops the sequencer, and waits until nothing of it runs any more.
    pub async fn stop(mut self) {
        self.end().await;
    }

    /// As a machine that loses its power.
    pub async fn crash(mut self, disk: &Disk) {
        disk.kill();
        self.end().await;
    }

    async fn end(&mut self) {
        let task = std::mem::replace(&mut self.task, tokio::spawn(async { Ok(()) }));
        task.abort();
        let _ = task.await;
    }

    /// A sequencer with accounts `0..accounts` open and settled.
    pub async fn with_accounts(accounts: u32, deposit: u64) -> Self {
        let chain = MockChain::new();
        for account in 0..accounts {
            chain.enqueue(account, deposit, open(account));
        }
        let running = Self::start(&chain);
        for account in 0..accounts {
            running
                .until(|r| async move { r.account(account).await.is_ok_and(|a| a.settled.is_some()) })
                .await;
        }
        running
    }

    pub async fn call<T: DeserializeOwned + Clone>(
        &self,
        method: &str,
        params: impl ToRpcParams,
    ) -> Result<T, (i32, String)> {
        match self.rpc.call(method, params).await {
            Ok(answer) => Ok(answer),
            Err(jsonrpsee::MethodsError::JsonRpc(e)) => Err((e.code(), e.message().to_owned())),
            Err(other) => panic!("{other}"),
        }
    }

    pub async fn submit(&self, instruction: Instruction) -> Result<AcceptedInfo, (i32, String)> {
        let submission = Submission::encoded(&sign(self.timed(instruction)));
        self.call("cloister_submitInstruction", [submission]).await
    }

    /// Cancels an id so that it binds, whatever is known of it.
    pub async fn annul(&self, account: u32, id: u64) -> Result<AcceptedInfo, (i32, String)> {
        let cancel = other(InstructionKind::Cancel, account, id, 0);
        let submission = Submission::encoded(&sign(self.timed(cancel)));
        self.call("cloister_annul", [submission]).await
    }

    /// Submits what the key of a number signs.
    pub async fn submit_by(&self, number: u32, instruction: Instruction) -> Result<AcceptedInfo, (i32, String)> {
        let signed = self.timed(instruction).sign(&GENESIS, &secret(number));
        self.call("cloister_submitInstruction", [Submission::encoded(&signed)])
            .await
    }

    /// An account as whoever has the view key of a number sees it.
    pub async fn account_by(&self, number: u32, account: u32) -> Result<AccountInfo, (i32, String)> {
        let time = self.chain.clock();
        let query = AccountQuery::new(view_key(number), SCOPE, Purpose::Account, AccountIndex(account), time);
        self.call("cloister_account", [query]).await
    }

    /// Gives an instruction an expiry on the mock's clock.
    pub fn timed(&self, instruction: Instruction) -> Instruction {
        Instruction {
            expiry: self.chain.clock() + 600_000,
            ..instruction
        }
    }

    pub async fn account(&self, account: u32) -> Result<AccountInfo, (i32, String)> {
        let query = question(account, self.chain.clock());
        self.call("cloister_account", [query]).await
    }

    pub async fn batch_status(&self) -> BatchStatus {
        self.call("cloister_batchStatus", jsonrpsee::rpc_params![])
            .await
            .unwrap()
    }

    /// As [`Self::batch_status`]; `None` while the sequencer starts.
    pub async fn batch_status_if_ready(&self) -> Option<BatchStatus> {
        self.call("cloister_batchStatus", jsonrpsee::rpc_params![]).await.ok()
    }

    /// Waits until something holds; fails after two minutes.
    pub async fn until<'a, F: std::future::Future<Output = bool>>(&'a self, mut holds: impl FnMut(&'a Self) -> F) {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if holds(self).await {
                return;
            }
            assert!(!self.task.is_finished(), "the sequencer has ended");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it did not happen: {:?}", self.batch_status().await);
    }

    /// Waits until the sequencer has looked at the chain once more, and has done what it asks for.
    pub async fn looks(&self) {
        let seen = self.chain.lock().looks;
        // The first may have begun before, and the third begins when the second is over.
        self.until(|r| async move { r.chain.lock().looks > seen + 2 }).await;
    }

    /// Waits until everything is in final blocks.
    pub async fn settled(&self) {
        self.until(|r| async move {
            let s = r.batch_status().await;
            !s.open && s.settled_root == s.head_root && s.waiting + s.submitting == 0 && s.proving.is_none()
        })
        .await;
    }

    /// How the sequencer ended.
    pub async fn ended(mut self) -> cloister_sequencer::StartError {
        let task = std::mem::replace(&mut self.task, tokio::spawn(async { Ok(()) }));
        tokio::time::timeout(PATIENCE, task)
            .await
            .unwrap()
            .unwrap()
            .unwrap_err()
    }
}
