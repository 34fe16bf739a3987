//! Checkpoints, and starts with them and without (Q-RESTART).

use crate::{
    common::{aging::*, *},
    trade, RICH,
};
use cloister_crypto::field::to_bytes;
use cloister_engine_testing::*;
use cloister_ledger::{GroupLedger, InstructionKind};
use cloister_sequencer::{
    checkpoint::{file, Checkpoint, CheckpointError, CheckpointHead},
    SequencerConfig, SequencerKeys,
};
use cloister_sequencer_rpc::types::AccountInfo;
use cloister_settlement::ItemKind;
use cloister_types::{AccountIndex, Money};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use tempfile::TempDir;

fn config_in(folder: &TempDir) -> SequencerConfig {
    SequencerConfig {
        folder: Some(folder.path().to_owned()),
        ..sequencer_config()
    }
}

/// Starts a sequencer and waits until it answers.
async fn started(chain: &MockChain, config: SequencerConfig) -> Running {
    let running = Running::with(chain, config, MockProver::default());
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    running
}

/// Everything that a start gives of two accounts, and the root.
async fn accounts(running: &Running) -> ([AccountInfo; 2], [u8; 32]) {
    let accounts = [running.account(0).await.unwrap(), running.account(1).await.unwrap()];
    (accounts, running.batch_status().await.settled_root)
}

/// A chain with two accounts and some trade, and what its sequencer said of them before it stopped.
async fn traded(config: SequencerConfig) -> (MockChain, ([AccountInfo; 2], [u8; 32])) {
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let running = started(&chain, config).await;
    running.until(|r| async move { r.account(1).await.is_ok() }).await;
    for id in 1..10 {
        trade(&running, id).await;
        running.settled().await;
    }
    running.submit(sell(0, 512 + 2, 4, MARK)).await.unwrap();
    running.submit(buy(1, 20, 3, MARK)).await.unwrap();
    running
        .submit(other(InstructionKind::CancelAll, 1, 21, 0))
        .await
        .unwrap();
    running.settled().await;
    // What rests is not settled, and a start does not bring it back.
    running
        .submit(other(InstructionKind::CancelAll, 0, 1_000, 0))
        .await
        .unwrap();
    running.settled().await;
    let said = accounts(&running).await;
    running.stop().await;
    (chain, said)
}

fn read(folder: &TempDir) -> Checkpoint {
    let bytes = file::read(folder.path()).unwrap().expect("there is one");
    Checkpoint::open(&bytes, GENESIS, GROUP, &keys()).unwrap()
}

fn write(folder: &Path, checkpoint: &Checkpoint) {
    file::write(folder, &checkpoint.seal(&keys()).unwrap()).unwrap();
}

/// Number of batches that were read.
fn batches_read(chain: &MockChain) -> u64 {
    std::mem::take(&mut chain.lock().batches_read)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_from_the_chain_alone_gives_what_a_checkpoint_gives() {
    let folder = TempDir::new().unwrap();
    let (chain, before) = traded(config_in(&folder)).await;
    let settled = chain.lock().finalized.view.batch_no;

    // The last checkpoint was written when the sequencer stopped.
    let kept = read(&folder);
    assert_eq!(kept.ledger, ledger_of(&chain));
    assert_eq!(kept.head.block, chain.lock().finalized.view.block);
    batches_read(&chain);
    let again = started(&chain, config_in(&folder)).await;
    assert_eq!(accounts(&again).await, before);
    assert_eq!(batches_read(&chain), 0);
    again.stop().await;

    let alone = started(&chain, sequencer_config()).await;
    assert_eq!(accounts(&alone).await, before);
    assert_eq!(batches_read(&chain), settled);
    // In pages, not all at once.
    assert!(chain.lock().pages_read > 1);
    alone.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_should_ask_for_as_much_of_an_old_chain_as_of_a_young_one() {
    let mut asked = Vec::new();
    for batches in [100, 10_000] {
        let running = Running::with_accounts(2, RICH).await;
        running.settled().await;
        let chain = running.chain.clone();
        running.stop().await;
        let mut ledger = ledger_of(&chain);
        lengthen(&chain, &mut ledger, batches);
        let folder = TempDir::new().unwrap();
        write(folder.path(), &checkpoint_of(&chain, &ledger));
        // What has come since.
        age(&chain, &mut ledger, 20);
        chain.enqueue(0, 42, ItemKind::Deposit);
        {
            let mut inner = chain.lock();
            (inner.batches_read, inner.pages_read, inner.items_read) = (0, 0, 0);
        }
        let running = Running::with(
            &chain,
            SequencerConfig {
                poll: Duration::from_secs(30),
                ..config_in(&folder)
            },
            MockProver::default(),
        );
        let since = Instant::now();
        running.until(|r| async move { r.account(0).await.is_ok() }).await;
        println!(
            "{batches} batches before the checkpoint: {} ms",
            since.elapsed().as_millis()
        );
        let inner = chain.lock();
        asked.push((inner.batches_read, inner.pages_read, inner.items_read));
    }
    assert_eq!(asked[0], asked[1]);
    assert_eq!(asked[0].0, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_is_written_after_so_many_batches() {
    let folder = TempDir::new().unwrap();
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let config = SequencerConfig {
        checkpoint_batches: 3,
        ..config_in(&folder)
    };
    let running = Running::with(&chain, config, MockProver::default());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    let wanted = 8;
    for id in 1..wanted {
        trade(&running, id).await;
        running.settled().await;
    }
    let at = chain.lock().finalized.view.batch_no;
    let path = folder.path().to_owned();
    running
        .until(|_| {
            let bytes = file::read(&path).unwrap();
            async move {
                let kept = bytes.map(|bytes| Checkpoint::open(&bytes, GENESIS, GROUP, &keys()).unwrap());
                kept.is_some_and(|kept| kept.head.batch_no + 3 > at)
            }
        })
        .await;
    // For its owner alone.
    let mode = fs::metadata(file::path_in(folder.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, [file::FILE_NAME]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_half_written_is_replaced() {
    let folder = TempDir::new().unwrap();
    file::write(folder.path(), b"whole").unwrap();
    fs::write(folder.path().join("checkpoint.new"), b"half").unwrap();
    assert_eq!(file::read(folder.path()).unwrap().unwrap(), b"whole");
    file::write(folder.path(), b"next").unwrap();
    assert_eq!(file::read(folder.path()).unwrap().unwrap(), b"next");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_folder_of_checkpoints_is_of_its_owner_alone() {
    let base = TempDir::new().unwrap();
    let folder = base.path().join("cloister/group-7");
    for _ in 0..2 {
        file::make_folder(&folder).unwrap();
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    fs::write(base.path().join("file"), b"").unwrap();
    let error = file::make_folder(&base.path().join("file/folder")).unwrap_err();
    assert_eq!(error.path, base.path().join("file/folder"));
}

/// Starts with a file that is not to be used, and expects the ledger of the chain alone.
async fn starts_alone(chain: &MockChain, folder: &TempDir, before: &([AccountInfo; 2], [u8; 32]), what: &str) {
    batches_read(chain);
    let running = started(chain, config_in(folder)).await;
    assert_eq!(accounts(&running).await, *before, "{what}");
    let all = chain.lock().finalized.view.batch_no;
    // The checkpoint may have given a start that the chain did not follow.
    assert!(batches_read(chain) >= all, "{what}");
    // It is replaced at once.
    running
        .until(|_| {
            let bytes = file::read(folder.path()).unwrap().unwrap();
            let kept = Checkpoint::open(&bytes, GENESIS, GROUP, &keys());
            let right = checkpoint_of(chain, &ledger_of(chain));
            async move {
                kept.is_ok_and(|kept| {
                    let named = |head: &CheckpointHead| (head.block, head.hash, head.house_rekeys);
                    kept.ledger == right.ledger && named(&kept.head) == named(&right.head)
                })
            }
        })
        .await;
    running.stop().await;
}

/// A ledger in which account 1 has more than it should.
fn richer(ledger: &GroupLedger) -> GroupLedger {
    let mut richer = ledger.clone();
    let mut state = ledger.account(AccountIndex(1)).unwrap().clone();
    state.account.cash = Money(state.account.cash.get() + 1);
    richer.restore_account(AccountIndex(1), state);
    richer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_that_the_chain_does_not_confirm_is_not_used() {
    let folder = TempDir::new().unwrap();
    let (chain, before) = traded(config_in(&folder)).await;
    let kept = read(&folder);
    let sealed = fs::read(file::path_in(folder.path())).unwrap();

    let mut damaged = sealed.clone();
    damaged[sealed.len() / 2] ^= 1;
    file::write(folder.path(), &damaged).unwrap();
    starts_alone(&chain, &folder, &before, "a flipped bit").await;

    let stranger = SequencerKeys::new([9; 32], GENESIS, GROUP).unwrap();
    file::write(folder.path(), &kept.seal(&stranger).unwrap()).unwrap();
    starts_alone(&chain, &folder, &before, "another secret").await;

    let mut forged = kept.clone();
    forged.ledger = richer(&kept.ledger);
    forged.head.root = to_bytes(&forged.ledger.root());
    write(folder.path(), &forged);
    starts_alone(&chain, &folder, &before, "another ledger").await;

    let mut forged = kept.clone();
    forged.head.hash[9] ^= 1;
    write(folder.path(), &forged);
    starts_alone(&chain, &folder, &before, "another block").await;

    let mut forged = kept.clone();
    forged.head.block += 1;
    write(folder.path(), &forged);
    starts_alone(&chain, &folder, &before, "a block that is not there yet").await;

    let mut forged = kept.clone();
    forged.head.house_rekeys += 1;
    write(folder.path(), &forged);
    starts_alone(&chain, &folder, &before, "a re-key that never was").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_of_a_pruned_block_is_confirmed_by_its_last_batch() {
    let folder = TempDir::new().unwrap();
    let (chain, before) = traded(config_in(&folder)).await;
    let kept = read(&folder);
    let mut ledger = ledger_of(&chain);
    age(&chain, &mut ledger, 2);
    chain.lock().pruned_below = kept.head.block + 1;
    batches_read(&chain);
    let running = started(&chain, config_in(&folder)).await;
    assert_eq!(batches_read(&chain), 2);
    let (accounts, _) = accounts(&running).await;
    assert_eq!(accounts[0].positions, before.0[0].positions);
    running.stop().await;

    // One that no batch states is not used, and the chain alone is not there any more.
    let mut forged = kept.clone();
    forged.ledger = richer(&kept.ledger);
    forged.head.root = to_bytes(&forged.ledger.root());
    write(folder.path(), &forged);
    let running = Running::with(&chain, config_in(&folder), MockProver::default());
    let error = running.ended().await;
    assert!(error.to_string().contains("pruned"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_of_a_former_secret_is_read() {
    let folder = TempDir::new().unwrap();
    let (chain, before) = traded(config_in(&folder)).await;
    let next = SequencerKeys::new([9; 32], GENESIS, GROUP).unwrap();
    let next = next.with_former(&[cloister_sequencer::keys::development_seed()]);
    batches_read(&chain);
    let running = Running::with_keys(&chain, config_in(&folder), MockProver::default(), next);
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    assert_eq!(accounts(&running).await, before);
    assert_eq!(batches_read(&chain), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_that_cannot_be_written_stops_nothing() {
    let folder = TempDir::new().unwrap();
    let config = SequencerConfig {
        folder: Some(folder.path().join("missing")),
        checkpoint_batches: 1,
        ..sequencer_config()
    };
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let prover = MockProver::default();
    let running = Running::with(&chain, config, prover.clone());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    trade(&running, 1).await;
    running.settled().await;
    assert_eq!(prover.failures.load(Ordering::SeqCst), 0);
    assert_eq!(running.batch_status().await.halted, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_checkpoint_tells_nobody_what_is_in_it() {
    let running = Running::with_accounts(2, RICH).await;
    running.settled().await;
    let chain = running.chain.clone();
    running.stop().await;
    let kept = checkpoint_of(&chain, &ledger_of(&chain));
    let bytes = kept.seal(&keys()).unwrap();
    let holds = |secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
    let secrets = [view_key(0), view_key(1), kept.ledger.house().key];
    assert!(secrets.iter().all(|secret| !holds(&to_bytes(secret))));
    assert!(!holds(&i128::from(RICH).to_le_bytes()));
    // The root stands in the open: the chain tells it too.
    assert!(holds(&kept.head.root));
    // Sealed twice, it is not the same, so nobody sees that nothing has changed.
    let again = kept.seal(&keys()).unwrap();
    assert_ne!(bytes, again);

    let opened = |bytes: &[u8]| Checkpoint::open(bytes, GENESIS, GROUP, &keys());
    assert_eq!(opened(&bytes).unwrap(), kept);
    assert!(matches!(opened(b"anything"), Err(CheckpointError::NotACheckpoint)));
    assert!(matches!(opened(&bytes[..9]), Err(CheckpointError::NotACheckpoint)));
    let other = Checkpoint::open(&bytes, [8; 32], GROUP, &keys());
    assert!(matches!(other, Err(CheckpointError::Genesis(GENESIS))));
    let other = Checkpoint::open(&bytes, GENESIS, GROUP + 1, &keys());
    assert!(matches!(other, Err(CheckpointError::Group(GROUP))));
    let stranger = SequencerKeys::new([9; 32], GENESIS, GROUP).unwrap();
    let other = Checkpoint::open(&bytes, GENESIS, GROUP, &stranger);
    assert!(matches!(other, Err(CheckpointError::Secret)));
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert!(matches!(opened(&newer), Err(CheckpointError::Version(2))));
    // A disk that forgets or changes something.
    for place in (9..bytes.len()).step_by(41) {
        assert!(matches!(
            opened(&bytes[..place]),
            Err(CheckpointError::Checksum | CheckpointError::NotACheckpoint)
        ));
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        assert!(
            matches!(opened(&damaged), Err(CheckpointError::Checksum)),
            "byte {place}"
        );
        // Somebody who changes the checksum too.
        if place < bytes.len() - 32 {
            let refused = opened(&with_checksum(damaged));
            assert!(refused.is_err(), "byte {place}");
        }
    }
    // What stands in the open is bound to what is sealed: the block, for one, cannot be another.
    let block_at = 9 + 32 + 4 + 8 + 4;
    let mut moved = bytes;
    moved[block_at] ^= 1;
    assert!(matches!(opened(&with_checksum(moved)), Err(CheckpointError::Secret)));
}

/// The same with the checksum of its contents.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    use blake2::{digest::consts::U32, Blake2b, Digest};
    let body = bytes.len() - 32;
    let sum = Blake2b::<U32>::digest(&bytes[..body]);
    bytes[body..].copy_from_slice(&sum);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_names_the_ledger_that_it_holds() {
    let running = Running::with_accounts(2, RICH).await;
    running.settled().await;
    let chain = running.chain.clone();
    running.stop().await;
    let kept = checkpoint_of(&chain, &ledger_of(&chain));
    let mut wrong = kept.clone();
    wrong.head.root[0] ^= 1;
    assert!(matches!(wrong.seal(&keys()), Err(CheckpointError::Root)));
    let mut wrong = kept;
    wrong.head.house[0] ^= 1;
    assert!(matches!(wrong.seal(&keys()), Err(CheckpointError::House)));
}
