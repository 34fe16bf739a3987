//! A job in bytes is the job: both give the same proof from the same randomness.

use cloister_circuits::statements::{batch::BatchCircuit, solvency::SolvencyCircuit};
use cloister_groth16::{generate_development, Matrices};
use cloister_ledger::{Shape, SolvencyShape};
use cloister_ledger_testing::{Random, World, GENESIS, GROUP};
use cloister_prover_job::{JobKind, ProofJob, Prover, ProverError};
use cloister_prover_local::{LocalProver, Parameters};
use cloister_types::{AccountIndex, GroupId};
use futures::executor::block_on;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::OnceLock;

/// Small enough for a key that is made in memory.
const SMALL: Shape = Shape { units: 2, places: 1 };

fn prover(kind: JobKind) -> LocalProver {
    LocalProver::load(kind, &Parameters::Development, &mut |step| println!("{step:?}")).expect("the development key")
}

/// The prover of the small shape, made once.
fn small_prover() -> &'static LocalProver {
    static PROVER: OnceLock<LocalProver> = OnceLock::new();
    PROVER.get_or_init(|| {
        let matrices = Matrices::record(BatchCircuit::blank(SMALL)).expect("synthesises");
        let key = generate_development(&matrices).expect("generates");
        LocalProver::new(JobKind::Batch(SMALL), key).expect("the key fits")
    })
}

/// A batch of a market after some others.
fn batch(seed: u64, shape: Shape) -> ProofJob {
    let mut random = Random::new(seed);
    let mut world = World::with_traders(random.word(), 4, shape);
    for _ in 0..random.below(6) {
        let request = world.random_batch(shape);
        world.apply(shape, &request);
    }
    let request = world.random_batch(shape);
    let (witness, effect) = world.apply(shape, &request);
    ProofJob::batch(shape, witness, &effect.statement)
}

fn seal(random: &mut Random) -> ProofJob {
    let (statement, witness) = cloister_ledger_testing::seal(random);
    ProofJob::seal(statement, witness)
}

fn exit(random: &mut Random) -> ProofJob {
    let witness = cloister_ledger_testing::exit(&World::with_traders(random.word(), 2, Shape::DEV), 1);
    let statement = witness
        .statement(GENESIS, GroupId(GROUP), AccountIndex(1))
        .expect("a good exit");
    ProofJob::exit(statement, witness)
}

fn house_rekey(random: &mut Random) -> ProofJob {
    let (statement, witness) = cloister_ledger_testing::house_rekey(random);
    ProofJob::house_rekey(statement, witness)
}

/// Proves a job and its bytes with the same randomness. The prover verifies both proofs.
fn check(prover: &LocalProver, job: ProofJob, seed: u64) {
    let bytes = job.to_bytes();
    let random = || ChaCha20Rng::seed_from_u64(seed);
    let from_value = prover.prove_with(job, random()).expect("proven");
    let read = ProofJob::from_bytes(&bytes).expect("its own bytes");
    assert_eq!(prover.prove_with(read.clone(), random()), Ok(from_value));
    // The proof does depend on the randomness.
    assert_ne!(
        prover.prove_with(read, ChaCha20Rng::seed_from_u64(!seed)),
        Ok(from_value)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_proof_from_the_bytes_should_be_the_proof_from_the_value(seed in any::<u64>()) {
        check(small_prover(), batch(seed, SMALL), seed);
    }
}

#[test]
fn a_batch_of_the_development_shape_should_be_proven_from_its_bytes() {
    check(&prover(JobKind::Batch(Shape::DEV)), batch(1, Shape::DEV), 1);
}

#[test]
fn small_statements_should_be_proven_from_their_bytes() {
    let mut random = Random::new(2);
    check(&prover(JobKind::Seal), seal(&mut random), 2);
    check(&prover(JobKind::Exit), exit(&mut random), 3);
    check(&prover(JobKind::HouseRekey), house_rekey(&mut random), 4);
}

#[test]
fn solvency_should_be_proven_from_its_bytes() {
    let shape = SolvencyShape { subtrees: 1 };
    let matrices = Matrices::record(SolvencyCircuit::blank(shape)).expect("synthesises");
    let key = generate_development(&matrices).expect("generates");
    let prover = LocalProver::new(JobKind::Solvency(shape), key).expect("the key fits");
    let mut random = Random::new(8);
    let world = World::with_traders(8, 4, Shape::DEV);
    for last in [false, true] {
        let (statement, witness) = cloister_ledger_testing::solvency(&world, &mut random, shape, last);
        check(&prover, ProofJob::solvency(shape, statement, witness), 8);
    }
    // Whoever proves that nobody is short where somebody is learns which constraint says no.
    let (mut statement, witness) = cloister_ledger_testing::solvency(&world, &mut random, shape, true);
    statement.outcome.as_mut().expect("the last").found.short += 1;
    let refused = block_on(prover.prove(ProofJob::solvency(shape, statement, witness)));
    let Err(ProverError::Unsatisfied { constraint }) = refused else {
        panic!("{refused:?}")
    };
    assert!(constraint.starts_with("D-OUTCOME"), "{constraint}");
}

#[test]
fn a_job_of_another_kind_should_be_refused() {
    let prover = prover(JobKind::Seal);
    let (given, proves) = (JobKind::Exit, JobKind::Seal);
    let refused = block_on(prover.prove(exit(&mut Random::new(4))));
    assert_eq!(refused, Err(ProverError::OtherKind { given, proves }));
}

#[test]
fn a_broken_constraint_should_be_named() {
    let ProofJob::Batch(mut job) = batch(5, SMALL) else {
        panic!("a batch")
    };
    job.witness.sweep.0 += 1;
    let refused = block_on(small_prover().prove(ProofJob::Batch(job)));
    let Err(ProverError::Unsatisfied { constraint }) = refused else {
        panic!("{refused:?}")
    };
    assert!(constraint.contains('/'), "{constraint} is no name");

    let mut exit = exit(&mut Random::new(6));
    if let ProofJob::Exit(job) = &mut exit {
        job.statement.claim.0 += 1;
    }
    let refused = block_on(prover(JobKind::Exit).prove(exit));
    let Err(ProverError::Unsatisfied { constraint }) = refused else {
        panic!("{refused:?}")
    };
    assert!(constraint.starts_with("X-CLAIM"), "{constraint}");
}

#[test]
fn a_witness_with_too_few_units_should_be_refused() {
    let ProofJob::Batch(mut job) = batch(7, SMALL) else {
        panic!("a batch")
    };
    job.witness.units.pop();
    let refused = block_on(small_prover().prove(ProofJob::Batch(job)));
    assert!(matches!(refused, Err(ProverError::Witness { .. })), "{refused:?}");
}

#[test]
fn a_key_of_another_circuit_should_be_refused() {
    let matrices = Matrices::record(BatchCircuit::blank(SMALL)).expect("synthesises");
    let key = generate_development(&matrices).expect("generates");
    let refused = LocalProver::new(JobKind::Seal, key).map(|_| ());
    assert!(matches!(refused, Err(ProverError::WrongKey { .. })), "{refused:?}");
    let nowhere = Parameters::File("no such folder/no such file".into());
    let refused = LocalProver::load(JobKind::Seal, &nowhere, &mut |_| {}).map(|_| ());
    assert!(
        matches!(refused, Err(ProverError::KeyUnavailable { .. })),
        "{refused:?}"
    );
}
