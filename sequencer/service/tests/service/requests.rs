//! Forced withdrawals and re-keys of accounts.

use crate::{common::*, trade, RICH};
use cloister_engine_testing::*;
use cloister_sequencer::keys::SequencerKeys;
use cloister_sequencer_rpc::{types::HaltKind, ErrorCode};
use cloister_settlement::ItemKind;
use cloister_types::{Amount, InstrumentId, Lots, Money, Position};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_rekeyed_with_orders_at_rest_goes_on_under_its_new_keys() {
    let running = Running::with_accounts(2, RICH).await;
    trade(&running, 1).await;
    running.submit(sell(1, 2, 3, MARK + ONE)).await.unwrap();
    running.chain.enqueue_with_table(1, 0, rekey_for(21, &keys()));
    running
        .until(|r| async move { r.account_by(21, 1).await.is_ok() })
        .await;
    // The orders of the old key are gone, and it neither signs nor reads any more.
    assert!(running.account_by(21, 1).await.unwrap().open_orders.is_empty());
    assert_eq!(running.account(1).await.unwrap_err().0, ErrorCode::Unauthentic.code());
    let refused = running.submit(buy(1, 3, 1, MARK)).await.unwrap_err();
    assert_eq!(refused.0, ErrorCode::BadSignature.code());
    running.submit(sell(0, 4, 2, MARK)).await.unwrap();
    let taken = running.submit_by(21, buy(1, 4, 2, MARK)).await.unwrap();
    assert_eq!(taken.filled, Lots(2));
    running.settled().await;
    running
        .until(|r| async move { r.chain.lock().finalized.queue.is_empty() })
        .await;
    let seen = running.account_by(21, 1).await.unwrap();
    assert_eq!(seen.settled.unwrap().positions, [(InstrumentId(BTC), Position(7))]);
    let chain = running.chain.clone();
    drop(running);

    // Chain data alone gives it all again.
    let again = Running::start(&chain);
    again.until(|r| async move { r.account_by(21, 1).await.is_ok() }).await;
    assert_eq!(again.account(1).await.unwrap_err().0, ErrorCode::Unauthentic.code());
    again.submit(sell(0, 5, 2, MARK)).await.unwrap();
    let taken = again.submit_by(21, buy(1, 5, 2, MARK)).await.unwrap();
    assert_eq!(taken.filled, Lots(2));
    again.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rekey_that_was_sealed_to_a_former_key_waits_for_its_secret() {
    let former = [9; 32];
    let running = Running::with_accounts(2, RICH).await;
    let sealed_to = SequencerKeys::new(former, GENESIS, GROUP).unwrap();
    running.chain.lock().patience = 600_000;
    running.chain.enqueue_with_table(1, 0, rekey_for(21, &sealed_to));
    running
        .until(|r| async move {
            let halted = r.batch_status().await.halted;
            halted.is_some_and(|h| h.kind == HaltKind::Seal && h.message.contains("--sequencer-former-secret"))
        })
        .await;
    // The account goes on under the keys that it has.
    trade(&running, 1).await;
    running.settled().await;
    assert!(running.account(1).await.is_ok());
    let chain = running.chain.clone();
    drop(running);

    let keys = keys().with_former(&[former]);
    let again = Running::with_keys(&chain, sequencer_config(), MockProver::default(), keys);
    again.until(|r| async move { r.account_by(21, 1).await.is_ok() }).await;
    again
        .until(|r| async move { r.chain.lock().finalized.queue.is_empty() })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forced_withdrawal_of_more_than_is_free_pays_what_is_free() {
    let running = Running::with_accounts(2, RICH).await;
    trade(&running, 1).await;
    // It would need margin that will be gone.
    running.submit(buy(1, 2, 100, MARK - ONE)).await.unwrap();
    let amount = Amount(u64::MAX);
    running
        .chain
        .enqueue_with_table(1, 0, ItemKind::ForcedWithdrawal { amount });
    running
        .until(|r| async move { r.chain.lock().finalized.paid.contains_key(&1) })
        .await;
    running.settled().await;
    let paid = running.chain.lock().finalized.paid[&1];
    let account = running.account(1).await.unwrap();
    assert!(paid > RICH / 2 && paid < RICH, "{paid}");
    assert!(account.available.is_zero());
    assert_eq!(account.cash, account.settled.unwrap().cash);
    // Not a unit of money more could have gone: what is left is the margin of its position.
    assert_eq!(account.equity, account.initial_margin);
    // The order at rest leaves the book when it is met, and whoever meets it does not trade.
    let taken = running.submit(market(sell(0, 2, 100, MARK - ONE))).await;
    assert!(taken.is_ok_and(|taken| taken.filled.is_zero()));
    assert!(running.account(1).await.unwrap().open_orders.is_empty());
    // The account is able to reduce, and then to leave with the rest.
    running.submit(buy(0, 3, 5, MARK)).await.unwrap();
    running.submit(sell(1, 3, 5, MARK)).await.unwrap();
    running
        .chain
        .enqueue_with_table(1, 0, ItemKind::ForcedWithdrawal { amount });
    running
        .until(|r| async move { r.chain.lock().finalized.paid[&1] > paid })
        .await;
    running.settled().await;
    assert_eq!(running.account(1).await.unwrap().cash, Money::ZERO);
}
