//! Instruments, parameters and scenarios (R-INSTRUMENT, R-PARAMS, R-SPAN).

#[path = "support/classic.rs"]
mod classic;

use classic::PRICE_ONE;
use cloister_crypto::constants::SCENARIOS;
use cloister_risk::{
    black76,
    black76::VOLATILITY_ONE,
    instrument::LOT_SIZE,
    linear_scenarios, params,
    span::{row, settled_row, value},
    Assessment, Instrument, InstrumentError, InstrumentKind, LinearScan, Listing, ParamError, Positions, PricingError,
    Quote, Right, RiskTable, Row, ScanParams, SpanError, Status,
};
use cloister_types::{InstrumentId, Lots, Money, PerLot, Position, Price};
use proptest::prelude::*;

const NOW: u64 = 1_700_000_000_000;
const DAY: u64 = 86_400_000;
const PARAMS: ScanParams = ScanParams::LIQUID_COIN;
const LISTING: Listing = Listing {
    instrument_id: InstrumentId(9),
    status: Status::Trading,
    limit: Lots(1_000),
    chunk: Lots(10),
    band: 20_000,
};

fn unit(kind: InstrumentKind) -> Instrument {
    Instrument {
        kind,
        lot_size: 1_000_000_000,
    }
}

fn option(right: Right, strike: u64, days: u64) -> Instrument {
    unit(InstrumentKind::Option {
        right,
        strike: u128::from(strike) * PRICE_ONE,
        expiry: NOW + days * DAY,
    })
}

fn quote(price: u64, volatility: u32) -> Quote {
    Quote {
        price: u128::from(price) * PRICE_ONE,
        volatility,
    }
}

/// A table of rows with nothing but scenarios, at ratio one.
fn bare(rows: &[[PerLot; SCENARIOS]]) -> RiskTable {
    let mut table = RiskTable::default();
    for (i, scenarios) in rows.iter().enumerate() {
        table.rows[i] = Row {
            instrument_id: InstrumentId(i as u32 + 1),
            status: Status::Trading,
            scenarios: *scenarios,
            ..Row::default()
        };
    }
    table
}

#[test]
fn the_published_span_example_should_need_the_published_margin() {
    // One long call, scan range 20 points at 500, and the future under it.
    let call = [
        460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060, 7640, -3380, -3990, 3130, -1500,
    ]
    .map(PerLot);
    let scan = LinearScan {
        range: 200_000,
        extreme_multiple: 2_000_000,
        extreme_cover: 350_000,
    };
    let table = bare(&[call, linear_scenarios(PerLot(50_000), &scan).expect("in range")]);
    let need = |call: i64, future: i64| {
        let mut positions = Positions::default();
        (positions[0], positions[1]) = (Position(call), Position(future));
        Assessment::new(&table, &positions, Money(0))
            .and_then(|a| a.requirement(256))
            .expect("in range")
    };
    assert_eq!(need(1, 0), Money(3_990));
    assert_eq!(need(0, 1), Money(10_000));
    assert_eq!(need(-1, 1), Money(6_620));
}

#[test]
fn futures_should_have_the_linear_scenarios() {
    let scan = LinearScan {
        range: PARAMS.price_range,
        extreme_multiple: PARAMS.extreme_multiple,
        extreme_cover: PARAMS.extreme_cover,
    };
    for price in [1u64, 31_415, 95_586, 7_000_003] {
        let future = unit(InstrumentKind::Future { expiry: NOW + DAY });
        let v = value(&future, &quote(price, 0), &PARAMS, NOW).expect("in range");
        let linear = linear_scenarios(v.mark, &scan).expect("in range");
        assert_eq!(v.scenarios[..14], linear[..14]);
        // The move and the covered part are rounded one after the other.
        assert!((14..16).all(|s| v.scenarios[s].get().abs_diff(linear[s].get()) <= 1));
    }
}

#[test]
fn scenarios_of_an_option_should_be_black_76_at_the_moved_price_and_volatility() {
    let (forward, strike, volatility, days) = (100_000u64, 104_000u64, 550_000u32, 12u64);
    let v = value(
        &option(Right::Call, strike, days),
        &quote(forward, volatility),
        &PARAMS,
        NOW,
    )
    .expect("in range");
    let at = |forward: f64, volatility: f64| {
        black76::value(
            Right::Call,
            PerLot((forward * 1e6) as i64),
            PerLot(strike as i64 * 1_000_000),
            volatility.round() as u32,
            days * DAY,
        )
        .expect("in range")
        .get() as f64
    };
    let mark = at(forward as f64, f64::from(volatility));
    assert_eq!(v.mark.get() as f64, mark);
    let factor = 1.0 + 0.45 * (30.0 / days as f64).powf(0.3);
    for (k, thirds) in [0, 1, -1, 2, -2, 3, -3].into_iter().enumerate() {
        let moved = forward as f64 * (1.0 + 0.16 * f64::from(thirds) / 3.0);
        for (side, factor) in [factor, 1.0 / factor].into_iter().enumerate() {
            let expected = at(moved, f64::from(volatility) * factor) - mark;
            // The reference rounds its volatility to 10^-6: 0.02 of the settlement asset.
            assert!(
                (v.scenarios[2 * k + side].get() as f64 - expected).abs() < 2e4,
                "scenario {}",
                2 * k + side
            );
        }
    }
    for (s, thirds) in [(14, 1.0), (15, -1.0)] {
        let expected = 0.35 * (at(forward as f64 * (1.0 + 0.32 * thirds), f64::from(volatility)) - mark);
        assert!((v.scenarios[s].get() as f64 - expected).abs() < 2.0, "scenario {s}");
    }
}

#[test]
fn volatility_should_be_scanned_as_one_day_when_expiry_is_nearer() {
    // At the money a volatility move is worth nearly as much as it is large: compare its share of the mark.
    let share = |ms: u64| {
        let near = unit(InstrumentKind::Option {
            right: Right::Put,
            strike: 100_000 * PRICE_ONE,
            expiry: NOW + ms,
        });
        let v = value(&near, &quote(100_000, 500_000), &PARAMS, NOW).expect("in range");
        v.scenarios[0].get() as f64 / v.mark.get() as f64
    };
    let day = 0.45 * 30f64.powf(0.3);
    assert!((share(DAY) - day).abs() < 1e-3);
    assert!((share(DAY / 24) - day).abs() < 1e-3);
    // The larger deviation bends the line a little.
    assert!((share(30 * DAY) - 0.45).abs() < 3e-3);
    assert!(share(365 * DAY) < 0.45 * 0.5);
}

#[test]
fn an_extreme_fall_should_stop_at_zero_for_every_kind() {
    let wild = ScanParams {
        price_range: 500_000,
        extreme_multiple: 5_000_000,
        extreme_cover: 1_000_000,
        ..PARAMS
    };
    let at = |instrument| value(&instrument, &quote(100, 600_000), &wild, NOW).expect("in range");
    let (future, put, call) = (
        at(unit(InstrumentKind::Future { expiry: NOW + DAY })),
        at(option(Right::Put, 90, 20)),
        at(option(Right::Call, 90, 20)),
    );
    assert_eq!(future.scenarios[15], PerLot(-100_000_000));
    assert_eq!(put.scenarios[15], PerLot(90_000_000 - put.mark.get()));
    assert_eq!(call.scenarios[15], PerLot(-call.mark.get()));
}

#[test]
fn floors_should_be_on_short_options_and_on_both_sides_of_futures() {
    let floors = |instrument| {
        let v = value(&instrument, &quote(100_000, 600_000), &PARAMS, NOW).expect("in range");
        (v.floor_long, v.floor_short)
    };
    assert_eq!(floors(unit(InstrumentKind::Perpetual)), (Price(0), Price(0)));
    assert_eq!(
        floors(unit(InstrumentKind::Future { expiry: NOW + DAY })),
        (Price(600_000_000), Price(600_000_000))
    );
    assert_eq!(
        floors(option(Right::Call, 300_000, 2)),
        (Price(0), Price(1_000_000_000))
    );
}

#[test]
fn an_option_at_its_expiry_should_be_intrinsic_in_every_scenario() {
    let v = value(&option(Right::Call, 90, 0), &quote(100, 600_000), &PARAMS, NOW).expect("in range");
    assert_eq!(v.mark, PerLot(10_000_000));
    assert_eq!(v.scenarios[..2], [PerLot(0), PerLot(0)]);
    assert_eq!(
        v.scenarios[10..14],
        [16_000_000, 16_000_000, -10_000_000, -10_000_000].map(PerLot)
    );
}

#[test]
fn a_row_should_carry_the_valuation_and_the_listing() {
    let call = option(Right::Call, 90_000, 20);
    let v = value(&call, &quote(100_000, 600_000), &PARAMS, NOW).expect("in range");
    let r = row(&call, &LISTING, &quote(100_000, 600_000), PerLot(0), &PARAMS, NOW).expect("in range");
    assert_eq!(
        (r.mark, r.value, r.funding, r.scenarios),
        (v.mark, v.mark, PerLot(0), v.scenarios)
    );
    assert_eq!((r.floor_long, r.floor_short), (v.floor_long, v.floor_short));
    assert_eq!(r.band, Price(2_000_000_000), "of the forward, not of the premium");
    let p = row(
        &unit(InstrumentKind::Perpetual),
        &LISTING,
        &quote(100_000, 0),
        PerLot(-7),
        &PARAMS,
        NOW,
    )
    .expect("in range");
    assert_eq!(
        [p.value, p.mark, p.funding],
        [100_000_000_007, 100_000_000_000, -7].map(PerLot)
    );
}

#[test]
fn a_settled_row_should_have_its_final_value_and_no_risk() {
    let expired = Listing {
        status: Status::Expired,
        ..LISTING
    };
    let settle = |instrument| settled_row(&instrument, &expired, 100_000 * PRICE_ONE, PerLot(0)).expect("in range");
    let put = settle(option(Right::Put, 104_000, 0));
    assert_eq!(
        (put.mark, put.value, put.status),
        (PerLot(4_000_000_000), PerLot(4_000_000_000), Status::Expired)
    );
    assert_eq!(
        (put.scenarios, put.floor_long, put.floor_short, put.band),
        ([PerLot(0); SCENARIOS], Price(0), Price(0), Price(0))
    );
    assert_eq!(settle(option(Right::Call, 104_000, 0)).mark, PerLot(0));
    assert_eq!(
        settle(unit(InstrumentKind::Future { expiry: NOW })).mark,
        PerLot(100_000_000_000)
    );
    let perpetual = settled_row(&unit(InstrumentKind::Perpetual), &expired, PRICE_ONE, PerLot(0));
    assert_eq!(perpetual, Err(SpanError::Status));
    let live = settled_row(&option(Right::Put, 104_000, 0), &LISTING, PRICE_ONE, PerLot(0));
    assert_eq!(live, Err(SpanError::Status));
    let dead = row(
        &option(Right::Put, 104_000, 0),
        &expired,
        &quote(1, 600_000),
        PerLot(0),
        &PARAMS,
        NOW,
    );
    assert_eq!(dead, Err(SpanError::Status));
}

#[test]
fn instruments_out_of_bounds_should_be_refused_by_name() {
    let check = |instrument: Instrument| instrument.check(NOW);
    assert_eq!(check(option(Right::Call, 1, 1)), Ok(()));
    let sized = |lot_size, kind| Instrument { kind, lot_size };
    assert_eq!(
        check(sized(0, InstrumentKind::Perpetual)),
        Err(InstrumentError::LotSize)
    );
    assert_eq!(
        check(sized(LOT_SIZE.end() + 1, InstrumentKind::Perpetual)),
        Err(InstrumentError::LotSize)
    );
    assert_eq!(check(option(Right::Call, 0, 1)), Err(InstrumentError::Strike));
    assert_eq!(check(option(Right::Call, u64::MAX, 1)), Err(InstrumentError::Strike));
    assert_eq!(check(option(Right::Call, 1, 0)), Err(InstrumentError::Expiry));
    assert_eq!(check(option(Right::Call, 1, 3_651)), Err(InstrumentError::Expiry));
    assert_eq!(
        check(unit(InstrumentKind::Future { expiry: NOW - 1 })),
        Err(InstrumentError::Expiry)
    );
    let fine = InstrumentKind::Option {
        right: Right::Put,
        strike: PRICE_ONE + 1,
        expiry: NOW + 1,
    };
    assert_eq!(check(unit(fine)), Err(InstrumentError::StrikeInexact));
}

#[test]
fn quotes_out_of_range_should_be_refused_by_name() {
    let call = option(Right::Call, 100, 20);
    let price = |price, volatility| value(&call, &Quote { price, volatility }, &PARAMS, NOW);
    assert_eq!(price(0, 600_000), Err(InstrumentError::Price.into()));
    assert_eq!(price(u128::MAX, 600_000), Err(InstrumentError::Price.into()));
    assert_eq!(
        price(36_000_000_000 * PRICE_ONE, 600_000),
        Err(SpanError::OutOfRange),
        "the move up does not fit"
    );
    assert_eq!(price(PRICE_ONE, 9_999), Err(SpanError::Volatility));
    assert_eq!(price(PRICE_ONE, 10_000_001), Err(SpanError::Volatility));
    let far = value(&option(Right::Call, 100, 3_651), &quote(100, 600_000), &PARAMS, NOW);
    assert_eq!(far, Err(SpanError::Pricing(PricingError::Tenor)));
}

#[test]
fn parameters_should_be_refused_one_beyond_each_bound() {
    type Field = fn(&mut ScanParams) -> &mut u32;
    let all: [(Field, _, ParamError); 7] = [
        (|p| &mut p.price_range, params::PRICE_RANGE, ParamError::PriceRange),
        (
            |p| &mut p.volatility_range,
            params::VOLATILITY_RANGE,
            ParamError::VolatilityRange,
        ),
        (
            |p| &mut p.tenor_exponent,
            params::TENOR_EXPONENT,
            ParamError::TenorExponent,
        ),
        (
            |p| &mut p.extreme_multiple,
            params::EXTREME_MULTIPLE,
            ParamError::ExtremeMultiple,
        ),
        (
            |p| &mut p.extreme_cover,
            params::EXTREME_COVER,
            ParamError::ExtremeCover,
        ),
        (
            |p| &mut p.short_option_floor,
            params::SHORT_OPTION_FLOOR,
            ParamError::ShortOptionFloor,
        ),
        (|p| &mut p.basis_floor, params::BASIS_FLOOR, ParamError::BasisFloor),
    ];
    for (field, bounds, error) in all {
        let with = |x: u32| {
            let mut p = PARAMS;
            *field(&mut p) = x;
            p
        };
        assert_eq!(with(*bounds.start()).check(), Ok(()));
        assert_eq!(with(*bounds.end()).check(), Ok(()));
        assert_eq!(with(bounds.end() + 1).check(), Err(error));
        if let Some(below) = bounds.start().checked_sub(1) {
            assert_eq!(with(below).check(), Err(error));
        }
        let refused = value(
            &unit(InstrumentKind::Perpetual),
            &quote(1, 0),
            &with(bounds.end() + 1),
            NOW,
        );
        assert_eq!(refused, Err(error.into()), "the bound holds for every row");
    }
}

fn any_params() -> impl Strategy<Value = ScanParams> {
    (
        params::PRICE_RANGE,
        params::VOLATILITY_RANGE,
        params::TENOR_EXPONENT,
        params::EXTREME_MULTIPLE,
        params::EXTREME_COVER,
    )
        .prop_map(
            |(price_range, volatility_range, tenor_exponent, extreme_multiple, extreme_cover)| ScanParams {
                price_range,
                volatility_range,
                tenor_exponent,
                extreme_multiple,
                extreme_cover,
                ..PARAMS
            },
        )
}

/// A perpetual, a future that is due soon, and one that is due later.
fn calendar(price: u64, params: &ScanParams, due: u64, now: u64) -> RiskTable {
    let kinds = [
        InstrumentKind::Perpetual,
        InstrumentKind::Future { expiry: due },
        InstrumentKind::Future { expiry: due + 91 * DAY },
    ];
    let mut table = RiskTable::default();
    for (number, kind) in kinds.into_iter().enumerate() {
        let listing = Listing {
            instrument_id: InstrumentId(number as u32 + 1),
            ..LISTING
        };
        let made = row(&unit(kind), &listing, &quote(price, 0), PerLot(0), params, now);
        table.rows[number] = made.expect("in range");
    }
    table
}

/// What lots of the three need at ratio one.
fn needed(table: &RiskTable, lots: [i64; 3]) -> i128 {
    let mut positions = Positions::default();
    for (q, lots) in positions.iter_mut().zip(lots) {
        *q = Position(lots);
    }
    let assessment = Assessment::new(table, &positions, Money(0)).expect("in range");
    assessment.requirement(256).expect("in range").get()
}

#[test]
fn floors_of_a_future_should_rise_from_its_basis_to_its_largest_move_in_the_last_day() {
    let due = NOW + 2 * DAY;
    let floor = |now| {
        let row = &calendar(100_000, &PARAMS, due, now).rows[1];
        assert_eq!(row.floor_long, row.floor_short);
        row.floor_long
    };
    let basis = Price(600_000_000);
    assert_eq!((floor(NOW), floor(due - DAY)), (basis, basis));
    assert!(floor(due - DAY + 1) > basis);
    // 16 % of 100,000.
    assert_eq!(floor(due), Price(16_000_000_000));
    assert_eq!(floor(due - DAY / 2), Price((600_000_000 + 16_000_000_000) / 2));
    assert_eq!(floor(due + DAY), floor(due), "as it stays until it is settled");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_margin_of_a_calendar_should_not_jump_when_a_leg_expires(
        price in 1u64..7_000_000, lots in 1i64..1_000, long in any::<bool>(), against_perpetual in any::<bool>(),
        range in params::PRICE_RANGE, multiple in params::EXTREME_MULTIPLE, cover in params::EXTREME_COVER,
        basis in params::BASIS_FLOOR, before in 1u64..DAY,
    ) {
        let params = ScanParams {
            price_range: range, extreme_multiple: multiple, extreme_cover: cover, basis_floor: basis, ..PARAMS
        };
        let due = NOW + 2 * DAY;
        let q = if long { lots } else { -lots };
        let (hedged, alone) = match against_perpetual {
            true => ([q, -q, 0], [q, 0, 0]),
            false => ([0, -q, q], [0, 0, q]),
        };
        let at = |now| calendar(price, &params, due, now);
        let (earlier, last) = (at(due - before), at(due));
        // What is left alone needs no more than both did in the last table before.
        prop_assert!(needed(&last, hedged) >= needed(&last, alone));
        // Up to there it rises evenly: in no time by more than that time's share of what a lone leg may need.
        let rise = needed(&last, hedged) - needed(&earlier, hedged);
        let most = needed(&last, [0, q, 0]) * i128::from(before) / i128::from(DAY) + i128::from(lots);
        prop_assert!((0..=most).contains(&rise), "{} of at most {}", rise, most);
    }

    #[test]
    fn a_conversion_should_have_no_risk(
        params in any_params(), forward in 1u64..10_000_000, ratio in 0.2f64..5.0,
        volatility in 10_000u32..10_000_000, ms in 0..3 * 365 * DAY,
    ) {
        let strike = ((forward as f64 * ratio) as u128).max(1) * PRICE_ONE;
        let at = |kind| value(&unit(kind), &quote(forward, volatility), &params, NOW).expect("in range");
        let expiry = NOW + ms;
        let [call, put] = [Right::Call, Right::Put].map(|right| at(InstrumentKind::Option { right, strike, expiry }));
        let future = at(InstrumentKind::Future { expiry });
        let options = call.scenarios.into_iter().zip(put.scenarios);
        for (s, (future, (call, put))) in future.scenarios.into_iter().zip(options).enumerate() {
            let rest = future.get() - call.get() + put.get();
            // To the unit; the covered part of the extremes is rounded for each.
            prop_assert!(rest.abs() <= i64::from(s >= 14) * 3, "scenario {}: {}", s, rest);
        }
    }

    #[test]
    fn a_long_option_should_need_no_more_than_it_is_worth(
        params in any_params(), forward in 1u64..10_000_000, ratio in 0.2f64..5.0,
        volatility in 10_000u32..10_000_000, ms in 0..3 * 365 * DAY, is_call: bool,
    ) {
        let right = if is_call { Right::Call } else { Right::Put };
        let strike = ((forward as f64 * ratio) as u128).max(1) * PRICE_ONE;
        let kind = InstrumentKind::Option { right, strike, expiry: NOW + ms };
        let v = value(&unit(kind), &quote(forward, volatility), &params, NOW).expect("in range");
        prop_assert!(v.scenarios.iter().all(|r| r.get() >= -v.mark.get()));
        prop_assert!(v.mark >= PerLot(0));
    }

    #[test]
    fn volatility_up_should_never_be_worth_less_than_down(
        params in any_params(), forward in 1u64..10_000_000, ratio in 0.2f64..5.0,
        volatility in 10_000u32..VOLATILITY_ONE * 4, ms in 0..3 * 365 * DAY,
    ) {
        let strike = ((forward as f64 * ratio) as u128).max(1) * PRICE_ONE;
        let kind = InstrumentKind::Option { right: Right::Put, strike, expiry: NOW + ms };
        let v = value(&unit(kind), &quote(forward, volatility), &params, NOW).expect("in range");
        prop_assert!(v.scenarios[..14].chunks(2).all(|pair| pair[0] >= pair[1]));
    }
}
