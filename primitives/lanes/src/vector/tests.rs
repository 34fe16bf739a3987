//! Reduction limb by limb: values one below, at and one above every multiple of the modulus that a contract allows, and
//! at every jump of the quotient's estimate.

use super::{
    constants::{complement, multiple, to_limbs, Modulus, LIMB, MASK},
    fp::{self, Fp8},
    fp2::Fp2x8,
    fr,
    limbs::{carry, montgomery, montgomery_square, plus_constant, reduce, splat, to_rows},
};
use crate::{
    constants::{P, R},
    lanes::Lanes,
    Backend,
};

fn is_less<const M: usize>(a: &[u64; M], b: &[u64; M]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// `a + k·2^(52 i)` for a signed `k`, carried.
fn moved<const M: usize>(a: &[u64; M], i: usize, k: i64) -> [u64; M] {
    let mut out = *a;
    let mut carry = k;
    for limb in &mut out[i..] {
        let sum = *limb as i64 + carry;
        *limb = sum as u64 & MASK;
        carry = sum >> LIMB;
    }
    out
}

/// `a - b`, for `a >= b`.
fn difference<const M: usize>(a: &[u64; M], b: &[u64; M]) -> [u64; M] {
    let mut out = [0; M];
    let mut borrow = 0i64;
    for i in 0..M {
        let t = a[i] as i64 - b[i] as i64 + borrow;
        out[i] = t as u64 & MASK;
        borrow = t >> LIMB;
    }
    assert_eq!(borrow, 0);
    out
}

/// What is left is below two moduli and differs from the value by a multiple of the modulus. `raw` are limbs that are
/// not carried and stand for the same value.
fn check<const M: usize>(modulus: &[u64; M], slack: u64, value: &[u64; M], raw: &[i64; M]) {
    let ratio = (1 << LIMB) / (modulus[M - 1] + 1);
    let raw = raw.map(|limb| limb as u64);
    // SAFETY: the caller asked for the instructions.
    let left = unsafe {
        let limbs = splat(&raw);
        assert_eq!(to_rows(carry(limbs)).map(|row| row[5]), *value);
        to_rows(reduce(limbs, slack, ratio, &complement(modulus))).map(|row| row[5])
    };
    assert!(is_less(&left, &multiple(modulus, 2)), "{value:x?} leaves {left:x?}");
    assert!(!is_less(value, &left));
    let removed = difference(value, &left);
    let quotient = (0..2_000).find(|k| multiple(modulus, *k) == removed);
    assert!(quotient.is_some(), "{value:x?} leaves {left:x?}");
}

/// The same value in limbs that borrow and owe as sums and differences do.
fn shapes<const M: usize>(value: &[u64; M], most: i64) -> [[i64; M]; 3] {
    [0, most, -most].map(|owed: i64| {
        let mut raw = value.map(|limb| limb as i64);
        for i in 0..M - 1 {
            raw[i] += owed << LIMB;
            raw[i + 1] -= owed;
        }
        raw
    })
}

fn check_modulus<const M: usize>(modulus: &[u64; M], slack: u64, owed: i64, most: u64) {
    let all = |value: &[u64; M]| {
        if !is_less(value, modulus) && !is_less(&multiple(modulus, most), value) {
            for raw in shapes(value, owed) {
                check(modulus, slack, value, &raw);
            }
        }
    };
    for k in 1..=most {
        for by in [-1, 0, 1] {
            all(&moved(&multiple(modulus, k), 0, by));
        }
        // The estimate becomes `k` where the top limb, less the slack, times the ratio reaches `k·2^52`.
        let ratio = (1u128 << LIMB) / u128::from(modulus[M - 1] + 1);
        let top = (u128::from(k) << LIMB).div_ceil(ratio) as u64 + slack;
        for by in -4..=4 {
            let mut value = [0; M];
            value[M - 1] = top.wrapping_add_signed(by);
            all(&value);
            all(&moved(&value, 0, -1));
        }
    }
}

#[test]
fn reduction_leaves_less_than_two_moduli() {
    if Backend::Vector.is_available() {
        // `tight` takes values below 512p and adds 4p; `sub_tight` of scalars stays below 6r. What `settle` leaves
        // owes more from limb to limb than sums do.
        check_modulus::<8>(&to_limbs(&P), fp::SLACK, 3, 516);
        check_modulus::<8>(&to_limbs(&P), fp::SLACK, 63, 516);
        // Elements that hashes add up are below 35 moduli when they are made tight.
        check_modulus::<5>(&to_limbs(&R), fr::SLACK, 3, 35);
    }
}

/// A number of scalar limbs that is `numerator/denominator` moduli, rounded down.
fn moduli(numerator: u64, denominator: u64) -> [u64; 5] {
    // One limb more, since the product may be larger than what is left of it.
    let mut out: [u64; 6] = multiple(&to_limbs(&R), numerator);
    let mut rest = 0;
    for limb in out.iter_mut().rev() {
        let value = u128::from(rest) << LIMB | u128::from(*limb);
        *limb = (value / u128::from(denominator)) as u64;
        rest = (value % u128::from(denominator)) as u64;
    }
    let [low @ .., top] = out;
    assert_eq!(top, 0);
    low
}

#[test]
fn what_is_made_tight_is_below_one_and_a_half_moduli() {
    if !Backend::Vector.is_available() {
        return;
    }
    let modulus: [u64; 5] = to_limbs(&R);
    let ratio = (1 << LIMB) / (modulus[4] + 1);
    for quarters in 4..=4 * 35 {
        for value in [moduli(quarters, 4), moved(&moduli(quarters, 4), 0, -1)] {
            if is_less(&value, &modulus) {
                continue;
            }
            for raw in shapes(&value, 3) {
                // SAFETY: the processor has the instructions.
                let left = unsafe {
                    let limbs = splat(&raw.map(|limb| limb as u64));
                    to_rows(reduce(limbs, fr::SLACK, ratio, &complement(&modulus))).map(|row| row[3])
                };
                assert!(is_less(&left, &moduli(3, 2)), "{value:x?} leaves {left:x?}");
            }
        }
    }
}

/// The largest product that the bounds allow, of numbers at their bounds: below its own bound.
#[test]
fn products_keep_their_bounds() {
    if !Backend::Vector.is_available() {
        return;
    }
    let modulus: [u64; 5] = to_limbs(&R);
    let reduction = Modulus::new(&R);
    for (a, b) in [(34, 32), (34, 34), (33, 33), (1, 34), (2, 2), (1, 1)] {
        let [x, y] = [a, b].map(|k| moved(&multiple(&modulus, k), 0, -1));
        // SAFETY: the processor has the instructions.
        let (product, square) = unsafe {
            (
                to_rows(montgomery::<5, 10>(&splat(&x), &splat(&y), &reduction)).map(|row| row[1]),
                to_rows(montgomery_square::<5, 10>(&splat(&x), &reduction)).map(|row| row[1]),
            )
        };
        assert!(!is_less(&moduli(a * b + 35, 35), &product), "{a} times {b}");
        assert!(!is_less(&moduli(a * a + 35, 35), &square), "{a} squared");
    }
}

/// As [`products_keep_their_bounds`], of the base field: below two moduli, whatever the contract allows.
#[test]
fn products_of_loose_values_are_below_two_moduli() {
    if !Backend::Vector.is_available() {
        return;
    }
    let modulus: [u64; 8] = to_limbs(&P);
    let reduction = Modulus::new(&P);
    for (a, b) in [(512, 512), (512, 1), (128, 128), (2, 2), (1, 1)] {
        let [x, y] = [a, b].map(|k| moved(&multiple(&modulus, k), 0, -1));
        // SAFETY: the processor has the instructions.
        let (product, square) = unsafe {
            (
                to_rows(montgomery::<8, 16>(&splat(&x), &splat(&y), &reduction)).map(|row| row[1]),
                to_rows(montgomery_square::<8, 16>(&splat(&x), &reduction)).map(|row| row[1]),
            )
        };
        assert!(is_less(&product, &multiple(&modulus, 2)), "{a} times {b}");
        assert!(is_less(&square, &multiple(&modulus, 2)), "{a} squared");
    }
    for (a, b) in [(128, 128), (128, 0), (6, 6), (2, 4), (0, 1)] {
        let [x, y] = [a, b].map(|k| match k {
            0 => [0; 8],
            k => moved(&multiple(&modulus, k), 0, -1),
        });
        // SAFETY: as above.
        let norm = unsafe { to_rows(Fp2x8([Fp8(splat(&x)), Fp8(splat(&y))]).norm().0) }.map(|row| row[1]);
        assert!(is_less(&norm, &multiple(&modulus, 2)), "norm of {a} and {b}");
    }
}

/// Products and squares from which something is subtracted before they are carried, with all operands at their bounds:
/// tight, and what the operations give one after the other.
#[test]
fn products_less_something_are_tight() {
    if !Backend::Vector.is_available() {
        return;
    }
    let modulus: [u64; 8] = to_limbs(&P);
    // SAFETY: the processor has the instructions.
    let value = |k: u64| match k {
        0 => Fp8::zero(),
        k => Fp8(unsafe { splat(&moved(&multiple(&modulus, k), 0, -1)) }),
    };
    let check = |got: Fp8, want: Fp8, what: &str| {
        // SAFETY: as above.
        for lane in [0, 7] {
            let limbs = unsafe { to_rows(got.0) }.map(|row| row[lane]);
            assert!(is_less(&limbs, &multiple(&modulus, 2)), "{what}");
        }
        assert_eq!(got.to_fields(), want.to_fields(), "{what}");
    };
    let both = |got: Fp2x8, want: Fp2x8, what: &str| {
        check(got.0[0], want.0[0], what);
        check(got.0[1], want.0[1], what);
    };
    let factors = [0, 1, 2, 6, 128, 512];
    for (a, b) in factors.iter().flat_map(|a| factors.map(|b| (*a, b))) {
        let (x, y) = (value(a), value(b));
        for (c, negate) in [0, 1, 4].into_iter().flat_map(|c| [(c, 0), (c, 0xff), (c, 0x80)]) {
            let (what, z) = (format!("{a} times {b} less {c}, {negate:x}"), value(c));
            let want = x.mul(&y).sub_signed_tight(&z, negate);
            check(x.mul_sub_signed_tight(&y, &z, negate), want, &what);
            for (x, y) in [
                ([a, a], [b, b]),
                ([a, b], [b, a]),
                ([a, 0], [b, 512]),
                ([0, a], [512, b]),
            ] {
                let [x, y, z] = [x, y, [c, 4 - c]].map(|parts| Fp2x8(parts.map(value)));
                let want = x.mul(&y).sub_signed_tight(&z, negate);
                both(x.mul_sub_signed_tight(&y, &z, negate), want, &what);
            }
        }
        for (c, d) in [(0, 0), (0, 12), (6, 0), (3, 6)] {
            if a > 128 || b > 128 {
                continue;
            }
            let (what, u, v) = (format!("{a}, {b} squared less {c}, {d}"), value(c), value(d));
            check(x.sqr_sub_twice_tight(&u, &v), x.sqr().sub_twice_tight(&u, &v), &what);
            let [x, u, v] = [[x, y], [u, u], [v, v]].map(Fp2x8);
            both(x.sqr_sub_twice_tight(&u, &v), x.sqr().sub_twice_tight(&u, &v), &what);
        }
    }
}

#[test]
fn constants_are_added_limb_by_limb() {
    if Backend::Vector.is_available() {
        let modulus: [u64; 8] = to_limbs(&P);
        // SAFETY: the processor has the instructions.
        let sum = unsafe {
            to_rows(carry(plus_constant(
                &splat(&multiple(&modulus, 3)),
                &multiple(&modulus, 4),
            )))
        };
        assert_eq!(sum.map(|row| row[0]), multiple(&modulus, 7));
    }
}
