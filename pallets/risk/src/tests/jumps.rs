//! Prices that jump, and how long they are held back (C-JUMP).

use super::dead::{died, feed, list_other, minutes, revived, table, told, HOUR, OTHER};
use crate::{
    bounds::HOLD, mock::*, DeadFeeds, DeadInstrument, Error, Event, Groups, JumpLimits, RiskParameter, RiskTables,
};
use cloister_risk::{Row, Status};
use cloister_types::PerLot;
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok},
    sp_runtime::DispatchError::BadOrigin,
};

fn tripped(mark: i64, jumped_to: i64) -> Event<Test> {
    Event::BreakerTripped {
        group: GROUP,
        instrument_id: 1,
        mark,
        jumped_to,
    }
}

fn released(mark: i64) -> Event<Test> {
    Event::BreakerReleased {
        group: GROUP,
        instrument_id: 1,
        mark,
    }
}

/// The next table, after so long, with these prices of the two instruments.
fn rows(after: u64, price: u32, other: u32) -> Vec<Row> {
    table(after, &[(FEED, price), (OTHER, other)])
}

fn seen(row: &Row) -> (i64, bool) {
    (row.mark.get(), row.stale)
}

/// Runs a test on a group of two instruments that has its first table, at 50,000 and 7,000.
fn on_priced(test: impl FnOnce()) {
    on_listed(|| {
        list_other();
        rows(10_000, 50_000, 7_000);
        test();
    });
}

#[test]
fn mark_should_move_by_the_limit_and_no_further_at_once() {
    // 30 % of 50,000 is 15,000.
    for (price, is_held) in [(35_000, false), (65_000, false), (34_999, true), (65_001, true)] {
        on_priced(|| {
            let rows = rows(10_000, price, 7_000);
            let wanted = if is_held { 50_000 } else { price };
            assert_eq!(seen(&rows[0]), (i64::from(wanted) * 1_000, is_held));
            // The others go on.
            assert_eq!(seen(&rows[1]), (7_000_000, false));
            let event = tripped(50_000_000, i64::from(price) * 1_000);
            assert_eq!(told(), if is_held { vec![event] } else { vec![] });
        });
    }
}

#[test]
fn crash_should_pass_after_its_time_and_not_before() {
    on_priced(|| {
        let held = rows(10_000, 20_000, 7_000);
        assert_eq!(seen(&held[0]), (50_000_000, true));
        // Nothing else of the row changes: no scenario widens, and the status is that of governance.
        let living = Risk::table(GROUP, 1).unwrap().rows[0].clone();
        assert_eq!(held[0], Row { stale: true, ..living });
        // The price goes on falling, and comes half way back: neither begins anew.
        for (after, price) in [(20_000, 10_000), (20_000, 30_000), (HOLD - 40_001, 20_000)] {
            assert_eq!(seen(&rows(after, price, 7_000)[0]), (50_000_000, true));
        }
        assert_eq!(told(), [tripped(50_000_000, 20_000_000)]);
        pass(1);
        let rows = rows(9_999, 21_000, 7_000);
        assert_eq!(seen(&rows[0]), (21_000_000, false));
        assert_eq!(told()[1..], [released(21_000_000)]);
        assert!(DeadFeeds::<Test>::get(GROUP).is_empty());
    });
}

#[test]
fn wrong_price_should_be_forgotten_when_it_is_gone() {
    on_priced(|| {
        rows(10_000, 5_000, 7_000);
        let back = rows(10_000, 49_000, 7_000);
        assert_eq!(seen(&back[0]), (49_000_000, false));
        assert_eq!(told(), [tripped(50_000_000, 5_000_000), released(49_000_000)]);
        // The next one has its whole time again.
        rows(10_000, 5_000, 7_000);
        let noted = DeadInstrument {
            id: 1,
            dead_for: 0,
            held_since: Some(Now::get()),
        };
        assert_eq!(DeadFeeds::<Test>::get(GROUP).into_inner(), [noted]);
        assert_eq!(seen(&rows(HOLD - 1, 5_000, 7_000)[0]), (49_000_000, true));
    });
}

#[test]
fn jumps_of_all_instruments_should_be_held_each_by_itself() {
    on_priced(|| {
        rows(10_000, 20_000, 7_000);
        let both = rows(30_000, 20_000, 3_000);
        assert_eq!(
            [seen(&both[0]), seen(&both[1])],
            [(50_000_000, true), (7_000_000, true)]
        );
        let first = rows(30_000, 20_000, 3_000);
        assert_eq!(
            [seen(&first[0]), seen(&first[1])],
            [(20_000_000, false), (7_000_000, true)]
        );
        let second = rows(30_000, 20_000, 3_000);
        assert_eq!(
            [seen(&second[0]), seen(&second[1])],
            [(20_000_000, false), (3_000_000, false)]
        );
        // With none of them priced, a table is no part of final values: two are too few.
        assert_eq!(Risk::final_values(GROUP, Now::get()), None);
    });
}

#[test]
fn feed_that_dies_while_its_price_is_held_should_be_dead_after_it() {
    on_priced(|| {
        rows(10_000, 20_000, 7_000);
        silence(FEED);
        // It is held as long as it would have been, and its feed's death counts from here.
        let other = || table(30_000, &[(OTHER, 7_000)]);
        assert!(other()[0].stale);
        let noted = |dead_for, held_since| DeadInstrument {
            id: 1,
            dead_for,
            held_since,
        };
        let since = Now::get() - 30_000;
        assert_eq!(DeadFeeds::<Test>::get(GROUP)[0], noted(30_000, Some(since)));
        assert_eq!(told().len(), 1);
        other();
        assert_eq!(DeadFeeds::<Test>::get(GROUP)[0], noted(60_000, None));
        let died = Event::InstrumentDied {
            group: GROUP,
            instrument_id: 1,
            reason: crate::StallReason::FeedMissing(1),
        };
        assert_eq!(told()[1..], [released(50_000_000), died]);
        // What it comes back with is held anew.
        assert_eq!(seen(&rows(10_000, 20_000, 7_000)[0]), (50_000_000, true));
        assert_eq!(told()[3..], [revived(1), tripped(50_000_000, 20_000_000)]);
        assert_eq!(DeadFeeds::<Test>::get(GROUP)[0], noted(60_000, Some(Now::get())));
    });
}

#[test]
fn feed_that_comes_back_far_away_should_be_held_and_not_expire_meanwhile() {
    on_priced(|| {
        assert_ok!(Risk::set_settle_after(RuntimeOrigin::root(), HOUR));
        minutes(60);
        let noted = DeadFeeds::<Test>::get(GROUP)[0];
        assert_eq!((noted.dead_for, noted.held_since), (HOUR - 60_000, None));
        // Another minute without a price would have it expire.
        let held = rows(30_000, 100_000, 7_000);
        assert_eq!((seen(&held[0]), held[0].status), ((50_000_000, true), Status::Trading));
        assert_eq!(told(), [died(1), revived(1), tripped(50_000_000, 100_000_000)]);
        rows(HOLD - 1, 100_000, 7_000);
        let passed = rows(10_000, 100_000, 7_000);
        assert_eq!(seen(&passed[0]), (100_000_000, false));
    });
}

#[test]
fn feed_that_comes_and_goes_should_expire_in_the_end() {
    on_priced(|| {
        assert_ok!(Risk::set_settle_after(RuntimeOrigin::root(), HOUR));
        // Every other table has a price that would be held; none is there when its time is over.
        let mut tables = 0;
        while Groups::<Test>::get(GROUP).unwrap().instruments[0].status != Status::Expired {
            rows(30_000, 100_000, 7_000);
            silence(FEED);
            table(60_000, &[(OTHER, 7_000)]);
            tables += 1;
        }
        assert_eq!(tables, 60);
        let expired = Event::InstrumentExpired {
            group: GROUP,
            instrument_id: 1,
            mark: 50_000_000,
        };
        assert_eq!(told().last(), Some(&expired));
    });
}

#[test]
fn funding_should_not_be_charged_while_a_price_is_held() {
    on_priced(|| {
        let with_premium = |after, price| {
            table(
                after,
                &[(FEED, price), (PREMIUM, price + price / 1_250), (OTHER, 7_000)],
            )
        };
        let funding = |rows: &[Row]| rows[0].funding;
        // 0.08 % above the index: 100 ppm per hour of 50,000,000.
        assert_eq!(funding(&with_premium(36_000, 50_000)), PerLot(50));
        assert_eq!(funding(&with_premium(36_000, 100_000)), PerLot(50));
        assert_eq!(funding(&with_premium(36_000, 50_000)), PerLot(100));
    });
}

#[test]
fn first_row_should_be_held_by_nothing() {
    on_listed(|| {
        table(10_000, &[]);
        list_other();
        assert_eq!(seen(&rows(10_000, 50_000, 1)[1]), (1_000, false));
        assert_eq!(told(), vec![]);
    });
}

#[test]
fn jump_limit_should_be_set_within_its_bounds_by_notice() {
    on_priced(|| {
        assert_eq!(JumpLimits::<Test>::get(GROUP), 300_000);
        for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::signed(Narrows::get())] {
            assert_noop!(Risk::set_jump_limit(origin, GROUP, 300_000), BadOrigin);
        }
        let root = RuntimeOrigin::root;
        for limit in [0, 99_999, 500_001, u32::MAX] {
            assert_noop!(
                Risk::set_jump_limit(root(), GROUP, limit),
                Error::<Test>::ParameterOutOfBounds(RiskParameter::JumpLimit)
            );
        }
        assert_noop!(Risk::set_jump_limit(root(), 99, 300_000), Error::<Test>::UnknownGroup);
        let mut before = 300_000;
        for now in [500_000, 100_000] {
            assert_ok!(Risk::set_jump_limit(RuntimeOrigin::signed(Widens::get()), GROUP, now));
            let event = Event::JumpLimitSet {
                group: GROUP,
                before,
                now,
            };
            assert_eq!(events().last(), Some(&event));
            before = now;
        }
        assert_eq!(seen(&rows(10_000, 44_999, 7_000)[0]), (50_000_000, true));
        // A limit that is set meanwhile counts from the next table on.
        assert_ok!(Risk::set_jump_limit(root(), GROUP, 500_000));
        assert_eq!(seen(&rows(10_000, 44_999, 7_000)[0]), (44_999_000, false));
        feed(FEED, 1);
    });
}
