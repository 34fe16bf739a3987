//! Receipts of what was taken (Q-RECEIPT).

use crate::{common::*, RICH};
use cloister_crypto::auth::Purpose;
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_receipts::{check, Dropped, Outcome, ReceiptSigner, SignError, SignedReceipt, SIGNATURE};
use cloister_sequencer::{Sequencer, SequencerConfig};
use cloister_sequencer_rpc::{types::AcceptedInfo, ErrorCode};
use cloister_types::{Amount, Lots};
use jsonrpsee::rpc_params;

async fn begun() -> (MockChain, Running) {
    let chain = MockChain::new();
    for account in 0..3 {
        chain.enqueue(account, RICH, open(account));
    }
    let running = Running::with_disk(&chain, sequencer_config(), MockProver::default(), &Disk::default());
    running
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    (chain, running)
}

fn receipt(accepted: &AcceptedInfo) -> SignedReceipt {
    SignedReceipt::from_hex(accepted.receipt.as_ref().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_should_say_what_became_of_each_kind_of_instruction() {
    let (_, running) = begun().await;
    let mut all = Vec::new();
    let mut expect = |accepted: AcceptedInfo, outcome: Outcome| {
        let signed = receipt(&accepted);
        assert_eq!(
            (signed.receipt.outcome, signed.receipt.received_at),
            (outcome, accepted.time)
        );
        all.push(signed);
    };
    let order = |filled, resting, dropped| Outcome::Order {
        filled: Lots(filled),
        resting: Lots(resting),
        waits: false,
        dropped,
    };
    let resting = running.submit(sell(0, 1, 5, MARK)).await.unwrap();
    expect(resting, order(0, 5, None));
    let filled = running.submit(buy(1, 1, 2, MARK)).await.unwrap();
    expect(filled, order(2, 0, None));
    let dropped = running.submit(market(buy(1, 2, 1, MARK - ONE))).await.unwrap();
    expect(dropped, order(0, 0, Some(Dropped::Immediate)));
    // The cancel of an order that is filled in part says how far.
    let cancel = running.submit(other(InstructionKind::Cancel, 0, 1, 0)).await.unwrap();
    expect(cancel, Outcome::Cancel { filled: Lots(2) });
    let cancel_all = running
        .submit(other(InstructionKind::CancelAll, 1, 5, 0))
        .await
        .unwrap();
    expect(cancel_all, Outcome::CancelAll);
    let withdrawal = running
        .submit(other(InstructionKind::Withdrawal, 2, 1, 77))
        .await
        .unwrap();
    expect(withdrawal, Outcome::Withdrawal { amount: Amount(77) });
    let checked = check(&RECEIPTS, &Signer::default().public(), &all).unwrap();
    assert_eq!((checked.receipts, checked.links), (6, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_should_get_no_receipt_and_no_number() {
    let (_, running) = begun().await;
    let first = running.submit(sell(0, 1, 5, MARK)).await.unwrap();
    running.submit(sell(0, 1, 5, MARK)).await.unwrap_err();
    let second = running.submit(sell(0, 2, 5, MARK)).await.unwrap();
    let numbers = [&first, &second].map(|accepted| receipt(accepted).receipt.number);
    assert_eq!(numbers, [0, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_should_see_its_own_receipts_alone() {
    let (chain, running) = begun().await;
    for id in 1..=3 {
        running.submit(sell(0, id, 1, MARK)).await.unwrap();
        running.submit(sell(2, id, 1, MARK)).await.unwrap();
    }
    let own = |account, from: u64| {
        let query = question_for(Purpose::Receipts, account, chain.clock());
        running.call::<Vec<String>>("cloister_receipts", rpc_params![query, from])
    };
    let numbers = |texts: Vec<String>| -> Vec<u64> {
        let receipts = texts.iter().map(|text| SignedReceipt::from_hex(text).unwrap());
        receipts.map(|signed| signed.receipt.number).collect()
    };
    assert_eq!(numbers(own(0, 0).await.unwrap()), [0, 2, 4]);
    assert_eq!(numbers(own(2, 3).await.unwrap()), [3, 5]);
    assert!(own(1, 0).await.unwrap().is_empty());
    let mut stranger = question_for(Purpose::Receipts, 1, chain.clock());
    stranger.index = cloister_types::AccountIndex(0);
    let refused = running
        .call::<Vec<String>>("cloister_receipts", rpc_params![stranger, 0])
        .await;
    assert_eq!(refused.unwrap_err().0, ErrorCode::Unauthentic.code());
}

/// A keystore that is locked.
struct Locked;

impl ReceiptSigner for Locked {
    fn public(&self) -> [u8; 32] {
        [0; 32]
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; SIGNATURE], SignError> {
        Err(SignError("the keystore is locked".into()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_is_taken_when_its_receipt_cannot_be_signed() {
    let chain = MockChain::new();
    chain.enqueue(0, RICH, open(0));
    let sequencer = Sequencer::new(sequencer_config(), chain.clone(), keys());
    let sequencer = sequencer.keeping(Disk::default().journal(), Locked);
    let running = Running::of(&chain, sequencer, MockProver::default());
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    let accepted = running.submit(sell(0, 1, 5, MARK)).await.unwrap();
    assert_eq!((accepted.resting, accepted.receipt), (Lots(5), None));
    assert_eq!(
        running.submit(sell(0, 1, 5, MARK)).await.unwrap_err().0,
        ErrorCode::Duplicate.code()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_without_a_journal_should_give_no_receipts() {
    let running = Running::with_accounts(1, RICH).await;
    let accepted = running.submit(sell(0, 1, 5, MARK)).await.unwrap();
    assert_eq!(accepted.receipt, None);
    assert_eq!(running.sequencer.digest(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_should_be_asked_for_than_the_disk_takes() {
    let chain = MockChain::new();
    chain.enqueue(0, RICH, open(0));
    let config = SequencerConfig {
        journal_queue: 0,
        ..sequencer_config()
    };
    let running = Running::with_disk(&chain, config, MockProver::default(), &Disk::default());
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    assert_eq!(
        running.submit(sell(0, 1, 5, MARK)).await.unwrap_err().0,
        ErrorCode::Busy.code()
    );
}
