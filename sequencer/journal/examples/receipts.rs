//! How long it takes from an instruction to its signed receipt, beside what the disk takes for one write.
//!
//! `cargo run --release -p cloister-journal --example receipts -- [FOLDER] [RECEIPTS A SECOND] [SECONDS]`
//!
//! Records of the size of an order arrive at a steady rate, whatever became of those before them, and are written to a
//! journal in the folder; each receipt is signed when its record is on the disk.

use cloister_journal::{Identity, Store, Writer};
use cloister_receipts::{Chain, Outcome, ReceiptSigner, Scope, SignError, SignedReceipt, SIGNATURE};
use cloister_types::{GroupId, Lots};
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
use std::{
    env,
    error::Error,
    fs::File,
    io::{Seek, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// Bytes of a record: an order with its time and the hash of its receipt, and some.
const RECORD: usize = 256;
/// Writes by which the disk is measured.
const SYNCS: usize = 300;

struct Signer(Keypair);

impl ReceiptSigner for Signer {
    fn public(&self) -> [u8; 32] {
        self.0.public.to_bytes()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE], SignError> {
        Ok(self.0.sign_simple(b"substrate", message).to_bytes())
    }
}

/// Median and 99th percentile, in milliseconds.
fn percentiles(mut all: Vec<Duration>) -> (f64, f64) {
    all.sort_unstable();
    let at = |part: usize| {
        let index = (all.len() * part / 100).min(all.len().saturating_sub(1));
        all.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    };
    (at(50), at(99))
}

/// What the disk takes to have a page.
fn syncs(folder: &Path) -> Result<Vec<Duration>, Box<dyn Error>> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let mut all = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let start = Instant::now();
        file.rewind()?;
        file.write_all(&[1; 4_096])?;
        file.sync_data()?;
        all.push(start.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(all)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().map_or_else(env::temp_dir, PathBuf::from);
    let rate: u32 = arguments.next().map_or(Ok(5_000), |text| text.parse())?;
    let seconds: u32 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let folder = tempfile::tempdir_in(folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(folder.path(), rate.max(1), seconds.max(1)))
}

async fn measure(folder: &Path, rate: u32, seconds: u32) -> Result<(), Box<dyn Error>> {
    let scope = Scope {
        genesis: [1; 32],
        group: GroupId(1),
    };
    let secret = MiniSecretKey::from_bytes(&[7; 32]).map_err(|error| error.to_string())?;
    let signer = Arc::new(Signer(secret.expand_to_keypair(ExpansionMode::Ed25519)));
    let mut chain = Chain::default();

    let start = Instant::now();
    let signatures = 2_000;
    for _ in 0..signatures {
        let receipt = chain.issue(scope, [2; 32], 0, Outcome::CancelAll);
        SignedReceipt::sign(receipt, signer.as_ref())?;
    }
    let signing = start.elapsed() / signatures;

    let (sync, sync_99) = percentiles(syncs(folder)?);
    let identity = Identity {
        genesis: scope.genesis,
        group: scope.group,
    };
    let mut writer = Writer::start(Store::open(folder, &identity)?, usize::MAX);
    let count = rate.saturating_mul(seconds);
    let mut waiting = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let (start, mut sent) = (Instant::now(), 0);
    while sent < count {
        ticks.tick().await;
        let due = (start.elapsed().as_secs_f64() * f64::from(rate)) as u32;
        while sent < due.min(count) {
            let arrived = Instant::now();
            let receipt = chain.issue(scope, [3; 32], u64::from(sent), Outcome::Cancel { filled: Lots(1) });
            let mut record = vec![0; RECORD];
            record[..32].copy_from_slice(&receipt.hash());
            let number = writer.append(record)?;
            let (durable, signer) = (writer.durable(), signer.clone());
            waiting.push(tokio::spawn(async move {
                durable.wait(number).await.ok()?;
                SignedReceipt::sign(receipt, signer.as_ref()).ok()?;
                Some(arrived.elapsed())
            }));
            sent += 1;
        }
    }
    let mut times = Vec::with_capacity(waiting.len());
    for waiter in waiting {
        times.push(waiter.await?.ok_or("a record was not written")?);
    }
    let reached = f64::from(count) / start.elapsed().as_secs_f64();
    writer.finish();
    let (median, worst) = percentiles(times);
    println!("receipt_ms p50 {median:.2} p99 {worst:.2} at {reached:.0}");
    println!("fdatasync_ms p50 {sync:.2} p99 {sync_99:.2}");
    println!("signature_us {:.1} on one core", signing.as_secs_f64() * 1e6);
    Ok(())
}
