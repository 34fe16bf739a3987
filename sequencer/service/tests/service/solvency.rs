//! Solvency rounds.

use crate::{common::*, trade, RICH};
use cloister_engine_testing::*;
use cloister_sequencer::{
    chain::{RoundRejection, SubmitRejection, UnderWay},
    SequencerConfig,
};
use cloister_sequencer_rpc::types::{HaltKind, Status};
use jsonrpsee::rpc_params;
use std::{sync::atomic::Ordering, time::Duration};

/// Settles nine accounts, in two subtrees.
async fn settle_accounts(chain: &MockChain) {
    settle(chain, &[0, 1, 2, 3, 4, 5, 6, 7, 8]).await;
}

/// Settles accounts of ascending indices.
async fn settle(chain: &MockChain, accounts: &[u32]) {
    for account in accounts {
        chain.enqueue(*account, RICH, open(*account));
    }
    let last = *accounts.last().unwrap();
    chain.lock().next_index = last + 1;
    let running = Running::start(chain);
    running
        .until(|r| async move { r.account(last).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
}

/// A sequencer with nine settled accounts that makes solvency rounds.
async fn with_rounds(chain: &MockChain) -> Running {
    settle_accounts(chain).await;
    Running::with(chain, with_shape(), MockProver::default())
}

fn with_shape() -> SequencerConfig {
    SequencerConfig {
        solvency: Some(ROUND_SHAPE),
        round_pause: Duration::from_millis(1),
        ..sequencer_config()
    }
}

/// Trades between accounts 0 and 1 at every look at the chain. Blocks become final one look after the other, and tables
/// are of the present.
async fn trade_for_ever(running: &Running) {
    for id in 1.. {
        let (seller, buyer) = (id % 2, 1 - id % 2);
        running.chain.finalize();
        running.chain.present_table();
        running.submit(sell(seller as u32, id, 5, MARK)).await.unwrap();
        running.submit(buy(buyer as u32, id, 5, MARK)).await.unwrap();
        tokio::time::sleep(sequencer_config().poll).await;
    }
}

/// A sequencer with settled accounts whose prover is never idle: proofs take 400 ms, and there is trade all the time.
async fn round_beside_trade(config: SequencerConfig, max_round_age: Option<u64>) -> MockChain {
    let chain = MockChain::new();
    settle_accounts(&chain).await;
    {
        let mut inner = chain.lock();
        (inner.max_round_age, inner.instant) = (max_round_age, false);
    }
    let prover = MockProver::default();
    let running = Running::with(&chain, config, prover.clone());
    running.until(|r| async move { r.account(8).await.is_ok() }).await;
    prover.slow.store(true, Ordering::SeqCst);
    let complete = running.until(|r| async move { r.chain.lock().counted.is_some() });
    tokio::select! {
        () = trade_for_ever(&running) => {}
        () = complete => {}
    }
    drop(running);
    assert_eq!(chain.lock().refused_statements, []);
    chain
}

#[tokio::test]
async fn solvency_rounds_are_made_when_there_is_time() {
    let chain = MockChain::new();
    let running = with_rounds(&chain).await;
    running
        .until(|r| async move {
            // A round counts only at a newer table.
            r.chain.next_table();
            r.chain.lock().statements.len() >= 4
        })
        .await;
    let statements = chain.lock().statements.clone();
    for pair in statements.chunks_exact(2) {
        assert!(pair.iter().all(|statement| statement.payee == SUBMITTER));
        assert_eq!((pair[0].first.get(), pair[1].first.get()), (0, 8));
        assert_eq!(pair[0].findings, None);
        let findings = pair[1].findings.unwrap();
        assert_eq!((findings.short, findings.debt, findings.live_debt), (0, 0, 0));
        assert_ne!(pair[0].after, pair[1].after);
    }
    // The blinding is another one in every round.
    assert_ne!(statements[0].after, statements[2].after);
}

#[tokio::test]
async fn a_solvency_round_of_before_is_started_anew() {
    let chain = MockChain::new();
    // Left by a sequencer whose sums nobody knows any more.
    chain.lock().round = Some(UnderWay {
        cursor: 8,
        end: 9,
        sums: [7; 32],
        oldest_table: 0,
    });
    let running = with_rounds(&chain).await;
    running
        .until(|r| async move { r.chain.lock().statements.len() >= 2 })
        .await;
    let firsts: Vec<u32> = chain.lock().statements.iter().map(|s| s.first.get()).collect();
    assert_eq!(firsts[..2], [0, 8]);
}

#[tokio::test]
async fn no_solvency_round_is_made_without_a_shape() {
    let running = Running::with_accounts(2, 1_000_000_000).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(running.chain.lock().statements, []);
}

#[tokio::test]
async fn a_round_that_is_due_waits_for_no_trade() {
    let config = SequencerConfig {
        round_patience: Duration::from_secs(3_600),
        ..with_shape()
    };
    let chain = round_beside_trade(config, Some(60_000)).await;
    assert_eq!(chain.lock().statements.len(), 2);
}

#[tokio::test]
async fn a_round_of_a_group_without_terms_is_made_beside_trade_in_the_end() {
    let config = SequencerConfig {
        round_patience: Duration::from_millis(300),
        ..with_shape()
    };
    let chain = round_beside_trade(config, None).await;
    assert_eq!(chain.lock().statements.len(), 2);
}

#[tokio::test]
async fn a_batch_that_the_chain_refuses_stops_no_round() {
    let chain = MockChain::new();
    let running = with_rounds(&chain).await;
    running.until(|r| async move { r.account(8).await.is_ok() }).await;
    // A disabled or frozen group takes statements.
    chain.lock().enabled = false;
    trade(&running, 1).await;
    running
        .until(|r| async move {
            r.batch_status()
                .await
                .halted
                .is_some_and(|h| h.kind == HaltKind::Refused)
        })
        .await;
    let before = chain.lock().counted;
    chain.present_table();
    running.until(|r| async move { r.chain.lock().counted > before }).await;
    assert_eq!(chain.lock().refused_statements, []);
}

#[tokio::test]
async fn no_round_is_started_that_could_not_count() {
    let chain = MockChain::new();
    let running = with_rounds(&chain).await;
    running.until(|r| async move { r.chain.lock().counted.is_some() }).await;
    let made = chain.lock().statements.len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(chain.lock().statements.len(), made);
    // A round under way that another submitter's round has overtaken is given up.
    let counted = chain.lock().newest().header.time + 1;
    chain.lock().counted = Some(counted);
    chain.next_table();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(chain.lock().statements.len(), made);
    chain.next_table();
    running
        .until(|r| async move { r.chain.lock().counted > Some(counted) })
        .await;
}

/// Where the statements of the first round begin.
async fn firsts(chain: &MockChain) -> Vec<u32> {
    let running = Running::with(chain, with_shape(), MockProver::default());
    running.until(|r| async move { r.chain.lock().counted.is_some() }).await;
    let inner = chain.lock();
    assert_eq!(inner.refused_statements, []);
    inner.statements.iter().map(|s| s.first.get()).collect()
}

#[tokio::test]
async fn a_round_skips_subtrees_without_accounts() {
    let chain = MockChain::new();
    // The last one is in block 70.
    settle(&chain, &[0, 40, 35_843]).await;
    assert_eq!(firsts(&chain).await, [0, 40, 32_768, 35_840]);
}

#[tokio::test]
async fn a_round_skips_a_long_tail_of_closed_accounts() {
    let chain = MockChain::new();
    settle(&chain, &[0, 40]).await;
    chain.lock().next_index = 75_000;
    assert_eq!(firsts(&chain).await, [0, 40, 32_768, 65_536]);
}

#[tokio::test]
async fn a_round_does_not_skip_into_one_that_was_given_up() {
    let chain = MockChain::new();
    settle(&chain, &[40]).await;
    assert_eq!(firsts(&chain).await, [40]);
    chain.lock().statements.clear();
    chain.next_table();
    {
        let mut inner = chain.lock();
        inner.counted = None;
        inner.round = Some(UnderWay {
            cursor: 8,
            end: 41,
            sums: [7; 32],
            oldest_table: 0,
        });
    }
    assert_eq!(firsts(&chain).await, [0, 40]);
}

#[tokio::test]
async fn a_round_skips_no_account_that_is_not_settled_yet() {
    let chain = MockChain::new();
    settle(&chain, &[0, 40]).await;
    chain.lock().best.opened.push(16);
    assert_eq!(firsts(&chain).await, [0, 8, 16, 40]);
}

/// Waits until the status names a problem of rounds.
async fn problem(running: &Running, words: &str) {
    running
        .until(|r| async move {
            let status: Status = r.call("cloister_status", rpc_params![]).await.unwrap();
            status.rounds.unwrap().problem.is_some_and(|p| p.contains(words))
        })
        .await;
}

/// Waits until a round is complete, and the status says so and names no problem.
async fn complete(running: &Running) {
    running
        .until(|r| async move {
            let status: Status = r.call("cloister_status", rpc_params![]).await.unwrap();
            let rounds = status.rounds.unwrap();
            rounds.problem.is_none() && (rounds.complete, rounds.statements) == (1, 2) && rounds.last_complete.is_some()
        })
        .await;
}

#[tokio::test]
async fn what_stops_rounds_is_said_and_tried_again() {
    let chain = MockChain::new();
    settle_accounts(&chain).await;
    chain.lock().solvency_key_active = false;
    let prover = MockProver::default();
    prover.load_failures.store(u64::MAX, Ordering::SeqCst);
    let running = Running::with(&chain, with_shape(), prover.clone());
    running.until(|r| async move { r.account(8).await.is_ok() }).await;
    problem(&running, "randomness").await;
    prover.load_failures.store(0, Ordering::SeqCst);
    problem(&running, "no active verifying key").await;
    {
        let mut inner = chain.lock();
        inner.solvency_key_active = true;
        inner.statement_refusals.push_back(RoundRejection::NotPayee.into());
    }
    complete(&running).await;
    assert_eq!(chain.lock().refused_statements, [RoundRejection::NotPayee.into()]);
}

#[test]
fn refusals_of_statements_have_their_names() {
    for name in [
        "RootUnknown",
        "RootReplaced",
        "RootOlderThanRound",
        "NotPayee",
        "NotASubtree",
        "AccountSkipped",
        "SkipTooLong",
        "WrongOutcome",
    ] {
        let rejection = SubmitRejection::from_name(name).unwrap();
        assert!(matches!(rejection, SubmitRejection::Round(_)) && rejection.to_string().contains(name));
    }
}
