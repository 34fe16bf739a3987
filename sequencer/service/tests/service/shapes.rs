//! Batches of several shapes, whose keys come and go.

use crate::{common::*, trade, RICH};
use cloister_engine_testing::*;
use cloister_ledger::{InstructionKind, Shape};
use cloister_sequencer::{SequencerConfig, StartError};
use cloister_settlement::KeyId;
use std::sync::atomic::Ordering;

/// Cheaper than the usual shape, and with room for two accounts that do much.
const WIDE: Shape = Shape { units: 2, places: 3 };
const WIDE_KEY: KeyId = 40;

fn config() -> SequencerConfig {
    SequencerConfig {
        shapes: vec![SHAPE, WIDE],
        ..sequencer_config()
    }
}

fn prover() -> MockProver {
    MockProver::of_shapes(vec![WIDE])
}

/// A chain with the keys of both shapes and two accounts on it, and a sequencer of both.
async fn both() -> (Running, MockProver) {
    let chain = MockChain::new();
    chain.lock().batch_keys.push(batch_key(WIDE_KEY, WIDE));
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let prover = prover();
    let running = Running::with(&chain, config(), prover.clone());
    opened(&running).await;
    (running, prover)
}

async fn opened(running: &Running) {
    for account in 0..2 {
        running
            .until(|r| async move { r.account(account).await.is_ok_and(|a| a.settled.is_some()) })
            .await;
    }
}

/// Orders of account 0 that are cancelled; of each a cancel is bound to the chain.
async fn cancels(running: &Running, ids: std::ops::Range<u64>) {
    for id in ids {
        running.submit(sell(0, id, 1, MARK + ONE)).await.unwrap();
        let cancel = other(InstructionKind::Cancel, 0, id, 0);
        assert!(running.submit(cancel).await.unwrap().bound);
    }
}

/// The keys of the batches that are settled, oldest first.
fn keys_used(chain: &MockChain) -> Vec<KeyId> {
    let inner = chain.lock();
    inner
        .finalized
        .settled
        .iter()
        .map(|settled| settled.batch.key)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_batch_should_settle_under_the_key_of_its_shape_and_be_read_back() {
    let (running, prover) = both().await;
    // While one is proven what comes gathers.
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    cancels(&running, 10..13).await;
    running.submit(buy(1, 10, 1, MARK - ONE)).await.unwrap();
    prover.held.store(false, Ordering::SeqCst);
    running.settled().await;
    assert_eq!(keys_used(&running.chain).last(), Some(&WIDE_KEY));
    // A withdrawal and a cancel of one account and two cancels of the other are three wide units, or four narrow ones.
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 20).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    running
        .submit(other(InstructionKind::Withdrawal, 1, 21, ONE))
        .await
        .unwrap();
    running.submit(other(InstructionKind::Cancel, 1, 10, 0)).await.unwrap();
    cancels(&running, 21..23).await;
    prover.held.store(false, Ordering::SeqCst);
    running.settled().await;
    let used = keys_used(&running.chain);
    assert_eq!(used.last(), Some(&KEY_ID));
    let before = running.account(0).await.unwrap();
    let chain = running.chain.clone();
    running.stop().await;

    // Whoever has only the other shape reads all of it.
    let narrow = SequencerConfig {
        shapes: vec![SHAPE],
        ..sequencer_config()
    };
    let again = Running::with(&chain, narrow, MockProver::default());
    again.until(|r| async move { r.account(0).await.is_ok() }).await;
    let after = again.account(0).await.unwrap();
    assert_eq!((after.cash, after.nonce), (before.cash, before.nonce));
    trade(&again, 40).await;
    again.settled().await;
    let now = keys_used(&chain);
    assert_eq!(now[..used.len()], used[..]);
    assert!(now.len() > used.len() && now[used.len()..].iter().all(|key| *key == KEY_ID));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_of_a_shape_that_is_retired_should_be_made_again_in_another() {
    let (running, prover) = both().await;
    running.settled().await;
    prover.held.store(true, Ordering::SeqCst);
    cancels(&running, 1..4).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    running.chain.lock().batch_keys.retain(|key| key.shape != WIDE);
    let settled = keys_used(&running.chain).len();
    prover.held.store(false, Ordering::SeqCst);
    running.settled().await;
    let used = keys_used(&running.chain);
    assert!(
        used.len() > settled && used[settled..].iter().all(|key| *key == KEY_ID),
        "{used:?}"
    );
    assert!(running.batch_status().await.halted.is_none());
    // It comes back, under another id.
    running.chain.lock().batch_keys.push(batch_key(WIDE_KEY + 1, WIDE));
    let mut id = 100;
    while keys_used(&running.chain).last() != Some(&(WIDE_KEY + 1)) {
        cancels(&running, id..id + 1).await;
        running.settled().await;
        id += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_no_shape_has_a_key_batches_should_wait_for_one() {
    let (running, _prover) = both().await;
    running.settled().await;
    running
        .chain
        .lock()
        .batch_keys
        .iter_mut()
        .for_each(|key| key.key.push(0));
    cancels(&running, 1..2).await;
    running
        .until(|r| async move { r.batch_status().await.halted.is_some() })
        .await;
    running.chain.lock().batch_keys = vec![batch_key(KEY_ID + 50, SHAPE)];
    running.settled().await;
    assert_eq!(keys_used(&running.chain).last(), Some(&(KEY_ID + 50)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_shapes_that_the_chain_has_should_be_used_where_none_is_chosen() {
    let chain = MockChain::new();
    chain.lock().batch_keys = vec![batch_key(WIDE_KEY, WIDE)];
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let config = SequencerConfig {
        shapes: Vec::new(),
        ..sequencer_config()
    };
    let running = Running::with(&chain, config.clone(), prover());
    opened(&running).await;
    assert!(keys_used(&chain).iter().all(|key| *key == WIDE_KEY));
    running.stop().await;
    chain.lock().batch_keys[0].key.push(0);
    let running = Running::with(&chain, config, prover());
    assert!(matches!(running.ended().await, StartError::NoVerifyingKey));
}
