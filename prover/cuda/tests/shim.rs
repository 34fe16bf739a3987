//! Proofs by the kernels, run on this processor, beside the engine's own.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::Scalar;
use cloister_cuda::{CudaError, Resident, Shim, Stage, Tuning};
use cloister_groth16::{generate_development, Accelerator, Assignment, Matrices, ProveError, Prover, ProvingKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Cuts that make small sums go through every kernel: several windows, parts of buckets, rounds of parts and points.
const SMALL: Tuning = Tuning {
    least_width: 4,
    width: 6,
    chunk: 5,
    threads: 16,
    parts: 4,
    buckets: 4,
    fan: 3,
};

/// A chain of products with wires of every kind: zero, one, short, minus short, and full; some of them repeat.
#[derive(Clone)]
struct Chain {
    length: usize,
    witness: Option<u64>,
}

impl Chain {
    fn blank(length: usize) -> Self {
        Self { length, witness: None }
    }

    fn of(length: usize, seed: u64) -> Self {
        Self {
            length,
            witness: Some(seed),
        }
    }

    fn value(seed: u64, i: usize) -> Scalar {
        let x = Scalar::from(seed + i as u64);
        match i % 7 {
            0 => Scalar::zero(),
            1 => Scalar::one(),
            2 => x,
            3 => -x,
            4 => x.square().square().square().square() * x.invert().unwrap_or(Scalar::one()),
            5 => -Scalar::one(),
            _ => Scalar::from(u64::MAX) * Scalar::from(u64::MAX - i as u64),
        }
    }
}

impl Circuit<Scalar> for Chain {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let missing = SynthesisError::AssignmentMissing;
        let witness = |i: usize| self.witness.map(|seed| Self::value(seed, i));
        let mut sum = Scalar::zero();
        let mut combination = bellman::LinearCombination::zero();
        for i in 0..self.length {
            let (x, y) = (witness(i), witness(i + 3));
            let left = cs.alloc(|| "left", || x.ok_or(SynthesisError::AssignmentMissing))?;
            let right = cs.alloc(|| "right", || y.ok_or(SynthesisError::AssignmentMissing))?;
            let product = x.zip(y).map(|(x, y)| x * (y + x.double()));
            let out = cs.alloc(|| "product", || product.ok_or(SynthesisError::AssignmentMissing))?;
            cs.enforce(
                || "product",
                |lc| lc + left,
                |lc| lc + right + (Scalar::from(2), left),
                |lc| lc + out,
            );
            let factor = Scalar::from(i as u64 * 3 + 1);
            sum += product.unwrap_or_default() * factor;
            combination = combination + (factor, out);
        }
        let sum = self.witness.map(|_| sum);
        let total = cs.alloc_input(|| "sum", || sum.ok_or(missing))?;
        cs.enforce(|| "sum", |lc| lc + &combination, |lc| lc + CS::one(), |lc| lc + total);
        Ok(())
    }
}

fn system(length: usize) -> (ProvingKey, Matrices) {
    let matrices = Matrices::record(Chain::blank(length)).expect("records");
    (generate_development(&matrices).expect("a key"), matrices)
}

fn resident(length: usize, tuning: Tuning) -> Resident<Shim> {
    let (key, matrices) = system(length);
    Resident::load(Shim, &key, &matrices, tuning).expect("loads")
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(7)
}

fn words(assignment: &Assignment) -> Vec<[u64; 4]> {
    let of = |value: &Scalar| {
        let bytes = value.to_bytes();
        std::array::from_fn(|i| u64::from_le_bytes(bytes[8 * i..8 * i + 8].try_into().expect("eight bytes")))
    };
    assignment.inputs.iter().chain(&assignment.aux).map(of).collect()
}

fn assignment(length: usize, seed: u64) -> Assignment {
    Assignment::of(Chain::of(length, seed)).expect("a witness")
}

/// Proves with the kernels and with the engine, and compares the bytes.
fn compare(length: usize, tuning: Tuning, seeds: &[u64]) {
    let (key, matrices) = system(length);
    let resident = Resident::load(Shim, &key, &matrices, tuning).expect("loads");
    let here = Prover::new(key.clone(), matrices.clone()).expect("a prover");
    let there = Prover::with_accelerator(key.clone(), matrices, Box::new(resident)).expect("a prover");
    for seed in seeds {
        let assignment = assignment(length, *seed);
        let expected = here.prove_assignment(&assignment, rng()).expect("proves");
        let found = there.prove_assignment(&assignment, rng()).expect("proves");
        assert_eq!(found, expected, "length {length}, seed {seed}");
        key.verify(&found, &assignment.inputs[1..]).expect("a good proof");
    }
}

#[test]
fn proofs_should_have_the_bytes_of_the_engine() {
    // Domains from 2^2 to 2^7, so that every number of fused stages is met, first and last.
    for length in [1, 2, 5, 13, 20, 60, 100] {
        compare(length, SMALL, &[1, 1 << 40]);
    }
}

#[test]
fn proofs_should_not_depend_on_how_work_is_cut() {
    for tuning in [
        Tuning {
            least_width: 2,
            width: 3,
            ..SMALL
        },
        // Windows of so many buckets that their counts are added up in two rounds.
        Tuning {
            least_width: 16,
            width: 16,
            ..SMALL
        },
        Tuning {
            chunk: 4,
            threads: 1,
            ..SMALL
        },
        Tuning {
            chunk: 64,
            threads: 1,
            parts: 7,
            ..SMALL
        },
        Tuning {
            buckets: 1,
            fan: 2,
            ..SMALL
        },
        Tuning {
            buckets: 1 << 20,
            fan: 64,
            ..SMALL
        },
        Tuning::default(),
    ] {
        compare(20, tuning, &[3]);
    }
}

#[test]
fn one_prover_should_prove_again_and_again() {
    compare(30, SMALL, &[1, 2, 3, 2, 1]);
}

/// Wires in pairs that are equal or opposite, in A and in B.
struct Pairs(Option<u64>);

impl Circuit<Scalar> for Pairs {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        for i in 0..12 {
            let x = self.0.map(|seed| Scalar::from(seed + i) * Scalar::from(u64::MAX - i));
            let y = x.map(|x| if i % 3 == 0 { x } else { -x });
            let wire = |value: Option<Scalar>| move || value.ok_or(SynthesisError::AssignmentMissing);
            let left = cs.alloc(|| "x", wire(x))?;
            let right = cs.alloc(|| "y", wire(y))?;
            let product = cs.alloc(|| "product", wire(x.zip(y).map(|(x, y)| x * y)))?;
            cs.enforce(|| "x y", |lc| lc + left, |lc| lc + right, |lc| lc + product);
            cs.enforce(|| "y x", |lc| lc + right, |lc| lc + left, |lc| lc + product);
        }
        Ok(())
    }
}

/// Equal points with equal scalars are doubled in a bucket, with opposite ones they cancel, in both groups.
#[test]
fn equal_and_opposite_points_should_add_up() {
    let matrices = Matrices::record(Pairs(None)).expect("records");
    let key = generate_development(&matrices).expect("a key");
    fn twin<P: Copy>(points: &[P], first: usize) -> Vec<P> {
        let mut out = points.to_vec();
        for pair in out[first..].chunks_exact_mut(2) {
            pair[1] = pair[0];
        }
        out
    }
    let points = cloister_groth16::KeyPoints {
        h: key.h().to_vec(),
        l: key.l().to_vec(),
        // Behind the constant.
        a: twin(key.a(), 1),
        b_g1: twin(key.b_g1(), 0),
        b_g2: twin(key.b_g2(), 0),
    };
    assert_eq!((points.a.len(), points.b_g2.len()), (25, 24));
    let key = ProvingKey::from_points(key.circuit(), true, key.vk().clone(), points);
    let resident = Resident::load(Shim, &key, &matrices, SMALL).expect("loads");
    let here = Prover::new(key.clone(), matrices.clone()).expect("a prover");
    let there = Prover::with_accelerator(key, matrices, Box::new(resident)).expect("a prover");
    for seed in [1, 5] {
        let assignment = Assignment::of(Pairs(Some(seed))).expect("a witness");
        let expected = here.prove_assignment(&assignment, rng()).expect("sums");
        let found = there.prove_assignment(&assignment, rng()).expect("sums");
        assert_eq!(found, expected);
    }
}

/// One constraint, in the smallest domain, with nothing in B.
struct Nothing(Option<Scalar>);

impl Circuit<Scalar> for Nothing {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let x = cs.alloc(|| "x", || self.0.ok_or(SynthesisError::AssignmentMissing))?;
        cs.enforce(|| "nothing", |lc| lc + x, |lc| lc, |lc| lc);
        Ok(())
    }
}

#[test]
fn smallest_domain_and_empty_list_should_be_proven() {
    let matrices = Matrices::record(Nothing(None)).expect("records");
    assert_eq!(matrices.domain_log2(), 1);
    let key = generate_development(&matrices).expect("a key");
    assert_eq!(key.b_g2().len(), 0);
    let resident = Resident::load(Shim, &key, &matrices, SMALL).expect("loads");
    let here = Prover::new(key.clone(), matrices.clone()).expect("a prover");
    let there = Prover::with_accelerator(key, matrices, Box::new(resident)).expect("a prover");
    let assignment = Assignment::of(Nothing(Some(Scalar::from(77)))).expect("a witness");
    let expected = here.prove_assignment(&assignment, rng()).expect("proves");
    assert_eq!(there.prove_assignment(&assignment, rng()).expect("proves"), expected);
}

#[test]
fn cuts_that_kernels_cannot_follow_should_be_refused() {
    assert_eq!(Tuning::default().check(), Ok(()));
    assert_eq!(SMALL.check(), Ok(()));
    let bad = [
        Tuning {
            least_width: 0,
            ..SMALL
        },
        Tuning { width: 25, ..SMALL },
        Tuning { width: 3, ..SMALL },
        Tuning { chunk: 3, ..SMALL },
        Tuning { threads: 0, ..SMALL },
        Tuning { parts: 3, ..SMALL },
        Tuning { buckets: 3, ..SMALL },
        Tuning { fan: 1, ..SMALL },
    ];
    let (key, matrices) = system(5);
    for tuning in bad {
        let found = Resident::load(Shim, &key, &matrices, tuning);
        assert!(matches!(found, Err(CudaError::Tuning { .. })), "{tuning:?}: {found:?}");
    }
}

#[test]
fn matrices_that_name_what_does_not_exist_should_be_refused() {
    let (key, matrices) = system(5);
    type Change = fn(&mut Matrices);
    let changes: [(char, Change); 6] = [
        ('A', |m| m.a.terms[3].column = m.wires() as u32),
        ('B', |m| m.b.terms[2].coefficient = m.coefficients.len() as u32),
        ('C', |m| m.c.row_ends[1] = m.c.row_ends[2] + 1),
        ('C', |m| m.c.row_ends[5] -= 1),
        ('B', |m| m.b.row_ends.truncate(2)),
        ('A', |m| m.a.terms.truncate(1)),
    ];
    for (matrix, change) in changes {
        let mut matrices = matrices.clone();
        change(&mut matrices);
        let found = Resident::load(Shim, &key, &matrices, SMALL);
        assert_eq!(found.err(), Some(CudaError::Matrix { matrix }));
    }
}

#[test]
fn wire_that_is_no_scalar_should_be_named() {
    const R: [u64; 4] = [
        0xffff_ffff_0000_0001,
        0x53bd_a402_fffe_5bfe,
        0x3339_d808_09a1_d805,
        0x73ed_a753_299d_7d48,
    ];
    let resident = resident(5, SMALL);
    let good = words(&assignment(5, 1));
    for bad in [R, [u64::MAX; 4], [0, 0, 0, R[3] + 1], [R[0], R[1] + 1, R[2], R[3]]] {
        let mut wires = good.clone();
        wires[4] = bad;
        assert_eq!(resident.sums(&wires), Err(CudaError::Range { wire: 4 }));
    }
    // The largest scalar is one; a constraint breaks.
    let mut wires = good;
    wires[4] = [R[0] - 1, R[1], R[2], R[3]];
    let found = resident.sums(&wires);
    assert!(matches!(found, Err(CudaError::Unsatisfied { .. })), "{found:?}");
}

#[test]
fn first_broken_constraint_should_be_named() {
    let resident = resident(20, SMALL);
    let mut assignment = assignment(20, 4);
    // The products of links 6 and 9.
    for link in [6, 9] {
        assignment.aux[3 * link + 2] += Scalar::one();
    }
    let found = Accelerator::sums(&resident, &words(&assignment));
    assert!(
        matches!(found, Err(ProveError::Unsatisfied { constraint: 6 })),
        "{found:?}"
    );
    // The machine is good for the next proof.
    resident.sums(&words(&self::assignment(20, 4))).expect("sums");
}

#[test]
fn wrong_number_of_wires_should_be_named() {
    let resident = resident(5, SMALL);
    let expected = CudaError::Wires { expected: 17, given: 1 };
    assert_eq!(resident.sums(&[[1, 0, 0, 0]]), Err(expected));
}

#[test]
fn key_of_another_circuit_should_be_refused() {
    let (key, _) = system(5);
    let (_, matrices) = system(6);
    let found = Resident::load(Shim, &key, &matrices, SMALL);
    assert!(matches!(found, Err(CudaError::OtherKey { .. })), "{found:?}");
}

#[test]
fn stages_should_be_named_in_order() {
    let resident = resident(5, SMALL);
    let wires = words(&assignment(5, 1));
    let (sums, stages) = resident.sums_by_stage(&wires).expect("sums");
    assert_eq!(sums, resident.sums(&wires).expect("sums"));
    use Stage::{Copy, Quotient, Results, Rows, A, BG1, BG2, H, L};
    let names: Vec<Stage> = stages.into_iter().map(|(stage, _)| stage).collect();
    assert_eq!(names, [Copy, Rows, Quotient, H, L, A, BG1, BG2, Results]);
}
