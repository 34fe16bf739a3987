//! Limbs at the bounds that the products promise, against integers.

use super::{
    constants::{to_limbs, FOLDS, HIGH, INVERSE, LIMB, LIMBS, MODULUS},
    limbs::{product, reduce, two_products, Limbs},
    Avx2, Register,
};
use crate::{
    constants::{at_least, minus, P},
    field::Field,
    lanes::Task,
    pure::Fp,
    Backend,
};

/// The largest carried limb.
const CARRIED: f64 = (1u64 << 47) as f64 + 128.0;

type Numbers = [f64; LIMBS];

/// Runs what uses the instructions, where they are.
fn with_instructions(task: impl Task) {
    if Backend::Floating.is_available() {
        // SAFETY: just checked.
        unsafe { Avx2::enter(task) };
    }
}

fn splat(numbers: &Numbers) -> Limbs<Avx2> {
    numbers.map(|x| Avx2::splat(x))
}

/// All places of a result have the same limbs.
fn same(limbs: &Limbs<Avx2>) -> Numbers {
    limbs.map(|limb| {
        let mut out = [0.0; 4];
        limb.to_doubles(&mut out);
        assert!(out.iter().all(|x| *x == out[0]));
        out[0]
    })
}

/// A whole number as an element, not in Montgomery's form.
fn element(limbs: &[f64]) -> Fp {
    let base = Fp::from_words(&[1 << LIMB, 0, 0, 0, 0, 0]);
    limbs.iter().rev().fold(Fp::ZERO, |sum, limb| {
        let limb = *limb as i64;
        let size = Fp::from_words(&[limb.unsigned_abs(), 0, 0, 0, 0, 0]);
        sum.mul(&base).add(&if limb < 0 { size.neg() } else { size })
    })
}

/// `2^384` as an element.
fn two_384() -> Fp {
    Fp::from_words(&crate::constants::power_of_two(384, &P))
}

/// The number of moduli in a result, nearly.
fn moduli(limbs: &Numbers) -> f64 {
    let value = |limbs: &Numbers| {
        limbs
            .iter()
            .rev()
            .fold(0.0, |sum, limb| sum * (1u64 << LIMB) as f64 + limb)
    };
    value(limbs) / value(&MODULUS)
}

fn check_carried(limbs: &[f64]) {
    for limb in limbs {
        assert!(limb.abs() <= CARRIED && limb.fract() == 0.0, "{limb}");
    }
}

/// Limbs as large as they may be, of all the patterns of signs that make sums large; the highest limb has them too,
/// which no element has.
fn extremes(size: f64) -> Vec<Numbers> {
    vec![
        [size; LIMBS],
        [-size; LIMBS],
        core::array::from_fn(|i| if i % 2 == 0 { size } else { -size }),
        core::array::from_fn(|i| if i < 4 { size } else { -size }),
        core::array::from_fn(|i| if i == 7 { 0.0 } else { size }),
        core::array::from_fn(|i| (i as f64 - 3.0) * (size / 8.0).trunc()),
    ]
}

struct Products;

impl Task for Products {
    type Output = ();

    fn run(self) {
        let by = two_384();
        for a in extremes(2.0 * CARRIED) {
            for b in extremes(CARRIED) {
                let [got] = product(&[splat(&a)], &[splat(&b)]).map(|x| same(&x));
                check_carried(&got[..LIMBS - 1]);
                assert_eq!(element(&got).mul(&by), element(&a).mul(&element(&b)));
                for c in [a, a.map(|x| -x)] {
                    let [got] = two_products(&[splat(&a)], &[splat(&b)], &[splat(&c)], &[splat(&b)]).map(|x| same(&x));
                    check_carried(&got[..LIMBS - 1]);
                    let want = element(&a).add(&element(&c)).mul(&element(&b));
                    assert_eq!(element(&got).mul(&by), want);
                }
            }
        }
    }
}

#[test]
fn products_are_exact_at_their_bounds() {
    with_instructions(Products);
}

struct Sizes;

impl Task for Sizes {
    type Output = ();

    fn run(self) {
        // Three quarters of a modulus of either sign, and twice that.
        let tight = |sign: f64| {
            let mut limbs = MODULUS.map(|limb| (0.75 * sign * limb).trunc());
            limbs[0] += sign;
            limbs
        };
        for a in [tight(1.0), tight(-1.0)] {
            for b in [tight(1.0), tight(-1.0)] {
                let twice = a.map(|x| 2.0 * x);
                let [one] = product(&[splat(&twice)], &[splat(&b)]).map(|x| same(&x));
                check_carried(&one);
                assert!(moduli(&one).abs() <= 0.75);
                let [two] =
                    two_products(&[splat(&twice)], &[splat(&b)], &[splat(&twice)], &[splat(&b)]).map(|x| same(&x));
                check_carried(&two);
                assert!(moduli(&two).abs() <= 0.75);
            }
        }
        for k in -13i32..=13 {
            for more in [-0.49, 0.0, 0.49] {
                let value = MODULUS.map(|limb| (f64::from(k) + more) * limb).map(f64::trunc);
                let got = same(&reduce(&splat(&value)));
                check_carried(&got);
                assert!(moduli(&got).abs() <= 0.51, "{k} and {more}: {}", moduli(&got));
                assert_eq!(element(&got), element(&value));
            }
        }
    }
}

#[test]
fn results_are_carried_and_tight() {
    with_instructions(Sizes);
}

#[test]
fn constants_are_what_they_say() {
    assert_eq!(HIGH, 7.0 * 2f64.powi(98));
    assert_eq!(element(&MODULUS), Fp::ZERO);
    let negated = (INVERSE as i64).wrapping_mul(P[0] as i64).wrapping_add(1);
    assert_eq!(negated & ((1 << LIMB) - 1), 0);
    let mut value = Fp::ONE.to_words();
    let base = Fp::from_words(&[1 << LIMB, 0, 0, 0, 0, 0]);
    for fold in FOLDS.iter().rev() {
        let limbs = element(fold).mul(&base);
        assert_eq!(limbs.to_words(), value);
        value = element(fold).to_words();
        assert!(fold.iter().all(|limb| limb.abs() <= (1u64 << (LIMB - 1)) as f64));
    }
    let largest = minus(&P, &[1, 0, 0, 0, 0, 0]);
    assert!(at_least(&P, &largest));
    assert_eq!(element(&to_limbs(&largest)), Fp::ONE.neg());
}
