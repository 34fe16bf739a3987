//! What becomes of batches between their proof and a final block.

use crate::{common::*, trade, RICH};
use cloister_engine_testing::*;
use cloister_sequencer::{chain::SubmitRejection, SequencerConfig};
use cloister_sequencer_rpc::types::Status;
use cloister_types::{InstrumentId, Position};
use jsonrpsee::rpc_params;
use std::sync::atomic::Ordering;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proofs_name_the_payee_of_the_configuration() {
    let chain = MockChain::new();
    chain.enqueue(0, RICH, open(0));
    let config = SequencerConfig {
        payee: Some([0x77; 32]),
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, MockProver::default());
    running
        .until(|r| async move { r.account(0).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    assert!(chain.lock().submissions.iter().all(|batch| batch.payee == [0x77; 32]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_that_pass_are_tried_again_and_no_fill_is_lost() {
    let running = Running::with_accounts(2, RICH).await;
    running.chain.lock().refusals.extend([
        SubmitRejection::TimeInFuture,
        SubmitRejection::TimeTooOld,
        SubmitRejection::WrongBatchNumber,
        SubmitRejection::NotLeader,
        SubmitRejection::NotBonded,
        SubmitRejection::NotSubmitter,
    ]);
    let before = running.chain.lock().submissions.len();
    trade(&running, 1).await;
    running.settled().await;
    assert_eq!(
        running.account(1).await.unwrap().settled.unwrap().positions,
        [(InstrumentId(BTC), Position(5))]
    );
    let attempts = running.chain.lock().submissions[before..].to_vec();
    assert_eq!(attempts.len(), 7);
    // The time was too old: a later one, and a fresh salt, because the ciphertext was made again.
    assert!(attempts[2].time > attempts[1].time && attempts[2].salt != attempts[1].salt);
    assert_eq!(attempts[2], attempts[4]);
    assert_eq!(running.batch_status().await.halted, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_does_not_settle_a_batch_twice() {
    let running = Running::with_accounts(2, RICH).await;
    running.chain.lock().lost_answers = 1;
    trade(&running, 1).await;
    running.settled().await;
    assert_eq!(
        running.account(1).await.unwrap().settled.unwrap().positions,
        [(InstrumentId(BTC), Position(5))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_a_fork_drops_is_submitted_again() {
    let running = Running::with_accounts(2, RICH).await;
    running.chain.lock().instant = false;
    let before = running.chain.lock().best.view.batch_no;
    trade(&running, 1).await;
    running
        .until(|r| async move { r.chain.lock().best.view.batch_no > before })
        .await;
    let finalized = running.batch_status().await.finalized_batches;
    assert_eq!(finalized, before);
    running.chain.fork();
    running
        .until(|r| async move { r.chain.lock().best.view.batch_no > before })
        .await;
    running.chain.finalize();
    running.settled().await;
    assert_eq!(
        running.account(1).await.unwrap().settled.unwrap().positions,
        [(InstrumentId(BTC), Position(5))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_a_fork_drops_are_submitted_together() {
    let running = Running::with_accounts(2, RICH).await;
    running.chain.lock().instant = false;
    let before = running.chain.lock().best.view.batch_no;
    for id in 1..4 {
        trade(&running, id).await;
        running
            .until(|r| async move { r.chain.lock().best.view.batch_no >= before + id })
            .await;
    }
    assert!(running.chain.lock().together.is_empty());
    running.chain.fork();
    running
        .until(|r| async move { r.chain.lock().best.view.batch_no >= before + 3 })
        .await;
    assert_eq!(running.chain.lock().together, [3]);
    running.chain.finalize();
    running.settled().await;
    assert_eq!(
        running.account(1).await.unwrap().settled.unwrap().positions,
        [(InstrumentId(BTC), Position(15))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_refused_among_several_is_submitted_again_and_settles_behind_the_others() {
    let running = Running::with_accounts(2, RICH).await;
    running.chain.lock().instant = false;
    let before = running.chain.lock().best.view.batch_no;
    for id in 1..4 {
        trade(&running, id).await;
        running
            .until(|r| async move { r.chain.lock().best.view.batch_no >= before + id })
            .await;
    }
    running.chain.lock().refused_once = Some(before + 1);
    running.chain.fork();
    running
        .until(|r| async move { r.chain.lock().best.view.batch_no >= before + 3 })
        .await;
    // All three, then the one that was refused and the one behind it.
    assert_eq!(running.chain.lock().together, [3, 2]);
    running.chain.finalize();
    running.settled().await;
    assert_eq!(running.batch_status().await.halted, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_that_fails_is_made_again() {
    let chain = MockChain::new();
    let prover = MockProver::default();
    let running = Running::with(&chain, sequencer_config(), prover.clone());
    // The house is re-keyed; what fails are batches.
    running
        .until(|r| async move { r.call::<Status>("cloister_status", rpc_params![]).await.is_ok() })
        .await;
    prover.failures.store(3, Ordering::SeqCst);
    chain.enqueue_with_table(0, RICH, open(0));
    running
        .until(|r| async move { r.account(0).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    assert_eq!(running.batch_status().await.halted, None);
}
