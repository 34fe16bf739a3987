//! Fixed point against 60-digit references (R-FIXED).

use cloister_risk::{Fixed, FixedError};
use proptest::prelude::*;

const FUNCTIONS: &str = include_str!("data/functions.csv");
/// One in 2^-64.
const ONE: i128 = 1 << 64;

/// Rows of one function: argument and value in 2^-64.
fn rows(function: &str) -> Vec<(Fixed, i128)> {
    let rows: Vec<_> = csv::Reader::from_reader(FUNCTIONS.as_bytes())
        .into_records()
        .map(|record| record.expect("a row"))
        .filter(|cells| &cells[0] == function)
        .map(|cells| {
            (
                Fixed::from_raw(cells[1].parse().expect("argument")),
                cells[2].parse().expect("value"),
            )
        })
        .collect();
    assert_eq!(rows.len(), 240);
    rows
}

/// Largest error over `bound(value)`, which must not exceed one; prints it.
fn check(name: &str, compute: impl Fn(Fixed) -> Fixed, bound: impl Fn(i128) -> f64) {
    let worst = rows(name)
        .into_iter()
        .map(|(x, value)| ((compute(x).raw() - value).unsigned_abs() as f64 / bound(value), x))
        .fold((0.0, Fixed::ZERO), |a, b| if b.0 > a.0 { b } else { a });
    println!(
        "{name}: {:.3} of the bound, at {}",
        worst.0,
        worst.1.raw() as f64 / ONE as f64
    );
    assert!(worst.0 <= 1.0, "{name} at {:?}", worst.1);
}

#[test]
fn the_exponential_should_be_within_its_bound() {
    check("exp", |x| x.exp().expect("fits"), |v| v as f64 / 2f64.powi(60) + 1.5);
}

#[test]
fn the_logarithm_should_be_within_its_bound() {
    check("ln", |x| x.ln().expect("positive"), |_| 16.0);
}

#[test]
fn the_square_root_should_be_within_its_bound() {
    check(
        "sqrt",
        |x| x.sqrt().expect("positive"),
        |v| v as f64 / 2f64.powi(62) + 1.5,
    );
}

#[test]
fn the_normal_distribution_should_be_within_its_bound() {
    check("cdf", |x| x.normal_cdf(), |_| 128.0);
}

#[test]
fn neighbouring_expansions_of_the_normal_distribution_should_agree_half_way() {
    // A wrong figure in the table of nodes would show as a step between it and both neighbours.
    for k in 0..76i128 {
        let middle = (2 * k + 1) << 60;
        let (below, above) = (
            Fixed::from_raw(middle - 1).normal_cdf(),
            Fixed::from_raw(middle).normal_cdf(),
        );
        assert!(
            (above.raw() - below.raw()).abs() <= 64,
            "node {k}: {}",
            above.raw() - below.raw()
        );
    }
}

#[test]
fn the_normal_distribution_should_be_exact_at_its_ends_and_middle() {
    assert_eq!(Fixed::ZERO.normal_cdf().raw(), ONE / 2);
    assert_eq!(Fixed::from_raw(i128::MAX).normal_cdf(), Fixed::ONE);
    assert_eq!(Fixed::from_raw(i128::MIN).normal_cdf(), Fixed::ZERO);
}

#[test]
fn functions_should_be_refused_where_they_are_not_defined() {
    let (max, min) = (Fixed::from_raw(i128::MAX), Fixed::from_raw(i128::MIN));
    assert_eq!(Fixed::ZERO.ln(), Err(FixedError::Domain));
    assert_eq!(min.ln(), Err(FixedError::Domain));
    assert_eq!(Fixed::ln_ratio(0, 1), Err(FixedError::Domain));
    assert_eq!(Fixed::ln_ratio(1, 0), Err(FixedError::Domain));
    assert_eq!(Fixed::from_raw(-1).sqrt(), Err(FixedError::Domain));
    assert_eq!(Fixed::sqrt_ratio(1, 0), Err(FixedError::DivisionByZero));
    assert_eq!(Fixed::ONE.div(Fixed::ZERO), Err(FixedError::DivisionByZero));
    assert_eq!(Fixed::from_int(44).exp(), Err(FixedError::Overflow));
    assert_eq!(max.exp(), Err(FixedError::Overflow));
    assert_eq!(min.exp(), Ok(Fixed::ZERO));
    assert_eq!(max.add(Fixed::from_raw(1)), Err(FixedError::Overflow));
    assert_eq!(min.sub(Fixed::from_raw(1)), Err(FixedError::Overflow));
    assert_eq!(min.neg(), Err(FixedError::Overflow));
    assert_eq!(max.mul(Fixed::from_int(2)), Err(FixedError::Overflow));
    assert_eq!(
        max.div(Fixed::from_ratio(1, 2).expect("half")),
        Err(FixedError::Overflow)
    );
}

#[test]
fn known_values_should_come_out_exactly() {
    assert_eq!(Fixed::ZERO.exp(), Ok(Fixed::ONE));
    assert_eq!(Fixed::ONE.ln(), Ok(Fixed::ZERO));
    assert_eq!(Fixed::ln_ratio(u64::MAX, u64::MAX), Ok(Fixed::ZERO));
    assert_eq!(Fixed::from_int(1 << 40).sqrt(), Ok(Fixed::from_int(1 << 20)));
    assert_eq!(Fixed::sqrt_ratio(0, 7), Ok(Fixed::ZERO));
    assert_eq!(Fixed::sqrt_ratio(9 << 60, 4 << 60), Fixed::from_ratio(3, 2));
    assert_eq!(Fixed::from_int(i64::MIN).div(Fixed::from_int(i64::MIN)), Ok(Fixed::ONE));
    assert_eq!(Fixed::from_ratio(-5, 2).expect("fits").round(), -2, "halves go up");
    assert_eq!(Fixed::from_ratio(5, 2).expect("fits").round(), 3);
}

proptest! {
    #[test]
    fn a_quotient_times_its_divisor_should_be_the_dividend(
        n in any::<i128>(),
        d in any::<i128>(),
        s in 0u32..100,
        t in 0u32..100,
    ) {
        let (n, d) = (Fixed::from_raw(n >> s), Fixed::from_raw(d >> t));
        if let Ok(q) = n.div(d) {
            // n/d = q + e, |e| <= 1/2: n = q·d + e·d.
            if let Ok(back) = q.mul(d) {
                let tolerance = (d.raw().unsigned_abs() >> 65) + 2;
                prop_assert!(back.raw().abs_diff(n.raw()) <= tolerance);
            }
        }
    }

    #[test]
    fn products_of_fractions_should_be_nearest(a in any::<i64>(), b in any::<i64>()) {
        // Below 2^63 in size: the exact product in 2^-128 fits.
        let exact = i128::from(a) * i128::from(b);
        let product = Fixed::from_raw(a.into()).mul(Fixed::from_raw(b.into())).expect("fits");
        prop_assert!((product.raw() * ONE - exact).abs() <= ONE / 2);
    }

    #[test]
    fn whole_products_should_be_exact_or_overflow(a in any::<i64>(), b in any::<i64>()) {
        let expected = i128::from(a) * i128::from(b);
        match (Fixed::from_int(a).mul(Fixed::from_int(b)), i64::try_from(expected)) {
            (Ok(product), Ok(whole)) => prop_assert_eq!(product, Fixed::from_int(whole)),
            // The smallest number has no positive twin, so it is not made from its size.
            (Err(FixedError::Overflow), fits) => prop_assert!(fits.is_err() || expected == i128::from(i64::MIN)),
            (product, whole) => prop_assert!(false, "{:?} for {:?}", product, whole),
        }
    }

    #[test]
    fn both_sides_of_the_normal_distribution_should_add_up_to_one(x in -(12 * ONE)..(12 * ONE)) {
        let (below, above) = (Fixed::from_raw(x).normal_cdf(), Fixed::from_raw(-x).normal_cdf());
        prop_assert_eq!(below.add(above), Ok(Fixed::ONE));
        let reference = 0.5 * libm::erfc(-(x as f64 / ONE as f64) / core::f64::consts::SQRT_2);
        prop_assert!((below.raw() as f64 / ONE as f64 - reference).abs() < 1e-15);
    }

    #[test]
    fn the_logarithm_should_undo_the_exponential(x in -(30 * ONE)..(43 * ONE)) {
        let back = Fixed::from_raw(x).exp().expect("fits").ln().expect("positive");
        // One unit of a small exponential is worth e^-x of its logarithm.
        let tolerance = 64.0 + 2.0 * (-(x as f64 / ONE as f64)).exp();
        prop_assert!(((back.raw() - x).abs() as f64) <= tolerance);
    }

    #[test]
    fn the_root_of_a_ratio_should_square_to_it(n in 1u128..1 << 93, d in 1u128..1 << 53, twos in 0u32..22) {
        let root = Fixed::sqrt_ratio(n, d << twos).expect("fits").raw() as f64;
        let expected = (n as f64 / (d << twos) as f64).sqrt() * ONE as f64;
        prop_assert!((root - expected).abs() <= expected * 1e-15 + 1.0);
    }
}
