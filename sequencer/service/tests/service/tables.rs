//! When batches are made again at a newer risk table.

use crate::{common::*, trade, RICH};
use cloister_engine_testing::*;
use cloister_sequencer::{chain::SubmitRejection, SequencerConfig};
use cloister_types::{InstrumentId, Money, Position};
use std::{sync::atomic::Ordering, time::Duration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_too_old_makes_the_batches_again() {
    let chain = MockChain::new();
    let prover = MockProver::default();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let running = Running::with(&chain, sequencer_config(), prover.clone());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
    running.chain.lock().enabled = false;
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    trade(&running, 2).await;
    let mut next = table(2);
    next.rows[0] = row(BTC, MARK, 4 * ONE as i64);
    running.chain.add_table(next);
    prover.held.store(false, Ordering::SeqCst);
    running
        .until(|r| async move { r.batch_status().await.submitting == 2 })
        .await;
    {
        let mut chain = running.chain.lock();
        chain.oldest_table = 2;
        chain.enabled = true;
    }
    running.settled().await;
    let account = running.account(1).await.unwrap();
    let settled = account.settled.clone().unwrap();
    assert_eq!(
        (settled.cash, settled.positions),
        (account.cash, vec![(InstrumentId(BTC), Position(10))])
    );
    // Both trades at the funding of the new table: 4 per lot.
    let fees = 2 * (5 * MARK * 500).div_ceil(1_000_000);
    assert_eq!(account.cash, Money(i128::from(RICH - 10 * MARK + 10 * 4 * ONE - fees)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_table_has_aged_is_made_again_before_it_is_proven() {
    let chain = MockChain::new();
    let prover = MockProver::default();
    let config = SequencerConfig {
        max_table_age: Duration::ZERO,
        table_patience: Duration::ZERO,
        ..sequencer_config()
    };
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let running = Running::with(&chain, config, prover.clone());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
    prover.failures.store(u64::MAX, Ordering::SeqCst);
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.waiting == 1 })
        .await;
    running.chain.add_table(table(2));
    running.looks().await;
    prover.failures.store(0, Ordering::SeqCst);
    running.until(|r| async move { !r.batch_status().await.open }).await;
    running.settled().await;
    let last = running.chain.lock().best.settled.last().unwrap().batch.clone();
    assert_eq!(last.risk_version, 2);
    assert!(running
        .chain
        .lock()
        .submissions
        .iter()
        .all(|s| s.batch_no != last.batch_no || s.risk_version == 2));
    assert_eq!(
        running.account(1).await.unwrap().settled.unwrap().positions,
        [(InstrumentId(BTC), Position(5))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_sent_back_is_made_again_although_a_later_one_is_proven() {
    let running = Running::with_accounts(2, RICH).await;
    running.settled().await;
    let (chain, prover) = (running.chain.clone(), MockProver::default());
    drop(running);
    let config = SequencerConfig {
        table_margin: Duration::from_secs(40),
        max_table_age: Duration::from_secs(3_600),
        table_patience: Duration::ZERO,
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, prover.clone());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    // One batch is proven, the one after it is being proven, and nothing can be submitted yet.
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    trade(&running, 2).await;
    chain.lock().enabled = false;
    prover.passes.store(1, Ordering::SeqCst);
    running
        .until(|r| async move {
            let status = r.batch_status().await;
            status.submitting == 1 && status.proving.is_some()
        })
        .await;
    // By the time the first is submitted it is too old, and so is its table when it is to be proven again.
    let end = chain.clock() + 1_000;
    {
        let mut inner = chain.lock();
        inner.refusals.push_back(SubmitRejection::TimeTooOld);
        inner.table_ends.insert(1, end);
        inner.enabled = true;
    }
    running
        .until(|r| async move { r.batch_status().await.waiting == 1 })
        .await;
    chain.add_table(table(2));
    running
        .until(|r| async move {
            let status: serde_json::Value = r.call("cloister_status", jsonrpsee::rpc_params![]).await.unwrap();
            status["riskVersion"] == 2
        })
        .await;
    prover.held.store(false, Ordering::SeqCst);
    running.settled().await;
    let last = chain.lock().best.settled.last().unwrap().batch.clone();
    assert_eq!(last.risk_version, 2);
    let account = running.account(1).await.unwrap();
    assert_eq!(account.settled.unwrap().positions, [(InstrumentId(BTC), Position(10))]);
}

/// The table of the batch of a trade that waits for its proof while the next table comes, if the chain takes the first
/// one for `left` more milliseconds.
async fn table_of_a_batch_that_waits(left: u64) -> u64 {
    let running = Running::with_accounts(2, RICH).await;
    running.settled().await;
    let prover = MockProver::default();
    let chain = running.chain.clone();
    drop(running);
    let config = SequencerConfig {
        table_margin: Duration::from_secs(40),
        max_table_age: Duration::from_secs(3_600),
        table_patience: Duration::from_secs(3_600),
        ..sequencer_config()
    };
    prover.failures.store(u64::MAX, Ordering::SeqCst);
    let running = Running::with(&chain, config, prover.clone());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.waiting == 1 })
        .await;
    let end = chain.clock() + left;
    chain.lock().table_ends.insert(1, end);
    chain.add_table(table(2));
    running.looks().await;
    prover.failures.store(0, Ordering::SeqCst);
    running.settled().await;
    let last = chain.lock().best.settled.last().unwrap().batch.clone();
    last.risk_version
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_table_is_about_to_run_out_is_made_again_before_it_is_proven() {
    assert_eq!(table_of_a_batch_that_waits(30_000).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_table_is_good_for_long_enough_keeps_it() {
    assert_eq!(table_of_a_batch_that_waits(120_000).await, 1);
}
