//! Sequences of calls from bytes: from fixed seeds, from one that nobody knows before, and those that once failed.

use cloister_runtime_fuzz::{run, Seen};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};

#[test]
fn placeholder() {
    let mut seen = Seen::default();
    let seconds: u64 = env::var("CLOISTER_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(20);
    let start = Instant::now();
    let mut n = 0u64;
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut bytes = vec![0; 1_200];
        ChaCha20Rng::seed_from_u64(n).fill_bytes(&mut bytes);
        let done = std::panic::catch_unwind(|| run(&bytes, false));
        match done {
            Ok(done) => seen.add(done),
            Err(_) => {
                fs::write(format!("/tmp/clr/fuzz-crash-{n}"), &bytes).unwrap();
                println!("SEED {n}");
                run(&bytes, true);
            }
        }
        n += 1;
    }
    println!("{n} sequences, {} calls, {} blocks", seen.calls, seen.blocks);
    println!("calls left {:?}", seen.calls_left());
    println!("errors left {:?}", seen.errors_left());
    println!("undocumented {:#?}", seen.undocumented);
    println!("invalid {:?}", seen.invalid);
    println!("refused {:#?}", seen.refused);
    println!("done {:#?}", seen.done);
    let _ = Path::new("");
}
