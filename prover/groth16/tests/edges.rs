//! Circuits, keys and witnesses at the edges: terms that repeat or cancel, wires on one side only, domains that are
//! full to the last row, identities where none may be.

use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use bls12_381::{Bls12, Scalar};
use cloister_groth16::{
    generate_into, Assignment, Backend, G1Affine, G2Affine, KeyError, KeyPoint, KeyPoints, Matrices, PointError,
    Prover, ProvingKey, VerifyingKey,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// `x` squared again and again; no public input but the constant.
#[derive(Clone)]
struct Squares(usize);

impl Circuit<Scalar> for Squares {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let mut value = Scalar::from(3);
        let mut x = CS::one();
        for i in 0..self.0 {
            // The first one is the constant's square.
            let next = if i == 0 { Scalar::one() } else { value.square() };
            let y = cs.alloc(|| "square", || Ok(next))?;
            cs.enforce(|| "square", |lc| lc + x, |lc| lc + x, |lc| lc + y);
            (x, value) = (y, next);
        }
        Ok(())
    }
}

/// Rows in which a wire occurs twice, cancels, or has the coefficient zero; wires on one side only; inputs between
/// private wires, one of them in no row.
#[derive(Clone)]
struct Odd;

impl Circuit<Scalar> for Odd {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let number = |x: u64| move || Ok(Scalar::from(x));
        let x = cs.alloc(|| "x", number(5))?;
        let first = cs.alloc_input(|| "first", number(7))?;
        let right = cs.alloc(|| "only on the right", number(11))?;
        let unused = cs.alloc_input(|| "in no row", number(13))?;
        let product = cs.alloc(|| "only in products", number(110))?;
        let twice = cs.alloc(|| "cancelled on the left", number(17))?;
        let last = cs.alloc_input(|| "last", number(34))?;
        let zero = Scalar::zero();
        // A wire twice in a row.
        cs.enforce(|| "repeated", |lc| lc + x + x, |lc| lc + right, |lc| lc + product);
        // Terms that leave nothing, on every side.
        cs.enforce(
            || "cancelled",
            |lc| lc + twice - twice + x - x,
            |lc| lc + twice - twice + first - first + last - last,
            |lc| lc + product - product,
        );
        // Coefficients that are zero.
        cs.enforce(
            || "zeros",
            |lc| lc + (zero, product) + (zero, last),
            |lc| lc + (zero, x) + (zero, unused) + CS::one(),
            |lc| lc + (zero, twice),
        );
        cs.enforce(|| "empty", |lc| lc, |lc| lc, |lc| lc);
        // Cancelled in its first row, this wire has a polynomial from here.
        let two = Scalar::from(2);
        cs.enforce(|| "double", |lc| lc + CS::one(), |lc| lc + (two, twice), |lc| lc + last);
        cs.enforce(
            || "parts that add up",
            |lc| lc + first + (two, first) - first - first,
            |lc| lc + (two, CS::one()) - CS::one(),
            |lc| lc + first + x - x,
        );
        Ok(())
    }
}

/// Puts the identity in one place.
type Spoil<T> = fn(&mut T);

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn backends() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|b| b.is_available())
}

fn generated(matrices: &Matrices, backend: Backend) -> (VerifyingKey, KeyPoints) {
    let mut points = KeyPoints::default();
    let vk = generate_into(matrices, rng(4), &mut points, backend).expect("generates");
    (vk, points)
}

fn key(matrices: &Matrices, (vk, points): (VerifyingKey, KeyPoints)) -> ProvingKey {
    ProvingKey::from_points(matrices.id(), true, vk, points)
}

fn bytes(key: &ProvingKey) -> Vec<u8> {
    let mut out = Vec::new();
    key.write_groth16(&mut out).expect("a vector takes everything");
    out
}

/// Keys of all backends are the reference's; returns one.
fn compared<C: Circuit<Scalar> + Clone>(circuit: C, matrices: &Matrices, what: &str) -> ProvingKey {
    let reference = groth16::generate_random_parameters::<Bls12, _, _>(circuit, &mut rng(4)).expect("generates");
    let mut expected = Vec::new();
    reference.write(&mut expected).expect("a vector takes everything");
    let mut keys = backends().map(|backend| key(matrices, generated(matrices, backend)));
    let first = keys.next().expect("one is always available");
    assert!(bytes(&first) == expected, "{what}");
    assert!(keys.all(|key| bytes(&key) == expected), "{what}");
    first
}

#[test]
fn domains_are_full_to_the_last_row() {
    // One row belongs to the constant: with 2^k - 1 constraints there is none to spare.
    for constraints in [0, 1, 2, 3, 4, 6, 7, 8, 14, 15, 16, 31, 63, 127, 128] {
        let circuit = Squares(constraints);
        let matrices = Matrices::record(circuit.clone()).expect("synthesises");
        let size = 1usize << matrices.domain_log2();
        assert!(size > constraints && size <= 2 * (constraints + 1));
        let key = compared(circuit.clone(), &matrices, &format!("{constraints} constraints"));
        let parameters = groth16::Parameters::<Bls12>::read(&bytes(&key)[..], true).expect("a good key");
        let expected =
            groth16::create_random_proof::<Bls12, _, _, _>(circuit.clone(), &parameters, &mut rng(9)).expect("proves");
        let mut encoded = Vec::new();
        expected.write(&mut encoded).expect("a vector takes everything");
        for backend in backends() {
            let prover = Prover::with_backend(key.clone(), matrices.clone(), backend).expect("the key fits");
            let proof = prover.prove(circuit.clone(), rng(9)).expect("proves");
            assert!(proof.0[..] == encoded, "{constraints} constraints, {backend:?}");
            key.verify(&proof, &[]).expect("verifies");
        }
    }
}

#[test]
fn terms_that_repeat_and_cancel_are_proved() {
    // The reference generates the same key, but its prover takes cancelled terms for points that the key does not have.
    let matrices = Matrices::record(Odd).expect("synthesises");
    let key = compared(Odd, &matrices, "odd rows");
    let inputs = [7, 13, 34].map(Scalar::from);
    let mut proofs = backends().map(|backend| {
        let prover = Prover::with_backend(key.clone(), matrices.clone(), backend).expect("the key fits");
        prover.prove(Odd, rng(2)).expect("proves")
    });
    let first = proofs.next().expect("one is always available");
    key.verify(&first, &inputs).expect("verifies");
    assert!(proofs.all(|proof| proof == first));
    key.verify(&first, &[8, 13, 34].map(Scalar::from))
        .expect_err("of other inputs");
}

/// A private wire whose terms cancel in the only row that names it.
struct Cancelled;

impl Circuit<Scalar> for Cancelled {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let x = cs.alloc(|| "x", || Ok(Scalar::one()))?;
        cs.enforce(|| "nothing", |lc| lc + x - x, |lc| lc + CS::one(), |lc| lc);
        Ok(())
    }
}

#[test]
fn a_wire_that_cancels_everywhere_is_unconstrained() {
    let matrices = Matrices::record(Cancelled).expect("synthesises");
    let error = generate_into(&matrices, rng(1), &mut KeyPoints::default(), Backend::detect()).expect_err("in no row");
    assert!(
        matches!(error, KeyError::Synthesis(SynthesisError::UnconstrainedVariable)),
        "{error}"
    );
}

/// Names a variable that it never made.
struct Foreign(Index);

impl Circuit<Scalar> for Foreign {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let x = cs.alloc(|| "x", || Ok(Scalar::one()))?;
        let foreign = LinearCombination::zero() + Variable::new_unchecked(self.0);
        cs.enforce(|| "foreign", |lc| lc + x, |lc| lc + CS::one(), |_| foreign);
        Ok(())
    }
}

#[test]
fn a_variable_that_the_circuit_did_not_make_is_refused() {
    for index in [
        Index::Aux(1),
        Index::Input(1),
        Index::Aux(1 << 40),
        Index::Input(1 << 32),
    ] {
        let error = Matrices::record(Foreign(index)).expect_err("there is no such wire");
        assert!(matches!(error, SynthesisError::AssignmentMissing), "{error}");
    }
}

#[test]
fn a_key_whose_delta_is_the_identity_is_refused() {
    // Nothing would blind its proofs.
    let matrices = Matrices::record(Squares(5)).expect("synthesises");
    let spoil: [(KeyPoint, Spoil<VerifyingKey>); 2] = [
        (KeyPoint::DeltaG1, |vk| vk.delta_g1 = G1Affine::default()),
        (KeyPoint::DeltaG2, |vk| vk.delta_g2 = G2Affine::default()),
    ];
    for (expected, spoil) in spoil {
        let (mut vk, points) = generated(&matrices, Backend::detect());
        spoil(&mut vk);
        check_identity(&matrices, vk, points, expected);
    }
}

#[test]
fn a_key_with_an_identity_in_a_list_is_refused() {
    let matrices = Matrices::record(Squares(5)).expect("synthesises");
    let spoil: [(KeyPoint, Spoil<KeyPoints>); 5] = [
        (KeyPoint::H(6), |points| points.h[6] = G1Affine::default()),
        (KeyPoint::L(0), |points| points.l[0] = G1Affine::default()),
        (KeyPoint::A(1), |points| points.a[1] = G1Affine::default()),
        (KeyPoint::BG1(2), |points| points.b_g1[2] = G1Affine::default()),
        (KeyPoint::BG2(3), |points| points.b_g2[3] = G2Affine::default()),
    ];
    for (expected, spoil) in spoil {
        let (vk, mut points) = generated(&matrices, Backend::detect());
        spoil(&mut points);
        check_identity(&matrices, vk, points, expected);
    }
}

fn check_identity(matrices: &Matrices, vk: VerifyingKey, points: KeyPoints, expected: KeyPoint) {
    for backend in backends() {
        let key = key(matrices, (vk.clone(), points.clone()));
        let error = Prover::with_backend(key, matrices.clone(), backend).expect_err("the identity");
        let KeyError::Point { point, error } = error else {
            panic!("{error}");
        };
        assert_eq!((point, error), (expected, PointError::Infinity));
    }
}

#[test]
fn parts_without_the_constant_are_joined_without_panic() {
    let empty = || Assignment {
        inputs: Vec::new(),
        aux: vec![Scalar::one()],
    };
    let joined = Assignment::from_parts(vec![Assignment::default(), empty()]);
    assert_eq!((joined.inputs.len(), joined.aux.len()), (1, 1));
    assert_eq!(Assignment::from_parts(Vec::new()), Assignment::default());
    let numbered = |wires: std::ops::Range<u64>| Assignment {
        aux: wires.map(Scalar::from).collect(),
        ..Assignment::default()
    };
    let parts = [0..5, 5..5, 5..700, 700..701].map(numbered);
    assert_eq!(Assignment::from_parts(parts.to_vec()), numbered(0..701));
}
