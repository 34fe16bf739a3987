//! What was acknowledged survives whatever happens to the process (Q-JOURNAL).

use crate::{common::*, trade, RICH};
use cloister_crypto::auth::Purpose;
use cloister_engine_testing::*;
use cloister_journal::{JournalError, RecordError};
use cloister_ledger::{instruction::flags, Instruction, InstructionKind, SignedInstruction};
use cloister_receipts::{check, ReceiptSigner, SignedReceipt};
use cloister_sequencer::{
    keys::development_seed, replayed_digest, BudgetTerms, ReplayError, SequencerConfig, SequencerKeys, StartError,
};
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, BatchInfo, OrderBook, Submission, Trade},
    ErrorCode,
};
use cloister_settlement::ItemKind;
use cloister_types::{Lots, Money};
use codec::Encode;
use jsonrpsee::rpc_params;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
    time::Duration,
};

/// With so many units for everybody that they play no part.
fn config() -> SequencerConfig {
    SequencerConfig {
        unit_budget: BudgetTerms {
            burst: 100_000,
            ..BudgetTerms::default()
        },
        ..sequencer_config()
    }
}

/// A chain with open accounts, a disk, and a sequencer that has settled the opens.
async fn begun(accounts: u32, prover: &MockProver) -> (MockChain, Disk, Running) {
    let (chain, disk) = (MockChain::new(), Disk::default());
    for account in 0..accounts {
        chain.enqueue(account, RICH, open(account));
    }
    let running = Running::with_disk(&chain, config(), prover.clone(), &disk);
    for account in 0..accounts {
        running
            .until(|r| async move { r.account(account).await.is_ok_and(|a| a.settled.is_some()) })
            .await;
    }
    running.settled().await;
    (chain, disk, running)
}

async fn again(chain: &MockChain, prover: &MockProver, disk: &Disk) -> Running {
    let running = Running::with_disk(chain, config(), prover.clone(), disk);
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    running
}

async fn send(running: &Running, signed: &SignedInstruction) -> Result<AcceptedInfo, (i32, String)> {
    running
        .call("cloister_submitInstruction", [Submission::encoded(signed)])
        .await
}

fn signed(running: &Running, instruction: Instruction) -> SignedInstruction {
    sign(running.timed(instruction))
}

async fn trades(running: &Running) -> Vec<Trade> {
    running.call("cloister_trades", rpc_params![0]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let prover = MockProver::default();
    let (chain, disk, running) = begun(3, &prover).await;
    trade(&running, 1).await;
    running.settled().await;
    // From here on nothing settles before the crash.
    prover.held.store(true, Ordering::SeqCst);
    running.submit(sell(0, 2, 7, MARK + ONE)).await.unwrap();
    running.submit(sell(2, 2, 9, MARK + 2 * ONE)).await.unwrap();
    let last = running.submit(buy(1, 2, 3, MARK + ONE)).await.unwrap().fills[0].id;
    running.submit(buy(1, 3, 4, MARK - ONE)).await.unwrap();
    let cancel_all = other(InstructionKind::CancelAll, 1, 4, 0);
    running.submit(cancel_all).await.unwrap();
    let withdrawal = other(InstructionKind::Withdrawal, 2, 9, 5 * ONE);
    running.submit(withdrawal).await.unwrap();
    let immediate = signed(&running, market(sell(2, 11, 2, MARK + ONE)));
    let dropped = send(&running, &immediate).await.unwrap();
    assert_eq!((dropped.filled, dropped.dropped.is_some()), (Lots::ZERO, true));

    let mut before = Vec::new();
    for account in 0..3 {
        before.push(running.account(account).await.unwrap());
    }
    let book: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 9]).await.unwrap();
    let told = trades(&running).await;
    let settled: Vec<BatchInfo> = running.call("cloister_batches", rpc_params![0]).await.unwrap();
    let status = running.batch_status().await;
    assert!(status.head_root != status.settled_root || status.open);
    running.crash(&disk).await;

    let running = again(&chain, &prover, &disk).await;
    for (account, before) in (0..).zip(&before) {
        let now = running.account(account).await.unwrap();
        let seen = |a: &cloister_sequencer_rpc::types::AccountInfo| {
            (
                a.cash,
                a.positions.clone(),
                a.open_orders.clone(),
                a.min_id,
                a.available,
            )
        };
        assert_eq!(seen(&now), seen(before));
    }
    let found: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 9]).await.unwrap();
    assert_eq!((found.bids, found.asks), (book.bids, book.asks));
    // More may have become public meanwhile.
    assert!(trades(&running).await.starts_with(&told));
    let found: Vec<BatchInfo> = running.call("cloister_batches", rpc_params![0]).await.unwrap();
    assert_eq!(found.get(..settled.len()).unwrap(), settled);
    // Somebody stands in the book now who would trade with it.
    running.submit(buy(0, 20, 2, MARK + ONE / 2)).await.unwrap();
    let (code, _) = send(&running, &immediate).await.unwrap_err();
    assert_eq!(code, ErrorCode::Duplicate.code());

    // Numbers go on, and everything settles once.
    prover.held.store(false, Ordering::SeqCst);
    let taken = running.submit(market(sell(2, 12, 1, MARK))).await.unwrap();
    assert_eq!(taken.fills[0].id, last + 1);
    running.settled().await;
    running
        .until(|r| async move { r.account(1).await.unwrap().settled.unwrap().cash == r.account(1).await.unwrap().cash })
        .await;
    assert_eq!(chain.lock().best.paid[&2], 5 * ONE);
    let batches: Vec<BatchInfo> = running.call("cloister_batches", rpc_params![0]).await.unwrap();
    let numbers: Vec<u64> = batches.iter().map(|batch| batch.batch_no).collect();
    assert_eq!(numbers, (0..chain.lock().best.view.batch_no).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_settles_while_the_sequencer_is_away_is_settled_once() {
    let prover = MockProver::default();
    let (chain, disk, running) = begun(2, &prover).await;
    // Its answer is lost, and so is the process.
    chain.lock().instant = false;
    chain.lock().lost_answers = u32::MAX;
    trade(&running, 1).await;
    running
        .until(|_| async {
            let inner = chain.lock();
            inner.best.view.batch_no > inner.finalized.view.batch_no
        })
        .await;
    running.crash(&disk).await;
    {
        let mut inner = chain.lock();
        (inner.instant, inner.lost_answers) = (true, 0);
        inner.finalized = inner.best.clone();
    }
    let running = again(&chain, &prover, &disk).await;
    running.settled().await;
    let settled = running.account(1).await.unwrap();
    assert_eq!(settled.settled.unwrap().cash, settled.cash);
    trade(&running, 2).await;
    running.settled().await;
    let batches: Vec<BatchInfo> = running.call("cloister_batches", rpc_params![0]).await.unwrap();
    assert_eq!(batches.len() as u64, chain.lock().best.view.batch_no);
    assert!(batches.iter().all(|batch| batch.finalized));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_stays_taken_when_the_chain_has_moved_on_without_the_sequencer() {
    let prover = MockProver::default();
    let (chain, disk, running) = begun(2, &prover).await;
    running.submit(sell(0, 1, 5, MARK)).await.unwrap();
    let immediate = signed(&running, market(buy(1, 1, 2, MARK - ONE)));
    send(&running, &immediate).await.unwrap();
    let before = disk.next();
    running.crash(&disk).await;
    // Another sequencer of the group makes a batch that this one does not know.
    let other = Running::with(&chain, config(), MockProver::default());
    other.until(|r| async move { r.account(0).await.is_ok() }).await;
    trade(&other, 40).await;
    other.settled().await;
    let cash = other.account(1).await.unwrap().cash;
    drop(other);

    let running = again(&chain, &prover, &disk).await;
    assert_eq!(running.account(1).await.unwrap().cash, cash);
    // What is at rest and still fits goes on; what was spent stays spent.
    let resting = running.account(0).await.unwrap().open_orders;
    assert_eq!(
        resting
            .iter()
            .map(|order| (order.id.get(), order.remaining))
            .collect::<Vec<_>>(),
        [(1, Lots(5))]
    );
    let (code, _) = send(&running, &immediate).await.unwrap_err();
    assert_eq!(code, ErrorCode::Duplicate.code());
    // The chain of receipts goes on.
    trade(&running, 50).await;
    let receipts = receipts(&running, 1).await;
    assert_eq!(
        check(&RECEIPTS, &Signer::default().public(), &receipts)
            .unwrap()
            .receipts,
        2
    );
    assert!(disk.next() >= before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_that_cannot_be_kept_and_the_sequencer_stops() {
    let prover = MockProver::default();
    let (chain, disk, running) = begun(2, &prover).await;
    let batches = chain.lock().best.view.batch_no;
    disk.with(|kept| kept.full = true);
    running.chain.lock().submissions.clear();
    let refused = running.submit(sell(0, 1, 5, MARK)).await.unwrap_err();
    assert_eq!(refused.0, ErrorCode::NotKept.code());
    assert!(matches!(running.ended().await, StartError::Journal(_)));
    // Nor does the chain have anything of it.
    assert_eq!(chain.lock().best.view.batch_no, batches);

    disk.with(|kept| kept.full = false);
    disk.kill();
    let running = again(&chain, &prover, &disk).await;
    assert!(running.account(0).await.unwrap().open_orders.is_empty());
    running.submit(sell(0, 1, 5, MARK)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_is_replayed_from_the_snapshot_after_so_many_inputs() {
    replayed_from_a_snapshot(SequencerConfig {
        snapshot_every: 4,
        checkpoint_batches: u64::MAX,
        ..config()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_is_replayed_from_the_snapshot_after_so_many_batches() {
    replayed_from_a_snapshot(SequencerConfig {
        snapshot_every: u64::MAX,
        checkpoint_batches: 1,
        ..config()
    })
    .await;
}

/// Trades until a snapshot is kept that is not the one of the start, and starts again from it.
async fn replayed_from_a_snapshot(config: SequencerConfig) {
    let prover = MockProver::default();
    let (chain, disk) = (MockChain::new(), Disk::default());
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let running = Running::with_disk(&chain, config.clone(), prover.clone(), &disk);
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    for id in 1..6 {
        trade(&running, id).await;
    }
    running.settled().await;
    running.until(|_| async { disk.with(|kept| kept.pruned) > 10 }).await;
    let positions = running.account(1).await.unwrap().positions;
    running.crash(&disk).await;
    let (first, all) = disk.with(|kept| (kept.snapshot.as_ref().unwrap().before, kept.records.len() as u64));
    assert!(first > 10 && first <= all, "{first} of {all}");
    let running = Running::with_disk(&chain, config, prover, &disk);
    running.until(|r| async move { r.account(1).await.is_ok() }).await;
    assert_eq!(running.account(1).await.unwrap().positions, positions);
    // What traded within an interval is one print.
    running
        .until(|r| async move { trades(r).await.iter().map(|trade| trade.quantity).sum::<u128>() == 25 })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_shows_nothing_to_whoever_has_no_secret() {
    let prover = MockProver::default();
    let (chain, disk, running) = begun(2, &prover).await;
    let order = signed(&running, sell(0, 1, 5, MARK));
    send(&running, &order).await.unwrap();
    running.crash(&disk).await;
    let parts = [
        order.encode(),
        order.signature.to_bytes().to_vec(),
        cloister_crypto::field::to_bytes(&view_key(1)).to_vec(),
    ];
    disk.with(|kept| {
        for bytes in kept
            .records
            .iter()
            .chain(kept.snapshot.as_ref().map(|kept| &kept.bytes))
        {
            assert!(parts
                .iter()
                .all(|part| !bytes.windows(part.len()).any(|window| window == part)));
        }
    });
    let other = SequencerKeys::new([9; 32], GENESIS, GROUP).unwrap();
    let is_sealed = |error: ReplayError| {
        let ReplayError::Journal(JournalError::Record { source, .. }) = error else {
            return false;
        };
        source == RecordError::Sealed
    };
    assert!(is_sealed(replayed_digest(disk.journal(), &other).unwrap_err()));
    // After a change of secrets the former one opens it.
    let changed = other.with_former(&[development_seed()]);
    let digest = replayed_digest(disk.journal(), &keys()).unwrap();
    assert!(digest.is_some());
    assert_eq!(replayed_digest(disk.journal(), &changed).unwrap(), digest);
    // A record in the place of another is refused, however good it is.
    let swapped = disk.at(disk.next()).unwrap();
    swapped.with(|kept| {
        let first = kept.snapshot.as_ref().unwrap().before as usize;
        let last = kept.records.len() - 1;
        assert!(first < last);
        kept.records.swap(first, last);
    });
    assert!(is_sealed(replayed_digest(swapped.journal(), &keys()).unwrap_err()));
    drop(again(&chain, &prover, &disk).await);
}

/// The receipts of an account, all of them.
async fn receipts(running: &Running, account: u32) -> Vec<SignedReceipt> {
    let (mut all, mut from) = (Vec::new(), 0);
    loop {
        let query = question_for(Purpose::Receipts, account, running.chain.clock());
        let page: Vec<String> = running
            .call("cloister_receipts", rpc_params![query, from])
            .await
            .unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page.iter().map(|text| SignedReceipt::from_hex(text).unwrap()));
        from = all.last().unwrap().receipt.number + 1;
    }
}

/// SplitMix64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

const ACCOUNTS: u32 = 3;

/// What clients and chain know, whatever happens to the process.
#[derive(Default)]
struct Known {
    /// What was acknowledged, by the number of its receipt.
    acknowledged: BTreeMap<u64, (u32, SignedInstruction, SignedReceipt)>,
    /// What withdrawals were acknowledged, by account.
    withdrawn: BTreeMap<u32, u64>,
    /// What was paid in.
    paid_in: u64,
    next_id: u64,
    /// What could not be answered, because the process ended meanwhile.
    unanswered: Vec<SignedInstruction>,
}

impl Known {
    async fn take(&mut self, running: &Running, instruction: Instruction) {
        let signed = signed(running, instruction);
        let account = signed.instruction.index.get();
        match send(running, &signed).await {
            Ok(accepted) => {
                let receipt = SignedReceipt::from_hex(&accepted.receipt.unwrap()).unwrap();
                assert!(receipt.receipt.is_of(&signed));
                if signed.instruction.kind == InstructionKind::Withdrawal {
                    *self.withdrawn.entry(account).or_default() += signed.instruction.limit;
                }
                let known = (account, signed, receipt);
                assert!(
                    self.acknowledged.insert(receipt.receipt.number, known).is_none(),
                    "a number twice"
                );
            }
            Err((code, _)) if code == ErrorCode::NotKept.code() => self.unanswered.push(signed),
            Err(_) => {}
        }
    }

    /// One of twenty different steps.
    async fn step(&mut self, running: &Running, random: &mut Random) {
        let (account, quantity) = (random.next(u64::from(ACCOUNTS)) as u32, 1 + random.next(6));
        self.next_id += 1;
        let (id, chain) = (self.next_id, &running.chain);
        let above = MARK + random.next(3) * ONE;
        let below = MARK - random.next(3) * ONE;
        let old = 1 + random.next(id);
        match random.next(20) {
            0 => self.take(running, sell(account, id, quantity, above)).await,
            1 => self.take(running, buy(account, id, quantity, below)).await,
            2 => self.take(running, sell(account, id, quantity, below)).await,
            3 => self.take(running, buy(account, id, quantity, above)).await,
            4 => self.take(running, market(buy(account, id, quantity, above))).await,
            5 => {
                self.take(running, market(sell(account, id, quantity, above + 5 * ONE)))
                    .await
            }
            6 => {
                self.take(
                    running,
                    with_flags(sell(account, id, quantity, above), flags::POST_ONLY),
                )
                .await
            }
            7 => {
                self.take(running, with_flags(buy(account, id, 50, above), flags::FILL_OR_KILL))
                    .await
            }
            8 => {
                self.take(
                    running,
                    with_flags(sell(account, id, quantity, below), flags::REDUCE_ONLY),
                )
                .await
            }
            9 => {
                self.take(running, other(InstructionKind::Cancel, account, old, 0))
                    .await
            }
            10 => {
                self.take(
                    running,
                    other(InstructionKind::CancelAll, account, id.saturating_sub(6).max(1), 0),
                )
                .await
            }
            11 => {
                self.take(running, other(InstructionKind::Withdrawal, account, id, ONE * quantity))
                    .await
            }
            12 => {
                chain.enqueue_with_table(account, quantity, ItemKind::Deposit);
                self.paid_in += quantity;
            }
            13 => chain.next_table(),
            14 => {
                let amount = cloister_types::Amount(quantity * ONE);
                chain.enqueue_with_table(account, 0, ItemKind::ForcedWithdrawal { amount });
                *self.withdrawn.entry(account).or_default() += amount.get();
            }
            15 => chain.lock().lost_answers = 1,
            16 => running.settled().await,
            17 => tokio::time::sleep(Duration::from_millis(quantity * 5)).await,
            18 => {
                // Two at once.
                let (one, two) = (sell(0, id, quantity, MARK), buy(1, id, quantity, MARK));
                let (one, two) = (signed(running, one), signed(running, two));
                let both = futures::join!(send(running, &one), send(running, &two));
                for (sent, answer) in [(one, both.0), (two, both.1)] {
                    if let Ok(accepted) = answer {
                        let receipt = SignedReceipt::from_hex(&accepted.receipt.unwrap()).unwrap();
                        let account = sent.instruction.index.get();
                        self.acknowledged
                            .insert(receipt.receipt.number, (account, sent, receipt));
                    }
                }
            }
            _ => {
                // The same bytes again.
                let number = random.next(self.acknowledged.len().max(1) as u64);
                if let Some((_, signed, _)) = self.acknowledged.values().nth(number as usize).cloned() {
                    assert!(send(running, &signed).await.is_err(), "{signed:?} was taken twice");
                }
            }
        }
    }

    /// Everything that was acknowledged is there, as it was acknowledged.
    async fn check(&self, running: &Running) {
        let key = Signer::default().public();
        let mut all = Vec::new();
        for account in 0..ACCOUNTS {
            let own = receipts(running, account).await;
            let own_numbers: BTreeMap<u64, _> = own.iter().map(|r| (r.receipt.number, r.receipt)).collect();
            let acknowledged = self.acknowledged.values().filter(|(of, ..)| *of == account);
            for (_, _, receipt) in acknowledged {
                assert_eq!(own_numbers.get(&receipt.receipt.number), Some(&receipt.receipt));
            }
            all.extend(own);
        }
        // With those of the clients there is no contradiction, and no number is missing.
        let kept: Vec<SignedReceipt> = self.acknowledged.values().map(|(.., receipt)| *receipt).collect();
        let checked = check(&RECEIPTS, &key, all.iter().chain(&kept)).unwrap();
        assert_eq!(checked.links, checked.receipts.saturating_sub(1));
        let numbers: BTreeSet<u64> = trades(running).await.iter().map(|trade| trade.id).collect();
        assert_eq!(numbers.len() as u64, numbers.last().map_or(0, |last| last + 1));
    }
}

async fn crash_at_random_points(seed: u64) {
    let prover = MockProver::default();
    let (chain, disk, mut running) = begun(ACCOUNTS, &prover).await;
    let mut random = Random(seed);
    let mut known = Known {
        next_id: 10,
        paid_in: u64::from(ACCOUNTS) * RICH,
        ..Known::default()
    };
    for _ in 0..40 {
        known.step(&running, &mut random).await;
        if random.next(5) > 0 {
            continue;
        }
        let (next, digest) = running.sequencer.digest().unwrap();
        // Everything up to here is on the disk in the end, and nothing behind it in this copy.
        running.until(|_| async { disk.next() >= next }).await;
        let copy = disk.at(next);
        if let Some(copy) = copy {
            assert_eq!(
                replayed_digest(copy.journal(), &keys()).unwrap(),
                Some(digest),
                "seed {seed}"
            );
        }
        running.crash(&disk).await;
        running = again(&chain, &prover, &disk).await;
        known.check(&running).await;
    }
    running.settled().await;
    known.check(&running).await;
    assert_eq!(known.unanswered, []);
    // What was paid in is what accounts hold, what was paid out, and what the house took: nothing was applied twice.
    let mut held = Money::ZERO;
    for account in 0..ACCOUNTS {
        let info = running.account(account).await.unwrap();
        assert_eq!(info.settled.as_ref().unwrap().cash, info.cash, "account {account}");
        held = held.checked_add(info.cash).unwrap();
    }
    let paid = chain.lock().best.paid.clone();
    let out: u64 = paid.values().sum();
    let lots: i64 = {
        let mut sum = 0;
        for account in 0..ACCOUNTS {
            let positions = running.account(account).await.unwrap().positions;
            sum += positions.iter().map(|position| position.quantity.get()).sum::<i64>();
        }
        sum
    };
    assert_eq!(lots, 0);
    for (account, paid) in &paid {
        assert!(
            known.withdrawn.get(account) >= Some(paid),
            "account {account} was paid {paid}"
        );
    }
    let house = i128::from(known.paid_in) - held.get() - i128::from(out);
    let fees: u128 = {
        let mut sum = 0;
        for account in 0..ACCOUNTS {
            let query = question_for(Purpose::Fills, account, chain.clock());
            let fills: Vec<cloister_sequencer_rpc::types::FillInfo> =
                running.call("cloister_fills", rpc_params![query, 0]).await.unwrap();
            sum += fills.iter().map(|fill| fill.fee.get()).sum::<u128>();
        }
        sum
    };
    assert_eq!(house, fees as i128, "seed {seed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_that_crashes_at_random_points_loses_nothing_and_applies_nothing_twice() {
    for seed in 1..=2 {
        crash_at_random_points(seed).await;
    }
}
