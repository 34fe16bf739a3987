//! Verifying keys from bytes.

mod common;

use bls12_381::{G1Affine, G2Affine};
use cloister_groth16_verifier::{KeyPoint, PointError, VerifyingKey, VerifyingKeyError};
use common::{bad_g1, bad_g2, key_bytes, parameters, MODULUS};

/// Places of the key's points: offset, name, true for G2.
const POINTS: [(usize, KeyPoint, bool); 8] = [
    (0, KeyPoint::AlphaG1, false),
    (96, KeyPoint::BetaG1, false),
    (192, KeyPoint::BetaG2, true),
    (384, KeyPoint::GammaG2, true),
    (576, KeyPoint::DeltaG1, false),
    (672, KeyPoint::DeltaG2, true),
    (868, KeyPoint::Input(0), false),
    (964, KeyPoint::Input(1), false),
];

fn key() -> Vec<u8> {
    key_bytes(&parameters(1))
}

fn with(offset: usize, bytes: &[u8]) -> Result<VerifyingKey, VerifyingKeyError> {
    let mut key = key();
    key[offset..offset + bytes.len()].copy_from_slice(bytes);
    VerifyingKey::from_bytes(&key)
}

#[test]
fn key_of_the_reference_should_survive_its_encoding() {
    let bytes = key();
    assert_eq!(bytes.len(), 1060);
    let key = VerifyingKey::from_bytes(&bytes).unwrap();
    assert_eq!(key.to_bytes(), bytes);
    assert_eq!(key.inputs(), 1);
    assert_eq!(VerifyingKey::from_checked_bytes(&bytes).unwrap(), key);
}

#[test]
fn key_of_the_wrong_length_should_be_refused() {
    let mut bytes = key();
    assert_eq!(
        VerifyingKey::from_bytes(&bytes[..bytes.len() - 1]),
        Err(VerifyingKeyError::Length)
    );
    assert_eq!(VerifyingKey::from_bytes(&bytes[..100]), Err(VerifyingKeyError::Length));
    assert_eq!(VerifyingKey::from_bytes(&[]), Err(VerifyingKeyError::Length));
    bytes.push(0);
    assert_eq!(VerifyingKey::from_bytes(&bytes), Err(VerifyingKeyError::Length));
}

#[test]
fn key_without_inputs_or_with_too_many_should_be_refused() {
    assert_eq!(with(864, &0u32.to_be_bytes()), Err(VerifyingKeyError::InputCount(0)));
    assert_eq!(
        with(864, &u32::MAX.to_be_bytes()),
        Err(VerifyingKeyError::InputCount(u32::MAX))
    );
    assert_eq!(with(864, &3u32.to_be_bytes()), Err(VerifyingKeyError::Length));
}

#[test]
fn identity_in_a_key_should_be_refused() {
    for (offset, point, g2) in POINTS {
        let mut bytes = vec![0u8; if g2 { 192 } else { 96 }];
        bytes[0] = 0x40;
        assert_eq!(
            with(offset, &bytes),
            Err(VerifyingKeyError::Point {
                point,
                error: PointError::Infinity
            })
        );
    }
}

#[test]
fn coordinate_not_below_the_modulus_should_be_an_encoding_error() {
    for (offset, point, g2) in POINTS {
        for place in 0..if g2 { 4 } else { 2 } {
            let result = with(offset + 48 * place, &MODULUS);
            assert_eq!(
                result,
                Err(VerifyingKeyError::Point {
                    point,
                    error: PointError::Encoding
                })
            );
        }
    }
}

#[test]
fn flags_of_a_compressed_point_should_be_an_encoding_error() {
    for (offset, point, _) in POINTS {
        for flag in [0x80, 0x20, 0xa0, 0xc0] {
            let mut bytes = key();
            bytes[offset] |= flag;
            let result = VerifyingKey::from_bytes(&bytes);
            assert_eq!(
                result,
                Err(VerifyingKeyError::Point {
                    point,
                    error: PointError::Encoding
                })
            );
        }
    }
}

#[test]
fn point_off_the_curve_should_be_refused() {
    for (offset, point, g2) in POINTS {
        let last = offset + if g2 { 191 } else { 95 };
        let mut bytes = key();
        bytes[last] ^= 1;
        let result = VerifyingKey::from_bytes(&bytes);
        assert_eq!(
            result,
            Err(VerifyingKeyError::Point {
                point,
                error: PointError::NotOnCurve
            })
        );
    }
}

#[test]
fn point_outside_the_subgroup_should_be_refused() {
    let g1 = G1Affine::from_compressed_unchecked(&bad_g1(true))
        .unwrap()
        .to_uncompressed();
    let g2 = G2Affine::from_compressed_unchecked(&bad_g2(true))
        .unwrap()
        .to_uncompressed();
    for (offset, point, in_g2) in POINTS {
        let result = if in_g2 { with(offset, &g2) } else { with(offset, &g1) };
        assert_eq!(
            result,
            Err(VerifyingKeyError::Point {
                point,
                error: PointError::NotInSubgroup
            })
        );
    }
}
