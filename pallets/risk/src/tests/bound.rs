//! C-BOUND in groups that have a table: rows are kept, and nothing stops.

use super::dead::{died_of, feed, list_other, revived, table, told, HOUR, OTHER};
use crate::{mock::*, pricing, DeadFeeds, Event, Groups, InstrumentParams, StallReason};
use cloister_risk::{Row, Status};
use cloister_types::PerLot;
use polkadot_sdk::frame_support::assert_ok;

/// A limit with which the bound is between marks of 68,719 and 137,438 whole units.
const LIMIT: u64 = (1 << 40) - 1;

fn set(instrument_id: u32, params: InstrumentParams) {
    assert_ok!(Risk::set_instrument_params(
        RuntimeOrigin::root(),
        GROUP,
        instrument_id,
        params
    ));
}

fn with_limit(limit: u64) -> InstrumentParams {
    InstrumentParams {
        limit,
        ..instrument_params()
    }
}

/// Lets a price rise in steps that no breaker holds, a table each, until its row is kept. Returns the mark it has.
fn rise(from: u32, other: u32) -> i64 {
    let mut price = from;
    loop {
        price += price / 4;
        let rows = table(10_000, &[(FEED, price), (OTHER, other)]);
        if rows[0].stale {
            return rows[0].mark.get();
        }
    }
}

fn exposure(rows: &[Row]) -> u128 {
    let state = Groups::<Test>::get(GROUP).unwrap();
    let rows = rows.iter().zip(&state.instruments);
    rows.map(|(row, i)| pricing::exposure(row, i.limit_high)).sum()
}

/// Runs a test on a group of two instruments, the first of the highest limit.
fn on_limited(test: impl FnOnce()) {
    on_listed(|| {
        list_other();
        set(1, with_limit(LIMIT));
        table(10_000, &[(FEED, 50_000), (OTHER, 7_000)]);
        test();
    });
}

#[test]
fn row_beyond_the_bound_should_keep_its_mark_and_stop_nothing() {
    on_limited(|| {
        let mark = rise(50_000, 7_000);
        // Within the bound with the mark that it keeps, and not with a quarter more.
        assert!((60_000_000_000..137_438_953_472).contains(&mark), "{mark}");
        assert_eq!(told(), [died_of(1, StallReason::RiskBoundExceeded)]);
        // The other goes on, as far as the bound lets it.
        let price = u32::try_from(mark / 1_000).unwrap();
        let rows = table(10_000, &[(FEED, price + price / 4), (OTHER, 7_500)]);
        assert_eq!((rows[0].mark.get(), rows[0].stale), (mark, true));
        assert_eq!((rows[1].mark, rows[1].stale), (PerLot(7_500_000), false));
        // Back within the bound.
        let rows = table(10_000, &[(FEED, price), (OTHER, 7_500)]);
        assert!(!rows[0].stale);
        assert_eq!(told()[1..], [revived(1)]);
    });
}

#[test]
fn row_whose_part_grew_the_most_should_be_kept() {
    on_limited(|| {
        let mark = rise(50_000, 7_000);
        let price = u32::try_from(mark / 1_000).unwrap();
        table(10_000, &[(FEED, price), (OTHER, 7_000)]);
        set(2, with_limit(LIMIT / 2));
        // The second grows, too, but by less.
        let rows = table(10_000, &[(FEED, price + price / 4), (OTHER, 7_001)]);
        assert_eq!([rows[0].stale, rows[1].stale], [true, false]);
        // Now nothing is left for the second.
        let room = (1u128 << 77) - exposure(&rows);
        let beyond = room / u128::from(LIMIT / 2) / 1_000 + 7_002;
        let mut other = 7_001;
        let rows = loop {
            other = u32::try_from(beyond).unwrap().min(other + other / 4);
            let rows = table(10_000, &[(FEED, price + price / 4), (OTHER, other)]);
            if rows[1].stale {
                break rows;
            }
            assert!(u128::from(other) < beyond, "the bound is exceeded");
        };
        assert_eq!([rows[0].stale, rows[1].stale], [true, true]);
        assert!(exposure(&rows) >> 77 == 0);
    });
}

#[test]
fn row_beyond_the_bound_should_expire_like_any_that_is_dead() {
    on_limited(|| {
        assert_ok!(Risk::set_settle_after(RuntimeOrigin::root(), HOUR));
        let mark = rise(50_000, 7_000);
        let price = u32::try_from(mark / 1_000).unwrap();
        let mut tables = 0;
        let row = loop {
            tables += 1;
            let rows = table(60_000, &[(FEED, price + price / 4), (OTHER, 7_000)]);
            if !rows[0].stale {
                break rows[0].clone();
            }
        };
        assert_eq!((row.status, row.mark.get(), tables), (Status::Expired, mark, 60));
        let expired = Event::InstrumentExpired {
            group: GROUP,
            instrument_id: 1,
            mark,
        };
        assert_eq!(told().last(), Some(&expired));
    });
}

#[test]
fn new_instrument_beyond_the_bound_should_get_no_row() {
    on_limited(|| {
        let mark = rise(50_000, 7_000);
        let price = u32::try_from(mark / 1_000).unwrap();
        table(10_000, &[(FEED, price), (OTHER, 7_000)]);
        let third = 5;
        feed(third, price);
        assert_ok!(Risk::list_instrument(
            RuntimeOrigin::root(),
            GROUP,
            third,
            None,
            with_limit(LIMIT)
        ));
        let rows = table(10_000, &[(FEED, price), (OTHER, 7_000), (third, price)]);
        assert!(rows.iter().all(Row::is_priced));
        let newest = || crate::Tables::<Test>::get(GROUP, Groups::<Test>::get(GROUP).unwrap().version).unwrap();
        assert_eq!(newest().rows[2], Row::default());
        assert!(DeadFeeds::<Test>::get(GROUP).is_empty());
        // There is room for a smaller one.
        table(10_000, &[(FEED, price), (OTHER, 7_000), (third, 1)]);
        assert!(newest().rows[2].is_priced());
    });
}

#[test]
fn parameters_that_widen_a_stale_row_beyond_the_bound_should_not_show_in_it() {
    on_limited(|| {
        let mark = rise(50_000, 7_000);
        let kept = table(
            10_000,
            &[(OTHER, 7_000), (FEED, u32::try_from(mark / 1_000 * 5 / 4).unwrap())],
        );
        // Its scenarios would be twice the mark and a half.
        set(
            1,
            InstrumentParams {
                scan_range: 500_000,
                extreme_multiple: 5_000_000,
                extreme_cover: 1_000_000,
                ..with_limit(LIMIT)
            },
        );
        silence(FEED);
        let rows = table(10_000, &[(OTHER, 7_000)]);
        assert_eq!(rows[0], kept[0]);
    });
}
