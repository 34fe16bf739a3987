//! Sums against the definition, on inputs that are hard for buckets.

use super::{digits::recode, tree::LONGEST, *};
#[cfg(feature = "native")]
use crate::arithmetic::{Backend, Portable};
use crate::{
    arithmetic::{Field, Pure, Suite},
    curve::points::{from_g1, from_g2},
    pairing::{Curve, DefaultCurve},
    scalar::words,
};
use bls12_381::Scalar;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

fn generator<S: Suite>() -> Affine<S::Fp> {
    let bytes = bls12_381::G1Affine::generator().to_uncompressed();
    from_g1(&DefaultCurve::decode_g1(&bytes).expect("a good point"))
}

fn generator_g2<S: Suite>() -> Affine<S::Fp2> {
    let bytes = bls12_381::G2Affine::generator().to_uncompressed();
    from_g2(&DefaultCurve::decode_g2(&bytes).expect("a good point"))
}

fn multiple<F: Field>(base: &Affine<F>, k: u64) -> Affine<F> {
    Xyzz::from(base).times(&[k, 0, 0, 0]).to_affine()
}

/// `k·base` for a `k` of either sign.
fn signed_multiple<F: Field>(base: &Affine<F>, k: i64) -> Affine<F> {
    let point = multiple(base, k.unsigned_abs());
    if k < 0 {
        point.neg()
    } else {
        point
    }
}

fn naive<F: Field>(points: &[Affine<F>], scalars: &[[u64; 4]]) -> Affine<F> {
    let mut sum = Xyzz::INFINITY;
    for (point, scalar) in points.iter().zip(scalars) {
        sum.add(&Xyzz::from(point).times(scalar));
    }
    sum.to_affine()
}

fn random_scalar(rng: &mut ChaCha20Rng) -> [u64; 4] {
    words(&Scalar::from_raw(core::array::from_fn(|_| rng.next_u64())))
}

fn below(rng: &mut ChaCha20Rng, n: usize) -> usize {
    (rng.next_u64() % n as u64) as usize
}

fn check<L: Lanes>(points: &[Affine<L::Field>], scalars: &[[u64; 4]], what: &str) {
    let bases = Bases::<L>::new(points);
    let sum = bases.multiply(scalars).to_affine();
    assert_eq!(sum, naive(points, scalars), "{what}, {} points", points.len());
    let (first, second) = points.split_at(points.len() / 3);
    let joined = Bases::<L>::joined(first, second).multiply(scalars).to_affine();
    assert_eq!(joined, sum, "{what}, two lists");
    let others: Vec<_> = points.iter().map(Affine::neg).collect();
    let (own, of_others) = bases.multiply_both(&Bases::<L>::new(&others), scalars);
    assert_eq!(
        [own, of_others].map(Xyzz::to_affine),
        [sum, sum.neg()],
        "{what}, at once"
    );
}

fn check_all<L: Lanes>(base: &Affine<L::Field>, counts: &[usize]) {
    let multiple = |k| multiple(base, k);
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let minus = |k: u64| words(&-Scalar::from(k));
    for &count in counts {
        let points: Vec<_> = (0..count).map(|_| multiple(rng.next_u64() | 1)).collect();
        let random: Vec<_> = (0..count).map(|_| random_scalar(&mut rng)).collect();
        check::<L>(&points, &random, "random scalars");
        check::<L>(&points, &vec![[0; 4]; count], "zeros");
        check::<L>(&points, &vec![[1, 0, 0, 0]; count], "ones");
        check::<L>(&points, &vec![minus(1); count], "minus ones");
        let edges = [
            [0; 4],
            [1, 0, 0, 0],
            minus(1),
            minus(2),
            [1 << 63, 0, 0, 0],
            [u64::MAX, u64::MAX, 0, 0],
        ];
        let mixed: Vec<_> = (0..count).map(|i| edges[i % edges.len()]).collect();
        check::<L>(&points, &mixed, "edges");
        // (r - 1)/2 and (r + 1)/2, on both sides of the change of sign
        let half =
            words(&(-Scalar::one() * Option::<Scalar>::from(ff::Field::invert(&Scalar::from(2))).unwrap_or_default()));
        let other = words(&(Scalar::from_raw(half) + Scalar::one()));
        let halves: Vec<_> = (0..count).map(|i| if i % 2 == 0 { half } else { other }).collect();
        check::<L>(&points, &halves, "halves");

        let same = vec![multiple(5); count];
        check::<L>(&same, &random, "one point again and again");
        check::<L>(&same, &vec![[3, 0, 0, 0]; count], "one point, one scalar");
        let opposed: Vec<_> = points.chunks(2).flat_map(|p| [p[0], p[0].neg()]).take(count).collect();
        let paired: Vec<_> = random.chunks(2).flat_map(|s| [s[0], s[0]]).take(count).collect();
        check::<L>(&opposed, &paired, "points that cancel");
        check::<L>(&opposed, &vec![[9, 0, 0, 0]; count], "points that cancel in one bucket");
        let small: Vec<_> = (0..count as u64).map(|i| multiple(i % 5 + 1)).collect();
        let digits: Vec<_> = (0..count as u64).map(|i| [i % 3, 0, 0, 0]).collect();
        check::<L>(&small, &digits, "few points, few digits");
    }
}

/// More points in one bucket than a lane takes, and more sums of its parts too, with cancellation at every level.
fn check_overfull<L: Lanes>(base: &Affine<L::Field>) {
    let count = 40_000;
    let few: Vec<_> = (1..=64).map(|k| multiple(base, k * k)).collect();
    let points: Vec<_> = (0..count)
        .map(|i| if i % 7 == 3 { few[i % 64].neg() } else { few[i % 64] })
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
    let expected = signed_multiple(base, total);
    let sum = Bases::<L>::new(&points)
        .multiply(&vec![[1, 0, 0, 0]; count])
        .to_affine();
    assert_eq!(sum, expected);
    let sum = Bases::<L>::new(&points)
        .multiply(&vec![words(&-Scalar::one()); count])
        .to_affine();
    assert_eq!(sum, expected.neg());
}

/// Few points with both signs and scalars around the edges of digits, at random: nearly every addition meets an equal
/// or an opposite point somewhere. The sum is a multiple of the generator that is known from integers.
fn check_structured<L: Lanes>(base: &Affine<L::Field>) {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let edges: Vec<i64> = (0..16).flat_map(|k| [(1 << k) - 1, 1 << k, (1 << k) + 1]).collect();
    for round in 0..24 {
        let few = [1, 2, 3, 9][round % 4];
        let known: Vec<_> = (1..=few).map(|k| signed_multiple(base, k)).collect();
        let count = if round == 23 {
            50_000
        } else {
            1 + below(&mut rng, 3_000)
        };
        let kinds = 1 + below(&mut rng, edges.len());
        let (mut points, mut scalars, mut total) = (Vec::new(), Vec::new(), 0);
        for _ in 0..count {
            let (k, digit) = (below(&mut rng, few as usize), edges[below(&mut rng, kinds)]);
            let (point, sign) = match below(&mut rng, 2) {
                0 => (known[k], 1),
                _ => (known[k].neg(), -1),
            };
            let scalar = Scalar::from(digit as u64);
            let (scalar, scalar_sign) = match below(&mut rng, 2) {
                0 => (scalar, 1),
                _ => (-scalar, -1),
            };
            points.push(point);
            scalars.push(words(&scalar));
            total += (k as i64 + 1) * digit * sign * scalar_sign;
        }
        let sum = Bases::<L>::new(&points).multiply(&scalars).to_affine();
        assert_eq!(sum, signed_multiple(base, total), "round {round}, {count} points");
    }
}

/// Buckets of every length around lanes and parts, in which everything, the first part or nothing cancels.
fn check_tree<L: Lanes>(base: &Affine<L::Field>) {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let few = 5;
    let points: Vec<_> = (1..=few).map(|k| Stored::<L>::new(&signed_multiple(base, k))).collect();
    let mut tree = Tree::<L>::new();
    for round in 0..6 {
        let (mut order, mut ends, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for bucket in 0..64 {
            let length = match bucket {
                // Around the length of a part, and with more parts than that.
                20 | 40 => [LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST, LONGEST * LONGEST + 7, 1]
                    [(round + bucket / 20) % 6],
                _ => below(&mut rng, 20),
            };
            let style = below(&mut rng, 4);
            let mut sum = 0;
            for i in 0..length {
                let (k, negative) = match style {
                    0 => (below(&mut rng, few as usize), below(&mut rng, 2) == 1),
                    // Neighbours cancel.
                    1 => (i / 2 % few as usize, i % 2 == 1),
                    // All of the first part cancels, in its last round.
                    2 => (0, i % LONGEST >= length.min(LONGEST) / 2 && i < LONGEST),
                    _ => (1, false),
                };
                order.push((k << 1 | usize::from(negative)) as u32);
                let value = k as i64 + 1;
                sum += if negative { -value } else { value };
            }
            ends.push(order.len() as u32);
            expected.push(sum);
        }
        let sums = tree.sum(&points, &order, &ends);
        let mut weighted = 0;
        for (bucket, sum) in expected.iter().enumerate() {
            assert_eq!(sums.filled[bucket], *sum != 0, "round {round}, bucket {bucket}");
            if *sum != 0 {
                let point = sums.points[bucket].affine();
                assert_eq!(point, signed_multiple(base, *sum), "round {round}, bucket {bucket}");
            }
            weighted += (bucket as i64 + 1) * sum;
        }
        let sorted = Sorted { order, ends };
        let longest = (0..64).map(|bucket| sorted.ends[bucket] - bucket.checked_sub(1).map_or(0, |b| sorted.ends[b]));
        let longest = longest.max().unwrap_or_default() as usize;
        for parts in [1, 2, 3, 7, 64, 100] {
            let until = |part| match sorted.bound(part, parts) {
                0 => 0,
                bound => sorted.ends[bound - 1] as usize,
            };
            let most = sorted.order.len().div_ceil(parts) + longest;
            assert!((0..parts).all(|part| until(part + 1) - until(part) <= most));
            let cut = sorted.buckets(&points, parts);
            assert_eq!(cut.filled, sums.filled, "round {round}, {parts} parts");
            for (bucket, (point, whole)) in cut.points.iter().zip(&sums.points).enumerate() {
                let same = !cut.filled[bucket] || point.affine() == whole.affine();
                assert!(same, "round {round}, {parts} parts, bucket {bucket}");
            }
        }
        assert_eq!(weigh::weigh(&sums).to_affine(), signed_multiple(base, weighted));
    }
}

fn check_fixed<L: Lanes>(base: &Affine<L::Field>) {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for count in [1, 10, 2_500] {
        let base = multiple(base, 77);
        let mut scalars: Vec<_> = (0..count).map(|_| random_scalar(&mut rng)).collect();
        scalars[0] = [0; 4];
        scalars[count / 2] = words(&-Scalar::one());
        let points = FixedBase::<L>::new(&base, count).multiply(&scalars);
        for (point, scalar) in points.iter().zip(&scalars).step_by(count / 10 + 1) {
            assert_eq!(*point, Xyzz::from(&base).times(scalar).to_affine());
        }
    }
}

/// Sums in both groups at once, over scalars as many as the bases, fewer and more.
fn check_both<S: Suite>(g1: &Affine<S::Fp>, g2: &Affine<S::Fp2>) {
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let factors: Vec<u64> = (0..90).map(|_| rng.next_u64() | 1).collect();
    let first: Vec<_> = factors.iter().map(|k| multiple(g1, *k)).collect();
    let second: Vec<_> = factors.iter().rev().map(|k| multiple(g2, *k)).collect();
    let (bases, others) = (Bases::<S::G1>::new(&first), Bases::<S::G2>::new(&second));
    for count in [0, 1, 89, 90, 120] {
        let scalars: Vec<_> = (0..count).map(|_| random_scalar(&mut rng)).collect();
        let (sum, of_others) = bases.multiply_both(&others, &scalars);
        assert_eq!(sum.to_affine(), naive(&first, &scalars), "{count} scalars");
        assert_eq!(of_others.to_affine(), naive(&second, &scalars), "{count} scalars");
    }
}

/// Windows are cut in parts where there are many threads.
#[cfg(feature = "native")]
#[test]
fn sums_of_many_threads_are_those_of_the_definition() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(9).build();
    pool.expect("threads start").install(|| {
        assert!(current_num_threads() > THREADS);
        check_all::<<Portable as Suite>::G1>(&generator::<Portable>(), &[1, 33, 257]);
        check_all::<<Portable as Suite>::G2>(&generator_g2::<Portable>(), &[9, 130]);
    });
}

fn check_suite<S: Suite>() {
    let (g1, g2) = (generator::<S>(), generator_g2::<S>());
    check_all::<S::G1>(&g1, &[0, 1, 2, 7, 8, 9, 33, 257, 700]);
    check_all::<S::G2>(&g2, &[0, 1, 2, 9, 130]);
    check_overfull::<S::G1>(&g1);
    check_overfull::<S::G2>(&g2);
    check_structured::<S::G1>(&g1);
    check_structured::<S::G2>(&g2);
    check_tree::<S::G1>(&g1);
    check_tree::<S::G2>(&g2);
    check_fixed::<S::G1>(&g1);
    check_fixed::<S::G2>(&g2);
    check_both::<S>(&g1, &g2);
}

#[test]
fn sums_are_those_of_the_definition_pure() {
    check_suite::<Pure>();
}

#[cfg(feature = "native")]
#[test]
fn sums_are_those_of_the_definition_portable() {
    check_suite::<Portable>();
}

#[cfg(all(feature = "native", target_arch = "x86_64"))]
#[test]
fn sums_are_those_of_the_definition_floating() {
    if Backend::Floating.is_available() {
        check_suite::<crate::arithmetic::Floating>();
    }
}

#[cfg(all(feature = "native", target_arch = "x86_64"))]
#[test]
fn sums_are_those_of_the_definition_vector() {
    if Backend::Vector.is_available() {
        check_suite::<crate::arithmetic::Vector>();
    }
}

#[test]
#[should_panic(expected = "points.len()")]
fn a_place_beyond_the_points_is_not_read() {
    let points = vec![Stored::<<Pure as Suite>::G1>::new(&generator::<Pure>()); 3];
    Tree::new().sum(&points, &[0, 3 << 1], &[2]);
}

/// Scalars around half the order, around powers of two, and with every digit at the edge where it carries.
fn edge_scalars(width: u32) -> Vec<Scalar> {
    let half = Option::<Scalar>::from(Scalar::from(2).invert()).unwrap_or_default();
    let mut out = vec![
        Scalar::zero(),
        -Scalar::one(),
        // (r - 1)/2 and (r + 1)/2
        -half,
        half,
        half + Scalar::one(),
        -half - Scalar::one(),
    ];
    let power = |bit: u32| Scalar::from(2).pow_vartime(&[u64::from(bit), 0, 0, 0]);
    for bit in (0..254).step_by(7).chain([252, 253, 254]) {
        out.extend([power(bit), power(bit) - Scalar::one(), power(bit) + Scalar::one()]);
    }
    for digit in [
        (1 << (width - 1)) - 1,
        1 << (width - 1),
        (1 << (width - 1)) + 1,
        (1 << width) - 1,
    ] {
        for top in [252 / width, 253 / width, 254 / width] {
            out.push((0..top).map(|k| power(width * k) * Scalar::from(digit)).sum());
        }
    }
    let negated: Vec<_> = out.iter().map(|x| -x).collect();
    out.extend(negated);
    out
}

#[test]
fn digits_fit_their_windows_and_add_up() {
    for width in 3..=WIDEST {
        let scalars = edge_scalars(width);
        let words: Vec<_> = scalars.iter().map(words).collect();
        let digits = Digits::new(&words, width);
        for (i, scalar) in scalars.iter().enumerate() {
            let mut sum = Scalar::zero();
            for k in (0..Digits::windows(width)).rev() {
                sum *= Scalar::from(1 << width);
                let digit = digits.window(k)[i];
                assert!(u32::from(digit.unsigned_abs()) <= 1 << (width - 1));
                let size = Scalar::from(u64::from(digit.unsigned_abs()));
                sum += if digit < 0 { -size } else { size };
            }
            assert_eq!(sum, *scalar, "width {width}, scalar {i}");
            recode(&words[i], width, |window, digit| {
                assert_eq!(digits.window(window)[i], digit)
            });
        }
    }
    assert!(Digits::new(&[], WIDEST).window(0).is_empty());
}
