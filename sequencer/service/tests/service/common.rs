//! A chain in memory, a prover that signs for nothing, and a running sequencer.
#![allow(dead_code)]

pub mod mock;

use cloister_crypto::{
    field::to_bytes,
    seal::seal,
    stream::{view_commitment, Scope},
    Fr,
};
use cloister_engine::FeeRates;
use cloister_engine_testing::*;
use cloister_ledger::{Instruction, Shape};
use cloister_sequencer::{keys::development_seed, Sequencer, SequencerConfig, SequencerKeys};
use cloister_sequencer_rpc::types::{AcceptedInfo, AccountInfo, AccountQuery, BatchStatus, Submission};
use cloister_settlement::{ItemKind, OpenKeys};
use cloister_types::{AccountIndex, GroupId};
use jsonrpsee::{core::traits::ToRpcParams, RpcModule};
pub use mock::*;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::task::JoinHandle;

pub const SCOPE: Scope = Scope {
    genesis: GENESIS,
    group: GROUP,
};

pub const SHAPE: Shape = Shape { units: 4, places: 1 };

pub fn sequencer_config() -> SequencerConfig {
    SequencerConfig {
        shape: SHAPE,
        fees: FeeRates { maker: 100, taker: 500 },
        batch_age: Duration::from_millis(15),
        poll: Duration::from_millis(3),
        settlement_slack: Duration::ZERO,
        stale_after: Duration::from_millis(20),
        backoff: Duration::from_millis(2),
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
    AccountQuery::new(view_key(account), GroupId(GROUP), AccountIndex(account), time)
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
        let sequencer = Sequencer::new(config, chain.clone(), keys);
        let rpc = sequencer.rpc();
        let task = tokio::spawn(sequencer.run(move |kind| prover.load(kind)));
        Self {
            chain: chain.clone(),
            rpc,
            task,
        }
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

    /// Submits what the key of a number signs.
    pub async fn submit_by(&self, number: u32, instruction: Instruction) -> Result<AcceptedInfo, (i32, String)> {
        let signed = self.timed(instruction).sign(&GENESIS, &secret(number));
        self.call("cloister_submitInstruction", [Submission::encoded(&signed)])
            .await
    }

    /// An account as whoever has the view key of a number sees it.
    pub async fn account_by(&self, number: u32, account: u32) -> Result<AccountInfo, (i32, String)> {
        let time = self.chain.clock();
        let query = AccountQuery::new(view_key(number), GroupId(GROUP), AccountIndex(account), time);
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

    /// Waits until something holds; fails after 20 s.
    pub async fn until<'a, F: std::future::Future<Output = bool>>(&'a self, mut holds: impl FnMut(&'a Self) -> F) {
        for _ in 0..4_000 {
            if holds(self).await {
                return;
            }
            assert!(!self.task.is_finished(), "the sequencer has ended");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it did not happen: {:?}", self.batch_status().await);
    }

    /// Waits until everything is in final blocks.
    pub async fn settled(&self) {
        self.until(|r| async move {
            let s = r.batch_status().await;
            s.open_units == 0 && s.settled_root == s.head_root && s.waiting + s.submitting == 0 && s.proving.is_none()
        })
        .await;
    }

    /// How the sequencer ended.
    pub async fn ended(mut self) -> cloister_sequencer::StartError {
        let task = std::mem::replace(&mut self.task, tokio::spawn(async { Ok(()) }));
        tokio::time::timeout(Duration::from_secs(20), task)
            .await
            .unwrap()
            .unwrap()
            .unwrap_err()
    }
}
