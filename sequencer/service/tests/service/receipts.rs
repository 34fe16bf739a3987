//! Receipts of what was taken (Q-RECEIPT).

use crate::{common::*, RICH};
use cloister_crypto::auth::Purpose;
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_receipts::{check, first_of, Dropped, Outcome, ReceiptSigner, SignError, SignedReceipt, SIGNATURE};
use cloister_sequencer::{
    chain::{BegunSeries, Stake},
    Sequencer, SequencerConfig, SeriesError, StartError,
};
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, HaltKind},
    ErrorCode,
};
use cloister_types::{Amount, InstrumentId, Lots, Position};
use jsonrpsee::rpc_params;
use std::sync::atomic::Ordering;

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

/// A disk with a journal of its own.
fn disk_of(id: u8) -> Disk {
    let disk = Disk::default();
    disk.with(|kept| kept.id = [id; 32]);
    disk
}

/// The chain has a bond of the sequencer, and says which journal counts its receipts.
fn staked(chain: &MockChain, series: Option<(u32, u8)>) {
    let begun = |(number, journal)| BegunSeries {
        number,
        journal: [journal; 32],
    };
    chain.lock().stake = Stake {
        bonded: true,
        series: series.map(begun),
    };
}

/// Starts a sequencer on a disk, takes an order of this id, and stops as one that is killed.
async fn one_receipt(chain: &MockChain, disk: &Disk, id: u64) -> SignedReceipt {
    let running = Running::with_disk(chain, sequencer_config(), MockProver::default(), disk);
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    let signed = receipt(&running.submit(sell(0, id, 1, MARK)).await.unwrap());
    running.crash(disk).await;
    signed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_should_give_receipts_of_the_series_that_it_counts() {
    let chain = MockChain::new();
    chain.enqueue(0, RICH, open(0));
    let disk = disk_of(7);
    // Nothing is staked, then a series is begun, and later another one.
    let mut given = vec![one_receipt(&chain, &disk, 1).await, one_receipt(&chain, &disk, 2).await];
    staked(&chain, Some((1, 7)));
    given.extend([one_receipt(&chain, &disk, 3).await, one_receipt(&chain, &disk, 4).await]);
    staked(&chain, Some((3, 7)));
    given.push(one_receipt(&chain, &disk, 5).await);
    let numbers: Vec<_> = given.iter().map(|signed| signed.receipt.number).collect();
    assert_eq!(numbers, [0, 1, first_of(1), first_of(1) + 1, first_of(3)]);
    // All that a journal gives is one chain, whatever the series.
    for pair in given.windows(2) {
        assert_eq!(pair[1].receipt.previous, pair[0].receipt.hash());
    }
    assert!(check(&RECEIPTS, &Signer::default().public(), &given).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_is_new_should_give_no_receipt_that_could_contradict() {
    let chain = MockChain::new();
    chain.enqueue(0, RICH, open(0));
    staked(&chain, Some((1, 7)));
    let lost = one_receipt(&chain, &disk_of(7), 1).await;
    // The disk is gone, and the chain has the word of the journal that was on it.
    let disk = disk_of(8);
    let refused = Running::with_disk(&chain, sequencer_config(), MockProver::default(), &disk);
    let begun = BegunSeries {
        number: 1,
        journal: [7; 32],
    };
    match refused.ended().await {
        StartError::Series(error) => assert_eq!(
            error,
            SeriesError::Another {
                begun,
                journal: [8; 32]
            }
        ),
        other => panic!("{other}"),
    }
    assert_eq!(disk.next(), 0);
    staked(&chain, Some((2, 8)));
    let found = one_receipt(&chain, &disk, 1).await;
    assert_eq!((lost.receipt.number, found.receipt.number), (first_of(1), first_of(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_a_bond_and_no_series_should_sign_nothing() {
    let chain = MockChain::new();
    chain.enqueue(0, RICH, open(0));
    staked(&chain, None);
    let refused = Running::with_disk(&chain, sequencer_config(), MockProver::default(), &disk_of(7));
    assert!(matches!(
        refused.ended().await,
        StartError::Series(SeriesError::Missing { journal }) if journal == [7; 32]
    ));
    // Without a journal no receipts are given, so there is nothing to lose.
    let running = Running::start(&chain);
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    assert_eq!(running.submit(sell(0, 1, 1, MARK)).await.unwrap().receipt, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_whose_series_was_replaced_should_submit_nothing() {
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    staked(&chain, Some((1, 7)));
    let prover = MockProver::default();
    let running = Running::with_disk(&chain, sequencer_config(), prover.clone(), &disk_of(7));
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
    prover.held.store(true, Ordering::SeqCst);
    for order in [sell(0, 1, 5, MARK), buy(1, 1, 2, MARK)] {
        running.submit(order).await.unwrap();
    }
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    // Another process gives the key's receipts from now on. What this one has filled may be otherwise in those.
    staked(&chain, Some((2, 8)));
    let asked = chain.lock().stakes_asked;
    running
        .until(|_| {
            let chain = chain.clone();
            async move { chain.lock().stakes_asked > asked + 1 }
        })
        .await;
    prover.held.store(false, Ordering::SeqCst);
    let before = chain.lock().best.view.batch_no;
    running
        .until(|r| async move { r.batch_status().await.halted.is_some() })
        .await;
    let halted = running.batch_status().await.halted.unwrap();
    assert!(halted.message.contains("series 2"), "{}", halted.message);
    assert_eq!(halted.kind, HaltKind::Foreign);
    assert_eq!(chain.lock().best.view.batch_no, before);
}

impl Running {
    /// All receipts of an account, each signed once more.
    async fn receipts(&self, account: u32) -> Vec<SignedReceipt> {
        let query = question_for(Purpose::Receipts, account, self.chain.clock());
        let texts: Vec<String> = self.call("cloister_receipts", rpc_params![query, 0]).await.unwrap();
        texts
            .iter()
            .map(|text| SignedReceipt::from_hex(text).unwrap())
            .collect()
    }

    /// Lots of [`BTC`] of an account in final blocks.
    async fn settled_lots(&self, account: u32) -> i64 {
        let positions = self.account(account).await.unwrap().settled.unwrap().positions;
        let of_btc = positions
            .into_iter()
            .find(|(instrument, _)| *instrument == InstrumentId(BTC));
        of_btc.map_or(0, |(_, Position(lots))| lots)
    }
}

/// A sequencer with a bond, and a prover that is held: of the 5 lots of account 0's order account 1 has bought 2, the
/// rest is cancelled, and nothing of that has settled. With the receipts of the two orders and of the cancel.
async fn filled_then_cancelled(disk: &Disk, prover: &MockProver) -> (Running, Vec<SignedReceipt>) {
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    staked(&chain, Some((1, 7)));
    let running = Running::with_disk(&chain, sequencer_config(), prover.clone(), disk);
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
    prover.held.store(true, Ordering::SeqCst);
    let mut given = Vec::new();
    for order in [sell(0, 1, 5, MARK), buy(1, 1, 2, MARK)] {
        given.push(receipt(&running.submit(order).await.unwrap()));
    }
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    let cancel = running.submit(other(InstructionKind::Cancel, 0, 1, 0)).await.unwrap();
    given.push(receipt(&cancel));
    assert_eq!(given[2].receipt.outcome, Outcome::Cancel { filled: Lots(2) });
    assert_eq!((running.settled_lots(0).await, running.settled_lots(1).await), (0, 0));
    (running, given)
}

/// Nobody loses a bond by all the receipts that there are of accounts 0 and 1 (C-SLASH): those that were given, and
/// those that are given now, are one for each number.
async fn nothing_contradicts(running: &Running, given: &[SignedReceipt]) {
    let mut all = given.to_vec();
    for account in 0..2 {
        let again = running.receipts(account).await;
        assert!(!again.is_empty());
        all.extend(again);
    }
    let checked = check(&RECEIPTS, &Signer::default().public(), &all).unwrap();
    assert_eq!((checked.receipts, checked.links), (given.len(), given.len() - 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fill_that_settles_after_the_cancel_of_its_order_should_contradict_nothing() {
    let (disk, prover) = (disk_of(7), MockProver::default());
    let (running, given) = filled_then_cancelled(&disk, &prover).await;
    // Not even if the sequencer falls in between, and goes on with its journal.
    let chain = running.chain.clone();
    running.crash(&disk).await;
    let running = Running::with_disk(&chain, sequencer_config(), MockProver::default(), &disk);
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
    // What has settled is what the receipt of the cancel says, and it stays that.
    assert_eq!((running.settled_lots(0).await, running.settled_lots(1).await), (-2, 2));
    running.submit(sell(0, 1, 5, MARK)).await.unwrap_err();
    nothing_contradicts(&running, &given).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fill_that_was_told_and_is_void_should_contradict_nothing() {
    let (disk, prover) = (disk_of(7), MockProver::default());
    let (running, mut given) = filled_then_cancelled(&disk, &prover).await;
    // Its price is outside the band of the only table that the chain takes.
    running.jump(112 * ONE);
    prover.held.store(false, Ordering::SeqCst);
    running.until(|r| async move { !r.notices(1).await.is_empty() }).await;
    running.settled().await;
    // Less has settled than the receipts of the order and of the cancel say. Both stand as they are, and what comes
    // next has a number of its own.
    assert_eq!((running.settled_lots(0).await, running.settled_lots(1).await), (0, 0));
    given.push(receipt(&running.submit(buy(1, 2, 2, 112 * ONE)).await.unwrap()));
    nothing_contradicts(&running, &given).await;
}
