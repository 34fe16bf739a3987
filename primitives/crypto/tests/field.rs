//! Canonical encodings and integers (P-FIELD).

use cloister_crypto::{
    field::{from_bytes, from_i128, from_u128, limbs, to_bytes, to_i128, to_u128, FieldError},
    Fr,
};
use proptest::prelude::*;

/// The order of the field, little-endian.
fn order() -> [u8; 32] {
    let mut bytes = to_bytes(&-Fr::one());
    bytes[0] += 1;
    bytes
}

#[test]
fn encodings_not_below_the_order_should_be_refused() {
    assert_eq!(from_bytes(&order()), Err(FieldError::NonCanonical));
    let mut above = order();
    above[0] += 1;
    assert_eq!(from_bytes(&above), Err(FieldError::NonCanonical));
    assert_eq!(from_bytes(&[255; 32]), Err(FieldError::NonCanonical));
    assert_eq!(from_bytes(&to_bytes(&-Fr::one())), Ok(-Fr::one()));
}

#[test]
fn integers_at_the_edges_should_survive() {
    for x in [0, 1, u128::MAX, u128::from(u64::MAX), u128::from(u64::MAX) + 1] {
        assert_eq!(to_u128(&from_u128(x)), Some(x));
    }
    for x in [0, 1, -1, i128::MAX, i128::MIN] {
        assert_eq!(to_i128(&from_i128(x)), Some(x));
    }
    assert_eq!(from_i128(-5) + from_i128(5), Fr::zero());
}

#[test]
fn integers_out_of_range_should_be_refused() {
    let two128 = from_u128(u128::MAX) + Fr::one();
    assert_eq!(to_u128(&two128), None);
    assert_eq!(to_u128(&-Fr::one()), None);
    assert_eq!(to_i128(&(from_i128(i128::MAX) + Fr::one())), None);
    assert_eq!(to_i128(&(from_i128(i128::MIN) - Fr::one())), None);
}

proptest! {
    #[test]
    fn canonical_bytes_should_survive(mut bytes in any::<[u8; 32]>()) {
        bytes[31] &= 0x3f;
        prop_assert_eq!(to_bytes(&from_bytes(&bytes).unwrap()), bytes);
    }

    #[test]
    fn limbs_should_be_the_halves(bytes in any::<[u8; 32]>()) {
        let (lo, hi) = limbs(&bytes);
        let mut again = [0; 32];
        again[..16].copy_from_slice(&to_u128(&lo).unwrap().to_le_bytes());
        again[16..].copy_from_slice(&to_u128(&hi).unwrap().to_le_bytes());
        prop_assert_eq!(again, bytes);
    }

    #[test]
    fn signed_integers_should_survive(x in any::<i128>()) {
        prop_assert_eq!(to_i128(&from_i128(x)), Some(x));
    }
}
