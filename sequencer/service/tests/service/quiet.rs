//! What the log and the public methods must not tell.

use crate::{common::*, RICH};
use cloister_crypto::field::to_bytes;
use cloister_engine_testing::{quiet::assert_quiet, *};
use cloister_ledger::InstructionKind;
use cloister_sequencer::keys::development_seed;
use cloister_sequencer_rpc::types::Trade;
use cloister_settlement::ItemKind;
use jsonrpsee::rpc_params;
use serde_json::Value;
use std::{
    sync::Mutex,
    thread::{self, ThreadId},
    time::Duration,
};

/// Keeps what one thread writes at the level of information and above: other tests of this program write too.
struct Kept {
    of: ThreadId,
    written: Mutex<String>,
}

impl log::Log for Kept {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Info && thread::current().id() == self.of
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let mut kept = self.written.lock().unwrap();
            kept.push_str(&format!("{} {}\n", record.level(), record.args()));
        }
    }

    fn flush(&self) {}
}

/// The log of this thread, from now on. It is called once.
fn kept() -> &'static Kept {
    let kept: &'static Kept = Box::leak(Box::new(Kept {
        of: thread::current().id(),
        written: Mutex::default(),
    }));
    log::set_logger(kept).unwrap();
    log::set_max_level(log::LevelFilter::Info);
    kept
}

/// All that the sequencer does and could write of is done by the one thread of this runtime.
#[tokio::test]
async fn the_log_tells_no_amounts_and_no_keys_while_accounts_trade() {
    let log = kept();
    // Numbers that are found nowhere else.
    let (deposit, lots, paid, price) = (RICH + 987_654_321, 83, 71_717_171, MARK + 313_131);
    let running = Running::with_accounts(3, deposit).await;
    running.submit(sell(0, 1, lots, price)).await.unwrap();
    let taken = running.submit(buy(1, 1, lots, price)).await.unwrap();
    assert_eq!(taken.filled.get(), lots);
    running
        .submit(other(InstructionKind::Withdrawal, 2, 9, paid))
        .await
        .unwrap();
    running.chain.enqueue_with_table(1, 515_151, ItemKind::Deposit);
    // Errors are written too: of a batch that the chain refuses, and of one that is made again.
    running.chain.lock().oldest_table = 2;
    running.settled().await;
    running
        .until(|r| async move { r.chain.lock().best.paid.contains_key(&2) })
        .await;
    let cash = running.account(1).await.unwrap().cash;
    let mut secrets: Vec<String> = [deposit, paid, price, 515_151].map(|n| n.to_string()).into();
    secrets.push(format!("{lots} lots"));
    secrets.push(cash.to_string());
    secrets.push(hex::encode(development_seed()));
    secrets.extend((0..3).map(|account| hex::encode(to_bytes(&view_key(account)))));
    secrets.extend(taken.fills.iter().map(|fill| fill.fee.get().to_string()));
    let log = log.written.lock().unwrap().clone();
    assert!(log.contains("is proven in"), "{log}");
    assert_quiet(&log, &secrets);
    for words in ["units", "fills", "lots"] {
        assert!(!log.contains(words), "{words}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_answers_have_no_counters_of_what_traders_do() {
    let running = Running::with_accounts(2, RICH).await;
    let quiet: Value = running.call("cloister_status", rpc_params![]).await.unwrap();
    crate::trade(&running, 1).await;
    running.settled().await;
    for method in ["cloister_status", "cloister_batchStatus", "cloister_batches"] {
        let params = if method == "cloister_batches" {
            rpc_params![0]
        } else {
            rpc_params![]
        };
        let answer: Value = running.call(method, params).await.unwrap();
        let text = answer.to_string();
        for name in [
            "used",
            "fills",
            "openUnits",
            "stuckEvents",
            "accepted",
            "rejected",
            "accounts",
            "openOrders",
        ] {
            assert!(!text.contains(&format!("\"{name}\"")), "{method}: {text}");
        }
    }
    // Apart from its clock, the state of the sequencer is what the chain shows.
    let mut after: Value = running.call("cloister_status", rpc_params![]).await.unwrap();
    for field in ["time", "finalizedBlock"] {
        after[field] = quiet[field].clone();
    }
    assert_eq!(after, quiet);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_public_tape_is_late_and_tells_neither_fills_nor_sides() {
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let config = cloister_sequencer::SequencerConfig {
        tape_interval: Duration::from_millis(1),
        tape_delay: Duration::from_secs(3_600),
        ..sequencer_config()
    };
    let running = Running::with(&chain, config.clone(), MockProver::default());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    crate::trade(&running, 1).await;
    running.settled().await;
    let trades: Vec<Trade> = running.call("cloister_trades", rpc_params![0]).await.unwrap();
    assert!(trades.is_empty());
    drop(running);

    let prompt = cloister_sequencer::SequencerConfig {
        tape_interval: Duration::from_secs(1),
        tape_delay: Duration::ZERO,
        ..config
    };
    let running = Running::with(&chain, prompt, MockProver::default());
    running.until(|r| async move { r.account(1).await.is_ok() }).await;
    let begun = running.chain.clock() / 1_000;
    for id in 2..5 {
        crate::trade(&running, id).await;
    }
    let intervals = running.chain.clock() / 1_000 - begun + 1;
    running.chain.pass(Duration::from_secs(1));
    running
        .until(|r| async move {
            let trades: Vec<Trade> = r.call("cloister_trades", rpc_params![0]).await.unwrap();
            trades.iter().map(|trade| trade.quantity).sum::<u128>() == 15
        })
        .await;
    let trades: Vec<Value> = running.call("cloister_trades", rpc_params![0]).await.unwrap();
    assert!((1..=intervals).contains(&(trades.len() as u64)), "{trades:?}");
    let fields: Vec<_> = trades[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["id", "instrumentId", "price", "quantity", "time"]);
}
