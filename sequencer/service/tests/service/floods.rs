//! Nobody makes others wait by causing proofs that cost nothing (Q-BUDGET).

use crate::{common::*, trade, RICH};
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_sequencer::{BudgetTerms, SequencerConfig};
use cloister_sequencer_rpc::{types::OrderBook, ErrorCode};
use jsonrpsee::rpc_params;
use std::{sync::atomic::Ordering, time::Duration};

fn few() -> SequencerConfig {
    SequencerConfig {
        unit_budget: BudgetTerms {
            burst: 6,
            per_minute: 1,
            fee_per_unit: 0,
        },
        ..sequencer_config()
    }
}

async fn with(config: SequencerConfig, prover: &MockProver) -> Running {
    let chain = MockChain::new();
    for account in 0..3 {
        chain.enqueue(account, RICH, open(account));
    }
    let running = Running::with(&chain, config, prover.clone());
    running
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
    running
}

/// Units of instructions in the batches that were submitted: those that pay out.
fn payouts(running: &Running) -> usize {
    let chain = running.chain.lock();
    let units = chain.submissions.iter().flat_map(|batch| &batch.units);
    units.filter(|unit| !unit.withdrawal.is_zero()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn withdrawals_of_nearly_nothing_run_out_of_units_and_stop_nobody_else() {
    let running = with(few(), &MockProver::default()).await;
    let mut refused = 0;
    for id in 0..20 {
        let taken = running.submit(other(InstructionKind::Withdrawal, 0, id, 1)).await;
        if let Err((code, message)) = taken {
            assert_eq!(code, ErrorCode::UnitBudget.code(), "{message}");
            assert!(message.contains("the next one comes in"), "{message}");
            refused += 1;
        }
    }
    assert_eq!(refused, 14);
    running.submit(sell(1, 1, 5, MARK)).await.unwrap();
    running.submit(buy(2, 2, 5, MARK)).await.unwrap();
    running
        .submit(other(InstructionKind::Withdrawal, 2, 1, ONE))
        .await
        .unwrap();
    running.settled().await;
    assert_eq!(payouts(&running), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cancel_holds_at_once_and_only_those_with_units_are_proven() {
    let running = with(few(), &MockProver::default()).await;
    for id in 0..12 {
        running.submit(sell(0, id, 1, MARK + ONE)).await.unwrap();
    }
    let mut bound = 0;
    for id in 0..12 {
        let taken = running.submit(other(InstructionKind::Cancel, 0, id, 0)).await.unwrap();
        bound += u32::from(taken.bound);
    }
    let book: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 5]).await.unwrap();
    assert!(book.asks.is_empty());
    // Half of the budget is kept for what needs a unit.
    assert_eq!(bound, 3);
    running
        .submit(other(InstructionKind::Withdrawal, 0, 100, ONE))
        .await
        .unwrap();
    running.settled().await;
    // What a cancel says holds, proven or not: the same order does not come back.
    assert_eq!(
        running.submit(sell(0, 11, 1, MARK + ONE)).await.unwrap_err().0,
        ErrorCode::Duplicate.code()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fees_buy_the_units_that_a_busy_trader_needs() {
    let config = SequencerConfig {
        unit_budget: BudgetTerms {
            burst: 4,
            per_minute: 1,
            fee_per_unit: ONE / 10,
        },
        ..sequencer_config()
    };
    let running = with(config, &MockProver::default()).await;
    // Each trade costs its taker two units and a fee of 0.25.
    for id in 1..12 {
        running.submit(sell(0, id, 5, MARK)).await.unwrap();
        running.submit(market(buy(1, id, 5, MARK))).await.unwrap();
    }
    running.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_wait_to_be_taken_than_there_are_places() {
    let prover = MockProver::default();
    let config = SequencerConfig {
        max_backlog: Duration::ZERO,
        busy_patience: Duration::from_secs(3_600),
        max_waiting: 1,
        ..sequencer_config()
    };
    let running = with(config, &prover).await;
    prover.slow.store(true, Ordering::SeqCst);
    // One proof takes some time, so whatever waits is too much; the next one is not done before it may.
    trade(&running, 1).await;
    running.settled().await;
    prover.slow.store(false, Ordering::SeqCst);
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 2).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    // The first has the place as soon as it is asked.
    let (first, second) = tokio::join!(running.submit(buy(0, 3, 1, MARK)), async {
        let second = running.submit(buy(1, 3, 1, MARK)).await;
        prover.held.store(false, Ordering::SeqCst);
        second
    });
    assert_eq!(second.unwrap_err().0, ErrorCode::Busy.code());
    first.unwrap();
}
