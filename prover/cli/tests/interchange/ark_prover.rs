//! A proving key of ours in the hands of ark's prover: it proves with it, and our verifier accepts what it proves.

use crate::ark::{g1, g2, scalar, take};
use ark_bls12_381::{Bls12_381, Fq, Fr, G1Affine, G2Affine};
use ark_groth16::{Groth16, ProvingKey as ArkKey, VerifyingKey as ArkVerifyingKey};
use bellman::{Circuit, ConstraintSystem, LinearCombination, SynthesisError};
use bls12_381::Scalar;
use cloister_groth16::{generate, Assignment, Matrices, Matrix, Proof, ProvingKey, VerifyError};
use cloister_prover_cli::export::snarkjs::{PointG1, PointG2, ProofJson};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// A matrix as ark has it.
type Rows = Vec<Vec<(Fr, usize)>>;

/// Steps of [`Walk`].
const STEPS: u64 = 100;

/// Knows where a walk `x -> (x + i)·(2x + first)` began that ends at `last`; `first` and `last` are public. Some wires
/// are in no left factor and some in no right one, so that points are missing from the key's lists.
pub struct Walk(pub Option<Scalar>);

impl Circuit<Scalar> for Walk {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let known = |value: Option<Scalar>| value.ok_or(SynthesisError::AssignmentMissing);
        let mut value = self.0;
        let first_value = value.map(|x| x.square());
        let mut x = cs.alloc(|| "begin", || known(value))?;
        let first = cs.alloc_input(|| "first", || known(first_value))?;
        cs.enforce(|| "first", |lc| lc + x, |lc| lc + x, |lc| lc + first);
        for i in 0..STEPS {
            let i_value = Scalar::from(i);
            let old = value;
            value = old.zip(first_value).map(|(x, first)| (x + i_value) * (x + x + first));
            let next = cs.alloc(|| format!("step {i}"), || known(value))?;
            let double = (Scalar::from(2), x);
            cs.enforce(
                || format!("step {i}"),
                |lc| lc + x + (i_value, CS::one()),
                |lc| lc + double + first,
                |lc| lc + next,
            );
            x = next;
        }
        let last = cs.alloc_input(|| "last", || known(value))?;
        cs.enforce(
            || "last",
            |lc| lc + last,
            |lc| lc + CS::one(),
            |lc: LinearCombination<_>| lc + x,
        );
        Ok(())
    }
}

/// Our lists leave out what the circuit's matrix says is zero; ark's have a point for each wire.
fn spread<P: Copy>(points: &[P], zero: P, matrices: &Matrices, matrix: &Matrix, with_inputs: bool) -> Vec<P> {
    let mut used = vec![false; matrices.inputs + matrices.aux];
    matrix.terms.iter().for_each(|term| used[term.column as usize] = true);
    // The rows that Groth16 adds for the inputs have them in their left factors.
    used[..matrices.inputs].iter_mut().for_each(|u| *u |= with_inputs);
    assert_eq!(used.iter().filter(|u| **u).count(), points.len());
    let mut rest = points.iter();
    let spread = used
        .iter()
        .map(|u| if *u { *rest.next().expect("counted") } else { zero });
    spread.collect()
}

/// The key through its encoding, which is that of the crate `groth16`.
fn convert(key: &ProvingKey, matrices: &Matrices) -> ArkKey<Bls12_381> {
    let mut bytes = Vec::new();
    key.write_groth16(&mut bytes).expect("writes");
    let mut rest = bytes.as_slice();
    let count = |rest: &mut &[u8]| take(rest, 4).iter().fold(0, |n, b| n << 8 | usize::from(*b));
    let one_g1 = |rest: &mut &[u8]| g1(take(rest, 96));
    let one_g2 = |rest: &mut &[u8]| g2(take(rest, 192));
    let many_g1 = |rest: &mut &[u8]| (0..count(rest)).map(|_| one_g1(rest)).collect::<Vec<_>>();
    let alpha_g1 = one_g1(&mut rest);
    let beta_g1 = one_g1(&mut rest);
    let beta_g2 = one_g2(&mut rest);
    let gamma_g2 = one_g2(&mut rest);
    let delta_g1 = one_g1(&mut rest);
    let delta_g2 = one_g2(&mut rest);
    let gamma_abc_g1 = many_g1(&mut rest);
    let [h_query, l_query, a, b_g1] = [(); 4].map(|()| many_g1(&mut rest));
    let b_g2: Vec<_> = (0..count(&mut rest)).map(|_| one_g2(&mut rest)).collect();
    assert!(rest.is_empty());
    assert!(
        a.len() < key_wires(matrices) && b_g1.len() < key_wires(matrices),
        "nothing is left out"
    );
    let (zero_g1, zero_g2) = (G1Affine::identity(), G2Affine::identity());
    ArkKey {
        vk: ArkVerifyingKey {
            alpha_g1,
            beta_g2,
            gamma_g2,
            delta_g2,
            gamma_abc_g1,
        },
        beta_g1,
        delta_g1,
        a_query: spread(&a, zero_g1, matrices, &matrices.a, true),
        b_g1_query: spread(&b_g1, zero_g1, matrices, &matrices.b, false),
        b_g2_query: spread(&b_g2, zero_g2, matrices, &matrices.b, false),
        h_query,
        l_query,
    }
}

fn key_wires(matrices: &Matrices) -> usize {
    matrices.inputs + matrices.aux
}

fn rows(matrices: &Matrices, matrix: &Matrix) -> Rows {
    let row = |i| {
        matrices
            .row(matrix, i)
            .map(|(column, c)| (scalar(&c.to_bytes()), column))
            .collect()
    };
    (0..matrices.constraints()).map(row).collect()
}

/// A proof by ark's prover, in our bytes.
fn prove(key: &ProvingKey, matrices: &Matrices, assignment: &Assignment) -> Proof {
    let values = assignment.inputs.iter().chain(&assignment.aux);
    let values: Vec<Fr> = values.map(|value| scalar(&value.to_bytes())).collect();
    let proof = Groth16::<Bls12_381>::create_proof_with_reduction_and_matrices(
        &convert(key, matrices),
        Fr::from(1_234_567_u64),
        Fr::from(7_654_321_u64),
        &[&matrices.a, &matrices.b, &matrices.c].map(|matrix| rows(matrices, matrix)),
        matrices.inputs,
        matrices.constraints(),
        &values,
    );
    let proof = proof.expect("ark proves");
    let text = |x: Fq| x.to_string();
    let point = |p: G1Affine| PointG1([text(p.x), text(p.y), "1".into()]);
    let json = ProofJson {
        pi_a: point(proof.a),
        pi_b: PointG2([
            [text(proof.b.x.c0), text(proof.b.x.c1)],
            [text(proof.b.y.c0), text(proof.b.y.c1)],
            ["1".into(), "0".into()],
        ]),
        pi_c: point(proof.c),
        protocol: "groth16".into(),
        curve: "bls12381".into(),
    };
    Proof(json.bytes().expect("ark's points are good"))
}

#[test]
fn ark_should_prove_with_a_key_of_ours() {
    let matrices = Matrices::record(Walk(None)).expect("synthesises");
    let key = generate(&matrices, true, ChaCha20Rng::seed_from_u64(9)).expect("a key");
    let assignment = Assignment::of(Walk(Some(Scalar::from(77)))).expect("synthesises");
    let proof = prove(&key, &matrices, &assignment);
    let [_, first, last] = assignment.inputs[..] else {
        panic!("two inputs and the one")
    };
    assert_eq!(key.verify(&proof, &[first, last]), Ok(()));
    assert_eq!(key.verify(&proof, &[last, first]), Err(VerifyError::NotSatisfied));
}
