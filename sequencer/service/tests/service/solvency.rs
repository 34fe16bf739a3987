//! Solvency rounds.

use crate::common::*;
use cloister_sequencer::{chain::UnderWay, SequencerConfig};
use std::time::Duration;

/// A sequencer with nine settled accounts, in two subtrees, that makes solvency rounds.
async fn with_rounds(chain: &MockChain) -> Running {
    for account in 0..9 {
        chain.enqueue(account, 1_000_000_000, open(account));
    }
    chain.lock().next_index = 9;
    let config = SequencerConfig {
        solvency: Some(ROUND_SHAPE),
        round_pause: Duration::from_millis(1),
        ..sequencer_config()
    };
    Running::with(chain, config, MockProver::default())
}

#[tokio::test]
async fn solvency_rounds_are_made_when_there_is_time() {
    let chain = MockChain::new();
    let running = with_rounds(&chain).await;
    running
        .until(|r| async move { r.chain.lock().statements.len() >= 4 })
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
