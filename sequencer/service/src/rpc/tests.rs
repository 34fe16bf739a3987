//! Whoever reads asks for nothing that the core needs.

use super::module;
use crate::{
    chain::{
        At, BatchKey, ChainClient, ChainError, GroupView, HistoryPlace, IndexPrice, QueueEntry, RekeyKey, RoundView,
        SealingKey, SettledPage, SolvencyKey, Stake, SubmitOutcome,
    },
    config::SequencerConfig,
    core::{Core, Origin, Ready, State, Table},
    keys::{development_seed, SequencerKeys},
    shared::Shared,
};
use cloister_batcher::QueueItem;
use cloister_crypto::{auth::Purpose, stream::Scope, Fr};
use cloister_engine::TraderInput;
use cloister_engine_testing::{buy, secret, sell, sign, table, BTC, GENESIS, GROUP, MARK, NOW, ONE};
use cloister_ledger::{GroupLedger, Instruction, Shape};
use cloister_risk::RiskTable;
use cloister_sequencer_rpc::types::{AccountInfo, AccountQuery, OrderBook, StreamMessage};
use cloister_settlement::{Batch, HouseRekey, HouseRekeyed, SolvencySubmission};
use cloister_types::{AccountIndex, Amount, InstrumentId, ItemId, Lots};
use jsonrpsee::{core::traits::ToRpcParams, rpc_params, RpcModule};
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeSet,
    sync::{mpsc, Arc},
    thread,
    time::Duration,
};

const ACCOUNTS: u32 = 2;

/// A chain on which nothing happens.
struct Still;

impl ChainClient for Still {
    type AccountId = ();

    fn genesis_hash(&self) -> [u8; 32] {
        GENESIS
    }

    fn submitter(&self) -> [u8; 32] {
        [9; 32]
    }

    fn now(&self) -> u64 {
        NOW
    }

    async fn group(&self, _: u32, _: At) -> Result<Option<GroupView>, ChainError> {
        Ok(None)
    }

    async fn queue(&self, _: u32, _: u64, _: u32) -> Result<Vec<QueueEntry<()>>, ChainError> {
        Ok(Vec::new())
    }

    async fn risk_table(&self, _: u32, _: Option<u64>) -> Result<Option<RiskTable>, ChainError> {
        Ok(None)
    }

    async fn index_prices(&self, _: u32) -> Result<Vec<IndexPrice>, ChainError> {
        Ok(Vec::new())
    }

    async fn house_rekeys(&self, _: u32) -> Result<Vec<HouseRekeyed>, ChainError> {
        Ok(Vec::new())
    }

    async fn seal_key(&self, _: u32) -> Result<Option<SealingKey>, ChainError> {
        Ok(None)
    }

    async fn stake(&self, _: u32) -> Result<Stake, ChainError> {
        Ok(Stake::default())
    }

    async fn rekey_keys(&self) -> Result<Vec<RekeyKey>, ChainError> {
        Ok(Vec::new())
    }

    async fn submit_rekey(&self, _: u32, _: &HouseRekey) -> Result<SubmitOutcome, ChainError> {
        Err(ChainError::Dropped)
    }

    async fn table_end(&self, _: u32, _: u64) -> Result<Option<u64>, ChainError> {
        Ok(None)
    }

    async fn solvency_keys(&self) -> Result<Vec<SolvencyKey>, ChainError> {
        Ok(Vec::new())
    }

    async fn solvency_round(&self, _: u32) -> Result<Option<RoundView>, ChainError> {
        Ok(None)
    }

    async fn ends_round(&self, _: u32, _: u32, _: u32) -> Result<bool, ChainError> {
        Ok(false)
    }

    async fn submit_solvency(&self, _: u32, _: &SolvencySubmission) -> Result<SubmitOutcome, ChainError> {
        Err(ChainError::Dropped)
    }

    async fn batch_keys(&self) -> Result<Vec<BatchKey>, ChainError> {
        Ok(Vec::new())
    }

    async fn submit_batch(&self, _: u32, _: &Batch) -> Result<SubmitOutcome, ChainError> {
        Err(ChainError::Dropped)
    }

    async fn submit_batches(&self, _: u32, _: &[Batch]) -> Result<SubmitOutcome, ChainError> {
        Err(ChainError::Dropped)
    }

    async fn settled_batches(&self, _: u32, _: HistoryPlace, _: u32) -> Result<SettledPage, ChainError> {
        Err(ChainError::Dropped)
    }

    async fn group_in(&self, _: u32, _: u64) -> Result<Option<GroupView>, ChainError> {
        Ok(None)
    }

    async fn carried_batches(&self, _: u32, _: u64) -> Result<Vec<Batch>, ChainError> {
        Ok(Vec::new())
    }
}

fn view_key(account: u32) -> Fr {
    Fr::from(u64::from(account) + 5)
}

/// A sequencer with open accounts, whose core and its copy run, and nothing else.
fn open() -> Arc<Shared<Still>> {
    let config = SequencerConfig {
        shapes: vec![Shape { units: 4, places: 1 }],
        settlement_slack: Duration::ZERO,
        ..SequencerConfig::new(GROUP)
    };
    let keys = SequencerKeys::new(development_seed(), GENESIS, GROUP).unwrap();
    let origin = Origin::<()> {
        state: GroupLedger::default(),
        last_time: 0,
        table: table(1),
        next_item: 0,
        ready: Vec::new(),
        queue_share: 50,
        shapes: config.shapes.clone(),
        batch_no: 0,
        house_rekeys: 1,
    };
    let state = State::new(&config, GENESIS, [9; 32], &keys, origin).unwrap();
    let shared = Arc::new(Shared::new(config, Still, keys.clone()));
    let mut core = Core::new(state, keys, None);
    let copy = core.copied().unwrap();
    let steps = shared.follower.start(copy, 0, shared.news.clone()).unwrap();
    core.lead(steps);
    let open = |account: u32| QueueItem::Open {
        item: ItemId(u64::from(account)),
        account: AccountIndex(account),
        public_key: secret(account).public(),
        view_key: view_key(account),
        deposit: Amount(20_000 * ONE),
        deadline: u64::MAX,
    };
    let mut newer = table(2);
    newer.header.time = NOW;
    let ready = Ready {
        from: 0,
        items: (0..ACCOUNTS).map(open).collect(),
        next_item: u64::from(ACCOUNTS),
        sealed: BTreeSet::new(),
        unopened: None,
    };
    core.apply(NOW, Table { table: newer, ready });
    assert!(core.halt.is_none(), "{:?}", core.halt);
    *shared.core() = Some(core);
    shared
}

fn submitted(core: &mut Core, instruction: Instruction) {
    let instruction = Instruction {
        expiry: NOW + 600_000,
        ..instruction
    };
    let claim = core.claim(TraderInput::Instruction(sign(instruction)));
    let taken = core.submit(NOW, claim.unwrap().check(&GENESIS).unwrap());
    assert!(taken.is_ok(), "{taken:?}");
}

fn question(purpose: Purpose) -> AccountQuery {
    let scope = Scope {
        genesis: GENESIS,
        group: GROUP,
    };
    AccountQuery::new(view_key(0), scope, purpose, AccountIndex(0), NOW)
}

async fn ask<T: DeserializeOwned + Clone>(rpc: &RpcModule<()>, method: &str, params: impl ToRpcParams) -> T {
    let answer = rpc.call(&format!("cloister_{method}"), params).await;
    answer.unwrap_or_else(|error| panic!("{method}: {error}"))
}

/// Asks for everything that can be read.
async fn read_all(rpc: &RpcModule<()>) -> (AccountInfo, OrderBook) {
    let account = ask(rpc, "account", [question(Purpose::Account)]).await;
    let book = ask(rpc, "orderBook", rpc_params![BTC]).await;
    for (method, purpose) in [
        ("fills", Purpose::Fills),
        ("notices", Purpose::Notices),
        ("receipts", Purpose::Receipts),
    ] {
        let _: serde_json::Value = ask(rpc, method, [question(purpose)]).await;
    }
    for method in ["batchStatus", "market", "trades", "status"] {
        let _: serde_json::Value = ask(rpc, method, rpc_params![]).await;
    }
    let _: serde_json::Value = ask(rpc, "batches", rpc_params![0]).await;
    let params = rpc_params!["book", serde_json::json!({ "instrumentId": BTC })];
    let mut stream = rpc.subscribe_unbounded("cloister_subscribe", params).await.unwrap();
    let _: (StreamMessage, _) = stream.next().await.unwrap().unwrap();
    (account, book)
}

/// Does it on a thread of its own, and gives up after a minute, so that a reader that waits for ever is a failure.
fn in_time<T: Send + 'static>(work: impl std::future::Future<Output = T> + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let _ = sender.send(runtime.unwrap().block_on(work));
    });
    receiver.recv_timeout(Duration::from_secs(60)).expect("somebody waits")
}

#[test]
fn everything_should_be_read_while_somebody_holds_the_core() {
    let shared = open();
    let rpc = module(shared.clone());
    let mut held = shared.core();
    let core = held.as_mut().unwrap();
    submitted(core, sell(0, 1, 5, MARK));
    submitted(core, buy(1, 1, 3, MARK));
    // The lock is not given back, and the answers have what was done under it.
    let (account, book) = in_time(async move { read_all(&rpc).await });
    assert_eq!(account.open_orders.first().map(|order| order.remaining), Some(Lots(2)));
    assert_eq!(book.asks.first().map(|level| level.quantity), Some(2));
    drop(held);
}

#[test]
fn the_core_should_go_on_while_somebody_reads() {
    let shared = open();
    let (reads, goes_on) = (shared.clone(), shared.clone());
    let (begun, is_read) = mpsc::channel();
    let (done, is_done) = mpsc::channel();
    let reader = thread::spawn(move || {
        reads.follower.read(|state| {
            begun.send(()).unwrap();
            // As long as somebody reads, nothing of what is read moves.
            is_done.recv_timeout(Duration::from_secs(60)).expect("the core waits");
            state.engine.depth(InstrumentId(BTC), 1).asks.len()
        })
    });
    is_read.recv_timeout(Duration::from_secs(60)).unwrap();
    for id in 1..200 {
        submitted(goes_on.core().as_mut().unwrap(), sell(0, id, 1, MARK));
    }
    done.send(()).unwrap();
    assert_eq!(reader.join().unwrap(), Some(0));
    in_time(async move { shared.follower.caught_up().await });
    let asks = goes_on
        .follower
        .read(|state| state.engine.depth(InstrumentId(BTC), 1).asks);
    assert_eq!(asks.unwrap().first().map(|level| level.quantity), Some(199));
}
