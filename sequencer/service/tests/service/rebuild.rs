//! A sequencer that another one of its group has overtaken (Q-RESTART).

use crate::{common::*, trade, RICH};
use cloister_crypto::auth::Purpose;
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_sequencer_rpc::{
    types::{FillInfo, NoticeInfo, VoidCause, VoidInfo},
    ErrorCode,
};
use cloister_types::{InstructionId, InstrumentId, Lots, Money, Position};
use std::sync::atomic::Ordering;

/// The fills of an account.
async fn fills(running: &Running, account: u32) -> Vec<FillInfo> {
    let query = question_for(Purpose::Fills, account, running.chain.clock());
    running.call("cloister_fills", (query, 0u64)).await.unwrap()
}

/// Two accounts on a chain, one settled trade between them, and a sequencer whose proofs are not done from now on.
async fn stuck() -> (Running, MockProver) {
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let prover = MockProver::default();
    let running = Running::with(&chain, sequencer_config(), prover.clone());
    for account in 0..2 {
        running
            .until(|r| async move { r.account(account).await.is_ok_and(|a| a.settled.is_some()) })
            .await;
    }
    trade(&running, 1).await;
    running.settled().await;
    prover.held.store(true, Ordering::SeqCst);
    (running, prover)
}

/// Lets another sequencer of the group open account 2 and trade, until all of that is final.
async fn another_leads(chain: &MockChain, id: u64) {
    let other = Running::start(chain);
    chain.enqueue_with_table(2, RICH, open(2));
    other
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    trade(&other, id).await;
    other.settled().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_goes_on_where_another_one_has_led() {
    let (running, prover) = stuck().await;
    let chain = running.chain.clone();
    // None of it will be settled.
    trade(&running, 2).await;
    running.submit(sell(0, 3, 4, MARK + ONE)).await.unwrap();
    running.submit(buy(1, 3, 6, MARK - ONE)).await.unwrap();
    running.submit(buy(1, 4, 1, MARK + ONE)).await.unwrap();
    // One that waits for a mark.
    running
        .submit(below(sell(0, 6, 1, MARK - 5 * ONE), MARK - 5 * ONE))
        .await
        .unwrap();
    assert_eq!(running.account(1).await.unwrap().positions[0].quantity, Position(11));

    another_leads(&chain, 30).await;
    running
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running
        .until(|r| async move { r.batch_status().await.halted.is_none() })
        .await;

    // The other one's fill counts and its own does not.
    let account = running.account(1).await.unwrap();
    assert_eq!(account.positions[0].quantity, Position(10));
    assert_eq!(account.settled.unwrap().positions, [(InstrumentId(BTC), Position(10))]);
    let own: Vec<_> = fills(&running, 1)
        .await
        .iter()
        .map(|fill| (fill.order_id, fill.void))
        .collect();
    assert_eq!(
        own,
        [
            (InstructionId(1), false),
            (InstructionId(2), true),
            (InstructionId(4), true)
        ]
    );
    // Both sides are told why.
    for account in 0..2 {
        let query = question_for(Purpose::Notices, account, chain.clock());
        let notices: Vec<NoticeInfo> = running.call("cloister_notices", (query, 0u64)).await.unwrap();
        let [first, second] = notices.as_slice() else {
            panic!("{notices:?}")
        };
        assert_eq!([first.reason, second.reason], [VoidCause::Overtaken; 2]);
        let quantity = Lots(5);
        assert!(matches!(&first.what, VoidInfo::Fill { fill: 1, quantity: found, .. } if *found == quantity));
    }
    // Both orders at rest are still there.
    let resting: Vec<_> = account
        .open_orders
        .iter()
        .map(|order| (order.id, order.remaining))
        .collect();
    assert_eq!(resting, [(InstructionId(3), Lots(6))]);
    let waiting = running.account(0).await.unwrap().waiting_orders;
    assert_eq!(
        waiting.iter().map(|order| order.id).collect::<Vec<_>>(),
        [InstructionId(6)]
    );
    // A void fill brings nothing back into the book.
    let resting = running.account(0).await.unwrap().open_orders;
    assert_eq!((resting.len(), resting[0].remaining), (1, Lots(3)));

    // And it leads again. Numbers of fills go on.
    prover.held.store(false, Ordering::SeqCst);
    trade(&running, 31).await;
    running.settled().await;
    let own: Vec<_> = fills(&running, 1)
        .await
        .iter()
        .map(|fill| (fill.id, fill.void))
        .collect();
    assert_eq!(own, [(0, false), (1, true), (2, true), (3, false)]);
    assert_eq!(
        running.account(1).await.unwrap().settled.unwrap().positions,
        [(InstrumentId(BTC), Position(15))]
    );
    assert_eq!(running.batch_status().await.halted, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instruction_that_is_void_cannot_be_played_again() {
    let (running, _) = stuck().await;
    let chain = running.chain.clone();
    let bought = running.timed(buy(1, 2, 5, MARK));
    running.submit(sell(0, 2, 5, MARK)).await.unwrap();
    running.submit(bought.clone()).await.unwrap();
    // Cancelled, so nobody may bring it back.
    running.submit(sell(0, 5, 1, MARK + ONE)).await.unwrap();
    running.submit(other(InstructionKind::Cancel, 0, 5, 0)).await.unwrap();
    another_leads(&chain, 30).await;
    running
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running
        .until(|r| async move { r.batch_status().await.halted.is_none() })
        .await;
    let again = running.submit(bought).await.unwrap_err();
    assert_eq!(again.0, ErrorCode::Duplicate.code(), "{again:?}");
    let again = running.submit(sell(0, 5, 1, MARK + ONE)).await.unwrap_err();
    assert_eq!(again.0, ErrorCode::Duplicate.code(), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_the_new_ledger_has_no_margin_for_are_dropped() {
    let (running, prover) = stuck().await;
    let chain = running.chain.clone();
    // It rests on money that is gone when the other one has led.
    let order = sell(0, 3, 900, MARK + ONE);
    running.submit(order).await.unwrap();
    let withdrawal = other(InstructionKind::Withdrawal, 1, 9, 70);
    running.submit(withdrawal).await.unwrap();
    let leader = Running::start(&chain);
    chain.enqueue_with_table(2, RICH, open(2));
    leader.until(|r| async move { r.account(2).await.is_ok() }).await;
    let all = leader.account(0).await.unwrap().available;
    let most = u64::try_from(all.get()).unwrap();
    leader
        .submit(other(InstructionKind::Withdrawal, 0, 30, most - 10_000 * ONE))
        .await
        .unwrap();
    leader.settled().await;
    leader.stop().await;
    running
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    assert_eq!(running.account(0).await.unwrap().open_orders, []);
    // What its holder signed and was not settled goes on.
    let before = chain.lock().best.paid.get(&1).copied();
    assert_eq!(before, None);
    prover.held.store(false, Ordering::SeqCst);
    running.settled().await;
    assert_eq!(chain.lock().best.paid.get(&1), Some(&70));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_batches_that_the_chain_has_before_another_ones_are_not_void() {
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let prover = MockProver::default();
    let running = Running::with(&chain, sequencer_config(), prover.clone());
    for account in 0..2 {
        running
            .until(|r| async move { r.account(account).await.is_ok_and(|a| a.settled.is_some()) })
            .await;
    }
    running.settled().await;
    // In a block, and not final when the next one is another's.
    chain.lock().instant = false;
    let before = chain.lock().best.view.batch_no;
    trade(&running, 1).await;
    running
        .until(|r| async move { r.chain.lock().best.view.batch_no > before })
        .await;
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 2).await;
    // It does not look at the chain until the other one has led.
    let mut ledger = {
        let own = chain.lock().finalized.clone();
        let best = chain.lock().best.clone();
        chain.lock().finalized = best;
        let ledger = aging::ledger_of(&chain);
        chain.lock().finalized = own;
        ledger
    };
    aging::age(&chain, &mut ledger, 1);
    let all = before + 2;
    running
        .until(|r| async move { r.batch_status().await.finalized_batches == all })
        .await;
    running
        .until(|r| async move { r.batch_status().await.halted.is_none() })
        .await;
    let own: Vec<_> = fills(&running, 1)
        .await
        .iter()
        .map(|fill| (fill.order_id, fill.void))
        .collect();
    assert_eq!(own, [(InstructionId(1), false), (InstructionId(2), true)]);
    assert_eq!(running.account(1).await.unwrap().positions[0].quantity, Position(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rekey_of_another_sequencer_is_taken_over_once_it_is_final() {
    let (running, prover) = stuck().await;
    let chain = running.chain.clone();
    // Another one with a new seed, whose start re-keys the house to it. This one keeps the former secret, so it reads
    // the new key only if it has the new one too: here both know both.
    let new = [9; 32];
    let both = cloister_sequencer::SequencerKeys::new(new, GENESIS, GROUP)
        .unwrap()
        .with_former(&[cloister_sequencer::keys::development_seed()]);
    running.stop().await;
    prover.held.store(false, Ordering::SeqCst);
    let running = Running::with_keys(&chain, sequencer_config(), prover.clone(), both.clone());
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    assert_eq!(chain.lock().best.rekeyed.len(), 1);
    chain.lock().seal_key = Some(seal_key(new));
    let other = Running::with_keys(&chain, sequencer_config(), MockProver::default(), both);
    other.until(|r| async move { r.account(0).await.is_ok() }).await;
    other.stop().await;
    assert_eq!(chain.lock().best.rekeyed.len(), 2);
    trade(&running, 40).await;
    running.settled().await;
    assert_eq!(
        running.account(1).await.unwrap().settled.unwrap().positions,
        [(InstrumentId(BTC), Position(10))]
    );
    assert_eq!(running.batch_status().await.halted, None);
    assert!(running.account(0).await.unwrap().cash > Money(0));
}
