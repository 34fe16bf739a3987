//! Limbs at the bounds that the products promise, against integers.

use super::{
    constants::{to_limbs, Of, HIGH},
    limbs::{product, reduce, two_products},
    Avx2, Halves, Register, Sum, Whole, LONG, SHORT,
};
use crate::{
    constants::{minus, P},
    field::Field,
    lanes::Task,
    pure::Fp,
    Backend,
};
use core::marker::PhantomData;

/// The largest carried limb.
fn carried<const L: usize>() -> f64 {
    Of::<L>::WHOLE / 2.0 + 128.0
}

/// Runs what uses the instructions, where they are.
fn with_instructions(task: impl Task) {
    if Backend::Floating.is_available() {
        // SAFETY: just checked.
        unsafe { Avx2::enter(task) };
    }
}

fn splat<const L: usize>(numbers: &[f64; L]) -> [Avx2; L] {
    numbers.map(Avx2::splat)
}

/// All places of a result have the same limbs.
fn same<const L: usize>(limbs: &[Avx2; L]) -> [f64; L] {
    limbs.map(|limb| {
        let mut out = [0.0; 4];
        limb.to_doubles(&mut out);
        assert!(out.iter().all(|x| *x == out[0]));
        out[0]
    })
}

/// A whole number as an element, not in Montgomery's form.
fn element<const L: usize>(limbs: &[f64; L]) -> Fp {
    let base = Fp::from_words(&[1 << Of::<L>::BITS, 0, 0, 0, 0, 0]);
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
fn moduli<const L: usize>(limbs: &[f64; L]) -> f64 {
    let value = |limbs: &[f64; L]| limbs.iter().rev().fold(0.0, |sum, limb| sum * Of::<L>::WHOLE + limb);
    value(limbs) / value(&Of::<L>::MODULUS)
}

fn check_carried<const L: usize>(limbs: &[f64]) {
    for limb in limbs {
        assert!(limb.abs() <= carried::<L>() && limb.fract() == 0.0, "{limb}");
    }
}

/// Limbs as large as they may be, of all the patterns of signs that make sums large; the highest limb has them too,
/// which no element has.
fn extremes<const L: usize>(size: f64) -> Vec<[f64; L]> {
    vec![
        [size; L],
        [-size; L],
        core::array::from_fn(|i| if i % 2 == 0 { size } else { -size }),
        core::array::from_fn(|i| if i < L / 2 { size } else { -size }),
        core::array::from_fn(|i| if i == L - 1 { 0.0 } else { size }),
        core::array::from_fn(|i| (i as f64 - 3.0) * (size / 16.0).trunc()),
    ]
}

struct Products<S, const L: usize>(PhantomData<S>);

impl<S: Sum<Avx2>, const L: usize> Task for Products<S, L> {
    type Output = ();

    fn run(self) {
        let by = two_384();
        let (carried, sums) = (extremes::<L>(carried::<L>()), extremes::<L>(2.0 * carried::<L>()));
        for a in &sums {
            for b in carried.iter().chain(&sums) {
                let [got] = product::<Avx2, S, 1, L>(&[splat(a)], &[splat(b)]).map(|x| same(&x));
                check_carried::<L>(&got[..L - 1]);
                assert_eq!(element(&got).mul(&by), element(a).mul(&element(b)));
            }
            for b in &carried {
                for c in [*a, a.map(|x| -x)] {
                    let (a, b, c) = ([splat(a)], [splat(b)], [splat(&c)]);
                    let [got] = two_products::<Avx2, S, 1, L>(&a, &b, &c, &b).map(|x| same(&x));
                    check_carried::<L>(&got[..L - 1]);
                    let want = element(&same(&a[0])).add(&element(&same(&c[0])));
                    assert_eq!(element(&got).mul(&by), want.mul(&element(&same(&b[0]))));
                }
            }
        }
    }
}

#[test]
fn products_are_exact_at_their_bounds() {
    with_instructions(Products::<Halves<Avx2>, LONG>(PhantomData));
    with_instructions(Products::<Whole<Avx2>, SHORT>(PhantomData));
}

/// The limbs whose products leave as much as they may for the lower part of a sum: `2^48 - 1` modulo `2^49`.
struct Remainders;

impl Task for Remainders {
    type Output = ();

    fn run(self) {
        let (twice, once) = (2f64.powi(48) - 38_626_246_559.0, 2f64.powi(47) - 25_505.0);
        assert_eq!((twice as u128) * (once as u128) % (1 << 49), (1 << 48) - 1);
        for (a, c) in [(twice, twice), (twice, -twice), (-twice, -twice)] {
            let (a, b, c) = ([a; LONG], [once; LONG], [c; LONG]);
            let splats = [a, b, c, b].map(|limbs| [splat(&limbs)]);
            let got = two_products::<Avx2, Halves<Avx2>, 1, LONG>(&splats[0], &splats[1], &splats[2], &splats[3]);
            let got = same(&got[0]);
            check_carried::<LONG>(&got[..LONG - 1]);
            let want = element(&a).add(&element(&c)).mul(&element(&b));
            assert_eq!(element(&got).mul(&two_384()), want);
        }
    }
}

#[test]
fn products_are_exact_where_much_is_left() {
    with_instructions(Remainders);
}

/// Limbs sixteen times as large as they can hold, of numbers below fourteen moduli.
struct Loose<const L: usize>;

impl<const L: usize> Task for Loose<L> {
    type Output = ();

    fn run(self) {
        let most = 16.0 * Of::<L>::WHOLE - 1.0;
        let top = Of::<L>::MODULUS[L - 1];
        for pattern in extremes::<L>(most) {
            for k in [-13.0, -1.0, 0.0, 1.0, 13.0] {
                let mut value = pattern;
                value[L - 1] = k * top;
                let got = same(&reduce(&splat(&value)));
                check_carried::<L>(&got);
                assert!(moduli(&got).abs() <= 0.51, "{}", moduli(&got));
                assert_eq!(element(&got), element(&value));
            }
        }
    }
}

#[test]
fn loose_limbs_are_reduced() {
    with_instructions(Loose::<LONG>);
    with_instructions(Loose::<SHORT>);
}

struct Sizes<S, const L: usize>(PhantomData<S>);

impl<S: Sum<Avx2>, const L: usize> Task for Sizes<S, L> {
    type Output = ();

    fn run(self) {
        // Three quarters of a modulus of either sign, and twice that.
        let tight = |sign: f64| {
            let mut limbs = Of::<L>::MODULUS.map(|limb| (0.75 * sign * limb).trunc());
            limbs[0] += sign;
            limbs
        };
        for a in [tight(1.0), tight(-1.0)] {
            for b in [tight(1.0), tight(-1.0)] {
                let twice = a.map(|x| 2.0 * x);
                let [one] = product::<Avx2, S, 1, L>(&[splat(&twice)], &[splat(&b)]).map(|x| same(&x));
                check_carried::<L>(&one);
                assert!(moduli(&one).abs() <= 0.75);
                let [two] =
                    two_products::<Avx2, S, 1, L>(&[splat(&twice)], &[splat(&b)], &[splat(&twice)], &[splat(&b)])
                        .map(|x| same(&x));
                check_carried::<L>(&two);
                assert!(moduli(&two).abs() <= 0.75);
            }
        }
        for k in -13i32..=13 {
            for more in [-0.49, 0.0, 0.49] {
                let value = Of::<L>::MODULUS
                    .map(|limb| (f64::from(k) + more) * limb)
                    .map(f64::trunc);
                let got = same(&reduce(&splat(&value)));
                check_carried::<L>(&got);
                assert!(moduli(&got).abs() <= 0.51, "{k} and {more}: {}", moduli(&got));
                assert_eq!(element(&got), element(&value));
            }
        }
    }
}

#[test]
fn results_are_carried_and_tight() {
    with_instructions(Sizes::<Halves<Avx2>, LONG>(PhantomData));
    with_instructions(Sizes::<Whole<Avx2>, SHORT>(PhantomData));
}

fn check_constants<const L: usize>() {
    let bits = Of::<L>::BITS;
    assert_eq!(element(&Of::<L>::MODULUS), Fp::ZERO);
    let negated = (Of::<L>::INVERSE as i64).wrapping_mul(P[0] as i64).wrapping_add(1);
    assert_eq!(negated & ((1 << bits) - 1), 0);
    let base = Fp::from_words(&[1 << bits, 0, 0, 0, 0, 0]);
    let mut value = Fp::from_words(&[1, 0, 0, 0, 0, 0]);
    for fold in Of::<L>::FOLDS[..Of::<L>::FOLDED].iter().rev() {
        assert_eq!(element(fold).mul(&base), value);
        value = element(fold);
        assert!(fold.iter().all(|limb| limb.abs() <= Of::<L>::WHOLE / 2.0));
    }
    let largest = minus(&P, &[1, 0, 0, 0, 0, 0]);
    assert_eq!(
        element(&to_limbs::<L>(&largest)),
        Fp::from_words(&[1, 0, 0, 0, 0, 0]).neg()
    );
}

#[test]
fn constants_are_what_they_say() {
    assert_eq!(HIGH, 7.0 * 2f64.powi(98));
    check_constants::<LONG>();
    check_constants::<SHORT>();
}
