//! Whoever reads holds up nobody who trades (Q-READ).

use crate::{common::*, RICH};
use cloister_crypto::auth::Purpose;
use cloister_engine_testing::*;
use cloister_ledger::{Instruction, InstructionKind};
use cloister_sequencer::{BudgetTerms, GateTerms, SequencerConfig};
use cloister_sequencer_rpc::types::{AcceptedInfo, AccountInfo, FillInfo, OrderBook};
use cloister_types::Lots;
use jsonrpsee::rpc_params;
use std::{
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        Arc,
    },
    time::Duration,
};

/// With so much time and so many units for everybody that neither plays a part.
fn config() -> SequencerConfig {
    let long = Duration::from_secs(3_600);
    SequencerConfig {
        max_table_age: long,
        max_backlog: long,
        busy_patience: long,
        gate: GateTerms {
            table_age: long,
            unsettled_age: long,
            finality_lag: long,
            round_lag: long,
        },
        unit_budget: BudgetTerms {
            burst: 100_000,
            ..BudgetTerms::default()
        },
        ..sequencer_config()
    }
}

/// A sequencer with two accounts, the first of which has many orders at rest.
async fn begun() -> Arc<Running> {
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let running = Running::with(&chain, config(), MockProver::default());
    for account in 0..2 {
        running
            .until(|r| async move { r.account(account).await.is_ok_and(|a| a.settled.is_some()) })
            .await;
    }
    for id in 1..150 {
        running.submit(sell(0, id, 1, MARK + id * ONE / 100)).await.unwrap();
    }
    Arc::new(running)
}

/// Orders that trade, rest, are refused and cancel.
fn orders() -> Vec<Instruction> {
    let mut orders = Vec::new();
    for id in (1..120).step_by(12) {
        orders.push(buy(1, id, 2, MARK + id * ONE / 100));
        orders.push(buy(1, id + 1, 3, MARK - id * ONE / 100));
        orders.push(other(InstructionKind::Cancel, 1, id + 1, 0));
        // The slot is taken.
        orders.push(buy(1, id + 1, 3, MARK));
    }
    orders
}

type Outcome = Result<(Lots, Lots, usize), i32>;

async fn submit_all(running: &Running) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for order in orders() {
        let done = running.submit(order).await;
        let taken = |taken: AcceptedInfo| (taken.filled, taken.resting, taken.fills.len());
        outcomes.push(done.map(taken).map_err(|(code, _)| code));
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_readers_should_not_change_what_is_taken() {
    let expected = submit_all(&*begun().await).await;
    assert!(expected
        .iter()
        .any(|outcome| matches!(outcome, Ok((_, _, fills)) if *fills > 0)));
    assert!(expected.iter().any(Result::is_err));

    let running = begun().await;
    let (over, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let readers: Vec<_> = (0..200)
        .map(|number| {
            let (running, over, reads) = (running.clone(), over.clone(), reads.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    match number % 3 {
                        0 => drop(running.account(0).await.unwrap()),
                        1 => {
                            let query = question_for(Purpose::Fills, 0, running.chain.clock());
                            let _: Vec<FillInfo> = running.call("cloister_fills", [query]).await.unwrap();
                        }
                        _ => {
                            let params = rpc_params![BTC, 1_000];
                            let _: OrderBook = running.call("cloister_orderBook", params).await.unwrap();
                        }
                    }
                    reads.fetch_add(1, Ordering::SeqCst);
                    // Others need the processor too; that nobody waits for a reader's lock is shown in `rpc/tests.rs`.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            })
        })
        .collect();
    while reads.load(Ordering::SeqCst) < 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let outcomes = submit_all(&running).await;
    over.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(outcomes, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_answered_should_read_what_was_answered() {
    let running = begun().await;
    for id in 200..260 {
        let taken = running.submit(buy(1, id, 1, MARK - ONE)).await.unwrap();
        assert_eq!(taken.resting, Lots(1));
        let seen: AccountInfo = running.account(1).await.unwrap();
        assert!(seen.open_orders.iter().any(|order| order.id.get() == id), "{id}");
        let cancel = other(InstructionKind::Cancel, 1, id, 0);
        running.submit(cancel).await.unwrap();
        let book: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 9]).await.unwrap();
        assert!(book.bids.is_empty(), "{id}: {:?}", book.bids);
    }
}
