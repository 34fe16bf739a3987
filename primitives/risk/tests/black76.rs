//! Option prices against a 60-digit reference, an independent formula and figures from textbooks (R-BLACK76).

use cloister_risk::{
    black76::{self, deviation, Moneyness, TENOR_MAX, VOLATILITY_MAX, VOLATILITY_ONE, YEAR},
    Fixed, PricingError,
    Right::{self, Call, Put},
};
use cloister_types::PerLot;
use proptest::prelude::*;
use std::path::PathBuf;

const VECTORS: &str = include_str!("data/black76.csv");
const HOUR: u64 = 3_600_000;
const MAX: i64 = (1 << 55) - 1;

fn price(right: Right, forward: i64, strike: i64, volatility: u32, tenor: u64) -> i64 {
    black76::value(right, PerLot(forward), PerLot(strike), volatility, tenor)
        .expect("in range")
        .get()
}

/// Call and put by the formula in floating point, with the C library's error function: 10^-15 of the larger of the two
/// prices.
fn reference(forward: f64, strike: f64, volatility: f64, years: f64) -> (f64, f64) {
    let cdf = |x: f64| 0.5 * libm::erfc(-x / core::f64::consts::SQRT_2);
    let s = volatility * years.sqrt();
    let d1 = (forward / strike).ln() / s + s / 2.0;
    let d2 = d1 - s;
    (
        forward * cdf(d1) - strike * cdf(d2),
        strike * cdf(-d2) - forward * cdf(-d1),
    )
}

/// A decimal number with nine places, in 10^-9.
fn nano(cell: &str) -> i128 {
    let (whole, fraction) = cell.split_once('.').expect("a decimal number");
    assert_eq!(fraction.len(), 9);
    whole.parse::<i128>().expect("whole part") * 1_000_000_000 + fraction.parse::<i128>().expect("fraction")
}

#[test]
fn prices_should_meet_the_reference_over_the_whole_grid() {
    let (mut count, mut worst, mut worst_relative) = (0, 0i128, 0f64);
    for cells in csv::Reader::from_reader(VECTORS.as_bytes()).records() {
        let cells = cells.expect("a row");
        let (forward, strike): (i64, i64) = (cells[0].parse().expect("forward"), cells[1].parse().expect("strike"));
        let (tenor, volatility) = (cells[2].parse().expect("tenor"), cells[3].parse().expect("volatility"));
        for (right, cell) in [(Call, &cells[4]), (Put, &cells[5])] {
            let ours = i128::from(price(right, forward, strike, volatility, tenor)) * 1_000_000_000;
            let error = (ours - nano(cell)).abs();
            // Half a unit, and 2^-55 of the larger price.
            let bound = 500_000_001 + ((i128::from(forward.max(strike)) * 1_000_000_000) >> 55);
            assert!(error <= bound, "{right:?} {cells:?}: {error} 10^-9 units");
            count += 1;
            worst = worst.max(error);
            worst_relative = worst_relative.max(error as f64 / 1e9 / forward as f64);
        }
    }
    println!("{count} prices, largest error {worst} 10^-9 units of 10^-6, {worst_relative:.2e} of the underlying");
    assert_eq!(count, 2 * 8 * 7 * 11);
    assert!(worst_relative < 1e-6);
}

#[test]
fn prices_should_be_within_a_millionth_of_the_underlying_on_a_dense_grid() {
    let forward = 95_586_270_000i64;
    let mut worst = 0f64;
    let tenors = (0..24).map(|i| (HOUR as f64 * 26_280f64.powf(f64::from(i) / 23.0)) as u64);
    let mut count = 0;
    for tenor in tenors {
        for volatility in (50_000..=3_000_000).step_by(118_000) {
            for step in -40..=40 {
                let strike = (forward as f64 * 5f64.powf(f64::from(step) / 40.0)) as i64;
                let years = tenor as f64 / YEAR as f64;
                let (call, put) = reference(forward as f64, strike as f64, f64::from(volatility) / 1e6, years);
                for (right, expected) in [(Call, call), (Put, put)] {
                    let error = (price(right, forward, strike, volatility, tenor) as f64 - expected).abs();
                    worst = worst.max(error / forward as f64);
                    count += 1;
                }
            }
        }
    }
    println!("{count} prices, largest error {worst:.2e} of the underlying");
    assert!(worst < 1e-6);
    // Far better in truth: half a unit, and what floating point itself loses.
    assert!(worst < 1e-11);
}

/// Prices of options on a spot price with interest `rate`, from values on the forward.
fn spot(right: Right, spot: f64, strike: f64, rate: f64, years: f64, volatility: f64) -> f64 {
    let forward = (spot * (rate * years).exp() * 1e6).round() as i64;
    let tenor = (years * YEAR as f64).round() as u64;
    let value = price(
        right,
        forward,
        (strike * 1e6).round() as i64,
        (volatility * 1e6).round() as u32,
        tenor,
    );
    value as f64 / 1e6 * (-rate * years).exp()
}

#[test]
fn prices_should_meet_the_figures_of_textbooks() {
    let near = |value: f64, printed: f64, places: i32| {
        assert!(
            (value - printed).abs() <= 0.5 * 10f64.powi(-places) + 2e-6,
            "{value} for {printed}"
        );
    };
    // Hull, Options, Futures and Other Derivatives: six months, S 42, K 40, 10 %, volatility 20 %.
    near(spot(Call, 42.0, 40.0, 0.1, 0.5, 0.2), 4.76, 2);
    near(spot(Put, 42.0, 40.0, 0.1, 0.5, 0.2), 0.81, 2);
    // The same: a put on a future at 20, strike 20, four months, 9 %, volatility 25 %.
    let discount = |rate: f64, years: f64| (-rate * years).exp();
    near(
        spot(Put, 20.0, 20.0, 0.0, 4.0 / 12.0, 0.25) * discount(0.09, 4.0 / 12.0),
        1.12,
        2,
    );
    // Haug, The Complete Guide to Option Pricing Formulas: S 60, K 65, a quarter, 8 %, volatility 30 %.
    near(spot(Call, 60.0, 65.0, 0.08, 0.25, 0.3), 2.1334, 4);
    // The same: options on a future at 19, strike 19, nine months, 10 %, volatility 28 %.
    for right in [Call, Put] {
        near(
            spot(right, 19.0, 19.0, 0.0, 0.75, 0.28) * discount(0.1, 0.75),
            1.7011,
            4,
        );
    }
}

#[test]
fn prices_should_meet_the_published_black_scholes_values() {
    let path = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/black_scholes_reference.csv"
    ));
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return;
    };
    let (mut count, mut worst) = (0, 0f64);
    for cells in csv::Reader::from_reader(text.as_bytes()).records() {
        let cells = cells.expect("a row");
        let x: Vec<f64> = cells.iter().map(|cell| cell.parse().expect("a number")).collect();
        for (right, published) in [(Call, x[5]), (Put, x[6])] {
            let error = (spot(right, x[0], x[1], x[2], x[3], x[4]) - published).abs();
            // Half a unit of 10^-6 for each of the forward and the value, and the nine digits of the file.
            assert!(error <= 1.1e-6, "{cells:?}: {error}");
            worst = worst.max(error / x[0]);
            count += 1;
        }
    }
    println!("{count} published values, largest error {worst:.2e} of the underlying");
    assert_eq!(count, 202);
}

#[test]
fn the_value_should_be_intrinsic_at_expiry_and_without_volatility() {
    for (volatility, tenor) in [(0, YEAR), (VOLATILITY_ONE, 0), (0, 0)] {
        assert_eq!(price(Call, 100, 70, volatility, tenor), 30);
        assert_eq!(price(Put, 100, 70, volatility, tenor), 0);
        assert_eq!(price(Put, 70, 100, volatility, tenor), 30);
        assert_eq!(price(Call, 70, 100, volatility, tenor), 0);
    }
}

#[test]
fn a_worthless_underlying_should_leave_the_call_nothing_and_the_put_its_strike() {
    assert_eq!(price(Call, 0, 70, VOLATILITY_ONE, YEAR), 0);
    assert_eq!(price(Put, 0, 70, VOLATILITY_ONE, YEAR), 70);
}

#[test]
fn endless_volatility_should_make_the_call_worth_the_forward() {
    assert_eq!(price(Call, MAX, 1, VOLATILITY_MAX, TENOR_MAX), MAX);
    assert_eq!(price(Call, 1_000, MAX, VOLATILITY_MAX, TENOR_MAX), 1_000);
    assert_eq!(price(Put, 1_000, MAX, VOLATILITY_MAX, TENOR_MAX), MAX);
}

#[test]
fn arguments_out_of_range_should_be_refused_by_name() {
    let value = |forward, strike, volatility, tenor| black76::value(Call, forward, strike, volatility, tenor);
    assert_eq!(value(PerLot(-1), PerLot(1), 1, 1), Err(PricingError::Forward));
    assert_eq!(value(PerLot(MAX + 1), PerLot(1), 1, 1), Err(PricingError::Forward));
    assert_eq!(value(PerLot(1), PerLot(0), 1, 1), Err(PricingError::Strike));
    assert_eq!(value(PerLot(1), PerLot(-1), 1, 1), Err(PricingError::Strike));
    assert_eq!(value(PerLot(1), PerLot(MAX + 1), 1, 1), Err(PricingError::Strike));
    assert_eq!(
        value(PerLot(1), PerLot(1), VOLATILITY_MAX + 1, 1),
        Err(PricingError::Volatility)
    );
    assert_eq!(value(PerLot(1), PerLot(1), 1, TENOR_MAX + 1), Err(PricingError::Tenor));
    assert_eq!(deviation(VOLATILITY_ONE, YEAR), Ok(Fixed::ONE));
}

/// Every size of price, each as likely.
fn any_price() -> impl Strategy<Value = i64> {
    (0u32..55, any::<u64>()).prop_map(|(bits, x)| ((1u64 << bits) | (x & ((1 << bits) - 1))) as i64)
}

/// Twice the error bound of one value besides rounding, in whole units.
fn slack(forward: i64, strike: i64) -> i64 {
    (forward.max(strike) >> 54) + 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_arguments_should_be_too_extreme(
        forward in any_price(), strike in any_price(), volatility in 0..=VOLATILITY_MAX, tenor in 0..=TENOR_MAX,
        tiny in 0u32..40,
    ) {
        let (volatility, tenor) = (volatility >> (tiny % 27), tenor >> tiny);
        let call = price(Call, forward, strike, volatility, tenor);
        let put = price(Put, forward, strike, volatility, tenor);
        // Parity, and between the intrinsic value and the underlying or the strike.
        prop_assert_eq!(call - put, forward - strike);
        prop_assert!(call >= 0.max(forward - strike) && call <= forward);
        prop_assert!(put >= 0.max(strike - forward) && put <= strike);
    }

    #[test]
    fn value_should_rise_with_volatility_and_time(
        forward in any_price(), ratio in 0.2f64..5.0, v in 10_000u32..3_000_000, dv in 0u32..100_000,
        t in HOUR..3 * YEAR, dt in 0..30 * 24 * HOUR,
    ) {
        let strike = ((forward as f64 * ratio) as i64).clamp(1, MAX);
        let low = price(Call, forward, strike, v, t);
        prop_assert!(price(Call, forward, strike, v + dv, t) >= low - slack(forward, strike));
        prop_assert!(price(Call, forward, strike, v, t + dt) >= low - slack(forward, strike));
    }

    #[test]
    fn value_should_move_with_the_forward_and_by_no_more(
        forward in any_price(), ratio in 0.2f64..5.0, move_ppm in 0i64..200_000, v in 10_000u32..3_000_000,
        t in 1..3 * YEAR,
    ) {
        let strike = ((forward as f64 * ratio) as i64).clamp(1, MAX);
        let up = (forward + (i128::from(forward) * i128::from(move_ppm) / 1_000_000) as i64).min(MAX);
        let slack = slack(up, strike);
        let call = price(Call, up, strike, v, t) - price(Call, forward, strike, v, t);
        prop_assert!(call >= -slack && call <= up - forward + slack);
        let put = price(Put, forward, strike, v, t) - price(Put, up, strike, v, t);
        prop_assert!(put >= -slack && put <= up - forward + slack);
    }

    #[test]
    fn strikes_should_leave_no_spread_and_no_butterfly_for_nothing(
        forward in any_price(), ratio in 0.2f64..4.0, step_ppm in 1i64..200_000, v in 10_000u32..3_000_000,
        t in 1..3 * YEAR,
    ) {
        let low = ((forward as f64 * ratio) as i64).clamp(1, MAX / 2);
        let step = (i128::from(low) * i128::from(step_ppm) / 1_000_000) as i64;
        let [a, b, c] = [0, 1, 2].map(|i| price(Call, forward, low + i * step, v, t));
        let slack = slack(forward, low + 2 * step);
        prop_assert!(a >= b - slack && a - b <= step + slack);
        prop_assert!(a - 2 * b + c >= -2 * slack);
    }

    #[test]
    fn forward_and_strike_should_trade_places(
        forward in any_price(),
        strike in any_price(),
        v in 0u32..3_000_000,
        t in 0..3 * YEAR,
    ) {
        let d = deviation(v, t).expect("in range");
        let call = Moneyness::new(PerLot(forward), PerLot(strike)).expect("in range").value(Call, d);
        prop_assert_eq!(call, Moneyness::new(PerLot(strike), PerLot(forward)).expect("in range").value(Put, d));
    }
}
