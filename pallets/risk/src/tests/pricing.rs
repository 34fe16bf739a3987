//! The integer arithmetic of rows.

use crate::{
    mock::instrument_params,
    pricing::{exposure, funding_rate, funding_step, mark, row, whole_funding, within_bound, OutOfRange},
    Instrument,
};
use cloister_crypto::constants::PRICE_BITS;
use cloister_risk::Status;
use cloister_types::PerLot;
use polkadot_sdk::sp_runtime::FixedU128;
use proptest::prelude::*;

fn instrument(funding: i128) -> Instrument<u32> {
    Instrument {
        id: 1,
        feed: 1,
        premium_feed: None,
        status: Status::Trading,
        params: instrument_params(),
        limit_high: 1,
        funding,
        funded_at: 0,
    }
}

#[test]
fn mark_should_round_down_and_refuse_zero() {
    assert_eq!(mark(FixedU128::from_u32(1), 1_000_000_000), Ok(1_000_000));
    assert_eq!(
        mark(FixedU128::from_rational(1_999_999, 1_000_000_000), 1_000_000_000),
        Ok(1_999)
    );
    assert_eq!(
        mark(FixedU128::from_rational(1, 10_000_000), 1_000_000_000),
        Err(OutOfRange)
    );
    assert_eq!(mark(FixedU128::from_inner(u128::MAX), 2), Err(OutOfRange));
}

#[test]
fn mark_should_fit_its_width() {
    let widest = (1u128 << PRICE_BITS) - 1;
    assert_eq!(
        mark(FixedU128::from_inner(widest * 1_000_000_000_000), 1_000_000_000),
        Ok(widest as i64)
    );
    assert_eq!(
        mark(FixedU128::from_inner((widest + 1) * 1_000_000_000_000), 1_000_000_000),
        Err(OutOfRange)
    );
}

#[test]
fn funding_rate_should_be_capped_twice() {
    let rate = |perpetual| {
        funding_rate(
            FixedU128::from_u32(1_000),
            FixedU128::from_u32(perpetual),
            &instrument_params(),
        )
    };
    assert_eq!(rate(1_000), Ok(0));
    assert_eq!(rate(1_008), Ok(1_000));
    // 5 % premium: capped at 1 %, an eighth of it is 1,250 ppm, capped at 1,000.
    assert_eq!(rate(1_050), Ok(1_000));
    assert_eq!(rate(0), Ok(-1_000));
    let mut params = instrument_params();
    params.max_funding_rate = 10_000;
    assert_eq!(
        funding_rate(FixedU128::from_u32(1_000), FixedU128::from_u32(2_000), &params),
        Ok(1_250)
    );
    params.max_funding_rate = 0;
    assert_eq!(
        funding_rate(FixedU128::from_u32(1_000), FixedU128::from_u32(2_000), &params),
        Ok(0)
    );
}

#[test]
fn funding_rate_of_absurd_prices_should_be_an_error() {
    let huge = FixedU128::from_inner(u128::MAX);
    assert_eq!(funding_rate(huge, huge, &instrument_params()), Err(OutOfRange));
    assert_eq!(
        funding_rate(FixedU128::from_u32(0), FixedU128::from_u32(1), &instrument_params()),
        Err(OutOfRange)
    );
}

#[test]
fn funding_should_be_cut_to_the_table_downwards() {
    assert_eq!(whole_funding(1_999_999_999_999), Ok(1));
    assert_eq!(whole_funding(-1), Ok(-1));
    assert_eq!(whole_funding(i128::MAX), Err(OutOfRange));
}

#[test]
fn bound_should_be_exclusive() {
    assert!(within_bound([(1 << 76), (1 << 76) - 1].into_iter()));
    assert!(!within_bound([1 << 76, 1 << 76].into_iter()));
    assert!(!within_bound([u128::MAX, u128::MAX].into_iter()));
}

proptest! {
    #[test]
    fn rows_should_be_consistent(mark in 1i64..1 << 50, funding in -(1i128 << 85)..1 << 85) {
        let row = row(&instrument(funding), mark).unwrap();
        prop_assert_eq!(row.value, PerLot(mark - row.funding.get()));
        // Rounded up, never by more than one.
        let (exact, band) = (i128::from(mark) * 20_000, i128::from(row.band.get()));
        prop_assert!(band * 1_000_000 >= exact && (band - 1) * 1_000_000 < exact);
        // The full move: both sides lose at least the modelled share.
        prop_assert!(i128::from(row.scenarios[10].get()) * 10 >= i128::from(mark));
        prop_assert_eq!(row.scenarios[12], PerLot(-row.scenarios[10].get()));
        let sizes = [row.mark, row.value, row.funding].map(|value| value.get().unsigned_abs());
        let expected = sizes.into_iter().max().unwrap();
        prop_assert_eq!(exposure(&row, 3), 3 * u128::from(expected));
    }

    #[test]
    fn funding_steps_should_add_up(
        mark in 1i64..1 << 50, rate in -10_000i128..10_000, a in 1u64..1_800_000, b in 1u64..1_800_000,
    ) {
        let whole = funding_step(mark, rate, 1, 1 + a + b).unwrap();
        let parts = funding_step(mark, rate, 1, 1 + a).unwrap() + funding_step(mark, rate, 1 + a, 1 + a + b).unwrap();
        prop_assert!((whole - parts).abs() <= 1);
    }
}
