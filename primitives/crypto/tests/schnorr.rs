//! Signatures and keys (P-SCHNORR).

use cloister_crypto::{
    jubjub::{self, AffinePoint, ExtendedPoint},
    schnorr::{PublicKey, PublicKeyError, SecretKey, Signature, SignatureError},
    Fr,
};
use proptest::prelude::*;

/// Order of the subgroup, little-endian: not a canonical response.
const SUBGROUP_ORDER: [u8; 32] = [
    183, 44, 247, 214, 94, 14, 151, 208, 130, 16, 200, 204, 147, 32, 104, 166, 0, 59, 52, 1, 1, 59, 103, 6, 169, 175,
    51, 101, 234, 180, 125, 14,
];

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

/// A point of order 8: the full-order part of some curve point times the subgroup's order.
fn small_order_point() -> AffinePoint {
    (0u8..)
        .filter_map(|b| {
            let mut bytes = [0; 32];
            bytes[0] = b;
            Option::<AffinePoint>::from(AffinePoint::from_bytes(bytes))
        })
        .map(|point| {
            // r·P by double-and-add, because jubjub::Fr cannot hold r.
            let mut acc = ExtendedPoint::identity();
            for bit in SUBGROUP_ORDER
                .iter()
                .rev()
                .flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1))
            {
                acc = acc.double();
                if bit == 1 {
                    acc += point;
                }
            }
            acc
        })
        .find(|point| !bool::from(point.double().double().is_identity()))
        .map(AffinePoint::from)
        .expect("most points have a component of order 8")
}

#[test]
fn signature_should_verify_under_its_key_and_message_only() {
    let signature = key(1).sign(Fr::from(7));
    assert_eq!(key(1).public().verify(Fr::from(7), &signature), Ok(()));
    assert_eq!(
        key(1).public().verify(Fr::from(8), &signature),
        Err(SignatureError::Mismatch)
    );
    assert_eq!(
        key(2).public().verify(Fr::from(7), &signature),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn signing_should_be_deterministic_and_bound_to_the_message() {
    assert_eq!(key(1).sign(Fr::from(7)), key(1).sign(Fr::from(7)));
    assert_ne!(key(1).sign(Fr::from(7)), key(1).sign(Fr::from(8)));
}

#[test]
fn every_altered_bit_should_fail() {
    let good = key(3).sign(Fr::from(99)).to_bytes();
    for bit in 0..8 * Signature::LENGTH {
        let mut bytes = good;
        bytes[bit / 8] ^= 1 << (bit % 8);
        match Signature::from_bytes(&bytes) {
            Ok(signature) => {
                assert_eq!(
                    key(3).public().verify(Fr::from(99), &signature),
                    Err(SignatureError::Mismatch),
                    "bit {bit}"
                )
            }
            Err(error) => assert_eq!(error, SignatureError::NonCanonicalResponse, "bit {bit}"),
        }
    }
}

#[test]
fn response_not_below_the_order_should_be_refused() {
    let good = key(1).sign(Fr::from(7));
    // s + r satisfies the equation but is a second encoding of the same signature.
    let mut carry = 0u16;
    let mut response = good.response;
    for (byte, order) in response.iter_mut().zip(SUBGROUP_ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
    let malleated = Signature { response, ..good };
    assert_eq!(
        key(1).public().verify(Fr::from(7), &malleated),
        Err(SignatureError::NonCanonicalResponse)
    );
    assert_eq!(
        Signature::from_bytes(&malleated.to_bytes()),
        Err(SignatureError::NonCanonicalResponse)
    );
    let order = Signature {
        response: SUBGROUP_ORDER,
        ..good
    };
    assert_eq!(
        Signature::from_bytes(&order.to_bytes()),
        Err(SignatureError::NonCanonicalResponse)
    );
}

#[test]
fn key_at_the_identity_should_be_refused() {
    assert_eq!(
        PublicKey::from_coordinates(Fr::zero(), Fr::one()),
        Err(PublicKeyError::Identity)
    );
}

#[test]
fn key_off_the_curve_should_be_refused() {
    assert_eq!(
        PublicKey::from_coordinates(Fr::zero(), Fr::zero()),
        Err(PublicKeyError::NotOnCurve)
    );
    let public = key(1).public();
    assert_eq!(
        PublicKey::from_coordinates(public.x(), public.y() + Fr::one()),
        Err(PublicKeyError::NotOnCurve)
    );
}

#[test]
fn key_with_a_small_order_component_should_be_refused() {
    let small = small_order_point();
    assert_eq!(
        PublicKey::from_coordinates(small.get_u(), small.get_v()),
        Err(PublicKeyError::NotPrimeOrder)
    );
    let mixed = AffinePoint::from(ExtendedPoint::from(key(1).public().point()) + small);
    assert_eq!(
        PublicKey::from_coordinates(mixed.get_u(), mixed.get_v()),
        Err(PublicKeyError::NotPrimeOrder)
    );
    // The point of order two.
    assert_eq!(
        PublicKey::from_coordinates(Fr::zero(), -Fr::one()),
        Err(PublicKeyError::NotPrimeOrder)
    );
}

#[test]
fn preimage_times_eight_should_be_the_key() {
    for seed in 0..10 {
        let public = key(seed).public();
        let (x, y) = public.preimage();
        let preimage = PublicKey::from_coordinates(x, y).unwrap().point();
        assert_eq!(AffinePoint::from(preimage.mul_by_cofactor()), public.point());
    }
}

#[test]
fn debug_should_not_show_the_secret() {
    let shown = format!("{:?}", key(1));
    assert!(shown.contains("public") && !shown.contains("scalar"), "{shown}");
}

proptest! {
    #[test]
    fn signatures_should_survive_encoding(seed in any::<[u8; 32]>(), message in any::<u64>()) {
        let secret = SecretKey::from_seed(&seed);
        let signature = secret.sign(Fr::from(message));
        prop_assert!(bool::from(jubjub::Fr::from_bytes(&signature.response).is_some()));
        let again = Signature::from_bytes(&signature.to_bytes()).unwrap();
        prop_assert_eq!(again, signature);
        prop_assert_eq!(secret.public().verify(Fr::from(message), &again), Ok(()));
        let public = secret.public();
        prop_assert_eq!(PublicKey::from_coordinates(public.x(), public.y()), Ok(public));
    }
}
