//! Batches that were tampered with, over a real node: each is refused with its own error and nothing changes.

use cloister_cli::{progress::Progress, replay::Feeder};
use cloister_client::{
    chain::{Chain, ChainError, Until},
    funding::fund,
    oracle::{developer, feeds_of},
    seal::SealProver,
    trader::{self, now, owner_of},
};
use cloister_client_core::{amount::Decimal, keys::TraderKeys};
use cloister_crypto::seal::SealKey;
use cloister_groth16_verifier::{PointError, Proof, VerifyError};
use cloister_ledger::Fill;
use cloister_risk::RiskTable;
use cloister_runtime::{
    configs::cloister::{MaxRiskAge, MaxTimeAhead},
    constants::development::SEAL_SEED,
    genesis_presets::{DEVELOPMENT_BATCH_KEY, DEVELOPMENT_HOUSE_KEY, DEVELOPMENT_SEAL_KEY, DEVELOPMENT_SOLVENCY_KEY},
    AccountId, Runtime,
};
use cloister_settlement::Batch;
use cloister_tests::{
    node::{beside_another, start},
    sequencer::{submit, submit_as, submit_rekey, submit_round, TestSequencer, Unit},
    snapshot::Snapshot,
};
use cloister_types::{AccountIndex, Amount};
use futures::future::join_all;
use pallet_cloister_execution::Error;
use std::time::{Duration, Instant};

const GROUP: u32 = 1;
/// 10,000 of the settlement asset.
const FUNDS: u64 = 10_000_000_000;
/// 5,000 of the settlement asset.
const DEPOSIT: u64 = 5_000_000_000;
/// 100 of the settlement asset.
const WITHDRAWAL: u64 = 100_000_000;
/// An hour in milliseconds.
const HOUR: u64 = 3_600_000;

/// A refusal of the chain's execution pallet.
fn execution(error: &ChainError) -> Option<Error<Runtime>> {
    match error {
        ChainError::Failed(failure) => failure.execution(),
        _ => None,
    }
}

struct Scene {
    chain: Chain,
    owners: Vec<AccountId>,
}

impl Scene {
    async fn snapshot(&self) -> Snapshot {
        Snapshot::take(&self.chain, GROUP, &self.owners, None)
            .await
            .expect("a snapshot")
    }

    /// Submits every batch and checks its error; then checks that nothing has changed.
    async fn refused(&self, cases: &[(&str, Batch, Error<Runtime>)]) {
        let before = self.snapshot().await;
        // All at once: what changes nothing cannot depend on order, and a block holds several.
        let results = join_all(cases.iter().map(|(_, batch, _)| submit(&self.chain, GROUP, batch))).await;
        for ((name, _, expected), result) in cases.iter().zip(results) {
            let error = result.err();
            let found = error.as_ref().and_then(execution);
            assert_eq!(found.as_ref(), Some(expected), "{name}: {error:?}");
        }
        assert_eq!(self.snapshot().await, before);
    }
}

fn keys(number: u8) -> TraderKeys {
    TraderKeys::from_seed(&[number; 32], Some(&format!("//Refusals//{number}"))).expect("the URI is well-formed")
}

fn changed(batch: &Batch, change: impl FnOnce(&mut Batch)) -> Batch {
    let mut batch = batch.clone();
    change(&mut batch);
    batch
}

/// Changes the last byte of the proof's first point until the point is refused for the wanted reason.
fn with_point(batch: &Batch, wanted: PointError) -> Batch {
    for byte in 0..=u8::MAX {
        let candidate = changed(batch, |b| b.proof[47] = byte);
        if matches!(Proof::from_bytes(&candidate.proof), Err(VerifyError::Proof { error, .. }) if error == wanted) {
            return candidate;
        }
    }
    panic!("no byte makes the point {wanted:?}");
}

/// The time of a batch, somewhat ahead, so that it is not too old when all its tampered selves have been tried.
pub fn ahead() -> u64 {
    now() + MaxTimeAhead::get() / 2
}

/// The newest table, once everything in the queue is ready at it.
pub async fn table(chain: &Chain) -> RiskTable {
    let begin = Instant::now();
    loop {
        let queue = chain.queue(GROUP, None).await.expect("the queue");
        let ready_at = queue.last().map_or(0, |(_, item)| item.ready_at);
        match chain.latest_risk_table(GROUP, None).await {
            Ok(table) if table.header.time >= ready_at => return table,
            Ok(_) | Err(ChainError::Absent(_)) if begin.elapsed() < Duration::from_secs(60) => {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            Ok(_) => panic!("no table at which the queue is ready"),
            Err(e) => panic!("{e}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tampered_batches_should_be_refused_with_their_own_errors_and_change_nothing() {
    let place = beside_another().await;
    let (node, chain) = start("refusals", &[]).await;
    let price: Decimal = "60000".parse().expect("a price");
    let feeds = feeds_of(&chain, GROUP).await.expect("the group's feeds");
    let feeder = Feeder::start(&chain, feeds, price, Progress::quiet())
        .await
        .expect("prices");

    let (alice, bob) = (keys(1), keys(2));
    let owners: Vec<AccountId> = [&alice, &bob].map(owner_of).to_vec();
    fund(&chain, &owners.iter().map(|o| (o.clone(), FUNDS)).collect::<Vec<_>>())
        .await
        .expect("funded");
    let seals = SealProver::of(&chain, None).await.expect("the development parameters");
    let alice = trader::open(&chain, &seals, GROUP, &alice, DEPOSIT, Until::InBlock)
        .await
        .expect("opened")
        .trader;
    let bob = trader::open(&chain, &seals, GROUP, &bob, DEPOSIT, Until::InBlock)
        .await
        .expect("opened")
        .trader;
    let scene = Scene {
        chain: chain.clone(),
        owners,
    };
    let key = DEVELOPMENT_BATCH_KEY;
    let mut sequencer = TestSequencer::new(&chain, GROUP);
    assert_eq!(
        chain.verifying_key(key, None).await.expect("a key").key.into_inner(),
        sequencer.verifying_key(),
        "the chain's key is not the one of these parameters"
    );

    // The house gets a key, then two real batches: the accounts open; one of them withdraws.
    let sealing_key = SealKey::from_seed(&SEAL_SEED).public().expect("the seed gives a key");
    let rekey = sequencer.rekey(DEVELOPMENT_HOUSE_KEY, &sealing_key);
    let opens = vec![Unit::open(&alice, DEPOSIT), Unit::open(&bob, DEPOSIT)];
    let opening = sequencer.batch(key, &table(&chain).await, ahead(), opens, &alice);
    scene
        .refused(&[("a batch before the first re-key", opening.clone(), Error::HouseNotKeyed)])
        .await;
    let error = submit_rekey(&chain, GROUP, &rekey, &keys(1).owner)
        .await
        .expect_err("not a submitter");
    assert_eq!(execution(&error), Some(Error::NotSubmitter), "{error}");
    submit_rekey(&chain, GROUP, &rekey, &developer())
        .await
        .expect("the house is re-keyed");
    let another_key = sequencer.with_another_house_key(&opening);
    scene
        .refused(&[("a changed house key", another_key, Error::InvalidProof)])
        .await;
    refuse_tampered_opening(&scene, &opening).await;
    submit(&chain, GROUP, &opening)
        .await
        .expect("the untouched batch settles");

    // A complete round, so that the withdrawal is paid at once.
    let round = sequencer.round(DEVELOPMENT_SOLVENCY_KEY, &table(&chain).await);
    submit_round(&chain, GROUP, &round, &developer())
        .await
        .expect("the round is taken");
    let signed = alice.withdrawal(1, WITHDRAWAL, now() + HOUR);
    let paying = vec![Unit::instruction(&alice, signed, Fill::default()), Unit::padding(&bob)];
    let paying = sequencer.batch(key, &table(&chain).await, ahead(), paying, &bob);
    refuse_tampered_payment(&scene, &opening, &paying).await;
    let before = scene.snapshot().await;
    submit(&chain, GROUP, &paying)
        .await
        .expect("the untouched batch settles");
    let after = scene.snapshot().await;
    assert_eq!(
        after.balances,
        [before.balances[0] + u128::from(WITHDRAWAL), before.balances[1]]
    );
    scene
        .refused(&[("a batch submitted twice", paying.clone(), Error::WrongBatchNumber)])
        .await;

    // What follows only waits; other tests may prove.
    drop(place);
    stale_tables_should_be_refused(&scene, &paying).await;
    drop(feeder);
    node.stop().await.expect("the node stops");
}

async fn refuse_tampered_opening(scene: &Scene, opening: &Batch) {
    // The sign bit of the proof's first point: another point of the curve and subgroup.
    let flipped = changed(opening, |b| b.proof[0] ^= 0x20);
    let infinity = changed(opening, |b| {
        b.proof[..48].fill(0);
        b.proof[0] = 0xc0;
    });
    let cases = [
        (
            "out of order",
            changed(opening, |b| b.batch_no = 1),
            Error::WrongBatchNumber,
        ),
        ("one flipped bit of the proof", flipped, Error::InvalidProof),
        (
            "no compression flag",
            changed(opening, |b| b.proof[0] &= 0x7f),
            Error::ProofMalformedEncoding,
        ),
        (
            "a point off the curve",
            with_point(opening, PointError::NotOnCurve),
            Error::ProofNotOnCurve,
        ),
        (
            "a point outside the subgroup",
            with_point(opening, PointError::NotInSubgroup),
            Error::ProofNotInSubgroup,
        ),
        ("the identity", infinity, Error::ProofPointAtInfinity),
        (
            "a changed ciphertext",
            changed(opening, |b| b.units[0].ciphertext[3][0] ^= 1),
            Error::InvalidProof,
        ),
        (
            "a changed house record",
            changed(opening, |b| b.house_record[0][0] ^= 1),
            Error::InvalidProof,
        ),
        (
            "a changed leaf",
            changed(opening, |b| b.units[1].new_leaf[0] ^= 1),
            Error::InvalidProof,
        ),
        (
            "a changed root",
            changed(opening, |b| b.new_root[0] ^= 1),
            Error::InvalidProof,
        ),
        ("a changed time", changed(opening, |b| b.time -= 1), Error::InvalidProof),
        (
            "the payment of another for the proof",
            changed(opening, |b| b.payee[31] ^= 1),
            Error::InvalidProof,
        ),
        (
            "a changed salt",
            changed(opening, |b| b.salt[0] ^= 1),
            Error::InvalidProof,
        ),
        (
            "a withdrawal nobody signed",
            changed(opening, |b| b.units[2].withdrawal = Amount(1)),
            Error::InvalidProof,
        ),
        (
            "a withdrawal of more than there is",
            changed(opening, |b| b.units[2].withdrawal = Amount(3 * DEPOSIT)),
            Error::InvalidProof,
        ),
        (
            "a sweep of money that is not fees",
            changed(opening, |b| b.sweep = Amount(1)),
            Error::InvalidProof,
        ),
        (
            "a changed index",
            changed(opening, |b| b.units[7].index.0 ^= 1),
            Error::InvalidProof,
        ),
        (
            "the index of nobody",
            changed(opening, |b| b.units[7].index = AccountIndex(77)),
            Error::UnknownAccount,
        ),
        (
            "a queued index changed",
            changed(opening, |b| b.units[1].index = AccountIndex::ZERO),
            Error::InvalidProof,
        ),
        (
            "an encoding not below the order",
            changed(opening, |b| b.units[0].new_leaf = [0xff; 32]),
            Error::NonCanonicalField,
        ),
        (
            "an unknown risk table",
            changed(opening, |b| b.risk_version += 1_000),
            Error::RiskTableUnknown,
        ),
        (
            "an unknown verifying key",
            changed(opening, |b| b.key += 100),
            Error::UnknownKey,
        ),
        (
            "the verifying key of seals",
            changed(opening, |b| b.key = DEVELOPMENT_SEAL_KEY),
            Error::WrongStatement,
        ),
        (
            "a missing unit",
            changed(opening, |b| {
                b.units.pop();
            }),
            Error::WrongUnitCount,
        ),
        (
            "a short record",
            changed(opening, |b| {
                b.units[0].ciphertext.pop();
            }),
            Error::WrongCiphertextLength,
        ),
        (
            "a time far ahead",
            changed(opening, |b| b.time += HOUR),
            Error::TimeInFuture,
        ),
        (
            "a time long past, before the risk table",
            changed(opening, |b| b.time -= HOUR),
            Error::TimeBeforeTable,
        ),
    ];
    scene.refused(&cases).await;
    let before = scene.snapshot().await;
    let error = submit_as(&scene.chain, GROUP, opening, &keys(1).owner)
        .await
        .expect_err("not a submitter");
    assert_eq!(execution(&error), Some(Error::NotSubmitter), "{error}");
    assert_eq!(scene.snapshot().await.state, before.state);
}

async fn refuse_tampered_payment(scene: &Scene, opening: &Batch, paying: &Batch) {
    let cases = [
        ("a batch submitted twice", opening.clone(), Error::WrongBatchNumber),
        (
            "an altered withdrawal",
            changed(paying, |b| b.units[0].withdrawal.0 += 1),
            Error::InvalidProof,
        ),
        (
            "a withdrawal to another account",
            changed(paying, |b| {
                b.units[1].withdrawal = std::mem::take(&mut b.units[0].withdrawal);
            }),
            Error::InvalidProof,
        ),
        (
            "an older risk table",
            changed(paying, |b| b.risk_version = opening.risk_version - 1),
            Error::RiskVersionDecreased,
        ),
        (
            "a time before the last batch",
            changed(paying, |b| b.time = opening.time - 1),
            Error::TimeDecreased,
        ),
        (
            "the proof of another batch",
            changed(paying, |b| b.proof = opening.proof),
            Error::InvalidProof,
        ),
    ];
    scene.refused(&cases).await;
}

/// The last batch's table is still kept, but too old to be named again.
async fn stale_tables_should_be_refused(scene: &Scene, settled: &Batch) {
    let next = changed(settled, |b| b.batch_no += 1);
    let info = scene
        .chain
        .risk_info(GROUP, settled.risk_version, None)
        .await
        .expect("read")
        .expect("the table is kept");
    let too_old_at = info.time + MaxRiskAge::get();
    while now() <= too_old_at {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // The next block's time is later still.
    scene
        .refused(&[("a risk table too old", next, Error::RiskTableTooOld)])
        .await;
}
