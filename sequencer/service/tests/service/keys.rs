//! Secrets: new ones, former ones, and re-keys of the house.

use crate::{common::*, trade, RICH};
use cloister_crypto::{field::from_bytes, seal::Sealed};
use cloister_engine_testing::*;
use cloister_ledger::{House, HouseRecord};
use cloister_sequencer::{
    chain::SubmitRejection,
    keys::{development_seed, SequencerKeys},
};
use cloister_sequencer_rpc::{
    types::{HaltKind, Status},
    ErrorCode,
};
use cloister_settlement::LedgerSecrets;
use cloister_types::{InstrumentId, Money, Position};
use jsonrpsee::rpc_params;
use std::{sync::atomic::Ordering, time::Duration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_with_a_new_secret_goes_on_where_the_former_one_was_in_force() {
    let running = Running::with_accounts(2, RICH).await;
    trade(&running, 1).await;
    running.settled().await;
    let chain = running.chain.clone();
    drop(running);
    // Sealed before the change and after it.
    let next = SequencerKeys::new([9; 32], GENESIS, GROUP).unwrap();
    chain.enqueue(2, RICH, open(2));
    chain.enqueue(3, RICH, open_for(3, &next));
    let next = next.with_former(&[development_seed()]);
    for _ in 0..2 {
        // The second start rebuilds houses of both secrets.
        let again = Running::with_keys(&chain, sequencer_config(), MockProver::default(), next.clone());
        again
            .until(|r| async move { r.account(3).await.is_ok_and(|a| a.settled.is_some()) })
            .await;
        again.settled().await;
        assert_eq!(again.account(2).await.unwrap().cash, Money(i128::from(RICH)));
        assert_eq!(
            again.account(1).await.unwrap().settled.unwrap().positions,
            [(InstrumentId(BTC), Position(5))]
        );
    }
}

#[test]
fn salts_and_house_keys_are_fresh() {
    use cloister_batcher::SecretSource;
    let (mut a, b) = (keys(), keys());
    let (x, y) = (a.secrets(3, &[1; 32]), a.secrets(3, &[1; 32]));
    assert_ne!(x.salt, y.salt);
    assert!(from_bytes(&cloister_crypto::field::to_bytes(&x.salt)).is_ok());
    let (first, second) = (b.house_secrets(&[1; 32]), b.house_secrets(&[1; 32]));
    assert!(first.0 != second.0 && first.1 != second.1);
}

/// The house that a seed reads in the chain's last re-key.
fn read_house(chain: &MockChain, seed: [u8; 32]) -> Option<House> {
    let keys = SequencerKeys::new(seed, GENESIS, GROUP).unwrap();
    let inner = chain.lock();
    let rekeyed = &inner.best.rekeyed;
    rekeyed.last()?.open(&SCOPE, rekeyed.len() as u32 - 1, &keys).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_house_is_rekeyed_before_the_first_batch_and_only_then() {
    let running = Running::with_accounts(1, RICH).await;
    running.settled().await;
    let chain = running.chain.clone();
    let rekeyed = chain.lock().best.rekeyed.clone();
    assert_eq!(rekeyed.len(), 1);
    assert_eq!(
        (rekeyed[0].batch_no, rekeyed[0].sealing_key),
        (0, seal_key(development_seed()))
    );
    drop(running);
    let again = Running::start(&chain);
    again.until(|r| async move { r.account(0).await.is_ok() }).await;
    chain.enqueue_with_table(1, RICH, open(1));
    again
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    assert_eq!(chain.lock().best.rekeyed, rekeyed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rekey_that_fails_or_is_refused_is_made_again() {
    let chain = MockChain::new();
    chain.lock().refusals.push_back(SubmitRejection::House);
    chain.enqueue(0, RICH, open(0));
    let prover = MockProver::default();
    prover.failures.store(2, Ordering::SeqCst);
    let running = Running::with(&chain, sequencer_config(), prover);
    running
        .until(|r| async move { r.account(0).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    assert_eq!(chain.lock().best.view.house_rekeys, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compromised_seed_is_rotated() {
    let running = Running::with_accounts(2, RICH).await;
    trade(&running, 1).await;
    running.settled().await;
    let chain = running.chain.clone();
    drop(running);
    assert!(read_house(&chain, development_seed()).is_some());

    // First the sealing key, then the sequencer with the new seed, which re-keys the house to it.
    let new = [9; 32];
    chain.lock().seal_key = Some(seal_key(new));
    let keys = SequencerKeys::new(new, GENESIS, GROUP)
        .unwrap()
        .with_former(&[development_seed()]);
    let running = Running::with_keys(&chain, sequencer_config(), MockProver::default(), keys.clone());
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    assert_eq!(chain.lock().best.rekeyed.len(), 2);
    let house = read_house(&chain, new).expect("the new seed reads it");
    assert_eq!(read_house(&chain, development_seed()), None);
    trade(&running, 2).await;
    running.settled().await;
    // No batch after the rotation is under a key that the old seed gives.
    let settled = chain.lock().best.settled.last().unwrap().batch.clone();
    let salt = SCOPE.salt(from_bytes(&settled.salt).unwrap());
    let record = HouseRecord {
        ciphertext: settled.house_record.map(|bytes| from_bytes(&bytes).unwrap()),
    };
    let nonce = settled.batch_no + 3;
    let read = |key| record.open(key, nonce, salt).map(|house| house.commitment());
    assert_eq!(read(house.key), Some(from_bytes(&settled.new_house).unwrap()));
    let old = SequencerKeys::new(development_seed(), GENESIS, GROUP).unwrap();
    for rekeyed in chain.lock().best.rekeyed.clone() {
        for key in old.house_keys(&Sealed(rekeyed.sealed_key)) {
            assert_ne!(read(key), Some(from_bytes(&settled.new_house).unwrap()));
        }
    }
    drop(running);
    // And a sequencer that starts again has everything.
    let again = Running::with_keys(&chain, sequencer_config(), MockProver::default(), keys);
    again.until(|r| async move { r.account(0).await.is_ok() }).await;
    assert_eq!(chain.lock().best.rekeyed.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_without_a_key_waits_for_the_sealing_key() {
    let chain = MockChain::new();
    chain.lock().seal_key = None;
    let running = Running::start(&chain);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let early: Result<Status, _> = running.call("cloister_status", rpc_params![]).await;
    assert_eq!(early.unwrap_err().0, ErrorCode::NotReady.code());
    chain.lock().seal_key = Some(seal_key(development_seed()));
    running
        .until(|r| async move { r.call::<Status>("cloister_status", rpc_params![]).await.is_ok() })
        .await;
    assert_eq!(chain.lock().best.view.house_rekeys, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rekey_by_another_sequencer_shows_as_a_halt() {
    let running = Running::with_accounts(1, RICH).await;
    running.settled().await;
    running.chain.lock().best.view.house_rekeys += 1;
    running
        .until(|r| async move {
            let halted = r.batch_status().await.halted;
            halted.is_some_and(|h| h.kind == HaltKind::Foreign && h.message.contains("re-keyed"))
        })
        .await;
}
