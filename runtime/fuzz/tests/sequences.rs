//! Sequences of calls from bytes: from fixed seeds, from one that nobody knows before, and those that once failed.

use cloister_runtime_fuzz::{run, Seen};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use std::{
    env, fs,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        Mutex,
    },
    thread,
    time::Instant,
};

/// Bytes of a sequence.
const BYTES: usize = 1_000;
/// The sequences of every run.
const SEEDS: Range<u64> = 0..56;
/// How many of a new seed.
const NEW: u64 = 4;

/// Errors that no sequence meets, and why.
const NEVER: &[(&str, &str, &str)] = &[
    ("Execution", "QueueFull", "100,000 items"),
    ("Execution", "TreeFull", "16 million accounts"),
    ("Execution", "SkipTooLong", "blocks of 512 accounts, 64 of them"),
    (
        "Execution",
        "TooManyGatedGroups",
        "there are no more groups than may have a gate",
    ),
    ("Execution", "VerifierUnavailable", "the node has the operations"),
    (
        "Execution",
        "SealKeyMissing",
        "there is a key from the beginning, and none takes it away",
    ),
    ("Timelock", "ClassChanged", "the runtime is not upgraded"),
    ("Timelock", "UpgradeNotEnacted", "the runtime is not upgraded"),
    ("Risk", "InvalidTable", "what is within the bounds makes a valid table"),
    (
        "Oracle",
        "ExceedsMaxHasDispatchedSize",
        "more feeders than there may be operators",
    ),
];

/// How many of the other errors the sequences of [`SEEDS`] may miss.
const MAY_MISS: usize = 12;

/// Bytes of a sequence from a seed.
fn bytes(seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; BYTES];
    ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

/// Says on the way out of a panic which sequence it was.
struct Says(String);

impl Drop for Says {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the sequence of {}", self.0);
        }
    }
}

/// Runs sequences on all cores.
fn run_all(seeds: Range<u64>) -> Seen {
    let (next, all) = (AtomicU64::new(seeds.start), Mutex::new(Seen::default()));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= seeds.end {
                    break;
                }
                let _says = Says(format!("seed {seed}"));
                let seen = run(&bytes(seed), false);
                all.lock().expect("no other has panicked").add(seen);
            });
        }
    });
    all.into_inner().expect("nobody has panicked")
}

#[test]
fn sequences_of_fixed_seeds_should_reach_every_call_and_break_nothing() {
    let start = Instant::now();
    let seen = run_all(SEEDS);
    let (calls, blocks) = (seen.calls, seen.blocks);
    println!(
        "{} sequences: {calls} calls and {blocks} blocks in {:?}",
        SEEDS.end,
        start.elapsed()
    );
    assert_eq!(seen.calls_left(), [], "calls that were never done");
    assert!(
        seen.undocumented.is_empty(),
        "errors that the documentation of the call does not name: {:#?}",
        seen.undocumented
    );
    let (count, mut left) = seen.errors_left();
    for (pallet, error, why) in NEVER {
        let before = left.len();
        left.retain(|name| (name.0.as_str(), name.1.as_str()) != (*pallet, *error));
        assert!(left.len() < before, "{pallet}.{error} was met after all ({why})");
    }
    println!(
        "{} of {count} errors met; not these: {left:?}",
        count - left.len() - NEVER.len()
    );
    assert!(left.len() <= MAY_MISS, "errors that were never met: {left:?}");
}

#[test]
fn sequences_of_a_new_seed_should_break_nothing() {
    let seed = getrandom::u64().expect("the system has randomness") >> 8;
    println!("new seed: {seed}");
    let seen = run_all(seed..seed + NEW);
    assert!(seen.undocumented.is_empty(), "{:#?}", seen.undocumented);
}

/// Replays what `make fuzz` has found, or one file: `CLOISTER_FUZZ=FILE`, told step by step.
#[test]
fn sequences_that_once_failed_should_break_nothing() {
    if let Some(file) = env::var_os("CLOISTER_FUZZ") {
        run(&fs::read(file).expect("the file is there"), true);
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.expect("a file").path()).collect())
        .unwrap_or_default();
    files.sort();
    for file in files {
        let _says = Says(file.display().to_string());
        let seen = run(&fs::read(&file).expect("the file is there"), false);
        assert!(seen.undocumented.is_empty(), "{:#?}", seen.undocumented);
    }
}

/// Runs a seed and tells every step: `CLOISTER_FUZZ_SEED=7 cargo test .. told -- --ignored --nocapture`.
#[test]
#[ignore = "for whoever looks into a seed"]
fn sequence_of_a_seed_should_be_told() {
    let seed = env::var("CLOISTER_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok());
    run(&bytes(seed.unwrap_or_default()), true);
}
