//! Feeds that die, in every moment of an instrument's life (C-DEAD).

use crate::{
    bounds::FINAL_WINDOW, mock::*, pricing, DeadFeeds, Error, Event, Feeds, Groups, InstrumentParams, RiskParameter,
    RiskTables, SettleAfter, StallReason,
};
use cloister_risk::{Row, Status};
use cloister_types::{InstrumentId, PerLot, Price};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, traits::Hooks},
    sp_runtime::{DispatchError::BadOrigin, FixedU128},
};

pub(super) const HOUR: u64 = 3_600_000;
/// The feed of a second instrument, and one that nothing is listed on.
pub(super) const OTHER: u32 = 3;
const SPARE: u32 = 4;

pub(super) fn feed(feed: u32, price: u32) {
    set_price(feed, FixedU128::from_u32(price));
}

/// Lists the second instrument.
pub(super) fn list_other() {
    feed(OTHER, 7_000);
    assert_ok!(Risk::list_instrument(
        RuntimeOrigin::root(),
        GROUP,
        OTHER,
        None,
        instrument_params()
    ));
}

/// The next table, after so long, in which these feeds are fed. Fails if there is none.
pub(super) fn table(after: u64, living: &[(u32, u32)]) -> Vec<Row> {
    let before = Risk::latest_version(GROUP);
    pass(after);
    for (id, price) in living {
        feed(*id, *price);
    }
    Risk::on_initialize(1);
    let version = Risk::latest_version(GROUP);
    assert_ne!(before, version, "no table was built");
    Risk::do_try_state().unwrap();
    Risk::table(GROUP, version.unwrap()).unwrap().rows[..2].to_vec()
}

/// Lets the first instrument be dead for so many minutes, while the second lives.
pub(super) fn minutes(count: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for _ in 0..count {
        rows = table(60_000, &[(OTHER, 7_000)]);
    }
    rows
}

/// The events of feeds that die and come back, of what expires, and of breakers.
pub(super) fn told() -> Vec<Event<Test>> {
    let is_told = |event: &Event<Test>| {
        matches!(
            event,
            Event::InstrumentDied { .. }
                | Event::InstrumentRevived { .. }
                | Event::InstrumentExpired { .. }
                | Event::BreakerTripped { .. }
                | Event::BreakerReleased { .. }
        )
    };
    events().into_iter().filter(is_told).collect()
}

pub(super) fn died(instrument_id: u32) -> Event<Test> {
    died_of(instrument_id, StallReason::FeedStale(instrument_id))
}

pub(super) fn died_of(instrument_id: u32, reason: StallReason) -> Event<Test> {
    Event::InstrumentDied {
        group: GROUP,
        instrument_id,
        reason,
    }
}

pub(super) fn revived(instrument_id: u32) -> Event<Test> {
    Event::InstrumentRevived {
        group: GROUP,
        instrument_id,
    }
}

fn status(place: usize) -> Status {
    Groups::<Test>::get(GROUP).unwrap().instruments[place].status
}

#[test]
fn dead_feed_should_keep_its_mark_and_stop_nothing() {
    on_listed(|| {
        list_other();
        let rows = table(10_000, &[]);
        assert!(rows.iter().all(|row| row.is_priced()));
        let rows = table(60_001, &[(OTHER, 7_100)]);
        assert_eq!((rows[0].mark, rows[0].stale), (PerLot(50_000_000), true));
        assert_eq!(rows[0].status, Status::Trading);
        assert_eq!((rows[1].mark, rows[1].stale), (PerLot(7_100_000), false));
        // It is said once.
        table(10_000, &[(OTHER, 7_200)]);
        assert_eq!(told(), [died(1)]);
        // It comes back, and is dead no more.
        let rows = table(10_000, &[(OTHER, 7_200), (FEED, 40_000)]);
        assert_eq!((rows[0].mark, rows[0].stale), (PerLot(40_000_000), false));
        assert_eq!(told(), [died(1), revived(1)]);
        assert!(DeadFeeds::<Test>::get(GROUP).is_empty());
        // Its time starts anew.
        table(60_001, &[(OTHER, 7_200)]);
        assert_eq!(DeadFeeds::<Test>::get(GROUP)[0].dead_for, 60_000);
    });
}

#[test]
fn price_that_fits_no_table_should_be_a_dead_one() {
    for price in [FixedU128::from_u32(0), FixedU128::from_inner(u128::MAX)] {
        on_listed(|| {
            table(10_000, &[]);
            set_price(FEED, price);
            let rows = table(10_000, &[]);
            assert_eq!((rows[0].mark, rows[0].stale), (PerLot(50_000_000), true));
            assert_eq!(told(), [died_of(1, StallReason::PriceOutOfRange(1))]);
        });
    }
}

#[test]
fn instrument_that_never_had_a_price_should_have_no_row() {
    on_listed(|| {
        table(10_000, &[]);
        list_other();
        // It dies before it has had a table.
        silence(OTHER);
        let rows = table(10_000, &[]);
        assert_eq!(rows[1], Row::default());
        assert_eq!((told(), status(1)), (vec![], Status::Trading));
        let rows = table(10_000, &[(OTHER, 7_000)]);
        assert_eq!(
            (rows[1].instrument_id, rows[1].status, rows[1].stale),
            (InstrumentId(2), Status::Trading, false)
        );
        assert_eq!(told(), vec![]);
    });
}

#[test]
fn scenarios_should_widen_with_the_time_and_within_the_mark() {
    on_listed(|| {
        list_other();
        let living = table(10_000, &[(FEED, 50_000)]);
        let minute = minutes(1);
        assert!(!minute[0].stale, "a price of a minute is fresh");
        // The scan range of 10 % is 10 % and a sixtieth of it for each minute.
        let first = minutes(1);
        let second = minutes(1);
        assert_eq!(living[0].scenarios[10], PerLot(5_000_000));
        assert_eq!(first[0].scenarios[10], PerLot(5_083_300));
        assert_eq!(second[0].scenarios[10], PerLot(5_166_650));
        assert_eq!(second[0].scenarios[12], PerLot(-5_166_650));
        assert_eq!(first[0].floor_long, living[0].floor_long);
        // The band is what it was.
        assert_eq!(second[0].band, Price(1_000_000));
        let last = minutes(600);
        assert_eq!(last[0].scenarios[10], PerLot(25_000_000));
        let exposure = |row: &Row| pricing::exposure(row, 1_000_000);
        assert_eq!(exposure(&last[0]), exposure(&living[0]));
    });
}

#[test]
fn widened_range_should_stay_within_its_bounds() {
    let with = |scan_range, extreme_multiple, extreme_cover| InstrumentParams {
        scan_range,
        extreme_multiple,
        extreme_cover,
        ..instrument_params()
    };
    for (params, most) in [
        (with(10_000, 3_000_000, 330_000), 500_000),
        (with(500_000, 1_000_000, 100_000), 500_000),
        // The covered extreme move is the whole mark at a fifth of it.
        (with(100_000, 5_000_000, 1_000_000), 200_000),
        // It is beyond it already, and grows no further.
        (with(300_000, 5_000_000, 1_000_000), 300_000),
    ] {
        let mut before = params.scan_range;
        assert_eq!(pricing::widened(&params, 0), before);
        for hours in 1..200 {
            let now = pricing::widened(&params, hours * HOUR);
            assert!((before..=most).contains(&now), "{now} after {before}");
            before = now;
        }
        assert_eq!(before, most);
        assert_eq!(pricing::widened(&params, u64::MAX), most);
    }
}

#[test]
fn dead_instrument_should_expire_at_its_last_mark() {
    on_listed(|| {
        list_other();
        assert_ok!(Risk::set_settle_after(RuntimeOrigin::root(), HOUR));
        table(10_000, &[(FEED, 50_000)]);
        // A minute in which its price is fresh, and 59 in which it is dead.
        let rows = minutes(60);
        assert!(rows[0].stale);
        assert_eq!(DeadFeeds::<Test>::get(GROUP)[0].dead_for, HOUR - 60_000);
        let rows = minutes(1);
        let expired = Row {
            instrument_id: InstrumentId(1),
            status: Status::Expired,
            limit: rows[0].limit,
            chunk: rows[0].chunk,
            value: PerLot(50_000_000),
            mark: PerLot(50_000_000),
            ..Row::default()
        };
        assert_eq!(rows[0], expired);
        let event = Event::InstrumentExpired {
            group: GROUP,
            instrument_id: 1,
            mark: 50_000_000,
        };
        assert_eq!(told(), [died(1), event]);
        // No price brings it back, and nothing of it is set any more.
        let rows = table(60_000, &[(OTHER, 7_000), (FEED, 60_000)]);
        assert_eq!(rows[0], expired);
        for status in [Status::Trading, Status::CloseOnly] {
            assert_noop!(
                Risk::set_instrument_status(RuntimeOrigin::root(), GROUP, 1, status),
                Error::<Test>::StatusNotAllowed
            );
        }
        feed(SPARE, 1);
        let feeds = Feeds {
            index: SPARE,
            premium: None,
        };
        assert_noop!(
            Risk::set_instrument_feeds(RuntimeOrigin::root(), GROUP, 1, feeds),
            Error::<Test>::StatusNotAllowed
        );
        // Its feed is free for another instrument.
        let list = Risk::list_instrument(RuntimeOrigin::root(), GROUP, FEED, None, instrument_params());
        assert_ok!(list);
        assert_eq!(told().len(), 2);
    });
}

#[test]
fn dead_instrument_that_closes_only_should_be_stale_and_expire_too() {
    on_listed(|| {
        list_other();
        assert_ok!(Risk::set_settle_after(RuntimeOrigin::root(), HOUR));
        let close_only = Status::CloseOnly;
        assert_ok!(Risk::set_instrument_status(RuntimeOrigin::root(), GROUP, 1, close_only));
        table(10_000, &[(FEED, 50_000)]);
        let rows = minutes(2);
        assert_eq!((rows[0].status, rows[0].stale), (Status::CloseOnly, true));
        // A status that is set while it is dead shows in its row.
        let trading = Status::Trading;
        assert_ok!(Risk::set_instrument_status(RuntimeOrigin::root(), GROUP, 1, trading));
        assert_eq!((minutes(1)[0].status, status(0)), (Status::Trading, Status::Trading));
        assert_eq!(minutes(60)[0].status, Status::Expired);
    });
}

#[test]
fn time_without_tables_should_kill_nothing() {
    on_listed(|| {
        table(10_000, &[]);
        // The chain stands for two days, and its first table is made before any price has come.
        let rows = table(48 * HOUR, &[]);
        assert!(rows[0].stale);
        assert_eq!(DeadFeeds::<Test>::get(GROUP)[0].dead_for, 60_000);
        let rows = table(10_000, &[(FEED, 51_000)]);
        assert!(rows[0].is_priced());
    });
}

#[test]
fn replaced_feed_should_end_its_death_and_charge_no_funding_for_it() {
    on_listed(|| {
        let params = |index| Feeds {
            index,
            premium: Some(PREMIUM),
        };
        silence(SPARE);
        table(10_000, &[(PREMIUM, 50_040)]);
        table(60_001, &[(PREMIUM, 50_040)]);
        table(60_000, &[(PREMIUM, 50_040)]);
        let set = |index| Risk::set_instrument_feeds(RuntimeOrigin::root(), GROUP, 1, params(index));
        assert_noop!(set(FEED), Error::<Test>::FeedStale);
        assert_noop!(set(SPARE), Error::<Test>::FeedMissing);
        feed(SPARE, 50_000);
        assert_ok!(set(SPARE));
        assert_eq!(told(), [died(1)]);
        let rows = table(36_000, &[(SPARE, 50_000), (PREMIUM, 50_040)]);
        assert_eq!((rows[0].mark, rows[0].stale), (PerLot(50_000_000), false));
        // A hundredth of an hour at 5,000 per hour: not the two minutes before it.
        assert_eq!(rows[0].funding, PerLot(50));
        assert_eq!(told(), [died(1), revived(1)]);
    });
}

#[test]
fn final_values_should_skip_what_was_dead() {
    on_listed(|| {
        list_other();
        table(10_000, &[(FEED, 50_000), (OTHER, 7_000)]);
        // The second lives on, and moves.
        table(60_001, &[(OTHER, 8_000)]);
        table(10_000, &[(OTHER, 9_000)]);
        let values = Risk::final_values(GROUP, Now::get()).unwrap();
        assert_eq!(values.values[..2], [50_000_000, 8_000_000].map(PerLot));
        // One table of three says what the first is worth.
        table(10_000, &[(FEED, 40_000), (OTHER, 9_000)]);
        let values = Risk::final_values(GROUP, Now::get()).unwrap();
        assert_eq!(values.values[..2], [40_000_000, 9_000_000].map(PerLot));
        // A row that was dead in all of them has its last value.
        for _ in 0..3 {
            table(60_001, &[(OTHER, 9_000)]);
        }
        let values = Risk::final_values(GROUP, Now::get()).unwrap();
        assert_eq!(values.values[..2], [40_000_000, 9_000_000].map(PerLot));
        assert_eq!(FINAL_WINDOW, 600_000);
    });
}

#[test]
fn time_to_settle_should_be_set_within_its_bounds_by_notice() {
    on_empty(|| {
        assert_eq!(SettleAfter::<Test>::get(), 24 * HOUR);
        for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::signed(Narrows::get())] {
            assert_noop!(Risk::set_settle_after(origin, HOUR), BadOrigin);
        }
        for time in [0, HOUR - 1, 24 * HOUR + 1, u64::MAX] {
            assert_noop!(
                Risk::set_settle_after(RuntimeOrigin::root(), time),
                Error::<Test>::ParameterOutOfBounds(RiskParameter::SettleAfter)
            );
        }
        let mut before = 24 * HOUR;
        for now in [HOUR, 24 * HOUR] {
            assert_ok!(Risk::set_settle_after(RuntimeOrigin::signed(Widens::get()), now));
            assert_eq!(SettleAfter::<Test>::get(), now);
            assert_eq!(events().last(), Some(&Event::SettleAfterSet { before, now }));
            before = now;
        }
    });
}
