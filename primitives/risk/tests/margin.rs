//! Margin rule and scenario grid.

use cloister_risk::{
    linear_scenarios, Assessment, Header, LinearScan, MarginChoice, MarginError, Positions, RiskTable, Row, Status,
    Traded,
};
use cloister_types::{Amount, GroupId, InstrumentId, Lots, Money, PerLot, Position, Price};
use codec::{Decode, Encode};
use proptest::prelude::*;

const SCAN: LinearScan = LinearScan {
    range: 160_000,
    extreme_multiple: 2_000_000,
    extreme_cover: 350_000,
};

fn table(mark: i64) -> RiskTable {
    let mut table = RiskTable {
        header: Header {
            group: GroupId(1),
            version: 1,
            time: 1,
            initial: 320,
            maintenance: 256,
            penalty: 4,
            max_discount: 8,
            fee_cap: 1000,
        },
        ..Default::default()
    };
    table.rows[0] = Row {
        instrument_id: InstrumentId(1),
        status: Status::Trading,
        limit: Lots(1_000_000),
        chunk: Lots(1000),
        band: Price(5_000_000),
        funding: PerLot(0),
        value: PerLot(mark),
        mark: PerLot(mark),
        scenarios: linear_scenarios(PerLot(mark), &SCAN).expect("in range"),
        ..Default::default()
    };
    table
}

fn positions(q: i64) -> Positions {
    let mut p = Positions::default();
    p[0] = Position(q);
    p
}

#[test]
fn a_table_should_be_encoded_as_its_bare_integers() {
    let table = table(60_000_000);
    let header = (1u32, 1u64, 1u64, 320u16, 256u16, 4u16, 8u16, 1000u32);
    assert_eq!(table.header.encode(), header.encode());
    let row = &table.rows[0];
    let scenarios = row.scenarios.map(PerLot::get);
    let meta = (1u32, Status::Trading, 1_000_000u64, 1000u64, 5_000_000u64);
    let prices = (0i64, 60_000_000i64, 60_000_000i64, 0u64, 0u64);
    assert_eq!(row.encode(), (meta, prices, scenarios, row.stale).encode());
    assert_eq!(Row::decode(&mut &row.encode()[..]).as_ref(), Ok(row));
}

#[test]
fn scenarios_of_a_future_match_the_published_grid() {
    // A scan range of 20 points at 500 a point: a long future requires 10,000.
    let scan = LinearScan {
        range: 200_000,
        extreme_multiple: 2_000_000,
        extreme_cover: 300_000,
    };
    let r = linear_scenarios(PerLot(50_000), &scan).expect("in range");
    assert_eq!(r[10], PerLot(10_000));
    assert_eq!(r[12], PerLot(-10_000));
    assert_eq!(r[2], PerLot(3_334), "thirds round away from zero");
    assert_eq!(r[4], PerLot(-3_334));
    assert_eq!((r[14], r[15]), (PerLot(6_000), PerLot(-6_000)));
}

#[test]
fn long_and_short_need_the_same_margin_on_a_linear_instrument() {
    let t = table(60_000_000);
    let long = Assessment::new(&t, &positions(10), Money(0)).expect("in range");
    let short = Assessment::new(&t, &positions(-10), Money(0)).expect("in range");
    assert_eq!(long.requirement(256), short.requirement(256));
    assert_eq!(long.requirement(256), Ok(Money(96_000_000)));
    assert_eq!(long.requirement(320), Ok(Money(120_000_000)));
}

#[test]
fn initial_margin_should_be_refused_one_unit_short_and_accepted_at_the_edge() {
    let t = table(60_000_000);
    let before = Assessment::new(&t, &positions(0), Money(120_000_000)).expect("in range");
    // Bought 10 lots at the mark: cash falls by the cost, the value comes back in equity.
    let at_edge = Assessment::new(&t, &positions(10), Money(120_000_000 - 600_000_000)).expect("in range");
    let short = Assessment::new(&t, &positions(10), Money(120_000_000 - 600_000_001)).expect("in range");
    assert_eq!(
        Assessment::choose(&before, &at_edge, &t, &Traded::default(), false),
        Ok(MarginChoice::Initial)
    );
    assert_eq!(
        Assessment::choose(&before, &short, &t, &Traded::default(), false),
        Err(MarginError::InitialMarginShort)
    );
}

#[test]
fn a_reducing_trade_is_accepted_below_initial_but_a_withdrawal_is_not() {
    let t = table(60_000_000);
    let before = Assessment::new(&t, &positions(10), Money(100_000_000 - 600_000_000)).expect("in range");
    let after = Assessment::new(&t, &positions(9), Money(100_000_000 - 540_000_000)).expect("in range");
    let choice = Assessment::choose(&before, &after, &t, &Traded::default(), false).expect("risk falls");
    assert!(matches!(choice, MarginChoice::NotWorse(_)));
    assert_eq!(
        Assessment::choose(&before, &after, &t, &Traded::default(), true),
        Err(MarginError::WithdrawalWhileShort)
    );
}

#[test]
fn negative_equity_is_refused_whatever_the_choice() {
    let t = table(60_000_000);
    let before = Assessment::new(&t, &positions(10), Money(-600_000_001)).expect("in range");
    assert_eq!(
        Assessment::choose(&before, &before, &t, &Traded::default(), false),
        Err(MarginError::NegativeEquity)
    );
}

proptest! {
    #[test]
    fn choose_finds_a_choice_exactly_when_one_exists(
        q0 in -50i64..50, q1 in -50i64..50,
        c0 in -4_000_000_000i128..4_000_000_000, dc in -4_000_000_000i128..4_000_000_000,
        withdrawal: bool,
    ) {
        let t = table(60_000_000);
        let before = Assessment::new(&t, &positions(q0), Money(c0)).expect("in range");
        let after = Assessment::new(&t, &positions(q1), Money(c0 + dc)).expect("in range");
        let any = (0..16u8).map(MarginChoice::NotWorse).chain([MarginChoice::Initial])
            .any(|c| Assessment::check(&before, &after, &t, &Traded::default(), withdrawal, c).is_ok());
        prop_assert_eq!(Assessment::choose(&before, &after, &t, &Traded::default(), withdrawal).is_ok(), any);
    }

    #[test]
    fn a_forced_withdrawal_has_exactly_one_amount(
        q in -50i64..50, free in -1_000_000i128..3_000_000, requested in 0u64..2_000, odd in 0i128..256,
    ) {
        // An odd price makes deficits that are no multiples of 2^8.
        let t = table(60_000_000 + odd as i64);
        let needed = Assessment::new(&t, &positions(q), Money(0)).expect("in range").forced_deficits(&t).expect("in range");
        let cash = needed.iter().max().expect("seventeen").get().div_euclid(256) + free / 1_000;
        let after = |w: u64| Assessment::new(&t, &positions(q), Money(cash - i128::from(w))).expect("in range");
        let valid = |w: u64| (0..17u8).map(MarginChoice::Tight).chain([MarginChoice::Initial])
            .any(|c| Assessment::check_forced(&after(w), &t, Amount(requested), Amount(w), c).is_ok());
        let amounts: Vec<Amount> = (0..=requested + 2).filter(|w| valid(*w)).map(Amount).collect();
        let (paid, choice) = Assessment::forced_amount(&after(0), &t, Amount(requested)).expect("in range");
        prop_assert_eq!(&amounts, &vec![paid]);
        prop_assert_eq!(Assessment::check_forced(&after(paid.get()), &t, Amount(requested), paid, choice), Ok(()));
    }

    #[test]
    fn liquidation_and_house_choices_exist_exactly_when_one_does(
        q0 in -50i64..50, q1 in -50i64..50,
        c0 in -4_000_000_000i128..4_000_000_000, dc in -400_000_000i128..400_000_000,
    ) {
        let t = table(60_000_000);
        let before = Assessment::new(&t, &positions(q0), Money(c0)).expect("in range");
        let after = Assessment::new(&t, &positions(q1), Money(c0 + dc)).expect("in range");
        let choices = || (0..16u8).map(MarginChoice::NotWorse).chain([MarginChoice::Initial, MarginChoice::Tight(0)]);
        let concession = Money(-dc - i128::from(q1 - q0) * 60_000_000);
        let traded = Traded::fill(&t.rows[0], concession, q0 > q1);
        let liquidated = choices().any(|c| {
            (0..16).any(|need| Assessment::check_liquidation(&before, &after, &t, &traded, c, need).is_ok())
        });
        prop_assert_eq!(Assessment::choose_liquidation(&before, &after, &t, &traded).is_ok(), liquidated);
        let housed = choices().any(|c| Assessment::check_house(&before, &after, &t, c).is_ok());
        prop_assert_eq!(Assessment::choose_house(&before, &after, &t).is_ok(), housed);
    }
}
