//! Lanes against single elements, on edge values and at the bounds that each operation promises.

use super::{constants::P, lanes::*, *};
use crate::scalar::words;
use bls12_381::Scalar;
use core::mem::{size_of, transmute_copy};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// An element of any type that has the words of [`pure::Fp`].
fn element<F: BaseField>(words: [u64; 6]) -> F {
    assert_eq!(size_of::<F>(), size_of::<pure::Fp>());
    // SAFETY: the trait says that both are the same words.
    unsafe { transmute_copy(&pure::Fp::from_words(&words)) }
}

fn extension<F: ExtensionField>(fp: [pure::Fp; 2]) -> F {
    assert_eq!(size_of::<F>(), size_of::<pure::Fp2>());
    // SAFETY: as above.
    unsafe { transmute_copy(&pure::Fp2 { fp }) }
}

/// Zero, one, two, -1, -2, half, all low bits, and random values.
fn base_values<F: BaseField>(rng: &mut ChaCha20Rng) -> Vec<F> {
    let mut minus_one = P;
    minus_one[0] -= 1;
    let mut minus_two = P;
    minus_two[0] -= 2;
    let low = [u64::MAX, u64::MAX, u64::MAX, u64::MAX, u64::MAX, P[5] >> 1];
    let mut values: Vec<_> = [
        [0; 6],
        [1, 0, 0, 0, 0, 0],
        [2, 0, 0, 0, 0, 0],
        minus_one,
        minus_two,
        low,
    ]
    .map(element)
    .into();
    values.extend((0..18).map(|_| {
        let mut words: [u64; 6] = core::array::from_fn(|_| rng.next_u64());
        words[5] &= 0x0fff_ffff_ffff_ffff;
        element::<F>(words)
    }));
    values
}

fn extension_values<F: ExtensionField>(rng: &mut ChaCha20Rng) -> Vec<F> {
    let base = base_values(rng);
    (0..24).map(|i| extension([base[i], base[(7 * i + 3) % 24]])).collect()
}

/// Eight lanes times `k`, unreduced.
fn repeated<L: Lanes>(value: &L, k: usize) -> L {
    (1..k).fold(*value, |sum, _| sum.add(value))
}

fn check_lanes<L: Lanes>(values: &[L::Field]) {
    let times = |x: &L::Field, k: usize| (1..k).fold(*x, |sum, _| sum.add(x));
    for shift in 0..values.len() {
        let a: [L::Field; LANES] = core::array::from_fn(|i| values[(i + shift) % values.len()]);
        let b: [L::Field; LANES] = core::array::from_fn(|i| values[(5 * i + 2 * shift + 1) % values.len()]);
        let (x, y) = (L::from_fields(&a), L::from_fields(&b));
        let all = |name: &str, got: L, want: fn(&L::Field, &L::Field) -> L::Field| {
            let got = got.to_fields();
            for i in 0..LANES {
                assert_eq!(got[i], want(&a[i], &b[i]), "{name}, lane {i}, shift {shift}");
            }
        };
        all("same", x, |a, _| *a);
        all("mul", x.mul(&y), |a, b| a.mul(b));
        all("sqr", x.sqr(), |a, _| a.sqr());
        all("add", x.add(&y), |a, b| a.add(b));
        all("sub", x.sub(&y), |a, b| a.sub(b));
        all("sub_tight", x.sub_tight(&y), |a, b| a.sub(b));
        all("times_3b", x.times_3b(), |a, _| a.times_3b());
        all("times_3b of a product", x.mul(&y).times_3b(), |a, b| {
            a.mul(b).times_3b()
        });
        all("tight", x.tight(), |a, _| *a);
        all("select", x.select(0xff, &y), |_, b| *b);
        all("signed --", x.signed_sub(0xff, &y, 0xff), |a, b| b.sub(a));
        all("signed -+", x.signed_sub(0xff, &y, 0), |a, b| a.neg().sub(b));
        all("signed +-", x.signed_sub(0, &y, 0xff), |a, b| a.add(b));
        all("signed ++", x.signed_sub(0, &y, 0), |a, b| a.sub(b));
        let product = x.mul(&y);
        all("slope", product.sub_twice_tight(&x, &x.sub_tight(&y)), |a, b| {
            a.mul(b).sub(a).sub(a).sub(&a.sub(b))
        });
        all("slope at once", y.sqr_sub_twice_tight(&x, &x.sub_tight(&y)), |a, b| {
            b.sqr().sub(a).sub(a).sub(&a.sub(b))
        });
        all("ordinate + at once", x.mul_sub_signed_tight(&x, &y, 0), |a, b| {
            a.sqr().sub(b)
        });
        all("ordinate - at once", x.mul_sub_signed_tight(&x, &y, 0xff), |a, b| {
            a.sqr().add(b)
        });
        all("ordinate +", product.sub_signed_tight(&y, 0), |a, b| a.mul(b).sub(b));
        all("ordinate -", product.sub_signed_tight(&y, 0xff), |a, b| a.mul(b).add(b));
        // At the bounds: sums of 500 tight values are still multiplied, reduced and subtracted right.
        let (many, some) = (repeated(&x, 250), repeated(&y, 60));
        for (lane, got) in many.mul(&many).to_fields().iter().enumerate() {
            assert_eq!(*got, times(&a[lane], 250).sqr(), "product of loose values");
        }
        for (lane, got) in some.add(&repeated(&x, 3)).sqr().to_fields().iter().enumerate() {
            let want = times(&b[lane], 60).add(&times(&a[lane], 3)).sqr();
            assert_eq!(*got, want, "square of a loose value");
        }
        for (lane, got) in many.tight().to_fields().iter().enumerate() {
            assert_eq!(*got, times(&a[lane], 250), "loose value made tight");
        }
        for (lane, got) in many.sub(&some).mul(&some).to_fields().iter().enumerate() {
            let want = times(&a[lane], 250).sub(&times(&b[lane], 60)).mul(&times(&b[lane], 60));
            assert_eq!(*got, want, "difference of loose values");
        }
        // Inverses, of tight values and at the bound, unless a lane is zero.
        let filled = a.map(|v| if v.is_zero() { L::Field::ONE } else { v });
        let z = L::from_fields(&filled);
        for (k, value) in [(1, z), (250, repeated(&z, 250))] {
            let inverse = value.invert().expect("no lane is zero");
            for (lane, got) in value.mul(&inverse).to_fields().iter().enumerate() {
                assert_eq!(*got, L::Field::ONE, "inverse of {k} times lane {lane}");
            }
            for lane in 0..LANES {
                assert!(value.select(1 << lane, &x.sub(&x)).invert().is_none());
            }
        }
        // Mixed masks choose lane by lane.
        let mixed = x.signed_sub(0x35, &y, 0x0f).to_fields();
        for lane in 0..LANES {
            let p = if 0x35 >> lane & 1 == 1 { a[lane].neg() } else { a[lane] };
            let q = if 0x0f >> lane & 1 == 1 { b[lane].neg() } else { b[lane] };
            assert_eq!(mixed[lane], p.sub(&q));
            assert_eq!(
                x.select(0x35, &y).to_fields()[lane],
                if 0x35 >> lane & 1 == 1 { b[lane] } else { a[lane] }
            );
        }
        // Through memory, and negated there.
        let stored = a.map(|v| L::store(&v));
        // SAFETY: the pointers are of elements that live here.
        let read = unsafe { L::gather(&core::array::from_fn(|i| &raw const stored[i])) };
        all("gather", read, |a, _| *a);
        let mut back = stored;
        let first = back.as_mut_ptr();
        // SAFETY: as above; the places are distinct.
        unsafe { product.tight().scatter(&core::array::from_fn(|i| first.add(i))) };
        for lane in 0..LANES {
            assert_eq!(L::load(&back[lane]), a[lane].mul(&b[lane]));
            assert_eq!(L::load(&L::negate_stored(&stored[lane])), a[lane].neg());
        }
        // What memory holds after a negation is the largest that the additions meet: zero becomes twice the modulus.
        let turned = stored.map(|v| L::negate_stored(&v));
        // SAFETY: as above.
        let z = unsafe { L::gather(&core::array::from_fn(|i| &raw const turned[i])) };
        all("negated", z, |a, _| a.neg());
        all("square of negated", z.sqr(), |a, _| a.sqr());
        all("signed, both negated", z.signed_sub(0xff, &z, 0), |a, _| a.add(a));
        all("signed, none negated", z.signed_sub(0, &z, 0xff), |a, _| a.neg().sub(a));
        let difference = z.sub_tight(&x);
        all("slope of negated", product.sub_twice_tight(&z, &difference), |a, b| {
            a.mul(b).add(a).add(a).sub(&a.neg().sub(a))
        });
        all("ordinate of negated", product.sub_signed_tight(&z, 0), |a, b| {
            a.mul(b).add(a)
        });
        all(
            "ordinate of negated, negated",
            product.sub_signed_tight(&z, 0xff),
            |a, b| a.mul(b).sub(a),
        );
        for lane in 0..LANES {
            let twice = L::negate_stored(&turned[lane]);
            assert_eq!(L::load(&twice), a[lane]);
        }
    }
}

/// Additions of points that share an inversion, with coordinates as large as memory holds them.
fn check_additions<L: Lanes>(values: &[L::Field]) {
    const ADDITIONS: usize = 5;
    let read = |lanes: &[L::Field; LANES], large: bool| {
        let stored = lanes.map(|v| match large {
            true => L::negate_stored(&L::store(&v.neg())),
            false => L::store(&v),
        });
        // SAFETY: the pointers are of elements that live here.
        unsafe { L::gather(&core::array::from_fn(|i| &raw const stored[i])) }
    };
    for shift in 0..values.len() {
        let pick = |k: usize, step: usize| -> [L::Field; LANES] {
            core::array::from_fn(|i| values[(step * i + 3 * k + shift + step) % values.len()])
        };
        let numbers: Vec<[[L::Field; LANES]; 4]> = (0..ADDITIONS)
            .map(|k| {
                let (xa, mut xb) = (pick(k, 1), pick(k, 5));
                for i in 0..LANES {
                    if xa[i] == xb[i] {
                        xb[i] = xb[i].add(&L::Field::ONE);
                    }
                }
                [xa, xb, pick(k, 7), pick(k, 11)]
            })
            .collect();
        let mask = |k: usize| [u8::MAX, 0xa5, 0][(k + shift) % 3];
        let negate = |k: usize| [[0x35, 0x0f], [0, 0], [0xff, 0xff], [0xff, 0]][(k + shift) % 4];
        let one = L::splat(&L::Field::ONE);
        let (mut product, mut before) = (one, [L::zero(); ADDITIONS]);
        let mut lanes: Vec<[L; 4]> = (0..)
            .zip(&numbers)
            .map(|(k, four)| core::array::from_fn(|i| read(&four[i], (k + shift) >> i & 1 == 1)))
            .collect();
        for (k, [xa, xb, ..]) in lanes.iter_mut().enumerate() {
            xb.subtract(xa);
            *xb = one.select(mask(k), xb);
            xb.take_in(&mut product, &mut before[k]);
        }
        let mut inverse = product.invert().expect("no difference is zero");
        for (k, [xa, difference, ya, yb]) in lanes.iter_mut().enumerate().rev() {
            let [alone, left] = [difference.take_out(&before[k], &mut { inverse }), *difference];
            // The same points, with ordinates that lie in memory.
            let (mut x_gathered, mut y_gathered, mut inverse_gathered) = (*xa, left, inverse);
            let stored = [2, 3].map(|i| numbers[k][i].map(|value| L::store(&value)));
            let places = stored
                .each_ref()
                .map(|values| values.each_ref().map(core::ptr::from_ref));
            // SAFETY: the pointers are those of values that live here.
            unsafe {
                L::add_gathered(
                    &mut x_gathered,
                    &mut y_gathered,
                    places.each_ref(),
                    negate(k),
                    &before[k],
                    &mut inverse_gathered,
                    mask(k),
                );
            }
            let mut y = L::zero();
            let addition = Addition {
                x: xa,
                y: &mut y,
                ordinates: [ya, yb],
                negate: negate(k),
            };
            L::add_points(addition, difference, &before[k], &mut inverse, mask(k));
            assert_eq!(inverse_gathered.to_fields(), inverse.to_fields());
            let (x, y) = (xa.to_fields(), y.to_fields());
            assert_eq!((x_gathered.to_fields(), y_gathered.to_fields()), (x, y));
            for i in 0..LANES {
                let [xa, xb, ya, yb] = numbers[k].map(|values| values[i]);
                let [negate_a, negate_b] = negate(k).map(|signs| signs >> i & 1 == 1);
                let (ya, yb) = (ya.negated_if(negate_a), yb.negated_if(negate_b));
                let expected = if mask(k) >> i & 1 == 1 {
                    let slope = yb.sub(&ya).mul(&xb.sub(&xa).invert());
                    let x = slope.sqr().sub(&xa).sub(&xb);
                    (x, slope.mul(&xa.sub(&x)).sub(&ya))
                } else {
                    (xa, ya)
                };
                assert_eq!((x[i], y[i]), expected, "addition {k}, lane {i}, shift {shift}");
            }
            for product in left.mul(&alone).to_fields() {
                assert_eq!(product, L::Field::ONE, "inverse {k}, shift {shift}");
            }
        }
        // A difference that is zero is noticed, in any lane and at any time.
        for lane in 0..LANES {
            let mut product = one;
            for (k, four) in numbers.iter().enumerate() {
                let mut x = read(&four[0], true);
                let mut other = x.add(&one).tight();
                if k == lane % ADDITIONS {
                    other = other.select(1 << lane, &x);
                }
                x.subtract(&other);
                x.take_in(&mut product, &mut before[k]);
            }
            assert!(product.invert().is_none(), "lane {lane}, shift {shift}");
        }
    }
}

fn check_scalars<S: ScalarLanes>(rng: &mut ChaCha20Rng) {
    let mut values = vec![Scalar::zero(), Scalar::one(), -Scalar::one(), -Scalar::from(2)];
    values.extend((0..20).map(|_| Scalar::from_raw(core::array::from_fn(|_| rng.next_u64()))));
    for shift in 0..values.len() {
        let a: [Scalar; LANES] = core::array::from_fn(|i| values[(i + shift) % values.len()]);
        let b: [Scalar; LANES] = core::array::from_fn(|i| values[(3 * i + 5 * shift + 1) % values.len()]);
        let (x, y) = (
            S::from_words(&a.map(|v| words(&v))),
            S::from_words(&b.map(|v| words(&v))),
        );
        let all = |name: &str, got: S, want: &dyn Fn(usize) -> Scalar| {
            let got = got.to_words();
            for (i, got) in got.iter().enumerate() {
                assert_eq!(*got, words(&want(i)), "{name}, lane {i}, shift {shift}");
            }
        };
        all("same", x, &|i| a[i]);
        all("mul", x.mul(&y), &|i| a[i] * b[i]);
        all("add", x.add(&y), &|i| a[i] + b[i]);
        all("sub", x.sub(&y), &|i| a[i] - b[i]);
        all("sub_tight", x.sub_tight(&y), &|i| a[i] - b[i]);
        all("product of a difference", x.sub(&y).mul(&x.add(&y)), &|i| {
            (a[i] - b[i]) * (a[i] + b[i])
        });
        all("select", x.select(0xa5, &y), &|i| {
            if 0xa5 >> i & 1 == 1 {
                b[i]
            } else {
                a[i]
            }
        });
        all("broadcast", S::broadcast(&S::element(&words(&a[3]))), &|_| a[3]);
        for distance in [1, 2, 4] {
            all("swap", x.swap(distance), &|i| a[i ^ distance]);
        }
        // Long chains of sums and differences stay tight.
        let chain = (0..200).fold(x, |sum, k| if k % 3 == 0 { sum.sub_tight(&y) } else { sum.add(&y) });
        all("chain", chain, &|i| {
            (0..200).fold(a[i], |sum, k| if k % 3 == 0 { sum - b[i] } else { sum + b[i] })
        });
    }
}

/// Elements that are not reduced after every operation, at the bounds that the operations promise.
fn check_elements<S: Elements>(rng: &mut ChaCha20Rng) {
    let mut values = vec![Scalar::zero(), Scalar::one(), -Scalar::one(), -Scalar::from(2)];
    values.extend((0..20).map(|_| Scalar::from_raw(core::array::from_fn(|_| rng.next_u64()))));
    for shift in 0..values.len() {
        let a: [Scalar; LANES] = core::array::from_fn(|i| values[(i + shift) % values.len()]);
        let b: [Scalar; LANES] = core::array::from_fn(|i| values[(3 * i + 5 * shift + 1) % values.len()]);
        let (x, y) = (
            S::from_words(&a.map(|v| words(&v))),
            S::from_words(&b.map(|v| words(&v))),
        );
        let all = |name: &str, got: S, want: &dyn Fn(usize) -> Scalar| {
            let got = got.to_words();
            for (i, got) in got.iter().enumerate() {
                let want = if i < S::WIDTH { words(&want(i)) } else { [0; 4] };
                assert_eq!(*got, want, "{name}, lane {i}, shift {shift}");
            }
        };
        let times = |x: &S, k: usize| (1..k).fold(*x, |sum, _| sum.add(x));
        let by = |k: u64| Scalar::from(k);
        all("same", x, &|i| a[i]);
        all("zero", S::zero(), &|_| Scalar::zero());
        all("mul", x.mul(&y), &|i| a[i] * b[i]);
        all("sqr", x.sqr(), &|i| a[i].square());
        all("mul_add", x.mul_add(&y, &x), &|i| a[i] * b[i] + a[i]);
        all("add", x.add(&y), &|i| a[i] + b[i]);
        all("sub", x.sub(&y), &|i| a[i] - b[i]);
        all("negated", S::zero().sub(&y), &|i| -b[i]);
        all("select", x.select(0xa5, &y), &|i| {
            if 0xa5 >> i & 1 == 1 {
                b[i]
            } else {
                a[i]
            }
        });
        all("broadcast", S::broadcast(&S::element(&words(&a[3]))), &|_| a[3]);
        // 22 elements below 3/2 are below 33, and a tight one below 3/2 again.
        let many = times(&x, 22);
        all("many", many, &|i| a[i] * by(22));
        all("tight", many.tight(), &|i| a[i] * by(22));
        all("many times tight", times(&many.tight(), 22), &|i| a[i] * by(22 * 22));
        all("square of many", many.sqr(), &|i| (a[i] * by(22)).square());
        all("product of many", many.mul(&times(&y, 22)), &|i| {
            a[i] * b[i] * by(22 * 22)
        });
        all("product of many, and a term", many.mul_add(&many, &x), &|i| {
            (a[i] * by(22)).square() + a[i]
        });
        // 19 elements below 3/2 and the two moduli that a difference adds are below 31.
        all("difference", times(&x, 19).sub(&y), &|i| a[i] * by(19) - b[i]);
        let triples = S::to_triples(&[x, y, x.add(&y)]);
        let [p, q, r] = S::from_triples(&core::array::from_fn(|i| &triples[i]));
        all("first of a triple", p, &|i| a[i]);
        all("second of a triple", q, &|i| b[i]);
        all("third of a triple", r, &|i| a[i] + b[i]);
        let [p, ..] = S::from_triples(&core::array::from_fn(|i| &triples[(i + 3) % S::WIDTH]));
        all("triples moved", p, &|i| a[(i + 3) % S::WIDTH]);
    }
}

fn check<S: Suite>() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    check_lanes::<S::G1>(&base_values(&mut rng));
    check_lanes::<S::G2>(&extension_values(&mut rng));
    check_additions::<S::G1>(&base_values(&mut rng));
    check_additions::<S::G2>(&extension_values(&mut rng));
    check_scalars::<S::Scalars>(&mut rng);
    check_elements::<S::Elements>(&mut rng);
}

// Compiled over emulated instructions, the other backends would be what they are in this crate: only `vector` differs.
#[cfg(not(emulated_ifma))]
#[test]
fn pure_lanes_compute_what_single_elements_do() {
    check::<Pure>();
}

#[cfg(all(feature = "native", not(emulated_ifma)))]
#[test]
fn portable_lanes_compute_what_single_elements_do() {
    check::<Portable>();
}

#[cfg(all(feature = "native", target_arch = "x86_64", not(emulated_ifma)))]
#[test]
fn floating_lanes_compute_what_single_elements_do() {
    // Where the processor lacks the instructions there is nothing to check; the portable ones run instead.
    if Backend::Floating.is_available() {
        check::<Floating>();
    }
}

#[cfg(all(feature = "native", target_arch = "x86_64", not(emulated_ifma)))]
#[test]
fn floating_lanes_of_short_limbs_compute_what_single_elements_do() {
    // What runs in a browser, with the registers of this machine.
    use floating::{Avx2, Fp2x8, Fp8, Whole, SHORT};
    if Backend::Floating.is_available() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        type G1 = Fp8<Avx2, Whole<Avx2>, pure::Fp, 2, SHORT>;
        type G2 = Fp2x8<Avx2, Whole<Avx2>, pure::Fp, pure::Fp2, 2, SHORT>;
        check_lanes::<G1>(&base_values(&mut rng));
        check_lanes::<G2>(&extension_values(&mut rng));
        check_additions::<G1>(&base_values(&mut rng));
        check_additions::<G2>(&extension_values(&mut rng));
    }
}

#[cfg(all(feature = "native", target_arch = "x86_64"))]
#[test]
fn vector_lanes_compute_what_single_elements_do() {
    // Where the processor lacks the instructions there is nothing to check; the portable ones run instead.
    if Backend::Vector.is_available() {
        check::<Vector>();
    }
}

/// Every test over this backend passes where it is not there; over emulated instructions it is.
#[cfg(emulated_ifma)]
#[test]
fn emulated_lanes_are_there_on_every_processor() {
    assert!(Backend::Vector.is_available());
    assert_eq!(Backend::detect(), Backend::Vector);
}

/// What a field's operations give for all pairs of values.
#[cfg(feature = "native")]
fn table<F: Field>(values: &[F]) -> Vec<F> {
    let mut out = vec![F::ZERO, F::ONE];
    for a in values {
        out.extend([a.sqr(), a.neg(), a.invert(), a.double(), a.times_3b()]);
        out.extend(values.iter().flat_map(|b| [a.add(b), a.sub(b), a.mul(b)]));
    }
    out
}

/// Laws that tie the operations to each other, for whoever has no second field to compare with.
fn check_laws<F: Field>(values: &[F]) {
    for a in values {
        assert_eq!(a.mul(&F::ONE), *a);
        assert_eq!(a.add(&a.neg()), F::ZERO);
        assert_eq!(a.sqr(), a.mul(a));
        assert_eq!(a.double(), a.add(a));
        let inverse = if a.is_zero() { F::ZERO } else { F::ONE };
        assert_eq!(a.mul(&a.invert()), inverse);
        assert_eq!(a.negated_if(false), *a);
        assert_eq!(a.negated_if(true), F::ZERO.sub(a));
        for b in values {
            assert_eq!(a.sub(b), a.add(&b.neg()));
            assert_eq!(a.mul(b), b.mul(a));
            let mut product = *a;
            product.mul_by(b);
            assert_eq!(product, a.mul(b));
            assert_eq!(a.add(b).mul(b), a.mul(b).add(&b.sqr()));
        }
    }
}

#[test]
fn pure_elements_keep_the_laws_of_a_field() {
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    check_laws::<pure::Fp>(&base_values(&mut rng));
    check_laws::<pure::Fp2>(&extension_values(&mut rng));
    let minus_one = pure::Fp::ONE.neg().to_words();
    assert_eq!(minus_one[0], P[0] - 1);
    assert_eq!(minus_one[1..], P[1..]);
    let i = pure::Fp2 {
        fp: [pure::Fp::ZERO, pure::Fp::ONE],
    };
    assert_eq!(i.sqr(), pure::Fp2::ONE.neg());
}

#[cfg(feature = "native")]
#[test]
fn elements_of_the_assembly_keep_the_laws_of_a_field() {
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    check_laws::<blst::blst_fp>(&base_values(&mut rng));
    check_laws::<blst::blst_fp2>(&extension_values(&mut rng));
}

#[cfg(feature = "native")]
#[test]
fn pure_elements_are_the_words_that_the_assembly_computes() {
    use blst::{blst_fp, blst_fp2, blst_fp_from_uint64};

    let rng = || ChaCha20Rng::seed_from_u64(7);
    let [theirs, ours]: [Vec<[u64; 6]>; 2] = [
        table::<blst_fp>(&base_values(&mut rng())).iter().map(|x| x.l).collect(),
        table::<pure::Fp>(&base_values(&mut rng()))
            .iter()
            .map(|x| x.l)
            .collect(),
    ];
    assert!(theirs == ours);
    let [theirs, ours]: [Vec<[[u64; 6]; 2]>; 2] = [
        table::<blst_fp2>(&extension_values(&mut rng()))
            .iter()
            .map(|x| x.fp.map(|part| part.l))
            .collect(),
        table::<pure::Fp2>(&extension_values(&mut rng()))
            .iter()
            .map(|x| x.fp.map(|part| part.l))
            .collect(),
    ];
    assert!(theirs == ours);
    for value in base_values::<pure::Fp>(&mut rng()) {
        let mut theirs = blst_fp::default();
        // SAFETY: `blst` reads six words.
        unsafe { blst_fp_from_uint64(&mut theirs, value.to_words().as_ptr()) };
        assert_eq!(theirs.l, value.l);
    }
}

#[test]
fn a_backend_that_is_not_there_is_replaced_by_a_slower_one() {
    for backend in Backend::ALL {
        let used = backend.or_available();
        assert!(used.is_available());
        assert_eq!(used == backend, backend.is_available());
    }
    assert_eq!(Backend::Pure.or_available(), Backend::Pure);
    assert_eq!(Backend::Portable.is_available(), cfg!(feature = "native"));
}
