//! How many hashes and signature checks one core does in a second, with every backend that the machine has, beside the
//! functions for one at a time.
//!
//! `cargo run --release -p cloister-crypto-many --example rates`

use cloister_crypto::{poseidon2::permute_here, schnorr::SecretKey, Fr};
use cloister_crypto_many::{Backend, Hasher, Statement, Verifier};
use rustix::time::{clock_gettime, ClockId};
use std::{
    hint::black_box,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

/// Signatures in a batch, and states in a list.
const BATCH: usize = 512;
/// How long each figure is measured.
const LONG: Duration = Duration::from_millis(700);

/// The time that this thread has had of the processor: other programs on the machine do not count.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Things done in a second, `count` of them in each call.
fn rate(count: usize, mut work: impl FnMut()) -> f64 {
    work();
    let (begin, start, mut done) = (Instant::now(), spent(), 0);
    while begin.elapsed() < LONG {
        work();
        done += count;
    }
    done as f64 / (spent() - start).as_secs_f64()
}

fn statements(keys: usize) -> Vec<Statement> {
    let secrets: Vec<_> = (0..keys)
        .map(|i| {
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&(i as u64).to_le_bytes());
            SecretKey::from_seed(&seed)
        })
        .collect();
    let sign = |i: usize| {
        let (secret, message) = (&secrets[i % keys], Fr::from(i as u64));
        Statement {
            key: secret.public(),
            message,
            signature: secret.sign(message),
        }
    };
    (0..BATCH).map(sign).collect()
}

fn main() {
    let (all, few) = (statements(BATCH), statements(BATCH / 8));
    let mut states = [[Fr::from(7); 8]; BATCH];
    println!(
        "permutations_per_second one {:.0}",
        rate(BATCH, || states.iter_mut().for_each(permute_here))
    );
    let one = rate(1, || {
        assert!(black_box(&all[0]).key.verify(all[0].message, &all[0].signature).is_ok())
    });
    println!("signatures_per_second one {one:.0}");
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
        let hasher = Hasher::new(backend);
        println!(
            "permutations_per_second {backend:?} {:.0}",
            rate(BATCH, || hasher.permute_many(&mut states))
        );
        let mut forgetful = Verifier::new(backend, NonZeroUsize::MIN);
        let new = rate(BATCH, || {
            assert!(forgetful.verify_many(&all).iter().all(|valid| *valid))
        });
        println!("signatures_per_second {backend:?} new_keys {new:.0}");
        let mut remembering = Verifier::new(backend, NonZeroUsize::MIN.saturating_add(BATCH));
        for _ in 0..20 {
            remembering.verify_many(&few);
        }
        let known = rate(BATCH, || {
            assert!(remembering.verify_many(&few).iter().all(|valid| *valid))
        });
        println!("signatures_per_second {backend:?} known_keys {known:.0}");
    }
}
