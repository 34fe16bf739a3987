//! The generator is the hash of its tag, so nobody knows a relation between it and another point.

use blake2::{
    digest::{consts::U32, Digest},
    Blake2b,
};
use cloister_crypto::{
    constants::GENERATOR_TAG,
    jubjub::{AffinePoint, ExtendedPoint, SubgroupPoint},
    schnorr::{generator, generator_affine, is_on_curve},
};

fn hash_to_subgroup(tag: &[u8]) -> ExtendedPoint {
    (0u32..)
        .find_map(|counter| {
            let bytes: [u8; 32] = Blake2b::<U32>::new()
                .chain_update(tag)
                .chain_update(counter.to_le_bytes())
                .finalize()
                .into();
            let point = Option::<AffinePoint>::from(AffinePoint::from_bytes(bytes))?.mul_by_cofactor();
            (!bool::from(point.is_identity())).then_some(point)
        })
        .expect("half of all encodings are points")
}

#[test]
fn generator_should_be_the_hash_of_its_tag() {
    let expected = AffinePoint::from(hash_to_subgroup(GENERATOR_TAG));
    assert_eq!(generator_affine(), expected, "{:?}", expected);
    assert_eq!(
        generator(),
        SubgroupPoint::from_raw_unchecked(expected.get_u(), expected.get_v())
    );
}

#[test]
fn generator_should_have_prime_order() {
    let point = generator_affine();
    assert!(is_on_curve(&point.get_u(), &point.get_v()));
    assert!(bool::from(ExtendedPoint::from(point).is_prime_order()));
}
