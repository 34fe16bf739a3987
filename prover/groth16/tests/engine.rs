//! Generation and proofs against the crate `groth16`, byte for byte, on every set of instructions.

mod common;

use bellman::{Circuit, ConstraintSystem, LinearCombination, SynthesisError};
use bls12_381::{Bls12, Scalar};
use cloister_groth16::{
    constraint_name, generate_into, Assignment, Backend, KeyError, KeyPoints, Matrices, ProveError, Prover, ProvingKey,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// A chain of constraints of every kind that the engine treats apart: bits, full values, small ones, wires in many
/// rows, long rows, coefficients other than one.
#[derive(Clone)]
struct Chain {
    steps: usize,
    inputs: usize,
    seed: u64,
    /// Breaks the constraint of this step.
    broken: Option<usize>,
}

impl Chain {
    fn new(steps: usize, inputs: usize, seed: u64) -> Self {
        Self {
            steps,
            inputs,
            seed,
            broken: None,
        }
    }
}

impl Circuit<Scalar> for Chain {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let mut random = self.seed;
        let mut word = || {
            random = random
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            random >> 33
        };
        let mut value = Scalar::from(word());
        let mut x = cs.alloc(|| "x", || Ok(value))?;
        let mut sum = LinearCombination::zero() + x;
        let mut total = value;
        for step in 0..self.steps {
            let mut cs = cs.namespace(|| format!("step {step}"));
            let bit = word() & 1;
            let b = cs.alloc(|| "bit", || Ok(Scalar::from(bit)))?;
            cs.enforce(|| "boolean", |lc| lc + b, |lc| lc + CS::one() - b, |lc| lc);
            // The next value: (x + 3 b)·(x - x_small) with a coefficient that is neither one nor small.
            let small = Scalar::from(word() & 0xffff);
            let s = cs.alloc(|| "small", || Ok(small))?;
            let odd = Scalar::from(5).invert().unwrap_or(Scalar::zero());
            let mut next = (value + Scalar::from(3 * bit)) * (value * odd - small);
            if self.broken == Some(step) {
                next += Scalar::one();
            }
            let y = cs.alloc(|| "next", || Ok(next))?;
            cs.enforce(
                || "product",
                |lc| lc + x + (Scalar::from(3), b),
                |lc| lc + (odd, x) - s,
                |lc| lc + y,
            );
            (x, value) = (y, next);
            sum = sum + x - b;
            total += next - Scalar::from(bit);
        }
        for i in 0..self.inputs {
            let public = total * Scalar::from(i as u64 + 1);
            let input = cs.alloc_input(|| format!("public {i}"), || Ok(public))?;
            cs.enforce(
                || format!("output {i}"),
                |lc| lc + &sum,
                |lc| lc + (Scalar::from(i as u64 + 1), CS::one()),
                |lc| lc + input,
            );
        }
        Ok(())
    }
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn backends() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|b| b.is_available())
}

fn generated(matrices: &Matrices, seed: u64, backend: Backend) -> ProvingKey {
    let mut points = KeyPoints::default();
    let vk = generate_into(matrices, rng(seed), &mut points, backend).expect("generates");
    ProvingKey::from_points(matrices.id(), true, vk, points)
}

fn bytes(key: &ProvingKey) -> Vec<u8> {
    let mut out = Vec::new();
    key.write_groth16(&mut out).expect("a vector takes everything");
    out
}

/// Sizes around the edges of domains, lanes and windows.
const SIZES: [(usize, usize); 9] = [
    (0, 1),
    (1, 1),
    (2, 0),
    (3, 2),
    (6, 1),
    (7, 3),
    (60, 1),
    (300, 5),
    (1100, 1),
];

#[test]
fn parameters_are_those_of_the_reference() {
    for (steps, inputs) in SIZES {
        let circuit = Chain::new(steps, inputs, 7);
        let reference =
            groth16::generate_random_parameters::<Bls12, _, _>(circuit.clone(), &mut rng(5)).expect("generates");
        let mut expected = Vec::new();
        reference.write(&mut expected).expect("a vector takes everything");
        let matrices = Matrices::record(circuit).expect("synthesises");
        for backend in backends() {
            assert!(
                bytes(&generated(&matrices, 5, backend)) == expected,
                "{steps} steps, {backend:?}"
            );
        }
    }
}

#[test]
fn proofs_are_those_of_the_reference() {
    for (steps, inputs) in SIZES {
        let circuit = Chain::new(steps, inputs, 11);
        let matrices = Matrices::record(circuit.clone()).expect("synthesises");
        let key = generated(&matrices, 3, Backend::detect());
        let reference =
            groth16::Parameters::<Bls12>::read(&bytes(&key)[..], true).expect("our encoding is the reference's");
        let expected =
            groth16::create_random_proof::<Bls12, _, _, _>(circuit.clone(), &reference, &mut rng(9)).expect("proves");
        let mut encoded = Vec::new();
        expected.write(&mut encoded).expect("a vector takes everything");
        let assignment = Assignment::of(circuit.clone()).expect("synthesises");
        for backend in backends() {
            let prover = Prover::with_backend(key.clone(), matrices.clone(), backend).expect("the key fits");
            assert_eq!(prover.backend(), backend);
            let proof = prover.prove(circuit.clone(), rng(9)).expect("proves");
            assert!(proof.0[..] == encoded, "{steps} steps, {backend:?}");
            key.verify(&proof, &assignment.inputs[1..]).expect("verifies");
        }
    }
}

#[test]
fn the_first_broken_constraint_is_named() {
    let circuit = Chain::new(40, 1, 1);
    let matrices = Matrices::record(circuit.clone()).expect("synthesises");
    let prover = Prover::new(generated(&matrices, 1, Backend::detect()), matrices).expect("the key fits");
    let broken = Chain {
        broken: Some(17),
        ..circuit.clone()
    };
    let Err(ProveError::Unsatisfied { constraint }) = prover.prove(broken, rng(1)) else {
        panic!("a broken witness must not be proved");
    };
    let name = constraint_name(circuit.clone(), constraint).expect("synthesises");
    assert_eq!(name.as_deref(), Some("step 17/product"));
    assert_eq!(constraint_name(circuit, 1 << 20).expect("synthesises"), None);
}

#[test]
fn a_witness_of_another_size_is_refused() {
    let circuit = Chain::new(4, 1, 1);
    let matrices = Matrices::record(circuit).expect("synthesises");
    let prover = Prover::new(generated(&matrices, 1, Backend::detect()), matrices).expect("the key fits");
    let error = prover
        .prove(Chain::new(5, 1, 1), rng(1))
        .expect_err("one step too many");
    assert!(
        matches!(
            error,
            ProveError::Wires {
                expected: (2, 13),
                given: (2, 16)
            }
        ),
        "{error}"
    );
}

#[test]
fn a_key_of_another_circuit_is_refused() {
    let one = Matrices::record(Chain::new(4, 1, 1)).expect("synthesises");
    let other = Matrices::record(Chain::new(5, 1, 1)).expect("synthesises");
    let key = generated(&one, 1, Backend::detect());
    let error = Prover::new(key, other.clone()).expect_err("of another circuit");
    let KeyError::WrongCircuit { found, expected } = error else {
        panic!("{error}");
    };
    assert_eq!((found, expected), (one.id(), other.id()));
}

#[test]
fn a_key_with_a_missing_point_is_refused() {
    let matrices = Matrices::record(Chain::new(4, 1, 1)).expect("synthesises");
    let mut points = KeyPoints::default();
    let vk = generate_into(&matrices, rng(1), &mut points, Backend::detect()).expect("generates");
    points.b_g2.pop();
    let key = ProvingKey::from_points(matrices.id(), true, vk, points);
    let error = Prover::new(key, matrices).expect_err("a point is missing");
    assert!(matches!(error, KeyError::Points { list: "b_g2", .. }), "{error}");
}

#[test]
fn the_identity_of_a_circuit_is_its_constraints() {
    let id = |circuit| Matrices::record(circuit).expect("synthesises").id();
    assert_eq!(
        id(Chain::new(4, 1, 1)),
        id(Chain::new(4, 1, 2)),
        "the witness does not count"
    );
    assert_ne!(id(Chain::new(4, 1, 1)), id(Chain::new(4, 2, 1)));
}
