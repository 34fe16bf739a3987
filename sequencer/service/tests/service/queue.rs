//! The chain's queue: when its items are taken.

use crate::{common::*, trade, RICH};
use cloister_engine_testing::*;
use cloister_ledger::{InstructionKind, Switches};
use cloister_sequencer::{
    chain::{SettledBatch, SubmitRejection},
    keys::SequencerKeys,
    SequencerConfig,
};
use cloister_sequencer_rpc::{
    types::{HaltKind, Status},
    ErrorCode,
};
use cloister_settlement::ItemKind;
use cloister_types::{AccountIndex, Amount, InstrumentId, ItemId, Money, Position};
use jsonrpsee::rpc_params;
use std::{sync::atomic::Ordering, time::Duration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_that_was_sealed_to_a_former_key_waits_for_its_secret() {
    let former = [9; 32];
    let running = Running::with_accounts(1, RICH).await;
    running.chain.lock().patience = 600_000;
    let sealed_to = SequencerKeys::new(former, GENESIS, GROUP).unwrap();
    running.chain.enqueue_with_table(1, 500, open_for(1, &sealed_to));
    running.chain.enqueue_with_table(1, 50, ItemKind::Deposit);
    running.chain.enqueue_with_table(0, 600, ItemKind::Deposit);
    running.chain.enqueue_with_table(2, RICH, open(2));
    running
        .until(|r| async move {
            let halted = r.batch_status().await.halted;
            halted.is_some_and(|h| h.kind == HaltKind::Seal && h.message.contains("--sequencer-former-secret"))
        })
        .await;
    // Nobody else waits for it.
    running
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
    assert_eq!(
        running.account(1).await.unwrap_err().0,
        ErrorCode::UnknownAccount.code()
    );
    assert_eq!(running.account(0).await.unwrap().cash, Money(i128::from(RICH) + 600));
    let chain = running.chain.clone();
    drop(running);

    let keys = keys().with_former(&[former]);
    let again = Running::with_keys(&chain, sequencer_config(), MockProver::default(), keys);
    again
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    again.settled().await;
    assert_eq!(again.account(1).await.unwrap().cash, Money(550));
    assert_eq!(again.account(0).await.unwrap().cash, Money(i128::from(RICH) + 600));
    assert_eq!(again.batch_status().await.halted, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_counts_from_the_first_table_on_at_which_it_is_ready() {
    let running = Running::with_accounts(2, RICH).await;
    let time = table(1).header.time;
    let item = running.chain.enqueue_at(0, 42, ItemKind::Deposit, time + 2);
    // A table before it is ready, and a batch at each.
    for id in 1..3 {
        trade(&running, id).await;
        running.settled().await;
        running.chain.next_table();
        running
            .until(|r| async move {
                r.call::<Status>("cloister_status", rpc_params![])
                    .await
                    .unwrap()
                    .risk_version
                    > id
            })
            .await;
        let status: Status = running.call("cloister_status", rpc_params![]).await.unwrap();
        assert_eq!(status.next_queue_item == ItemId(item + 1), id == 2);
    }
    running
        .until(|r| async move { r.chain.lock().best.queue.is_empty() })
        .await;
    running.settled().await;
    let settled = running.chain.lock().best.settled.clone();
    let taken = |batch: &SettledBatch| batch.takings.iter().any(|taking| taking.items.contains(&ItemId(item)));
    let at: Vec<u64> = settled
        .iter()
        .filter(|b| taken(b))
        .map(|b| b.batch.risk_version)
        .collect();
    assert_eq!(at, [3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_queue_item_goes_before_the_fills() {
    let running = Running::with_accounts(2, RICH).await;
    running.chain.lock().enabled = false;
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.submitting == 1 })
        .await;
    running.chain.enqueue_with_table(0, 42, ItemKind::Deposit);
    running
        .until(|r| async move { r.batch_status().await.submitting == 2 })
        .await;
    {
        let mut chain = running.chain.lock();
        chain.refusals.push_back(SubmitRejection::QueueOverdue);
        chain.enabled = true;
    }
    running.settled().await;
    let chain_settled = running.chain.lock().best.settled.clone();
    let last = chain_settled.last().unwrap();
    assert_eq!(last.takings.iter().filter(|t| !t.items.is_empty()).count(), 1);
    assert_eq!(
        last.batch.batch_no,
        chain_settled[chain_settled.len() - 2].batch.batch_no + 1
    );
    let settled = running.account(0).await.unwrap().settled.unwrap();
    assert_eq!(settled.positions, [(InstrumentId(BTC), Position(-5))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_that_takes_effect_when_its_turn_comes_ends_the_account_everywhere() {
    let chain = MockChain::new();
    for account in 0..4 {
        chain.enqueue(account, RICH, open(account));
    }
    // A batch is closed when it is full.
    let config = SequencerConfig {
        batch_age: Duration::from_secs(3_600),
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, MockProver::default());
    running
        .until(|r| async move { r.account(3).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    // The account holds something when its close becomes ready, and two units of four are the queue's.
    let time = table(1).header.time + 1;
    for account in [1, 2, 3, 1, 2] {
        chain.enqueue_at(account, 0, ItemKind::Switch(Switches { transfers: true }), time);
    }
    chain.enqueue_at(0, 0, ItemKind::Close, time);
    chain.next_table();
    running
        .until(|r| async move {
            let status: Status = r.call("cloister_status", rpc_params![]).await.unwrap();
            status.risk_version == 2 && r.batch_status().await.open
        })
        .await;
    let cancel = |account, id| running.annul(account, id);
    let all = other(InstructionKind::Withdrawal, 0, 1, RICH);
    running.submit(all).await.unwrap();
    cancel(3, 1).await.unwrap();
    let refused = cancel(0, 2).await.unwrap_err();
    assert_eq!(refused.0, ErrorCode::UnknownAccount.code());
    for (account, id) in [(1, 1), (2, 1), (3, 2), (1, 2)] {
        cancel(account, id).await.unwrap();
    }
    running.settled().await;
    assert_eq!(running.batch_status().await.halted, None);
    assert_eq!(chain.lock().best.queue.len(), 0);
    let gone = running.account(0).await.unwrap_err();
    assert_eq!(gone.0, ErrorCode::UnknownAccount.code());
    for account in 1..4 {
        running.account(account).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_is_read_only_for_a_table_that_comes_into_force() {
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let prover = MockProver::default();
    let config = SequencerConfig {
        table_patience: Duration::from_secs(3_600),
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, prover.clone());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    let before = chain.lock().queue_reads;
    let item = chain.enqueue_with_table(0, 42, ItemKind::Deposit);
    for _ in 0..20 {
        running.looks().await;
    }
    assert!(running.batch_status().await.proving.is_some());
    assert_eq!(chain.lock().queue_reads, before);
    prover.held.store(false, Ordering::SeqCst);
    running
        .until(|r| async move { !r.chain.lock().best.queue.contains_key(&item) })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn insurance_goes_in_and_out_when_there_is_nothing_else_to_prove() {
    let running = Running::with_accounts(1, RICH).await;
    running.settled().await;
    let house = AccountIndex::HOUSE.get();
    running.chain.enqueue_with_table(house, 1_000, ItemKind::PayInsurance);
    let kind = ItemKind::TakeInsurance {
        amount: Amount(900),
        keep: Amount(300),
    };
    // It is overdue as soon as it is ready, and counts on what was paid in before.
    running.chain.enqueue_with_table(house, 0, kind);
    running
        .until(|r| async move { r.chain.lock().best.queue.is_empty() })
        .await;
    let taken: Vec<_> = {
        let chain = running.chain.lock();
        chain
            .submissions
            .iter()
            .filter_map(|batch| batch.take_insurance)
            .collect()
    };
    assert_eq!(taken, [Amount(700)]);
    // What was read back of the house is what a new sequencer goes on with.
    let chain = running.chain.clone();
    drop(running);
    let again = Running::with(&chain, sequencer_config(), MockProver::default());
    chain.enqueue_with_table(0, 42, ItemKind::Deposit);
    again
        .until(|r| async move { r.account(0).await.is_ok_and(|a| a.cash == Money(i128::from(RICH) + 42)) })
        .await;
    again.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_owner_takes_back_is_not_taken() {
    let running = Running::with_accounts(2, RICH).await;
    let clock = running.chain.clock();
    let late = running.chain.enqueue_at(0, 600, ItemKind::Deposit, clock);
    running.chain.take_back(late, clock);
    running.chain.enqueue_at(1, 70, ItemKind::Deposit, clock);
    running.chain.present_table();
    running
        .until(|r| async move {
            let account = r.account(1).await;
            account.is_ok_and(|account| account.cash == Money(i128::from(RICH) + 70))
        })
        .await;
    running.settled().await;
    assert_eq!(running.account(0).await.unwrap().cash, Money(i128::from(RICH)));
    assert_eq!(running.batch_status().await.halted, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_credited_and_is_taken_back_is_made_undone() {
    let running = Running::with_accounts(2, RICH).await;
    let clock = running.chain.clock();
    // It is in a batch that is not settled when it goes.
    running.chain.lock().enabled = false;
    let late = running.chain.enqueue_at(0, 600, ItemKind::Deposit, clock);
    running.chain.present_table();
    running
        .until(|r| async move {
            let account = r.account(0).await;
            account.is_ok_and(|account| account.cash == Money(i128::from(RICH) + 600))
        })
        .await;
    running.chain.lock().queue_read_from.clear();
    running.chain.take_back(late, 0);
    running.chain.lock().enabled = true;
    running
        .until(|r| async move {
            let account = r.account(0).await;
            account.is_ok_and(|account| account.cash == Money(i128::from(RICH)))
        })
        .await;
    // What batches are done with is not read again, however long the queue was.
    let read_from = running.chain.lock().queue_read_from.clone();
    assert_eq!(read_from.iter().min(), Some(&late), "{read_from:?}");
    // The exchange goes on.
    running.chain.enqueue_with_table(1, 70, ItemKind::Deposit);
    running
        .until(|r| async move {
            let account = r.account(1).await;
            account.is_ok_and(|account| account.cash == Money(i128::from(RICH) + 70))
        })
        .await;
    running.settled().await;
    assert_eq!(running.batch_status().await.halted, None);
}
