//! Points and signatures against their native twins.

use cloister_circuits::{
    gadgets::{
        bits::{alloc_bits, canonical_bits_cost},
        boolean::Bit,
        jubjub::{eighth, enforce_prime_order, Point, ADD_COST, CLEARED_COST, DOUBLE_COST, ON_CURVE_COST},
        multiples::{fixed_base, multiply_half, multiply_half_cost, FIXED_BASE_OF_BITS_COST},
        num::Num,
        schnorr::{cost, enforce_if, SignatureWitness},
    },
    Fr,
};
use cloister_circuits_testing::TestSystem;
use cloister_crypto::{
    jubjub::{self, AffinePoint, ExtendedPoint},
    schnorr::{generator, PublicKey, SecretKey, Signature},
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

#[test]
fn addition_should_be_complete() {
    let order_two = ExtendedPoint::from(AffinePoint::from_raw_unchecked(Fr::zero(), -Fr::one()));
    let points = [
        times(0),
        times(1),
        times(2),
        -times(1),
        times(77),
        order_two,
        times(5) + order_two,
    ];
    for a in points {
        for b in points {
            let mut cs = TestSystem::new();
            let (p, q) = (point(&mut cs, "p", a), point(&mut cs, "q", b));
            let sum = p.add(&mut cs, "sum", &q).unwrap();
            assert_eq!(sum.value(), Some(coordinates(a + b)));
            assert_eq!(cs.num_constraints(), ADD_COST);
            let double = p.double(&mut cs, "double").unwrap();
            assert_eq!(double.value(), Some(coordinates(a.double())));
            assert_eq!(cs.num_constraints(), ADD_COST + DOUBLE_COST);
            p.enforce_on_curve(&mut cs, "curve").unwrap();
            assert_eq!(cs.num_constraints(), ADD_COST + DOUBLE_COST + ON_CURVE_COST);
            assert_eq!(cs.which_is_unsatisfied(), None);
        }
    }
}

/// 252 bits of a scalar.
fn scalar_bits(cs: &mut TestSystem, scalar: &jubjub::Fr) -> Vec<Bit> {
    let value = Option::<Fr>::from(Fr::from_bytes(&scalar.to_bytes()));
    alloc_bits(cs, "scalar", value, 252).unwrap()
}

#[test]
fn multiples_by_given_bits_should_equal_the_native_ones() {
    let mut scalars: Vec<jubjub::Fr> = (0..9).map(jubjub::Fr::from).collect();
    scalars.extend((1..9).map(|k| -jubjub::Fr::from(k)));
    scalars.extend((0..6).map(|k| jubjub::Fr::from_bytes_wide(&[17 * k + 3; 64])));
    let base = ExtendedPoint::from(generator()) * jubjub::Fr::from_bytes_wide(&[9; 64]);
    let half = jubjub::Fr::from(2).invert().unwrap();
    // Twice this half is the base too.
    let order_two = ExtendedPoint::from(AffinePoint::from_raw_unchecked(Fr::zero(), -Fr::one()));
    for scalar in &scalars {
        let mut cs = TestSystem::new();
        let bits = scalar_bits(&mut cs, scalar);
        let before = cs.num_constraints();
        let product = fixed_base(&mut cs, "of the generator", &bits).unwrap();
        assert_eq!(cs.num_constraints() - before, FIXED_BASE_OF_BITS_COST);
        assert_eq!(
            product.value(),
            Some(coordinates(ExtendedPoint::from(generator()) * scalar))
        );
        let p = point(&mut cs, "p", base);
        for (name, h) in [("half", base * half), ("other half", base * half + order_two)] {
            let h = point(&mut cs, name, h);
            let before = cs.num_constraints();
            let product = multiply_half(&mut cs, name, &h, &p, &bits).unwrap();
            assert_eq!(cs.num_constraints() - before, multiply_half_cost(252));
            assert_eq!(product.value(), Some(coordinates(base * scalar)));
        }
        assert_eq!(cs.which_is_unsatisfied(), None);
    }
}

#[test]
fn no_wire_of_a_multiple_by_given_bits_should_be_free() {
    let mut cs = TestSystem::new();
    let bits = scalar_bits(&mut cs, &jubjub::Fr::from_bytes_wide(&[5; 64]));
    let (h, p) = (point(&mut cs, "h", times(7)), point(&mut cs, "p", times(14)));
    fixed_base(&mut cs, "fixed", &bits).unwrap();
    multiply_half(&mut cs, "variable", &h, &p, &bits).unwrap();
    assert_eq!(cs.free_wires(), Vec::<String>::new());
}

#[test]
fn points_of_prime_order_should_be_told_from_others() {
    let system = |value: ExtendedPoint, preimage: Option<(Fr, Fr)>| {
        let mut cs = TestSystem::new();
        let p = point(&mut cs, "p", value);
        let preimage = preimage.unwrap_or_else(|| eighth(coordinates(value)));
        let half = enforce_prime_order(&mut cs, &p, Some(preimage)).unwrap();
        assert_eq!(cs.num_constraints(), CLEARED_COST);
        let (x, y) = half.value().unwrap();
        let double = ExtendedPoint::from(AffinePoint::from_raw_unchecked(x, y)).double();
        (cs.all_unsatisfied(), coordinates(double))
    };
    for k in [1, 2, 8, 77] {
        assert_eq!(system(times(k), None), (vec![], coordinates(times(k))));
    }
    let order_two = ExtendedPoint::from(AffinePoint::from_raw_unchecked(Fr::zero(), -Fr::one()));
    // Another preimage of the same point.
    let (x, y) = eighth(coordinates(times(8)));
    let other = ExtendedPoint::from(AffinePoint::from_raw_unchecked(x, y)) + order_two;
    assert_eq!(system(times(8), Some(coordinates(other))).0, Vec::<String>::new());
    let (failing, _) = system(times(5) + order_two, None);
    assert_eq!(failing, ["eight times the preimage/x", "eight times the preimage/y"]);
    for preimage in [None, Some(coordinates(order_two))] {
        let (failing, _) = system(times(0), preimage);
        assert_eq!(failing, ["not the identity/x is not zero"]);
    }
    let (failing, _) = system(order_two, None);
    assert!(
        failing.contains(&"not the identity/x is not zero".into()),
        "{failing:?}"
    );
    let (failing, _) = system(times(8), Some((Fr::one(), Fr::from(2))));
    assert!(
        failing.contains(&"preimage on the curve/curve equation".into()),
        "{failing:?}"
    );
}

#[test]
fn point_off_the_curve_should_fail() {
    let mut cs = TestSystem::new();
    let p = Point::alloc(&mut cs, "p", Some((Fr::one(), Fr::from(2)))).unwrap();
    p.enforce_on_curve(&mut cs, "curve").unwrap();
    assert_eq!(cs.which_is_unsatisfied().as_deref(), Some("curve/curve equation"));
}

#[test]
fn sum_with_altered_coordinates_should_fail() {
    for coordinate in ["x", "y"] {
        let mut cs = TestSystem::new();
        let (p, q) = (point(&mut cs, "p", times(3)), point(&mut cs, "q", times(4)));
        p.add(&mut cs, "sum", &q).unwrap();
        cs.set(&format!("sum/{coordinate}"), Fr::one()).unwrap();
        assert_eq!(cs.which_is_unsatisfied(), Some(format!("sum/{coordinate}")));
    }
}

fn signature_system(enabled: bool, key: (Fr, Fr), message: Fr, signature: &Signature) -> TestSystem {
    let mut cs = TestSystem::new();
    let on = Bit::alloc(&mut cs, || "enabled", Some(enabled)).unwrap();
    let p = Point::alloc(&mut cs, "key", Some(key)).unwrap();
    let m = Num::alloc(&mut cs, || "message", Some(message)).unwrap();
    let witness = SignatureWitness {
        challenge: signature.challenge,
        response: signature.response,
    };
    enforce_if(&mut cs, "B-SIG", &on, &p, &m, Some(witness)).unwrap();
    assert_eq!(cs.num_constraints(), 1 + cost());
    cs
}

fn signed(seed: u8, message: u64) -> ((Fr, Fr), Fr, Signature) {
    let secret = SecretKey::from_seed(&[seed; 32]);
    let public = secret.public();
    (
        (public.x(), public.y()),
        Fr::from(message),
        secret.sign(Fr::from(message)),
    )
}

#[test]
fn signature_should_cost_at_most_2700_constraints() {
    assert!(cost() <= 2700, "{}", cost());
    assert!(canonical_bits_cost(128) < 300);
}

#[test]
fn signatures_should_hold_in_the_circuit() {
    for seed in 0..5 {
        let (key, message, signature) = signed(seed, 1000 + u64::from(seed));
        assert_eq!(
            signature_system(true, key, message, &signature).which_is_unsatisfied(),
            None
        );
    }
}

#[test]
fn altered_signatures_should_fail_in_the_circuit() {
    let (key, message, signature) = signed(1, 7);
    let mut failing = Vec::new();
    let altered = Signature {
        challenge: signature.challenge ^ 1,
        ..signature
    };
    failing.push(signature_system(true, key, message, &altered));
    let mut altered = signature;
    altered.response[3] ^= 4;
    failing.push(signature_system(true, key, message, &altered));
    failing.push(signature_system(true, key, message + Fr::one(), &signature));
    failing.push(signature_system(true, signed(2, 7).0, message, &signature));
    for cs in failing {
        assert_eq!(
            cs.which_is_unsatisfied().as_deref(),
            Some("B-SIG/challenge is the low half of the hash/sum"),
            "{:?}",
            cs.all_unsatisfied()
        );
    }
}

#[test]
fn enabled_check_should_not_accept_a_free_hash() {
    // The prover claims another hash, one whose low half it likes.
    let (key, message, signature) = signed(1, 7);
    let mut cs = signature_system(true, key, message, &signature);
    cs.set("B-SIG/hash or anything", Fr::from(5)).unwrap();
    assert!(cs.all_unsatisfied().contains(&"B-SIG/hash is bound".to_string()));
}

#[test]
fn disabled_check_should_hold_for_every_key() {
    let (_, message, signature) = signed(1, 7);
    for key in [
        (Fr::zero(), Fr::zero()),
        (Fr::zero(), Fr::one()),
        (Fr::one(), Fr::one()),
        signed(3, 3).0,
    ] {
        assert_eq!(
            signature_system(false, key, message, &signature).which_is_unsatisfied(),
            None
        );
    }
}

#[test]
fn switching_a_forged_check_off_should_be_seen_by_the_switch_only() {
    let (key, message, mut signature) = signed(1, 7);
    signature.challenge ^= 2;
    let cs = signature_system(true, key, message, &signature);
    assert!(!cs.is_satisfied());
}

#[test]
fn every_wire_of_an_enabled_check_should_be_bound() {
    let (key, message, signature) = signed(4, 44);
    let cs = signature_system(true, key, message, &signature);
    let free: Vec<String> = cs.free_wires();
    // Inverses of the zero tests inside the comparison with the order are unused where the tested sum is zero.
    let unexpected: Vec<&String> = free.iter().filter(|name| !name.ends_with("/inverse")).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

#[test]
fn key_of_small_order_should_fail_where_enabled() {
    // Under the point of order two, which native verification refuses, no half exists.
    let key = (Fr::zero(), -Fr::one());
    assert!(PublicKey::from_coordinates(key.0, key.1).is_err());
    let (_, message, signature) = signed(1, 7);
    assert!(!signature_system(true, key, message, &signature).is_satisfied());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn native_and_circuit_should_agree_on_signatures(
        seed in any::<[u8; 32]>(),
        message in any::<u64>(),
        flip in any::<bool>(),
        bit in 0usize..128,
    ) {
        let secret = SecretKey::from_seed(&seed);
        let mut signature = secret.sign(Fr::from(message));
        if flip {
            signature.challenge ^= 1 << bit;
        }
        let public = secret.public();
        let native = public.verify(Fr::from(message), &signature).is_ok();
        let cs = signature_system(true, (public.x(), public.y()), Fr::from(message), &signature);
        prop_assert_eq!(native, !flip);
        prop_assert_eq!(cs.is_satisfied(), native);
    }
}
