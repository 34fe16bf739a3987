//! Stopping in order (Q-RESTART): what traders hear of it, and what the next start finds.

use crate::{common::*, trade, RICH};
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_sequencer::SequencerConfig;
use cloister_sequencer_rpc::{
    types::{AccountInfo, ChannelName, EndReason, StreamBody, StreamEnd, StreamMessage, StreamParams, SwitchOff},
    ErrorCode,
};
use cloister_types::{AccountIndex, InstrumentId, Position};
use jsonrpsee::{core::server::Subscription, rpc_params};
use std::{sync::atomic::Ordering, time::Duration};
use tempfile::TempDir;

/// Long enough for whatever has to happen, and for a test to fail by if it does not.
const PATIENCE: Duration = Duration::from_secs(20);

/// Everything that a sequencer keeps: its journal and its folder.
struct Kept {
    chain: MockChain,
    disk: Disk,
    folder: TempDir,
}

impl Kept {
    fn new() -> Self {
        let chain = MockChain::new();
        for account in 0..2 {
            chain.enqueue(account, RICH, open(account));
        }
        Self {
            chain,
            disk: Disk::default(),
            folder: TempDir::new().unwrap(),
        }
    }

    /// A sequencer that goes on with it, and knows both accounts.
    async fn start(&self, prover: &MockProver) -> Running {
        let config = SequencerConfig {
            folder: Some(self.folder.path().to_owned()),
            ..sequencer_config()
        };
        let running = Running::with_disk(&self.chain, config, prover.clone(), &self.disk);
        running.until(|r| async move { r.account(1).await.is_ok() }).await;
        running
    }

    /// Number of records that a start would have to replay.
    fn to_replay(&self) -> u64 {
        self.disk.with(|kept| {
            let snapshot = kept.snapshot.as_ref().map_or(0, |snapshot| snapshot.before);
            kept.records.len() as u64 - snapshot
        })
    }
}

async fn stop_in_order(running: &Running) {
    let stopper = running.sequencer.stopper();
    tokio::time::timeout(PATIENCE, stopper.stop()).await.expect("it stops");
}

async fn accounts(running: &Running) -> [AccountInfo; 2] {
    [running.account(0).await.unwrap(), running.account(1).await.unwrap()]
}

async fn follow(running: &Running, channel: ChannelName, params: &StreamParams) -> Result<Subscription, i32> {
    let asked = running
        .rpc
        .subscribe("cloister_subscribe", rpc_params![channel, params], 1_000);
    asked.await.map_err(|error| match error {
        jsonrpsee::MethodsError::JsonRpc(refusal) => refusal.code(),
        other => panic!("{other}"),
    })
}

fn of_market() -> StreamParams {
    StreamParams {
        instrument_id: Some(InstrumentId(BTC)),
        ..StreamParams::default()
    }
}

/// Why a subscription has ended; `None` if it did without a word.
async fn end(subscription: &mut Subscription) -> Option<EndReason> {
    loop {
        let next = tokio::time::timeout(PATIENCE, subscription.next::<StreamMessage>());
        let (message, _) = next.await.expect("a message")?.unwrap();
        if let StreamBody::End(StreamEnd { reason }) = message.body {
            return Some(reason);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_that_stops_in_order_should_say_so_and_its_next_start_should_read_nothing_and_lose_nothing() {
    let (kept, prover) = (Kept::new(), MockProver::default());
    let running = kept.start(&prover).await;
    for id in 1..4 {
        trade(&running, id).await;
    }
    running.settled().await;
    running.submit(buy(0, 10, 3, MARK - ONE)).await.unwrap();
    let mut book = follow(&running, ChannelName::Book, &of_market()).await.unwrap();
    // The last things that are acknowledged, in a batch that is not settled.
    let taken = running.submit(sell(1, 11, 2, MARK - ONE)).await.unwrap();
    let before = accounts(&running).await;
    stop_in_order(&running).await;

    let stopping = ErrorCode::Stopping.code();
    assert_eq!(end(&mut book).await, Some(EndReason::Stopping));
    let refused = running.submit(buy(0, 12, 1, MARK)).await.unwrap_err();
    assert_eq!(refused.0, stopping, "{refused:?}");
    let cancel = other(InstructionKind::Cancel, 0, 10, 0);
    assert_eq!(running.submit(cancel).await.unwrap_err().0, stopping);
    assert_eq!(
        follow(&running, ChannelName::Book, &of_market()).await.err(),
        Some(stopping)
    );
    running.stop().await;

    assert_eq!(kept.to_replay(), 0, "a snapshot stands behind the last record");
    kept.chain.lock().batches_read = 0;
    let running = kept.start(&prover).await;
    let read = kept.chain.lock().batches_read;
    assert!(read <= 1, "{read} batches were read although a checkpoint was written");
    let after = accounts(&running).await;
    let of = |account: &AccountInfo| (account.positions.clone(), account.open_orders.clone(), account.cash);
    assert_eq!(before.each_ref().map(of), after.each_ref().map(of));
    let again = running.submit(sell(1, 11, 2, MARK - ONE)).await.unwrap_err();
    assert_eq!(again.0, ErrorCode::BeyondQuantity.code(), "{taken:?} {again:?}");
    running.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_in_flight_should_be_left_and_made_again_by_the_next_start() {
    let (kept, prover) = (Kept::new(), MockProver::default());
    let running = kept.start(&prover).await;
    running.settled().await;
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    // It ends while the proof does not.
    stop_in_order(&running).await;
    running.stop().await;
    prover.held.store(false, Ordering::SeqCst);
    let running = kept.start(&prover).await;
    running.settled().await;
    let settled = running.account(1).await.unwrap().settled.unwrap();
    assert_eq!(settled.positions, [(InstrumentId(BTC), Position(5))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_should_live_as_long_as_a_connection_should_not_outlive_a_stop() {
    let (kept, prover) = (Kept::new(), MockProver::default());
    let running = kept.start(&prover).await;
    let now = running.chain.clock();
    let params = StreamParams {
        account: Some(question_for(ChannelName::Orders.purpose().unwrap(), 0, now)),
        cancel_on_disconnect: Some(SwitchOff::new(&secret(0), SCOPE, AccountIndex(0), now)),
        ..StreamParams::default()
    };
    let mut orders = follow(&running, ChannelName::Orders, &params).await.unwrap();
    for account in 0..2 {
        running.submit(buy(account, 1, 5, MARK - ONE)).await.unwrap();
    }
    stop_in_order(&running).await;
    assert_eq!(end(&mut orders).await, Some(EndReason::Stopping));
    running.stop().await;
    let running = kept.start(&prover).await;
    let resting = accounts(&running).await.map(|account| account.open_orders.len());
    assert_eq!(resting, [0, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_that_has_not_begun_should_stop_at_once() {
    let chain = MockChain::new();
    // Its first table does not come, so it waits.
    let running = Running::start(&chain);
    stop_in_order(&running).await;
    running.stop().await;
}
