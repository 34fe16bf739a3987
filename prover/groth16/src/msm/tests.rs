//! Sums against the definition, on inputs that are hard for buckets.

use super::*;
use crate::{
    arithmetic::{Backend, Field, Portable, Suite},
    scalar::words,
};
use bls12_381::Scalar;
use blst::{blst_fp, blst_p1_affine_generator};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

fn generator() -> Affine<blst_fp> {
    // SAFETY: `blst` returns a constant of its own.
    let point = unsafe { &*blst_p1_affine_generator() };
    Affine { x: point.x, y: point.y }
}

fn multiple(k: u64) -> Affine<blst_fp> {
    Xyzz::from(&generator()).times(&[k, 0, 0, 0]).to_affine()
}

fn negated(p: &Affine<blst_fp>) -> Affine<blst_fp> {
    Affine {
        x: p.x,
        y: Field::neg(&p.y),
    }
}

fn naive(points: &[Affine<blst_fp>], scalars: &[[u64; 4]]) -> Affine<blst_fp> {
    let mut sum = Xyzz::INFINITY;
    for (point, scalar) in points.iter().zip(scalars) {
        sum.add(&Xyzz::from(point).times(scalar));
    }
    sum.to_affine()
}

fn random_scalar(rng: &mut ChaCha20Rng) -> [u64; 4] {
    words(&Scalar::from_raw(core::array::from_fn(|_| rng.next_u64())))
}

fn check<S: Suite>(points: &[Affine<blst_fp>], scalars: &[[u64; 4]], what: &str) {
    let sum = Bases::<S::G1>::new(points).multiply(scalars).to_affine();
    assert_eq!(sum, naive(points, scalars), "{what}, {} points", points.len());
}

fn check_all<S: Suite>() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let minus = |k: u64| words(&-Scalar::from(k));
    for count in [0, 1, 2, 7, 8, 9, 33, 257, 700] {
        let points: Vec<_> = (0..count).map(|_| multiple(rng.next_u64() | 1)).collect();
        let random: Vec<_> = (0..count).map(|_| random_scalar(&mut rng)).collect();
        check::<S>(&points, &random, "random scalars");
        check::<S>(&points, &vec![[0; 4]; count], "zeros");
        check::<S>(&points, &vec![[1, 0, 0, 0]; count], "ones");
        check::<S>(&points, &vec![minus(1); count], "minus ones");
        let edges = [
            [0; 4],
            [1, 0, 0, 0],
            minus(1),
            minus(2),
            [1 << 63, 0, 0, 0],
            [u64::MAX, u64::MAX, 0, 0],
        ];
        let mixed: Vec<_> = (0..count).map(|i| edges[i % edges.len()]).collect();
        check::<S>(&points, &mixed, "edges");
        // (r - 1)/2 and (r + 1)/2, on both sides of the change of sign
        let half =
            words(&(-Scalar::one() * Option::<Scalar>::from(ff::Field::invert(&Scalar::from(2))).unwrap_or_default()));
        let other = words(&(Scalar::from_raw(half) + Scalar::one()));
        let halves: Vec<_> = (0..count).map(|i| if i % 2 == 0 { half } else { other }).collect();
        check::<S>(&points, &halves, "halves");

        let same = vec![multiple(5); count];
        check::<S>(&same, &random, "one point again and again");
        check::<S>(&same, &vec![[3, 0, 0, 0]; count], "one point, one scalar");
        let opposed: Vec<_> = points
            .chunks(2)
            .flat_map(|p| [p[0], negated(&p[0])])
            .take(count)
            .collect();
        let paired: Vec<_> = random.chunks(2).flat_map(|s| [s[0], s[0]]).take(count).collect();
        check::<S>(&opposed, &paired, "points that cancel");
        check::<S>(&opposed, &vec![[9, 0, 0, 0]; count], "points that cancel in one bucket");
        let small: Vec<_> = (0..count as u64).map(|i| multiple(i % 5 + 1)).collect();
        let digits: Vec<_> = (0..count as u64).map(|i| [i % 3, 0, 0, 0]).collect();
        check::<S>(&small, &digits, "few points, few digits");
    }
}

/// More points in one bucket than a segment holds, with cancellation at every level.
fn check_overfull<S: Suite>() {
    let count = 40_000;
    let few: Vec<_> = (1..=64).map(|k| multiple(k * k)).collect();
    let points: Vec<_> = (0..count)
        .map(|i| if i % 7 == 3 { negated(&few[i % 64]) } else { few[i % 64] })
        .collect();
    let total: i64 = (0..count as i64)
        .map(|i| {
            let k = i % 64 + 1;
            if i % 7 == 3 {
                -k * k
            } else {
                k * k
            }
        })
        .sum();
    let expected = multiple(u64::try_from(total).expect("more points are added than taken away"));
    let sum = Bases::<S::G1>::new(&points)
        .multiply(&vec![[1, 0, 0, 0]; count])
        .to_affine();
    assert_eq!(sum, expected);
    let sum = Bases::<S::G1>::new(&points)
        .multiply(&vec![words(&-Scalar::one()); count])
        .to_affine();
    assert_eq!(sum, negated(&expected));
}

fn check_fixed<S: Suite>() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for count in [1, 10, 2_500] {
        let base = multiple(77);
        let mut scalars: Vec<_> = (0..count).map(|_| random_scalar(&mut rng)).collect();
        scalars[0] = [0; 4];
        scalars[count / 2] = words(&-Scalar::one());
        let points = FixedBase::<S::G1>::new(&base, count).multiply(&scalars);
        for (point, scalar) in points.iter().zip(&scalars).step_by(count / 10 + 1) {
            assert_eq!(*point, Xyzz::from(&base).times(scalar).to_affine());
        }
    }
}

#[test]
fn sums_are_those_of_the_definition_portable() {
    check_all::<Portable>();
    check_overfull::<Portable>();
    check_fixed::<Portable>();
}

#[cfg(target_arch = "x86_64")]
#[test]
fn sums_are_those_of_the_definition_vector() {
    if Backend::Vector.is_available() {
        check_all::<crate::arithmetic::Vector>();
        check_overfull::<crate::arithmetic::Vector>();
        check_fixed::<crate::arithmetic::Vector>();
    }
}
