//! Multiples in Montgomery coordinates against their native twins.

use cloister_circuits::{
    gadgets::{
        bits::alloc_bits,
        jubjub::Point,
        montgomery::{add_fixed_base, multiply, FIXED_BASE_COST, MULTIPLY_COST},
    },
    Fr,
};
use cloister_circuits_testing::TestSystem;
use cloister_crypto::{
    field::from_u128,
    jubjub::{self, AffinePoint, ExtendedPoint},
    schnorr::generator,
};
use proptest::prelude::*;

fn coordinates(point: ExtendedPoint) -> (Fr, Fr) {
    let affine = AffinePoint::from(point);
    (affine.get_u(), affine.get_v())
}

fn times(k: u64) -> ExtendedPoint {
    ExtendedPoint::from(generator()) * jubjub::Fr::from(k)
}

fn point(cs: &mut TestSystem, name: &'static str, value: ExtendedPoint) -> Point {
    Point::alloc(cs, name, Some(coordinates(value))).unwrap()
}

fn fixed(start: ExtendedPoint, scalar: &[u8; 32]) -> (TestSystem, Option<(Fr, Fr)>) {
    let mut cs = TestSystem::new();
    let start = point(&mut cs, "start", start);
    let sum = add_fixed_base(&mut cs, "fixed", &start, Some(scalar)).unwrap();
    assert_eq!(cs.num_constraints(), FIXED_BASE_COST);
    (cs, sum.value())
}

fn multiple(base: ExtendedPoint, scalar: u128) -> (TestSystem, Option<(Fr, Fr)>) {
    let mut cs = TestSystem::new();
    let p = point(&mut cs, "p", base);
    let bits = alloc_bits(&mut cs, "scalar", Some(from_u128(scalar)), 128).unwrap();
    let product = multiply(&mut cs, "multiple", &p, &bits).unwrap();
    assert_eq!(cs.num_constraints(), 128 + MULTIPLY_COST);
    (cs, product.value())
}

fn native(base: ExtendedPoint, scalar: u128) -> (Fr, Fr) {
    coordinates(base * jubjub::Fr::from_raw([scalar as u64, (scalar >> 64) as u64, 0, 0]))
}

#[test]
fn fixed_base_should_equal_the_native_multiple_at_the_edges() {
    let few = [0, 1, 2, 3, 7, 8, 63, 64].map(jubjub::Fr::from);
    let edges = few
        .iter()
        .copied()
        .chain(few.iter().map(|x| -x))
        .chain([jubjub::Fr::from(2).invert().unwrap()]);
    for scalar in edges {
        for start in [times(0), times(9), -ExtendedPoint::from(generator()) * scalar] {
            let (cs, sum) = fixed(start, &scalar.to_bytes());
            assert_eq!(
                sum,
                Some(coordinates(start + ExtendedPoint::from(generator()) * scalar))
            );
            assert_eq!(cs.which_is_unsatisfied(), None);
        }
    }
}

#[test]
fn fixed_base_should_have_no_exception_for_digits_of_the_prover() {
    // All 252 bits set, no bits set, and other patterns that no reduced scalar has.
    for byte in [0xff, 0x00, 0x55, 0xaa, 0x92, 0x49, 0x24] {
        let scalar = [byte; 32];
        let (cs, sum) = fixed(times(3), &scalar);
        assert_eq!(cs.which_is_unsatisfied(), None);
        let mut wide = [0; 64];
        wide[..32].copy_from_slice(&scalar);
        wide[31] &= 0x0f;
        let native = ExtendedPoint::from(generator()) * jubjub::Fr::from_bytes_wide(&wide);
        assert_eq!(sum, Some(coordinates(times(3) + native)));
        assert_eq!(cs.free_wires(), Vec::<String>::new());
    }
}

#[test]
fn fixed_base_windows_should_bind_their_wires() {
    let (mut cs, _) = fixed(times(9), &jubjub::Fr::from(123_456_789).to_bytes());
    assert_eq!(cs.free_wires(), Vec::<String>::new());
    cs.set("fixed/window 3/size 1", Fr::from(2)).unwrap();
    assert!(cs.all_unsatisfied().contains(&"fixed/window 3/size 1".to_string()));
}

#[test]
fn variable_base_should_equal_the_native_multiple_at_the_edges() {
    let minus_one = ExtendedPoint::from(generator()) * -jubjub::Fr::one();
    for base in [times(1), times(2), times(77), minus_one] {
        for scalar in [0u128, 1, 2, 3, 4, 5, u128::MAX, u128::MAX - 1, 1 << 127, (1 << 127) - 1] {
            let (cs, product) = multiple(base, scalar);
            assert_eq!(product, Some(native(base, scalar)));
            assert_eq!(cs.which_is_unsatisfied(), None);
        }
    }
}

#[test]
fn variable_base_should_bind_its_wires() {
    for scalar in [0, u128::MAX, 0x1234_5678_9abc_def0_0fed_cba9_8765_4321] {
        let (cs, _) = multiple(times(77), scalar);
        assert_eq!(cs.free_wires(), Vec::<String>::new());
    }
}

#[test]
fn points_without_a_usable_half_should_fail_and_not_panic() {
    // The identity, the point of order two, and coordinates off the curve.
    for (x, y) in [
        (Fr::zero(), Fr::one()),
        (Fr::zero(), -Fr::one()),
        (Fr::zero(), Fr::zero()),
        (Fr::one(), Fr::one()),
        (Fr::from(5), Fr::from(9)),
    ] {
        let mut cs = TestSystem::new();
        let p = Point::alloc(&mut cs, "p", Some((x, y))).unwrap();
        let bits = alloc_bits(&mut cs, "scalar", Some(Fr::from(3)), 128).unwrap();
        multiply(&mut cs, "multiple", &p, &bits).unwrap();
        assert!(cs.which_is_unsatisfied().is_some());
    }
}

#[test]
fn half_that_is_no_half_should_fail() {
    // Everything is consistent with half of another point.
    let (mut cs, _) = multiple(times(77), 5);
    let (x, y) = coordinates(times(78));
    cs.set("p/x", x).unwrap();
    cs.set("p/y", y).unwrap();
    assert_eq!(
        cs.all_unsatisfied(),
        ["multiple/double of the half/x", "multiple/double of the half/y"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn multiples_should_equal_the_native_ones(k in any::<[u8; 32]>(), s in any::<[u8; 32]>(), scalar in any::<u128>()) {
        let mut wide = [0; 64];
        wide[..32].copy_from_slice(&k);
        let base = ExtendedPoint::from(generator()) * jubjub::Fr::from_bytes_wide(&wide);
        let (cs, product) = multiple(base, scalar);
        prop_assert_eq!(product, Some(native(base, scalar)));
        prop_assert!(cs.is_satisfied());
        wide[..32].copy_from_slice(&s);
        let s = jubjub::Fr::from_bytes_wide(&wide);
        let (cs, sum) = fixed(base, &s.to_bytes());
        prop_assert_eq!(sum, Some(coordinates(base + ExtendedPoint::from(generator()) * s)));
        prop_assert!(cs.is_satisfied());
    }
}
