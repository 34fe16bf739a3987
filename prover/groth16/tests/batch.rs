//! Verification of batches.

mod common;

use bls12_381::{Bls12, G1Affine, G1Projective, Scalar};
use cloister_groth16::{verify_batch, PointError, Proof, ProofPoint, VerifyError, VerifyingKey};
use common::*;
use groth16::Parameters;

fn batch(parameters: &Parameters<Bls12>, shown: u64, n: u64) -> Vec<(Proof, Vec<Scalar>)> {
    (0..n)
        .map(|i| {
            let circuit = Cubic::of(i + 2, shown);
            (prove(parameters, circuit, i), circuit.inputs())
        })
        .collect()
}

fn bad(index: usize, error: VerifyError) -> Result<(), VerifyError> {
    Err(VerifyError::Batch {
        index,
        error: Box::new(error),
    })
}

fn vk(parameters: &Parameters<Bls12>) -> VerifyingKey {
    key_of(parameters).vk().clone()
}

#[test]
fn good_batches_of_any_size_are_accepted() {
    for (shown, sizes) in [(0, vec![0, 1, 2, 17, 40]), (40, vec![1, 3])] {
        let parameters = oracle(shown);
        let vk = vk(&parameters);
        for n in sizes {
            assert_eq!(verify_batch(&vk, &batch(&parameters, shown, n)), Ok(()), "{n}");
        }
    }
}

#[test]
fn a_proof_may_be_in_a_batch_twice() {
    let parameters = oracle(0);
    let mut items = batch(&parameters, 0, 2);
    items.extend_from_within(..);
    assert_eq!(verify_batch(&vk(&parameters), &items), Ok(()));
}

#[test]
fn one_bad_proof_is_named_wherever_it_is() {
    let parameters = oracle(0);
    let vk = vk(&parameters);
    for n in [1, 2, 17] {
        let items = batch(&parameters, 0, n as u64);
        for index in [0, n / 2, n - 1] {
            let mut wrong = items.clone();
            wrong[index].1[0] += Scalar::one();
            assert_eq!(verify_batch(&vk, &wrong), bad(index, VerifyError::NotSatisfied));
            let mut malformed = items.clone();
            malformed[index].0 .0[48..144].copy_from_slice(&g2_outside_subgroup().0);
            let error = VerifyError::Proof {
                point: ProofPoint::B,
                error: PointError::NotInSubgroup,
            };
            assert_eq!(verify_batch(&vk, &malformed), bad(index, error));
            let mut short = items.clone();
            short[index].1.clear();
            let error = VerifyError::InputCount { expected: 1, given: 0 };
            assert_eq!(verify_batch(&vk, &short), bad(index, error));
        }
    }
}

#[test]
fn the_first_of_several_bad_proofs_is_named_whatever_is_wrong_with_it() {
    let parameters = oracle(0);
    let vk = vk(&parameters);
    let mut items = batch(&parameters, 0, 17);
    items[11].0 .0[0] &= 0x7f;
    items[7].1.push(Scalar::one());
    items[4].1[0] += Scalar::one();
    assert_eq!(verify_batch(&vk, &items), bad(4, VerifyError::NotSatisfied));
    items.remove(4);
    assert_eq!(
        verify_batch(&vk, &items),
        bad(6, VerifyError::InputCount { expected: 1, given: 2 })
    );
    items.remove(6);
    let error = VerifyError::Proof {
        point: ProofPoint::A,
        error: PointError::Encoding,
    };
    assert_eq!(verify_batch(&vk, &items), bad(9, error));
}

/// True if the product of the equations of all proofs holds: what a batch without coefficients would check.
fn product_holds(parameters: &Parameters<Bls12>, items: &[(Proof, Vec<Scalar>)]) -> bool {
    let mut pairs = Vec::new();
    for (proof, inputs) in items {
        let proof = groth16::Proof::<Bls12>::read(&proof.0[..]).expect("good points");
        let sum = G1Projective::from(parameters.vk.ic[0]) + parameters.vk.ic[1] * inputs[0];
        pairs.push((proof.a, proof.b));
        pairs.push((-parameters.vk.alpha_g1, parameters.vk.beta_g2));
        pairs.push((-G1Affine::from(sum), parameters.vk.gamma_g2));
        pairs.push((-proof.c, parameters.vk.delta_g2));
    }
    let prepared: Vec<_> = pairs.iter().map(|(p, q)| (*p, (*q).into())).collect();
    let terms: Vec<_> = prepared.iter().map(|(p, q)| (p, q)).collect();
    bls12_381::multi_miller_loop(&terms).final_exponentiation() == bls12_381::Gt::identity()
}

#[test]
fn forged_proofs_that_cancel_are_refused() {
    let parameters = oracle(0);
    let vk = vk(&parameters);
    let items = batch(&parameters, 0, 3);
    assert!(product_holds(&parameters, &items));

    // C and the inputs of two proofs are moved by as much in opposite directions.
    let shift = parameters.vk.alpha_g1;
    let moved = |item: &(Proof, Vec<Scalar>), by: G1Affine| {
        let mut proof = groth16::Proof::<Bls12>::read(&item.0 .0[..]).expect("good points");
        proof.c = (G1Projective::from(proof.c) + by).into();
        (encode_proof(&proof), item.1.clone())
    };
    let forged = [moved(&items[0], shift), items[1].clone(), moved(&items[2], -shift)];
    assert!(product_holds(&parameters, &forged));
    assert_eq!(verify_batch(&vk, &forged), bad(0, VerifyError::NotSatisfied));

    let mut forged = items.clone();
    forged[1].1[0] += Scalar::from(1000);
    forged[2].1[0] -= Scalar::from(1000);
    assert!(product_holds(&parameters, &forged));
    assert_eq!(verify_batch(&vk, &forged), bad(1, VerifyError::NotSatisfied));

    // Two statements that swap their proofs cancel too.
    let mut swapped = items.clone();
    let first = swapped[0].1.clone();
    swapped[0].1 = std::mem::replace(&mut swapped[1].1, first);
    assert!(product_holds(&parameters, &swapped));
    assert_eq!(verify_batch(&vk, &swapped), bad(0, VerifyError::NotSatisfied));
}
