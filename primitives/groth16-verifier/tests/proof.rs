//! Proofs of the crate `groth16`, good and bad, through every backend.

mod common;

use cloister_groth16_verifier::{
    verify, verify_with, Backend, Fr, PointError, Proof, ProofPoint, Pure, VerifyError, VerifyingKey,
};
use common::{bad_g1, bad_g2, key_bytes, parameters, prove, MODULUS};
use proptest::prelude::*;
use std::sync::OnceLock;

struct Case {
    key: VerifyingKey,
    proof: [u8; 192],
    inputs: Vec<Fr>,
    other: [u8; 192],
}

fn case() -> &'static Case {
    static CASE: OnceLock<Case> = OnceLock::new();
    CASE.get_or_init(|| {
        let parameters = parameters(1);
        let (proof, inputs) = prove(&parameters, 3, 1);
        let (other, _) = prove(&parameters, 4, 1);
        Case {
            key: VerifyingKey::from_bytes(&key_bytes(&parameters)).unwrap(),
            proof,
            inputs,
            other,
        }
    })
}

/// Runs every backend and asserts that they agree.
fn check(bytes: &[u8; 192], inputs: &[Fr]) -> Result<(), VerifyError> {
    let proof = Proof::from_bytes(bytes)?;
    let result = verify(&case().key, inputs, &proof);
    assert_eq!(result, one::<Pure>(inputs, &proof));
    #[cfg(feature = "host")]
    assert_eq!(result, one::<cloister_groth16_verifier::HostCalls>(inputs, &proof));
    assert_eq!(result, case().key.prepare().verify(inputs, &proof));
    result
}

fn one<B: Backend>(inputs: &[Fr], proof: &Proof) -> Result<(), VerifyError> {
    verify_with::<B>(&case().key, inputs, proof)
}

fn with(offset: usize, point: &[u8]) -> [u8; 192] {
    let mut bytes = case().proof;
    bytes[offset..offset + point.len()].copy_from_slice(point);
    bytes
}

fn refused(point: ProofPoint, error: PointError) -> Result<(), VerifyError> {
    Err(VerifyError::Proof { point, error })
}

#[test]
fn proof_of_the_reference_should_verify() {
    assert_eq!(check(&case().proof, &case().inputs), Ok(()));
}

#[test]
fn proof_should_survive_its_encoding() {
    assert_eq!(Proof::from_bytes(&case().proof).unwrap().to_bytes(), case().proof);
}

#[test]
fn proof_of_several_inputs_should_verify() {
    let parameters = parameters(3);
    let (proof, inputs) = prove(&parameters, 9, 3);
    let key = VerifyingKey::from_bytes(&key_bytes(&parameters)).unwrap();
    let proof = Proof::from_bytes(&proof).unwrap();
    assert_eq!(verify(&key, &inputs, &proof), Ok(()));
    assert_eq!(key.prepare().verify(&inputs, &proof), Ok(()));
    let swapped = [inputs[1], inputs[0], inputs[2]];
    assert_eq!(verify(&key, &swapped, &proof), Err(VerifyError::PairingCheckFailed));
}

#[test]
fn proof_should_fail_for_another_input() {
    assert_eq!(
        check(&case().proof, &[case().inputs[0] + Fr::one()]),
        Err(VerifyError::PairingCheckFailed)
    );
    assert_eq!(
        check(&case().other, &case().inputs),
        Err(VerifyError::PairingCheckFailed)
    );
    assert_eq!(
        check(&case().proof, &[Fr::zero()]),
        Err(VerifyError::PairingCheckFailed)
    );
}

#[test]
fn wrong_number_of_inputs_should_be_refused() {
    assert_eq!(
        check(&case().proof, &[]),
        Err(VerifyError::WrongInputCount { expected: 1, given: 0 })
    );
    let two = [case().inputs[0], Fr::one()];
    assert_eq!(
        check(&case().proof, &two),
        Err(VerifyError::WrongInputCount { expected: 1, given: 2 })
    );
}

#[test]
fn swapped_points_should_fail_the_pairing() {
    let mut bytes = case().proof;
    let (a, c): (Vec<u8>, Vec<u8>) = (bytes[..48].to_vec(), bytes[144..].to_vec());
    bytes[..48].copy_from_slice(&c);
    bytes[144..].copy_from_slice(&a);
    assert_eq!(check(&bytes, &case().inputs), Err(VerifyError::PairingCheckFailed));
}

#[test]
fn negated_point_should_fail_the_pairing() {
    for offset in [0, 48, 144] {
        let mut bytes = case().proof;
        bytes[offset] ^= 0x20;
        assert_eq!(
            check(&bytes, &case().inputs),
            Err(VerifyError::PairingCheckFailed),
            "at {offset}"
        );
    }
}

#[test]
fn missing_compression_flag_should_be_an_encoding_error() {
    for (offset, point) in [(0, ProofPoint::A), (48, ProofPoint::B), (144, ProofPoint::C)] {
        let mut bytes = case().proof;
        bytes[offset] ^= 0x80;
        assert_eq!(check(&bytes, &case().inputs), refused(point, PointError::Encoding));
    }
}

#[test]
fn infinity_flag_on_a_point_should_be_an_encoding_error() {
    for (offset, point) in [(0, ProofPoint::A), (48, ProofPoint::B), (144, ProofPoint::C)] {
        let mut bytes = case().proof;
        bytes[offset] |= 0x40;
        assert_eq!(check(&bytes, &case().inputs), refused(point, PointError::Encoding));
    }
}

#[test]
fn identity_should_be_refused() {
    let mut g1 = [0u8; 48];
    g1[0] = 0xc0;
    let mut g2 = [0u8; 96];
    g2[0] = 0xc0;
    assert_eq!(
        check(&with(0, &g1), &case().inputs),
        refused(ProofPoint::A, PointError::Infinity)
    );
    assert_eq!(
        check(&with(48, &g2), &case().inputs),
        refused(ProofPoint::B, PointError::Infinity)
    );
    assert_eq!(
        check(&with(144, &g1), &case().inputs),
        refused(ProofPoint::C, PointError::Infinity)
    );
    // The identity has one encoding: neither a sort flag nor a coordinate goes with it.
    g1[0] = 0xe0;
    assert_eq!(
        check(&with(0, &g1), &case().inputs),
        refused(ProofPoint::A, PointError::Encoding)
    );
    g1[0] = 0xc0;
    g1[20] = 1;
    assert_eq!(
        check(&with(0, &g1), &case().inputs),
        refused(ProofPoint::A, PointError::Encoding)
    );
}

#[test]
fn coordinate_not_below_the_modulus_should_be_an_encoding_error() {
    let mut modulus = MODULUS;
    modulus[0] |= 0x80;
    assert_eq!(
        check(&with(0, &modulus), &case().inputs),
        refused(ProofPoint::A, PointError::Encoding)
    );
    assert_eq!(
        check(&with(48, &modulus), &case().inputs),
        refused(ProofPoint::B, PointError::Encoding)
    );
    // The second coordinate of B carries no flags.
    assert_eq!(
        check(&with(96, &MODULUS), &case().inputs),
        refused(ProofPoint::B, PointError::Encoding)
    );
    assert_eq!(
        check(&with(144, &modulus), &case().inputs),
        refused(ProofPoint::C, PointError::Encoding)
    );
    // All ones: a third flag and the largest coordinate.
    assert_eq!(
        check(&with(144, &[0xbf; 48]), &case().inputs),
        refused(ProofPoint::C, PointError::Encoding)
    );
}

#[test]
fn x_without_a_y_should_not_be_on_the_curve() {
    assert_eq!(
        check(&with(0, &bad_g1(false)), &case().inputs),
        refused(ProofPoint::A, PointError::NotOnCurve)
    );
    assert_eq!(
        check(&with(48, &bad_g2(false)), &case().inputs),
        refused(ProofPoint::B, PointError::NotOnCurve)
    );
    assert_eq!(
        check(&with(144, &bad_g1(false)), &case().inputs),
        refused(ProofPoint::C, PointError::NotOnCurve)
    );
}

#[test]
fn point_outside_the_subgroup_should_be_refused() {
    assert_eq!(
        check(&with(0, &bad_g1(true)), &case().inputs),
        refused(ProofPoint::A, PointError::NotInSubgroup)
    );
    assert_eq!(
        check(&with(48, &bad_g2(true)), &case().inputs),
        refused(ProofPoint::B, PointError::NotInSubgroup)
    );
    assert_eq!(
        check(&with(144, &bad_g1(true)), &case().inputs),
        refused(ProofPoint::C, PointError::NotInSubgroup)
    );
}

#[test]
fn every_flipped_bit_of_one_byte_in_each_coordinate_should_fail() {
    for offset in [0, 1, 47, 48, 49, 95, 96, 143, 144, 145, 191] {
        for bit in 0..8 {
            let mut bytes = case().proof;
            bytes[offset] ^= 1 << bit;
            assert!(check(&bytes, &case().inputs).is_err(), "byte {offset} bit {bit}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_flipped_bit_should_fail(bit in 0usize..192 * 8) {
        let mut bytes = case().proof;
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(check(&bytes, &case().inputs).is_err());
    }

    #[test]
    fn random_bytes_should_be_an_error_and_never_a_panic(bytes in proptest::array::uniform32(any::<[u8; 6]>())) {
        let bytes: [u8; 192] = bytes.concat().try_into().unwrap();
        prop_assert!(Proof::from_bytes(&bytes).is_err());
    }
}
