//! Proofs of the crate `groth16`, many at once, through every backend.

mod common;

use bls12_381::{G1Affine, G1Projective, G2Affine};
use cloister_groth16_verifier::{
    verify, verify_many, verify_many_with, Backend, Fr, Item, Proof, Pure, VerifyError, VerifyingKey,
};
use common::{key_bytes, parameters, prove, scalar};
use proptest::prelude::*;
use std::sync::OnceLock;

/// A proof with its key's place in [`Cases::keys`] and its inputs.
#[derive(Clone, Debug)]
struct One {
    key: usize,
    inputs: Vec<Fr>,
    proof: [u8; 192],
}

struct Cases {
    keys: Vec<VerifyingKey>,
    /// Five of the first key, then three of the second, which has three inputs.
    good: Vec<One>,
}

fn cases() -> &'static Cases {
    static CASES: OnceLock<Cases> = OnceLock::new();
    CASES.get_or_init(|| {
        let of = [parameters(1), parameters(3)];
        let good = [(0, 2u64), (0, 3), (0, 4), (0, 5), (0, 6), (1, 7), (1, 8), (1, 9)]
            .map(|(key, x)| {
                let (proof, inputs) = prove(&of[key], x, if key == 0 { 1 } else { 3 });
                One { key, inputs, proof }
            })
            .to_vec();
        let keys = of
            .iter()
            .map(|p| VerifyingKey::from_bytes(&key_bytes(p)).unwrap())
            .collect();
        Cases { keys, good }
    })
}

/// Runs every backend and asserts that they agree, and that the answer is that of all proofs one by one.
fn check(all: &[One]) -> Result<(), VerifyError> {
    let proofs: Vec<Proof> = all.iter().map(|one| Proof::from_bytes(&one.proof).unwrap()).collect();
    let items: Vec<Item<'_>> = all
        .iter()
        .zip(&proofs)
        .map(|(one, proof)| (&cases().keys[one.key], one.inputs.as_slice(), proof))
        .collect();
    let result = verify_many(&items);
    assert_eq!(result, verify_many_with::<Pure>(&items));
    #[cfg(feature = "host")]
    assert_eq!(result, verify_many_with::<cloister_groth16_verifier::HostCalls>(&items));
    let single = items
        .iter()
        .try_for_each(|(key, inputs, proof)| verify(key, inputs, proof));
    assert_eq!(result.is_ok(), single.is_ok());
    result
}

/// Moves a point of G1 by another, in a proof's bytes.
fn shift(proof: &mut [u8; 192], offset: usize, by: G1Projective) {
    let bytes: [u8; 48] = proof[offset..offset + 48].try_into().unwrap();
    let point: G1Affine = Option::from(G1Affine::from_compressed(&bytes)).unwrap();
    proof[offset..offset + 48].copy_from_slice(&G1Affine::from(by + point).to_compressed());
}

/// Where the points of the inputs begin in a key's bytes.
const IC: usize = 868;

/// The verdict if every coefficient were one.
fn holds_with_equal_coefficients(all: &[One]) -> bool {
    let g1 = |bytes: &[u8]| -> G1Affine { Option::from(G1Affine::from_compressed(bytes.try_into().unwrap())).unwrap() };
    let g2 = |bytes: &[u8]| -> G2Affine { Option::from(G2Affine::from_compressed(bytes.try_into().unwrap())).unwrap() };
    let pairs: Vec<_> = all
        .iter()
        .flat_map(|one| {
            let key = cases().keys[one.key].to_bytes();
            let key_g1 = |at: usize| G1Affine::from_uncompressed(key[at..at + 96].try_into().unwrap()).unwrap();
            let key_g2 = |at: usize| G2Affine::from_uncompressed(key[at..at + 192].try_into().unwrap()).unwrap();
            let sum = one
                .inputs
                .iter()
                .enumerate()
                .fold(G1Projective::from(key_g1(IC)), |sum, (i, x)| {
                    sum + key_g1(IC + 96 * (i + 1)) * x
                });
            [
                (g1(&one.proof[..48]), g2(&one.proof[48..144])),
                (-key_g1(0), key_g2(192)),
                (-G1Affine::from(sum), key_g2(384)),
                (-g1(&one.proof[144..]), key_g2(672)),
            ]
        })
        .collect();
    Pure::pairing_product_is_one(&pairs).unwrap()
}

const REFUSED: Result<(), VerifyError> = Err(VerifyError::PairingCheckFailed);

#[test]
fn no_proofs_should_be_good() {
    assert_eq!(check(&[]), Ok(()));
}

#[test]
fn one_proof_should_get_the_answer_of_the_single_check() {
    let mut one = cases().good[0].clone();
    assert_eq!(check(std::slice::from_ref(&one)), Ok(()));
    one.inputs[0] += Fr::one();
    assert_eq!(check(&[one]), REFUSED);
}

#[test]
fn good_proofs_of_one_key_and_of_several_should_hold() {
    let good = &cases().good;
    for n in 2..=good.len() {
        assert_eq!(check(&good[..n]), Ok(()), "{n}");
    }
    assert!(holds_with_equal_coefficients(good));
}

#[test]
fn one_wrong_proof_should_be_refused_at_each_place() {
    for place in 0..cases().good.len() {
        let mut all = cases().good.clone();
        all[place].inputs[0] += Fr::one();
        assert_eq!(check(&all), REFUSED, "input at {place}");
        let mut all = cases().good.clone();
        shift(&mut all[place].proof, 144, G1Projective::generator());
        assert_eq!(check(&all), REFUSED, "C at {place}");
        let mut all = cases().good.clone();
        // The sign of A.
        all[place].proof[0] ^= 0x20;
        assert_eq!(check(&all), REFUSED, "A at {place}");
    }
}

#[test]
fn equal_proofs_should_hold_or_fail_together() {
    let mut all = vec![cases().good[0].clone(); 3];
    assert_eq!(check(&all), Ok(()));
    all.iter_mut().for_each(|one| one.inputs[0] += Fr::one());
    assert_eq!(check(&all), REFUSED);
}

/// The same `B` in both, so that what is added to one `A` is taken from the other.
#[test]
fn shifts_of_a_that_cancel_should_be_refused() {
    let mut all = vec![
        cases().good[0].clone(),
        cases().good[0].clone(),
        cases().good[1].clone(),
    ];
    let by = G1Projective::generator() * scalar(5);
    shift(&mut all[0].proof, 0, by);
    shift(&mut all[1].proof, 0, -by);
    assert!(holds_with_equal_coefficients(&all), "else this test shows nothing");
    assert_eq!(check(&all), REFUSED);
}

#[test]
fn shifts_of_c_that_cancel_should_be_refused() {
    for (i, j) in [(0, 1), (1, 2), (5, 7)] {
        let mut all = cases().good.clone();
        let by = G1Projective::generator() * scalar(7);
        shift(&mut all[i].proof, 144, by);
        shift(&mut all[j].proof, 144, -by);
        assert!(holds_with_equal_coefficients(&all), "else this test shows nothing");
        assert_eq!(check(&all), REFUSED, "{i} and {j}");
    }
}

#[test]
fn swapped_inputs_should_be_refused() {
    for (i, j) in [(0, 1), (2, 4), (5, 6)] {
        let mut all = cases().good.clone();
        let inputs = all[i].inputs.clone();
        all[i].inputs = std::mem::replace(&mut all[j].inputs, inputs);
        assert!(holds_with_equal_coefficients(&all), "else this test shows nothing");
        assert_eq!(check(&all), REFUSED, "{i} and {j}");
    }
}

#[test]
fn proof_of_another_key_should_be_refused() {
    let of = parameters(1);
    let mut all = cases().good[5..].to_vec();
    // The proof of a key with one input under the key with three, and the inputs that go with it.
    let (proof, _) = prove(&of, 7, 1);
    all[0].proof = proof;
    assert_eq!(check(&all), REFUSED);
}

#[test]
fn wrong_number_of_inputs_should_be_refused_wherever_it_is() {
    for (place, expected) in [(0, 1), (4, 1), (7, 3)] {
        let mut all = cases().good.clone();
        all[place].inputs.push(Fr::one());
        let given = expected + 1;
        assert_eq!(
            check(&all),
            Err(VerifyError::WrongInputCount { expected, given }),
            "{place}"
        );
        // A wrong proof before it makes no difference: the counts are looked at first.
        if place > 0 {
            all[0].inputs[0] += Fr::one();
            assert_eq!(
                check(&all),
                Err(VerifyError::WrongInputCount { expected, given }),
                "{place}"
            );
        }
    }
}

#[test]
fn every_order_should_get_the_same_answer() {
    let good = &cases().good;
    let mut bad = good[6].clone();
    bad.inputs[1] += Fr::one();
    for (last, answer) in [(good[6].clone(), Ok(())), (bad, REFUSED)] {
        let all = [good[0].clone(), good[5].clone(), last];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(check(&order.map(|i| all[i].clone())), answer, "{order:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Any choice of proofs, some of them made wrong, gets the answer of all one by one (`check` compares).
    #[test]
    fn any_set_should_get_the_answer_of_all_one_by_one(
        chosen in prop::collection::vec((0usize..8, prop::bool::weighted(0.15), 1u64..1000), 0..6),
    ) {
        let all: Vec<One> = chosen
            .iter()
            .map(|(i, wrong, by)| {
                let mut one = cases().good[*i].clone();
                if *wrong {
                    shift(&mut one.proof, 144, G1Projective::generator() * scalar(*by));
                }
                one
            })
            .collect();
        let expected = if chosen.iter().any(|(_, wrong, _)| *wrong) { REFUSED } else { Ok(()) };
        prop_assert_eq!(check(&all), expected);
    }
}
