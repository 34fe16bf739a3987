//! Cumulative funding against funding paid account by account (R-FUNDING).

// Several books by one account number.
#![allow(clippy::needless_range_loop)]

use cloister_risk::{
    funding::{Funding, FundingError, FundingTerms, FRACTIONS, HOUR, PREMIUM, RATE, RATE_ONE, STEP_MAX},
    Assessment, Positions, RiskTable, Row, Status,
};
use cloister_types::{InstrumentId, Money, PerLot, Position};
use proptest::prelude::*;

const START: u64 = 1_700_000_000_000;
const TERMS: FundingTerms = FundingTerms {
    max_premium: 50_000,
    max_rate: 5_000,
};
const ACCOUNTS: usize = 4;

/// What happens between two tables, and then at the second one.
#[derive(Clone, Debug)]
struct Step {
    elapsed: u64,
    index: u64,
    /// Of the perpetual over the index, 10^-9.
    premium: i64,
    /// Buyer, seller, lots, distance of the price from the mark.
    trades: Vec<(usize, usize, i64, i64)>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let trade = (0..ACCOUNTS, 0..ACCOUNTS, 1i64..1_000, -1_000_000i64..1_000_000);
    let step = (
        0..2 * HOUR,
        1u64..2_000_000_000,
        -80_000_000i64..80_000_000,
        prop::collection::vec(trade, 0..4),
    )
        .prop_map(|(elapsed, index, premium, trades)| Step {
            elapsed,
            index,
            premium,
            trades,
        });
    prop::collection::vec(step, 1..60)
}

fn table(funding: i64, mark: i64) -> RiskTable {
    let mut table = RiskTable::default();
    table.rows[0] = Row {
        instrument_id: InstrumentId(1),
        status: Status::Trading,
        funding: PerLot(funding),
        mark: PerLot(mark),
        value: PerLot(mark - funding),
        ..Row::default()
    };
    table
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn cumulative_funding_should_equal_funding_paid_account_by_account(steps in steps()) {
        let mut funding = Funding::default();
        funding.accrue(PerLot(1), 0, START).expect("the clock starts");
        let (mut now, mut previous, mut exact_previous) = (START, 0i64, 0i128);
        let mut lots = [0i64; ACCOUNTS];
        // Cloister: cash moves at trades only. The other book: every account pays at every table. The third: with
        // fractions.
        let (mut cash, mut paid, mut exact) = ([0i128; ACCOUNTS], [0i128; ACCOUNTS], [0i128; ACCOUNTS]);
        let mut traded = [0i128; ACCOUNTS];
        for step in &steps {
            now += step.elapsed;
            let mark = step.index as i64;
            let index = u128::from(step.index) * 1_000_000_000_000;
            let billionth = index / 1_000_000_000;
            let perpetual = index + billionth * 100_000_000 - billionth * (100_000_000 - step.premium) as u128;
            let rate = TERMS.rate(index, perpetual).expect("in range");
            funding.accrue(PerLot(mark), rate, now).expect("in range");
            let whole = funding.whole().expect("in range").get();
            for a in 0..ACCOUNTS {
                paid[a] -= i128::from(lots[a]) * i128::from(whole - previous);
                exact[a] -= i128::from(lots[a]) * (funding.exact() - exact_previous);
            }
            (previous, exact_previous) = (whole, funding.exact());
            for &(buyer, seller, q, distance) in &step.trades {
                let price = i128::from(mark + distance);
                for (a, q) in [(buyer, q), (seller, -q)] {
                    lots[a] += q;
                    cash[a] -= i128::from(q) * (price - i128::from(whole));
                    paid[a] -= i128::from(q) * price;
                    exact[a] -= i128::from(q) * price * FRACTIONS;
                    traded[a] += i128::from(q.abs());
                }
            }
            let table = table(whole, mark);
            for a in 0..ACCOUNTS {
                let mut positions = Positions::default();
                positions[0] = Position(lots[a]);
                let equity = Assessment::new(&table, &positions, Money(cash[a])).expect("in range").equity;
                let worth = i128::from(lots[a]) * i128::from(mark);
                // To the unit, at every table.
                prop_assert_eq!(equity, Money(paid[a] + worth));
                // Funding of fractions, never rounded: off by less than one unit for each lot that was traded or is
                // held.
                let off = (equity.get() * FRACTIONS - (exact[a] + worth * FRACTIONS)).abs();
                prop_assert!(off <= (traded[a] + i128::from(lots[a].abs())) * FRACTIONS);
            }
            // What longs pay, shorts get.
            prop_assert_eq!(cash.iter().sum::<i128>(), 0);
        }
    }

    #[test]
    fn the_number_of_tables_should_not_change_what_is_paid(
        mark in 0i64..1 << 54, rate in -10_000_000_000i64..10_000_000_000,
        cuts in prop::collection::vec(0..STEP_MAX, 0..50),
    ) {
        let run = |times: &[u64]| {
            let mut funding = Funding::default();
            for t in times {
                funding.accrue(PerLot(mark), rate, START + t).expect("in range");
            }
            funding.exact()
        };
        let mut often: Vec<u64> = cuts;
        often.extend([0, STEP_MAX]);
        often.sort_unstable();
        prop_assert_eq!(run(&often), run(&[0, STEP_MAX]));
        prop_assert_eq!(run(&often), i128::from(mark) * i128::from(rate) * i128::from(HOUR));
    }
}

#[test]
fn a_rate_should_be_the_premium_over_eight_hours_and_capped_on_both_sides() {
    let index = 100_000_000_000_000_000_000_000u128;
    let with = |ppm: i128| TERMS.rate(index, (index as i128 + index as i128 / 1_000_000 * ppm) as u128);
    assert_eq!(with(0), Ok(0));
    assert_eq!(with(8), Ok(1_000_000), "a premium of 8 millionths, one per hour");
    assert_eq!(with(-1), Ok(-125_000), "small premiums are not lost");
    assert_eq!(with(40_000), Ok(5_000_000_000));
    assert_eq!(with(900_000), Ok(5_000_000_000));
    assert_eq!(with(-900_000), Ok(-5_000_000_000));
    let tight = FundingTerms {
        max_premium: 8,
        ..TERMS
    };
    assert_eq!(
        tight.rate(index, index * 2),
        Ok(1_000_000),
        "the premium is capped before it is spread"
    );
}

#[test]
fn funding_should_be_refused_by_name() {
    let beyond = FundingTerms {
        max_premium: PREMIUM.end() + 1,
        ..TERMS
    };
    assert_eq!(beyond.rate(1, 1), Err(FundingError::Terms));
    let beyond = FundingTerms {
        max_rate: RATE.end() + 1,
        ..TERMS
    };
    assert_eq!(beyond.rate(1, 1), Err(FundingError::Terms));
    assert_eq!(TERMS.rate(0, 1), Err(FundingError::Price));
    assert_eq!(TERMS.rate(1, u128::MAX), Err(FundingError::Price));
    assert_eq!(TERMS.rate(1, 1 << 120), Err(FundingError::Price));
    let mut funding = Funding::default();
    funding.accrue(PerLot(1), 0, START).expect("the clock starts");
    let before = funding;
    assert_eq!(funding.accrue(PerLot(-1), 1, START + 1), Err(FundingError::OutOfRange));
    assert_eq!(funding.accrue(PerLot(1), 1, START - 1), Err(FundingError::Time));
    assert_eq!(
        funding.accrue(PerLot(i64::MAX), i64::MAX, START + 1),
        Err(FundingError::OutOfRange)
    );
    let far = RATE_ONE as i64 * 2;
    assert_eq!(
        funding.accrue(PerLot(1 << 54), far, START + HOUR),
        Err(FundingError::OutOfRange)
    );
    assert_eq!(funding, before, "nothing changed");
}

#[test]
fn the_funding_of_the_table_should_be_rounded_down_on_both_sides_of_zero() {
    for (rate, whole) in [(1, 0), (-1, -1)] {
        let mut funding = Funding::default();
        funding.accrue(PerLot(1), rate, START).expect("the clock starts");
        funding.accrue(PerLot(1), rate, START + 1).expect("in range");
        assert_eq!(funding.whole(), Ok(PerLot(whole)));
    }
}

#[test]
fn no_funding_should_accrue_before_the_first_table_or_for_more_than_the_longest_step() {
    let rate = RATE_ONE as i64 / 1_000;
    let mut funding = Funding::default();
    funding
        .accrue(PerLot(1_000_000), rate, START)
        .expect("the clock starts");
    assert_eq!(funding.whole(), Ok(PerLot(0)));
    funding
        .accrue(PerLot(1_000_000), rate, START + 50 * STEP_MAX)
        .expect("in range");
    assert_eq!(funding.whole(), Ok(PerLot(1_000)));
    funding
        .accrue(PerLot(1_000_000), -2 * rate, START + 51 * STEP_MAX)
        .expect("in range");
    assert_eq!(funding.whole(), Ok(PerLot(-1_000)));
}
