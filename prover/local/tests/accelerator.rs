//! What becomes of proofs where an accelerator is broken.

use cloister_circuits::statements::exit::ExitCircuit;
use cloister_groth16::{generate_development, Accelerator, KeySums, Matrices, ProveError};
use cloister_ledger::Shape;
use cloister_ledger_testing::{Random, World, GENESIS, GROUP};
use cloister_prover_job::{JobKind, ProofJob, ProverError};
use cloister_prover_local::{Compared, LocalProver};
#[cfg(not(feature = "cuda"))]
use cloister_prover_local::{Device, Parameters};
use cloister_types::{AccountIndex, GroupId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::{
    atomic::{AtomicUsize, Ordering},
    Arc,
};

/// Answers every proof the same.
struct Broken {
    answer: fn() -> Result<KeySums, ProveError>,
    asked: Arc<AtomicUsize>,
}

impl Accelerator for Broken {
    fn sums(&self, _: &[[u64; 4]]) -> Result<KeySums, ProveError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        (self.answer)()
    }
}

/// All sums at infinity.
fn nothing() -> Result<KeySums, ProveError> {
    let (g1, g2) = ([[0; 6]; 4], [[[0; 6]; 2]; 4]);
    Ok(KeySums {
        a: g1,
        b_g1: g1,
        b_g2: g2,
        h: g1,
        l: g1,
    })
}

/// A coordinate that is no element of the field.
fn not_below() -> Result<KeySums, ProveError> {
    let mut sums = nothing()?;
    sums.b_g2[3][1] = [u64::MAX; 6];
    Ok(sums)
}

fn lost() -> Result<KeySums, ProveError> {
    Err(ProveError::Accelerator("the card fell off the bus".into()))
}

fn unsatisfied() -> Result<KeySums, ProveError> {
    Err(ProveError::Unsatisfied { constraint: 0 })
}

fn exit() -> ProofJob {
    let mut random = Random::new(5);
    let witness = cloister_ledger_testing::exit(&World::with_traders(random.word(), 2, Shape::DEV), 1);
    let statement = witness.statement(GENESIS, GroupId(GROUP), AccountIndex(1));
    ProofJob::exit(statement.expect("a good exit"), witness)
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

#[test]
fn broken_accelerator_should_never_hand_out_a_proof() {
    let matrices = Matrices::record(ExitCircuit::blank()).expect("synthesises");
    let key = generate_development(&matrices).expect("generates");
    let here = LocalProver::new(JobKind::Exit, key.clone()).expect("the key fits");
    let expected = here.prove_with(exit(), rng()).expect("proves");
    let prove = |answer: fn() -> Result<KeySums, ProveError>, compared| {
        let asked = Arc::new(AtomicUsize::new(0));
        let broken = Broken {
            answer,
            asked: asked.clone(),
        };
        let prover = LocalProver::with_accelerator(JobKind::Exit, key.clone(), Box::new(broken), compared);
        let prover = prover.expect("the key fits");
        // It is asked once, fails, and is not asked again.
        let proofs = [(); 2].map(|()| prover.prove_with(exit(), rng()).expect("the processor proves"));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        proofs
    };
    for compared in [Compared::NONE, Compared::ALL] {
        for answer in [nothing, not_below, lost, unsatisfied] {
            assert_eq!(prove(answer, compared), [expected; 2]);
        }
    }
}

/// The accelerator's word for a bad witness is not asked for: the processor names the constraint.
#[test]
fn bad_witness_should_be_named_by_the_processor() {
    let matrices = Matrices::record(ExitCircuit::blank()).expect("synthesises");
    let key = generate_development(&matrices).expect("generates");
    let ProofJob::Exit(mut job) = exit() else {
        unreachable!("an exit");
    };
    job.witness.account.nonce += 1;
    for answer in [nothing, unsatisfied] {
        let broken = Broken {
            answer,
            asked: Arc::default(),
        };
        let prover = LocalProver::with_accelerator(JobKind::Exit, key.clone(), Box::new(broken), Compared::NONE);
        let found = prover
            .expect("the key fits")
            .prove_with(ProofJob::Exit(job.clone()), rng());
        assert!(matches!(found, Err(ProverError::Unsatisfied { .. })), "{found:?}");
    }
}

#[test]
fn share_of_compared_proofs_should_be_bounded() {
    assert_eq!(Compared::per_thousand(1_000), Some(Compared::ALL));
    assert_eq!(Compared::per_thousand(1_001), None);
    assert_eq!(
        Compared::per_thousand(10).map(|share| share.to_string()).as_deref(),
        Some("10 of 1000")
    );
}

#[test]
#[cfg(not(feature = "cuda"))]
fn card_should_be_refused_by_a_program_without_the_feature() {
    let device = Device::Card {
        number: 0,
        compared: Compared::NONE,
    };
    let found = LocalProver::load_on(device, JobKind::Exit, &Parameters::Development, &mut |_| {});
    let Err(ProverError::Resources { reason }) = found else {
        panic!("{found:?}");
    };
    assert!(reason.contains("without the feature `cuda`"), "{reason}");
}
