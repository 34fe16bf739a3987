//! The whole sequencer against a chain in memory.

mod common;

use cloister_crypto::{field::from_bytes, seal::Sealed};
use cloister_engine_testing::*;
use cloister_ledger::{House, HouseRecord, Instruction, InstructionKind};
use cloister_sequencer::{
    chain::{SettledBatch, SubmitRejection, UnderWay},
    keys::{development_seed, SequencerKeys},
    Sequencer, SequencerConfig, StartError,
};
use cloister_sequencer_rpc::{
    types::{
        AcceptedInfo, AccountQuery, BatchInfo, DropReason, FillInfo, HaltKind, Market, OrderBook, Status, Submission,
        Trade,
    },
    ErrorCode,
};
use cloister_settlement::{ItemKind, LedgerError, LedgerSecrets};
use cloister_types::{AccountIndex, Amount, GroupId, InstructionId, InstrumentId, ItemId, Lots, Money, Position, Price};
use common::*;
use jsonrpsee::rpc_params;
use std::{sync::atomic::Ordering, time::Duration};

const RICH: u64 = 100_000 * ONE;

/// One fill between accounts 0 and 1.
async fn trade(running: &Running, id: u64) {
    running.submit(sell(0, id, 5, MARK)).await.unwrap();
    let taken = running.submit(buy(1, id, 5, MARK)).await.unwrap();
    assert_eq!((taken.filled, taken.fills.len()), (Lots(5), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_open_trade_withdraw_and_settle() {
    let running = Running::with_accounts(3, RICH).await;
    running.submit(sell(0, 1, 7, MARK + ONE)).await.unwrap();
    running.submit(sell(2, 1, 3, MARK)).await.unwrap();
    let book: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 5]).await.unwrap();
    assert_eq!(
        book.asks.iter().map(|l| (l.price, l.quantity)).collect::<Vec<_>>(),
        [(Price(MARK), 3), (Price(MARK + ONE), 7)]
    );
    let taken = running.submit(buy(1, 1, 8, MARK + ONE)).await.unwrap();
    let fills: Vec<_> = taken.fills.iter().map(|f| (f.price, f.quantity, f.maker)).collect();
    assert_eq!(
        fills,
        [(Price(MARK), Lots(3), false), (Price(MARK + ONE), Lots(5), false)]
    );
    running
        .submit(other(InstructionKind::Withdrawal, 2, 9, ONE))
        .await
        .unwrap();
    running.submit(other(InstructionKind::Cancel, 0, 1, 0)).await.unwrap();
    running.chain.enqueue_with_table(1, 77, ItemKind::Deposit);
    // Everything else can be settled before the sequencer looks at the queue again.
    running
        .until(|r| async move {
            let status: Status = r.call("cloister_status", rpc_params![]).await.unwrap();
            status.next_queue_item == ItemId(4)
        })
        .await;
    running.settled().await;
    running
        .until(|r| async move { r.account(1).await.unwrap().settled.unwrap().cash == r.account(1).await.unwrap().cash })
        .await;

    let account = running.account(1).await.unwrap();
    let fees: u128 = taken.fills.iter().map(|f| f.fee.get()).sum();
    let paid = 8 * MARK + 5 * ONE - 8 * 3 * ONE;
    assert_eq!(account.cash, Money(i128::from(RICH + 77 - paid) - fees as i128));
    assert_eq!(
        account
            .positions
            .iter()
            .map(|p| (p.instrument_id, p.quantity))
            .collect::<Vec<_>>(),
        [(InstrumentId(BTC), Position(8))]
    );
    assert_eq!(account.settled.unwrap().positions, [(InstrumentId(BTC), Position(8))]);
    assert!(account.initial_margin > account.maintenance_margin && !account.available.is_zero());
    assert!(running.account(0).await.unwrap().open_orders.is_empty());
    assert_eq!(running.chain.lock().best.paid[&2], ONE);
    // The account that submits is the one that is paid for proofs, if no other is named.
    assert!(running
        .chain
        .lock()
        .submissions
        .iter()
        .all(|batch| batch.payee == SUBMITTER));

    let trades: Vec<Trade> = running.call("cloister_trades", rpc_params![0]).await.unwrap();
    assert_eq!(
        trades.iter().map(|t| (t.id, t.price, t.quantity)).collect::<Vec<_>>(),
        [(0, Price(MARK), Lots(3)), (1, Price(MARK + ONE), Lots(5))]
    );
    let query = question(2, running.chain.clock());
    let own: Vec<FillInfo> = running.call("cloister_fills", rpc_params![query, 0]).await.unwrap();
    assert_eq!(
        own.iter().map(|f| (f.quantity, f.maker)).collect::<Vec<_>>(),
        [(Lots(3), true)]
    );
    let batches: Vec<BatchInfo> = running.call("cloister_batches", rpc_params![0]).await.unwrap();
    assert!(batches
        .iter()
        .all(|b| b.finalized && b.constraints == 17 && b.units == 4 && b.attempts == 1));
    assert_eq!(batches.iter().map(|b| b.fills).sum::<u32>(), 2);
    let status: Status = running.call("cloister_status", rpc_params![]).await.unwrap();
    assert_eq!(
        (status.accounts, status.fills, status.next_queue_item, status.halted),
        (3, 2, ItemId(4), None)
    );
    let market: Market = running.call("cloister_market", rpc_params![]).await.unwrap();
    assert_eq!((market.genesis, market.instruments.len()), (GENESIS, 2));
    assert_eq!(
        market.seal_key_x,
        cloister_crypto::field::to_bytes(&keys().public().x())
    );
}

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
        chain.submissions.iter().filter_map(|batch| batch.take_insurance).collect()
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
async fn an_open_that_was_sealed_to_a_former_key_waits_for_its_secret() {
    let former = [9; 32];
    let running = Running::with_accounts(1, RICH).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_that_pass_are_tried_again_and_no_fill_is_lost() {
    let running = Running::with_accounts(2, RICH).await;
    running.chain.lock().refusals.extend([
        SubmitRejection::TimeInFuture,
        SubmitRejection::TimeTooOld,
        SubmitRejection::WrongBatchNumber,
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
    assert_eq!(attempts.len(), 5);
    // The time was too old: a later one, and a fresh salt, because the ciphertext was made again.
    assert!(attempts[2].time > attempts[1].time && attempts[2].salt != attempts[1].salt);
    assert_eq!(attempts[2], attempts[4]);
    assert_eq!(running.batch_status().await.halted, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_too_old_makes_the_batches_again() {
    let running = Running::with_accounts(2, RICH).await;
    running.chain.lock().enabled = false;
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.submitting == 1 })
        .await;
    trade(&running, 2).await;
    let mut next = table(2);
    next.rows[0] = row(BTC, MARK, 4 * ONE as i64);
    running.chain.add_table(next);
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
    prover.failures.store(6, Ordering::SeqCst);
    trade(&running, 1).await;
    running
        .until(|r| async move { r.batch_status().await.waiting == 1 })
        .await;
    running.chain.add_table(table(2));
    running
        .until(|r| async move { r.batch_status().await.open_units == 0 })
        .await;
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
    prover.failures.store(6, Ordering::SeqCst);
    let running = Running::with(&chain, config, prover);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_wait_while_too_many_batches_do_and_are_refused_in_the_end() {
    let chain = MockChain::new();
    let prover = MockProver::default();
    let config = SequencerConfig {
        max_backlog: Duration::ZERO,
        busy_patience: Duration::from_millis(1),
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
    // One proof takes 400 ms now, so whatever waits is too much.
    prover.slow.store(true, Ordering::SeqCst);
    trade(&running, 1).await;
    running.settled().await;
    trade(&running, 2).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    assert_eq!(
        running.submit(buy(0, 3, 1, MARK)).await.unwrap_err().0,
        ErrorCode::Busy.code()
    );
    running.submit(other(InstructionKind::Cancel, 0, 3, 0)).await.unwrap();
    running.settled().await;
    running.submit(buy(0, 4, 1, MARK)).await.unwrap();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_sequencer_rebuilds_its_ledger_from_the_chain() {
    let running = Running::with_accounts(2, RICH).await;
    trade(&running, 1).await;
    running.submit(sell(0, 512 + 2, 4, MARK)).await.unwrap();
    running.submit(buy(1, 2, 3, MARK)).await.unwrap();
    running
        .submit(other(InstructionKind::CancelAll, 1, 7, 0))
        .await
        .unwrap();
    running.settled().await;
    let before = (running.account(0).await.unwrap(), running.account(1).await.unwrap());
    let chain = running.chain.clone();
    drop(running);

    let again = Running::start(&chain);
    again.until(|r| async move { r.account(0).await.is_ok() }).await;
    let after = (again.account(0).await.unwrap(), again.account(1).await.unwrap());
    assert_eq!(
        (&after.0.cash, &after.0.positions, after.0.nonce),
        (&before.0.cash, &before.0.positions, before.0.nonce)
    );
    assert_eq!(
        (after.1.settled.clone(), after.1.min_id),
        (before.1.settled.clone(), InstructionId(7))
    );
    // Slots are known again: 3 of the 4 lots were filled.
    let rest = again
        .submit(Instruction {
            quantity: 3,
            ..sell(0, 512 + 2, 3, MARK)
        })
        .await
        .unwrap_err();
    assert_eq!(rest.0, ErrorCode::BeyondQuantity.code());
    again.submit(sell(0, 512 + 2, 4, MARK)).await.unwrap();
    let more = again.submit(buy(1, 8, 4, MARK)).await.unwrap();
    assert_eq!((more.filled, more.resting), (Lots(1), Lots(3)));
    again.settled().await;
    assert_eq!(
        again.account(1).await.unwrap().settled.unwrap().positions,
        [(InstrumentId(BTC), Position(9))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_secret_does_not_rebuild_the_ledger() {
    let running = Running::with_accounts(1, RICH).await;
    running.settled().await;
    let chain = running.chain.clone();
    drop(running);
    let keys = SequencerKeys::new([9; 32], GENESIS, GROUP).unwrap();
    let sequencer = Sequencer::new(sequencer_config(), chain, keys);
    let prover = MockProver::default();
    let error = sequencer.run(move |kind| Ok(prover.of(kind))).await.unwrap_err();
    assert!(matches!(error, StartError::Recover(LedgerError::Sealed(0))), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sequencer_shows_as_a_halt() {
    let running = Running::with_accounts(1, RICH).await;
    running.settled().await;
    running.chain.lock().best.view.batch_no += 1;
    running
        .until(|r| async move {
            r.batch_status()
                .await
                .halted
                .is_some_and(|h| h.kind == HaltKind::Foreign && h.message.contains("another one runs"))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_about_accounts_need_the_view_key_and_a_fresh_time() {
    let running = Running::with_accounts(2, RICH).await;
    let now = running.chain.clock();
    let ask = |query: AccountQuery| running.call::<serde_json::Value>("cloister_account", [query]);
    let foreign = AccountQuery::new(view_key(1), GroupId(GROUP), AccountIndex::ZERO, now);
    assert_eq!(ask(foreign).await.unwrap_err().0, ErrorCode::Unauthentic.code());
    let old = question(0, now - 61_000);
    assert_eq!(ask(old).await.unwrap_err().0, ErrorCode::Unauthentic.code());
    let other_group = AccountQuery::new(view_key(0), GroupId(GROUP + 1), AccountIndex::ZERO, now);
    assert_eq!(ask(other_group).await.unwrap_err().0, ErrorCode::Unauthentic.code());
    let unknown = question(7, now);
    assert_eq!(ask(unknown).await.unwrap_err().0, ErrorCode::UnknownAccount.code());
    ask(question(0, now)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_have_their_codes() {
    let running = Running::with_accounts(2, RICH).await;
    let code = |result: Result<_, (i32, String)>| result.map(|_: AcceptedInfo| ()).unwrap_err().0;
    assert_eq!(
        code(running.submit(buy(0, 1, 0, MARK)).await),
        ErrorCode::ZeroQuantity.code()
    );
    assert_eq!(
        code(running.submit(buy(0, 1, 1, 2 * MARK)).await),
        ErrorCode::OutsideBand.code()
    );
    assert_eq!(
        code(running.submit(buy(9, 1, 1, MARK)).await),
        ErrorCode::UnknownAccount.code()
    );
    assert_eq!(
        code(
            running
                .submit(Instruction {
                    group: GroupId(4),
                    ..buy(0, 1, 1, MARK)
                })
                .await
        ),
        ErrorCode::WrongGroup.code()
    );
    let broke = running.submit(other(InstructionKind::Withdrawal, 0, 1, RICH + 1)).await;
    assert_eq!(
        broke.as_ref().unwrap_err().1,
        "the withdrawal leaves initial margin short by 1 (10^-6 of the settlement asset)"
    );
    assert_eq!(code(broke), ErrorCode::WithdrawalShort.code());

    let order = Submission::encoded(&sign(running.timed(buy(0, 1, 1, MARK))));
    assert_eq!(
        code(running.call("cloister_cancel", [order]).await),
        ErrorCode::WrongKind.code()
    );
    for unreadable in ["0xzz", "0x00", &"00".repeat(200)] {
        let result = running
            .call("cloister_submitInstruction", rpc_params![unreadable])
            .await;
        assert_eq!(code(result), ErrorCode::Unreadable.code());
    }
    let unknown: Result<OrderBook, _> = running.call("cloister_orderBook", rpc_params![99]).await;
    assert_eq!(unknown.unwrap_err().0, ErrorCode::UnknownInstrument.code());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dropped_has_a_reason() {
    let running = Running::with_accounts(2, RICH).await;
    let resting = running.submit(sell(0, 1, 2, MARK)).await.unwrap();
    assert_eq!((resting.resting, resting.dropped), (Lots(2), None));
    let alone = running.submit(market(buy(1, 1, 5, MARK))).await.unwrap();
    assert_eq!((alone.filled, alone.dropped), (Lots(2), Some(DropReason::Immediate)));
    running.submit(sell(0, 2, 1, MARK)).await.unwrap();
    running.submit(sell(1, 2, 1, MARK + ONE)).await.unwrap();
    let own = running.submit(buy(1, 3, 5, MARK + ONE)).await.unwrap();
    assert_eq!((own.filled, own.dropped), (Lots(1), Some(DropReason::SelfTrade)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_that_waits_for_its_first_table_says_so() {
    let chain = MockChain::new();
    chain.lock().tables.clear();
    let running = Running::start(&chain);
    let early: Result<Status, _> = running.call("cloister_status", rpc_params![]).await;
    assert_eq!(early.unwrap_err().0, ErrorCode::NotReady.code());
    chain.add_table(table(1));
    running
        .until(|r| async move { r.call::<Status>("cloister_status", rpc_params![]).await.is_ok() })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_without_the_verifying_key_is_refused() {
    let chain = MockChain::new();
    let config = SequencerConfig {
        shape: cloister_ledger::Shape { units: 9, places: 1 },
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, MockProver::default());
    assert!(matches!(running.ended().await, StartError::Shape));
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
