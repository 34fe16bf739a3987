//! What becomes of what cannot be proven any more, and when nothing more is taken (Q-VOID, Q-GATE).

use crate::{common::*, trade, RICH};
use cloister_crypto::auth::Purpose;
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_sequencer::{GateTerms, SequencerConfig};
use cloister_sequencer_rpc::{
    types::{BrokenRule, FillInfo, HaltKind, NoticeInfo, OrderBook, VoidCause, VoidInfo},
    ErrorCode,
};
use cloister_types::{Amount, InstructionId, InstrumentId, Lots, Money, Position, Price};
use jsonrpsee::rpc_params;
use std::{sync::atomic::Ordering, time::Duration};

impl Running {
    pub async fn notices(&self, account: u32) -> Vec<NoticeInfo> {
        let query = question_for(Purpose::Notices, account, self.chain.clock());
        self.call("cloister_notices", rpc_params![query, 0]).await.unwrap()
    }

    async fn gate(&self) -> Option<HaltKind> {
        self.batch_status().await.halted.map(|halted| halted.kind)
    }

    /// Puts a table in force, the only one that the chain takes from now on, with another mark of [`BTC`].
    pub fn jump(&self, mark: u64) {
        let mut table = self.chain.lock().newest().clone();
        table.header.version += 1;
        table.header.time = self.chain.clock().max(table.header.time + 1);
        table.rows[0] = row(BTC, mark, 3 * ONE as i64);
        let version = table.header.version;
        self.chain.add_table(table);
        self.chain.lock().oldest_table = version;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fill_that_a_new_table_leaves_outside_its_band_is_void_and_the_group_goes_on() {
    let prover = MockProver::default();
    let running = with(sequencer_config(), &prover).await;
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    // 100 is outside the band of the only table that the chain takes.
    running.jump(112 * ONE);
    prover.held.store(false, Ordering::SeqCst);
    running.until(|r| async move { !r.notices(1).await.is_empty() }).await;
    running.settled().await;

    // Both sides hear of it, each without a word of the other's margin, and have what they had.
    let [maker] = &running.notices(0).await[..] else {
        panic!("one notice")
    };
    assert_eq!(maker.reason, VoidCause::Rule(BrokenRule::Band));
    let [taker] = &running.notices(1).await[..] else {
        panic!("one notice")
    };
    assert_eq!(taker.reason, VoidCause::Counterparty);
    let what = VoidInfo::Fill {
        fill: 0,
        order_id: InstructionId(1),
        instrument_id: InstrumentId(BTC),
        price: Price(MARK),
        quantity: Lots(5),
    };
    assert_eq!((taker.number, &taker.what), (0, &what));
    for account in [0, 1] {
        let info = running.account(account).await.unwrap();
        assert_eq!((info.cash, info.positions.len()), (Money(i128::from(RICH)), 0));
    }
    let query = question_for(Purpose::Fills, 1, running.chain.clock());
    let fills: Vec<FillInfo> = running.call("cloister_fills", rpc_params![query, 0]).await.unwrap();
    assert_eq!(fills.iter().map(|fill| fill.void).collect::<Vec<_>>(), [true]);

    // Everybody trades on.
    running.submit(sell(0, 2, 5, 112 * ONE)).await.unwrap();
    let taken = running.submit(buy(1, 2, 5, 112 * ONE)).await.unwrap();
    assert_eq!(taken.filled, Lots(5));
    running.settled().await;
    let settled = running.account(1).await.unwrap().settled.unwrap();
    assert_eq!(settled.positions, [(InstrumentId(BTC), Position(5))]);
    assert!(running.notices(2).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_that_expires_before_it_is_proven_is_void_and_everything_else_settles() {
    let prover = MockProver::default();
    let running = with(sequencer_config(), &prover).await;
    prover.held.store(true, Ordering::SeqCst);
    let withdrawal = other(InstructionKind::Withdrawal, 2, 9, ONE);
    let taken = running.submit(withdrawal).await.unwrap();
    assert!(taken.bound);
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    // The proof fails, which closes the gate, and the next attempt comes when the withdrawal has expired.
    running.chain.pass(Duration::from_secs(601));
    trade(&running, 1).await;
    prover.failures.store(1, Ordering::SeqCst);
    prover.held.store(false, Ordering::SeqCst);
    running.until(|r| async move { !r.notices(2).await.is_empty() }).await;
    running.settled().await;
    let [notice] = &running.notices(2).await[..] else {
        panic!("one notice")
    };
    let what = VoidInfo::Withdrawal {
        id: InstructionId(9),
        amount: Amount(ONE),
    };
    assert_eq!((&notice.what, notice.reason), (&what, VoidCause::Expired));
    assert_eq!(
        running.account(2).await.unwrap().settled.unwrap().cash,
        Money(i128::from(RICH))
    );
    assert!(running.chain.lock().best.paid.is_empty());
    let settled = running.account(1).await.unwrap().settled.unwrap();
    assert_eq!(settled.positions, [(InstrumentId(BTC), Position(5))]);
    assert_eq!(running.gate().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_but_cancels_while_prices_have_stopped() {
    let config = SequencerConfig {
        gate: GateTerms {
            table_age: Duration::from_secs(300),
            ..patient_gate()
        },
        table_patience: Duration::ZERO,
        ..sequencer_config()
    };
    let running = with(config, &MockProver::default()).await;
    running.submit(sell(0, 1, 5, MARK)).await.unwrap();
    running.chain.pass(Duration::from_secs(301));
    running
        .until(|r| async move { r.gate().await == Some(HaltKind::Table) })
        .await;
    for refused in [buy(1, 1, 5, MARK), other(InstructionKind::Withdrawal, 1, 9, ONE)] {
        let (code, message) = running.submit(refused).await.unwrap_err();
        assert_eq!(code, ErrorCode::Halted.code(), "{message}");
        assert!(message.contains("prices have stopped"), "{message}");
    }
    running.submit(other(InstructionKind::Cancel, 0, 1, 0)).await.unwrap();
    let book: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 5]).await.unwrap();
    assert!(book.asks.is_empty());
    running.chain.present_table();
    running.until(|r| async move { r.gate().await.is_none() }).await;
    trade(&running, 2).await;
    running.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_while_the_oldest_fill_does_not_settle() {
    let prover = MockProver::default();
    let config = SequencerConfig {
        gate: GateTerms {
            unsettled_age: Duration::from_secs(300),
            ..patient_gate()
        },
        ..sequencer_config()
    };
    let running = with(config, &prover).await;
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 1).await;
    running.chain.pass(Duration::from_secs(301));
    running
        .until(|r| async move { r.gate().await == Some(HaltKind::Unsettled) })
        .await;
    assert_eq!(
        running.submit(buy(1, 2, 1, MARK)).await.unwrap_err().0,
        ErrorCode::Halted.code()
    );
    prover.held.store(false, Ordering::SeqCst);
    running.until(|r| async move { r.gate().await.is_none() }).await;
    running.submit(buy(1, 2, 1, MARK)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_cannot_be_proven_closes_the_gate() {
    let prover = MockProver::default();
    let running = with(sequencer_config(), &prover).await;
    prover.failures.store(u64::MAX, Ordering::SeqCst);
    trade(&running, 1).await;
    running
        .until(|r| async move { r.gate().await == Some(HaltKind::Proof) })
        .await;
    assert_eq!(
        running.submit(buy(1, 2, 1, MARK)).await.unwrap_err().0,
        ErrorCode::Halted.code()
    );
    prover.failures.store(0, Ordering::SeqCst);
    running.settled().await;
    running.submit(buy(1, 2, 1, MARK)).await.unwrap();
}
