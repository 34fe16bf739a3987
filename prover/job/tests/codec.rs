//! Jobs as bytes: what is written is read back, and whatever else the bytes hold is refused with its reason.

use cloister_ledger::{
    wire::{WireError, MAX_PLACES, MAX_SUBTREES, MAX_UNITS},
    Shape, SolvencyShape,
};
use cloister_ledger_testing::{spoil, Random, World, GENESIS, GROUP};
use cloister_prover_job::{DecodeError, JobKind, ProofJob, FORMAT, MAGIC, MAX_BYTES};
use cloister_types::{AccountIndex, GroupId};
use proptest::prelude::*;

/// Bytes of the header: magic, format, kind.
const HEADER: usize = MAGIC.len() + 2;

fn shape(units: u16, places: u16) -> Shape {
    Shape { units, places }
}

/// A batch of a market, as it is or spoiled: a job is not the place to ask whether a witness follows the rules.
fn batch(random: &mut Random, shape: Shape, spoiled: u64) -> ProofJob {
    let mut world = World::with_traders(random.word(), 4, shape);
    for _ in 0..random.below(4) {
        let request = world.random_batch(shape);
        world.apply(shape, &request);
    }
    let request = world.random_batch(shape);
    let (mut witness, effect) = world.apply(shape, &request);
    for _ in 0..spoiled {
        spoil(&mut witness, random);
    }
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

fn solvency(random: &mut Random, subtrees: u16) -> ProofJob {
    let world = World::with_traders(random.word(), 4, Shape::DEV);
    let (shape, last) = (SolvencyShape { subtrees }, random.once_in(2));
    let (statement, witness) = cloister_ledger_testing::solvency(&world, random, shape, last);
    ProofJob::solvency(shape, statement, witness)
}

/// Everything that holds of every job.
fn check(job: &ProofJob, random: &mut Random) {
    let bytes = job.to_bytes();
    assert_eq!(ProofJob::from_bytes(&bytes).as_ref(), Ok(job));

    // Any end that comes too early.
    let cut = random.below(bytes.len() as u64) as usize;
    assert_eq!(
        ProofJob::from_bytes(&bytes[..cut]),
        Err(DecodeError::Wire(WireError::Truncated))
    );

    // Any end that comes too late.
    let trailing = random.between(1, 40) as usize;
    let long = [&bytes[..], &vec![0; trailing]].concat();
    assert_eq!(ProofJob::from_bytes(&long), Err(DecodeError::TrailingBytes(trailing)));

    // Any other byte: either it is refused, or it is the one encoding of another job.
    for _ in 0..20 {
        let mut altered = bytes.clone();
        let at = random.below(bytes.len() as u64) as usize;
        altered[at] ^= 1 << random.below(8);
        match ProofJob::from_bytes(&altered) {
            Ok(other) => {
                assert!(other != *job);
                assert_eq!(other.to_bytes(), altered);
            }
            Err(error) => assert!(!matches!(error, DecodeError::TooLong { .. }), "{error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn jobs_should_be_read_back_from_their_bytes(
        seed in any::<u64>(),
        units in 1u16..6,
        places in 1u16..4,
        spoiled in 0u64..3,
    ) {
        let mut random = Random::new(seed);
        let jobs = [
            batch(&mut random, shape(units, places), spoiled),
            seal(&mut random),
            exit(&mut random),
            house_rekey(&mut random),
            solvency(&mut random, units),
        ];
        for job in jobs {
            check(&job, &mut random);
        }
    }

    #[test]
    fn any_bytes_after_a_header_should_be_read_or_refused(
        kind in 0u8..4,
        bytes in proptest::collection::vec(any::<u8>(), 0..20_000),
    ) {
        let bytes = [&MAGIC[..], &[FORMAT, kind], &bytes].concat();
        if let Ok(job) = ProofJob::from_bytes(&bytes) {
            prop_assert_eq!(job.to_bytes(), bytes);
        }
    }
}

#[test]
fn a_header_of_something_else_should_be_refused() {
    let bytes = seal(&mut Random::new(1)).to_bytes();
    let with = |at: usize, byte: u8| {
        let mut altered = bytes.clone();
        altered[at] = byte;
        ProofJob::from_bytes(&altered)
    };
    assert_eq!(with(0, b'X'), Err(DecodeError::NotAJob));
    let (found, expected) = (FORMAT + 1, FORMAT);
    assert_eq!(with(MAGIC.len(), found), Err(DecodeError::Format { found, expected }));
    assert_eq!(with(MAGIC.len() + 1, 5), Err(DecodeError::Kind(5)));
    assert_eq!(ProofJob::from_bytes(&[]), Err(DecodeError::Wire(WireError::Truncated)));
}

#[test]
fn an_element_that_is_not_canonical_should_be_refused() {
    let mut random = Random::new(2);
    let jobs = [
        batch(&mut random, shape(2, 1), 0),
        seal(&mut random),
        exit(&mut random),
        house_rekey(&mut random),
        solvency(&mut random, 2),
    ];
    for job in jobs {
        // One of the statement and one of the witness.
        let elements = match &job {
            ProofJob::Batch(job) => [job.statement, job.witness.units[1].before.view_key],
            ProofJob::Seal(job) => [job.statement.ciphertext, job.witness.view_key],
            ProofJob::Exit(job) => [job.statement.root, job.witness.account.view_key],
            ProofJob::HouseRekey(job) => [job.statement.ciphertext, job.witness.new_key],
            ProofJob::Solvency(job) => [job.statement.after, job.witness.blinding],
        };
        let bytes = job.to_bytes();
        for element in elements {
            let element = element.to_bytes();
            let at = bytes
                .windows(32)
                .position(|window| window == element)
                .expect("it is there");
            let mut altered = bytes.clone();
            altered[at..at + 32].fill(0xFF);
            let refused = ProofJob::from_bytes(&altered);
            assert_eq!(refused, Err(DecodeError::Wire(WireError::NonCanonical)));
        }
    }
}

#[test]
fn solvency_of_another_shape_than_its_witness_should_be_refused() {
    let job = solvency(&mut Random::new(3), 3);
    let stated = |subtrees: u16| {
        let mut bytes = job.to_bytes();
        bytes[HEADER..HEADER + 2].copy_from_slice(&subtrees.to_le_bytes());
        ProofJob::from_bytes(&bytes).map(|job| job.kind())
    };
    let shape = |subtrees| SolvencyShape { subtrees };
    assert_eq!(stated(3), Ok(JobKind::Solvency(shape(3))));
    for subtrees in [1, 2, 4, MAX_SUBTREES as u16] {
        assert_eq!(stated(subtrees), Err(DecodeError::OtherSolvencyShape(shape(subtrees))));
    }
    for subtrees in [0, MAX_SUBTREES as u16 + 1, u16::MAX] {
        assert_eq!(stated(subtrees), Err(DecodeError::SolvencyShape(shape(subtrees))));
    }
}

#[test]
fn a_batch_of_another_shape_than_its_witness_should_be_refused() {
    let job = batch(&mut Random::new(3), shape(3, 2), 0);
    let stated = |units: u16, places: u16| {
        let mut bytes = job.to_bytes();
        bytes[HEADER..HEADER + 2].copy_from_slice(&units.to_le_bytes());
        bytes[HEADER + 2..HEADER + 4].copy_from_slice(&places.to_le_bytes());
        ProofJob::from_bytes(&bytes).map(|job| job.kind())
    };
    assert_eq!(stated(3, 2), Ok(JobKind::Batch(shape(3, 2))));
    for (units, places) in [(2, 2), (4, 2), (3, 1), (3, 3)] {
        assert_eq!(
            stated(units, places),
            Err(DecodeError::OtherShape(shape(units, places)))
        );
    }
    let (most_units, most_places) = (MAX_UNITS as u16, MAX_PLACES as u16);
    for (units, places) in [
        (0, 1),
        (1, 0),
        (most_units + 1, 1),
        (1, most_places + 1),
        (u16::MAX, u16::MAX),
    ] {
        assert_eq!(stated(units, places), Err(DecodeError::Shape(shape(units, places))));
    }
}

#[test]
fn a_list_should_be_refused_by_its_length_alone() {
    let job = batch(&mut Random::new(4), shape(3, 1), 0);
    let ProofJob::Batch(inner) = &job else {
        panic!("a batch")
    };
    let mut longer = inner.clone();
    longer.witness.units = vec![inner.witness.units[0].clone(); MAX_UNITS as usize + 1];
    let refused = ProofJob::from_bytes(&ProofJob::Batch(longer).to_bytes());
    let (found, max) = (MAX_UNITS + 1, MAX_UNITS);
    assert_eq!(refused, Err(DecodeError::Wire(WireError::TooMany { found, max })));
}

#[test]
fn the_largest_batch_should_fit_and_nothing_longer_should_be_looked_at() {
    let ProofJob::Batch(mut job) = batch(&mut Random::new(5), shape(2, 1), 0) else {
        panic!("a batch")
    };
    let mut unit = job.witness.units[0].clone();
    unit.places = vec![unit.places[0].clone(); MAX_PLACES as usize];
    job.witness.units = vec![unit; MAX_UNITS as usize];
    job.shape = shape(MAX_UNITS as u16, MAX_PLACES as u16);
    let job = ProofJob::Batch(job);
    let mut bytes = job.to_bytes();
    assert_eq!(ProofJob::from_bytes(&bytes), Ok(job));
    assert!(bytes.len() <= MAX_BYTES);

    bytes.resize(MAX_BYTES + 1, 0);
    let (length, max) = (MAX_BYTES + 1, MAX_BYTES);
    assert_eq!(ProofJob::from_bytes(&bytes), Err(DecodeError::TooLong { length, max }));
}

#[test]
fn secrets_should_not_be_shown() {
    let mut random = Random::new(6);
    let job = seal(&mut random);
    let ProofJob::Seal(inner) = &job else { panic!("a seal") };
    let shown = format!("{job:?}");
    assert!(shown.contains(&format!("{:?}", job.public_input())));
    assert!(!shown.contains(&format!("{:?}", inner.witness.view_key)), "{shown}");
}
