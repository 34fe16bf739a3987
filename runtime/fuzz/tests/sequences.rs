//! Sequences of calls from bytes: from fixed seeds, from one that nobody knows before, and those that once failed.

use cloister_runtime_fuzz::{run, seen::Name, Seen};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicUsize, Ordering},
        Mutex,
    },
    thread,
    time::Instant,
};

/// Bytes of a sequence.
const BYTES: usize = 700;
/// The sequences of every run. They were chosen among many for what they reach; where a step is changed they reach
/// something else, and are chosen anew (see [`seeds_should_be_chosen_anew`]).
const SEEDS: &[u64] = &[
    205, 779, 92, 580, 241, 611, 441, 721, 422, 749, 742, 116, 623, 693, 235, 230, 155, 734, 729, 592, 794, 745, 627,
    626, 279, 270, 200, 777, 766, 761, 727, 700, 681, 651, 650, 643, 617, 447, 277, 272, 105, 65, 374, 399, 503, 736,
    653, 390, 331, 229, 594, 750, 408, 215, 640, 458, 361, 90, 741, 252, 88, 519, 255, 81, 799, 778, 762, 755, 715,
    672, 667, 639, 632, 469, 430, 366, 352, 237, 216, 420, 0, 564, 531, 497,
];
/// Among how many seeds they are chosen.
const CHOICE: u64 = 800;
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
    ("Execution", "InvalidVerifyingKey", "a key is checked when it is set"),
    ("Execution", "VerifierUnavailable", "the node has the operations"),
    ("Timelock", "ClassChanged", "the runtime is not upgraded"),
    ("Timelock", "UpgradeNotEnacted", "the runtime is not upgraded"),
    ("Bonds", "TooManySeries", "16 million of them"),
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

/// Runs sequences on all cores; what each has reached.
fn run_all(seeds: &[u64]) -> BTreeMap<u64, Seen> {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let _says = Says(format!("seed {seed}"));
                    let seen = run(&bytes(*seed), false);
                    all.lock().expect("no other has panicked").insert(*seed, seen);
                }
            });
        }
    });
    all.into_inner().expect("nobody has panicked")
}

fn together(each: BTreeMap<u64, Seen>) -> Seen {
    let mut all = Seen::default();
    each.into_values().for_each(|seen| all.add(seen));
    all
}

#[test]
fn sequences_of_fixed_seeds_should_reach_every_call_and_break_nothing() {
    let start = Instant::now();
    let seen = together(run_all(SEEDS));
    let (calls, blocks) = (seen.calls, seen.blocks);
    println!(
        "{} sequences: {calls} calls and {blocks} blocks in {:?}",
        SEEDS.len(),
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
    let seeds: Vec<u64> = (seed..seed + NEW).collect();
    let seen = together(run_all(&seeds));
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

/// Chooses seeds that together reach as much as many do: first what reaches most of what is left, then again, so that
/// most is reached twice.
#[test]
#[ignore = "where a step is changed: prints SEEDS"]
fn seeds_should_be_chosen_anew() {
    let seeds: Vec<u64> = (0..CHOICE).collect();
    let each = run_all(&seeds);
    let reached: BTreeMap<u64, BTreeSet<Name>> = each
        .iter()
        .map(|(seed, seen)| (*seed, seen.done.keys().chain(seen.refused.keys()).cloned().collect()))
        .collect();
    let mut chosen: Vec<u64> = Vec::new();
    for _ in 0..2 {
        let mut left: BTreeSet<Name> = reached.values().flatten().cloned().collect();
        loop {
            let others = reached.iter().filter(|(seed, _)| !chosen.contains(seed));
            let best = others.max_by_key(|(_, names)| names.intersection(&left).count());
            let Some((seed, names)) = best.filter(|(_, names)| !names.is_disjoint(&left)) else {
                break;
            };
            left.retain(|name| !names.contains(name));
            chosen.push(*seed);
        }
    }
    let all = together(each);
    println!("{chosen:?}");
    println!(
        "{} of them; not reached by any: {:?}, {:?}",
        chosen.len(),
        all.calls_left(),
        all.errors_left()
    );
}
