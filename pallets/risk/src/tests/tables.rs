//! Tables: when they are built, what is in them, what stops them.

use crate::{mock::*, Error, Event, Groups, InstrumentParams, RiskTables, StallReason, TableInfo};
use cloister_crypto::field::to_bytes;
use cloister_risk::{Header, Status};
use cloister_types::{GroupId, InstrumentId, Lots, PerLot, Price};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, traits::Hooks, weights::Weight},
    sp_runtime::FixedU128,
};

fn turn() -> Weight {
    Risk::on_initialize(1)
}

fn stalls() -> Vec<StallReason> {
    let reason = |event| match event {
        Event::TableStalled { reason, .. } => Some(reason),
        _ => None,
    };
    events().into_iter().filter_map(reason).collect()
}

#[test]
fn table_should_be_built_when_prices_are_fresh() {
    on_listed(|| {
        assert_eq!(<Risk as RiskTables>::latest_version(GROUP), None);
        turn();
        assert_eq!(<Risk as RiskTables>::latest_version(GROUP), Some(1));
        let table = <Risk as RiskTables>::table(GROUP, 1).unwrap();
        let header = Header {
            group: GroupId(GROUP),
            version: 1,
            time: Now::get(),
            initial: 384,
            maintenance: 256,
            penalty: 16,
            max_discount: 5,
            fee_cap: 1_000,
        };
        assert_eq!(table.header, header);
        let row = &table.rows[0];
        assert_eq!((row.instrument_id, row.status), (InstrumentId(1), Status::Trading));
        // 50,000 per unit, a thousandth of it per lot: 50 in 10^-6.
        assert_eq!(
            [row.mark, row.funding, row.value],
            [50_000_000, 0, 50_000_000].map(PerLot)
        );
        assert_eq!(
            [row.band, row.floor_long, row.floor_short],
            [1_000_000, 50_000, 100_000].map(Price)
        );
        assert_eq!((row.limit, row.chunk), (Lots(1_000_000), Lots(100_000)));
        assert_eq!(row.scenarios[..4], [0, 0, 1_666_667, 1_666_667].map(PerLot));
        assert_eq!(
            row.scenarios[10..],
            [5_000_000, 5_000_000, -5_000_000, -5_000_000, 4_950_000, -4_950_000].map(PerLot)
        );
        assert!(table.rows[1..].iter().all(|row| row.status == Status::Empty));
        assert_eq!(table.validate(), Ok(()));
        let info = TableInfo {
            risk_hash: to_bytes(&table.hash()),
            time: Now::get(),
            good_until: None,
        };
        assert_eq!(<Risk as RiskTables>::table_info(GROUP, 1), Some(info));
        let event = Event::TableBuilt {
            group: GROUP,
            version: 1,
            time: info.time,
            risk_hash: info.risk_hash,
        };
        assert_eq!(events().last(), Some(&event));
    });
}

#[test]
fn table_should_wait_for_the_interval() {
    on_listed(|| {
        let built = turn();
        pass(9_999);
        let idle = turn();
        assert_eq!(<Risk as RiskTables>::latest_version(GROUP), Some(1));
        assert!(idle.all_lt(built));
        pass(1);
        turn();
        assert_eq!(<Risk as RiskTables>::latest_version(GROUP), Some(2));
    });
}

#[test]
fn only_the_last_tables_should_be_kept() {
    on_listed(|| {
        for _ in 0..5 {
            turn();
            pass(10_000);
        }
        let kept = |version| {
            let table = <Risk as RiskTables>::table(GROUP, version).is_some();
            assert_eq!(table, <Risk as RiskTables>::table_info(GROUP, version).is_some());
            table
        };
        assert_eq!(
            (1..=6).map(kept).collect::<Vec<_>>(),
            [false, false, true, true, true, false]
        );
    });
}

/// Last moments of the versions that are kept.
fn last_moments() -> Vec<(u64, Option<u64>)> {
    let latest = <Risk as RiskTables>::latest_version(GROUP).unwrap_or(0);
    let info = |version| <Risk as RiskTables>::table_info(GROUP, version);
    (1..=latest).filter_map(|v| Some((v, info(v)?.good_until))).collect()
}

#[test]
fn replaced_table_should_have_the_grace_of_the_moment_it_was_replaced() {
    on_listed(|| {
        let start = Now::get();
        assert_ok!(Risk::set_table_grace(RuntimeOrigin::root(), 30_000));
        turn();
        assert_eq!(last_moments(), [(1, None)]);
        pass(10_000);
        turn();
        assert_eq!(last_moments(), [(1, Some(start + 40_000)), (2, None)]);
        // A shorter grace takes nothing back, and a longer one revives nothing.
        assert_ok!(Risk::set_table_grace(RuntimeOrigin::root(), 0));
        pass(10_000);
        turn();
        let built = [(1, Some(start + 40_000)), (2, Some(start + 20_000)), (3, None)];
        assert_eq!(last_moments(), built);
        assert_ok!(Risk::set_table_grace(RuntimeOrigin::root(), 120_000));
        assert_eq!(last_moments(), built);
        // A table that is no longer kept is gone with its last moment.
        pass(10_000);
        turn();
        assert_eq!(
            last_moments(),
            [(2, Some(start + 20_000)), (3, Some(start + 150_000)), (4, None)]
        );
    });
}

#[test]
fn stalled_group_should_say_so_once_and_go_on_with_its_first_table() {
    on_listed(|| {
        let is_stalled = || Groups::<Test>::get(GROUP).unwrap().stalled;
        let params = InstrumentParams {
            limit: (1 << 40) - 1,
            ..instrument_params()
        };
        assert_ok!(Risk::set_instrument_params(RuntimeOrigin::root(), GROUP, 1, params));
        set_price(FEED, FixedU128::from_u32(200_000_000));
        turn();
        turn();
        assert_eq!((stalls(), is_stalled()), (vec![StallReason::RiskBoundExceeded], true));
        assert_eq!((Risk::latest_version(GROUP), last_moments()), (None, vec![]));
        set_price(FEED, FixedU128::from_u32(51_000));
        turn();
        assert_eq!((Risk::latest_version(GROUP), is_stalled()), (Some(1), false));
        // From its first table on nothing of prices stops it.
        for price in [FixedU128::from_u32(200_000_000), FixedU128::from_u32(0)] {
            pass(10_000);
            set_price(FEED, price);
            turn();
        }
        assert_eq!((Risk::latest_version(GROUP), stalls().len()), (Some(3), 1));
    });
}

#[test]
fn groups_should_take_turns() {
    on_listed(|| {
        assert_ok!(Risk::create_group(RuntimeOrigin::root(), 8, group_params()));
        turn();
        assert_eq!((Risk::latest_version(GROUP), Risk::latest_version(8)), (Some(1), None));
        turn();
        assert_eq!(
            (Risk::latest_version(GROUP), Risk::latest_version(8)),
            (Some(1), Some(1))
        );
    });
}

#[test]
fn as_many_groups_as_may_should_have_their_turn_in_a_block_and_none_twice() {
    on_listed(|| {
        for group in 8..10 {
            assert_ok!(Risk::create_group(RuntimeOrigin::root(), group, group_params()));
        }
        let versions = || [GROUP, 8, 9].map(|group| Risk::latest_version(group).unwrap_or_default());
        let one = turn();
        assert_eq!(versions(), [1, 0, 0]);
        TurnsPerBlock::set(2);
        let two = turn();
        assert_eq!(versions(), [1, 1, 1]);
        assert!(two.any_gt(one));
        // There are three groups and ten turns.
        TurnsPerBlock::set(10);
        pass(10_000);
        turn();
        assert_eq!(versions(), [2, 2, 2]);
    });
}

#[test]
fn groups_that_wait_no_longer_than_a_table_is_good_should_make_a_runtime() {
    // Four blocks of six seconds, and a minute.
    TableAge::set(84_000);
    <Risk as Hooks<u64>>::integrity_test();
}

#[test]
#[should_panic(expected = "a group may wait 84000 ms")]
fn groups_that_wait_for_longer_should_make_none() {
    TableAge::set(83_999);
    <Risk as Hooks<u64>>::integrity_test();
}

#[test]
#[should_panic(expected = "a block without turns")]
fn blocks_without_turns_should_make_none() {
    TurnsPerBlock::set(0);
    <Risk as Hooks<u64>>::integrity_test();
}

#[test]
fn price_of_the_largest_age_should_be_fresh() {
    on_listed(|| {
        pass(60_000);
        turn();
        assert_eq!(Risk::latest_version(GROUP), Some(1));
    });
}

#[test]
fn missing_feed_should_stop_tables() {
    on_listed(|| {
        Prices::set(Default::default());
        assert_noop!(
            Risk::refresh_table(RuntimeOrigin::signed(1), GROUP),
            Error::<Test>::FeedMissing
        );
        turn();
        assert_eq!(stalls(), [StallReason::FeedMissing(1)]);
    });
}

#[test]
fn price_out_of_range_should_stop_tables() {
    on_listed(|| {
        for price in [
            FixedU128::from_u32(0),
            FixedU128::from_rational(1, 1_000_000),
            FixedU128::from_inner(u128::MAX),
        ] {
            set_price(FEED, price);
            assert_noop!(
                Risk::refresh_table(RuntimeOrigin::signed(1), GROUP),
                Error::<Test>::PriceOutOfRange
            );
        }
        turn();
        assert_eq!(stalls(), [StallReason::PriceOutOfRange(1)]);
    });
}

#[test]
fn bound_of_the_group_should_stop_tables() {
    on_listed(|| {
        // 2^39 lots at 2^37.9 and more: above 2^77 only in sum with the second instrument.
        let params = InstrumentParams {
            limit: 1 << 39,
            ..instrument_params()
        };
        let set_prices = |price| [FEED, 3, 4].map(|feed| set_price(feed, FixedU128::from_u32(price)));
        set_prices(50_000);
        for feed in [3, 4] {
            assert_ok!(Risk::list_instrument(
                RuntimeOrigin::root(),
                GROUP,
                feed,
                None,
                params.clone()
            ));
        }
        set_prices(200_000_000);
        assert_noop!(
            Risk::refresh_table(RuntimeOrigin::signed(1), GROUP),
            Error::<Test>::RiskBoundExceeded
        );
        turn();
        assert_eq!(stalls(), [StallReason::RiskBoundExceeded]);
        set_prices(100_000_000);
        assert_ok!(Risk::refresh_table(RuntimeOrigin::signed(1), GROUP));
    });
}

#[test]
fn limit_beyond_the_bound_should_be_refused() {
    on_listed(|| {
        set_price(FEED, FixedU128::from_u32(200_000_000));
        turn();
        let params = InstrumentParams {
            limit: (1 << 40) - 1,
            ..instrument_params()
        };
        let set = Risk::set_instrument_params(RuntimeOrigin::root(), GROUP, 1, params);
        assert_noop!(set, Error::<Test>::RiskBoundExceeded);
    });
}

#[test]
fn lowered_limit_should_still_count_in_the_bound() {
    on_listed(|| {
        let set = |limit| {
            let params = InstrumentParams {
                limit,
                chunk: 1,
                ..instrument_params()
            };
            assert_ok!(Risk::set_instrument_params(RuntimeOrigin::root(), GROUP, 1, params));
        };
        set((1 << 40) - 1);
        set(1);
        set_price(FEED, FixedU128::from_u32(200_000_000));
        assert_noop!(
            Risk::refresh_table(RuntimeOrigin::signed(1), GROUP),
            Error::<Test>::RiskBoundExceeded
        );
    });
}

#[test]
fn anyone_should_refresh_a_table_that_is_due() {
    on_listed(|| {
        let refresh = |group| Risk::refresh_table(RuntimeOrigin::signed(99), group);
        assert_noop!(refresh(8), Error::<Test>::UnknownGroup);
        assert_ok!(refresh(GROUP));
        assert_noop!(refresh(GROUP), Error::<Test>::NotDue);
        pass(10_000);
        assert_ok!(refresh(GROUP));
        assert_eq!(Risk::latest_version(GROUP), Some(2));
    });
}

#[test]
fn no_table_should_be_built_before_the_clock_starts() {
    on_listed(|| {
        Now::set(0);
        turn();
        assert_eq!((Risk::latest_version(GROUP), stalls()), (None, vec![]));
    });
}

#[test]
fn close_only_should_show_in_the_next_table() {
    on_listed(|| {
        turn();
        assert_ok!(Risk::set_instrument_status(
            RuntimeOrigin::root(),
            GROUP,
            1,
            Status::CloseOnly
        ));
        assert_eq!(Risk::table(GROUP, 1).unwrap().rows[0].status, Status::Trading);
        pass(10_000);
        turn();
        assert_eq!(Risk::table(GROUP, 2).unwrap().rows[0].status, Status::CloseOnly);
    });
}

#[test]
fn funding_should_accrue_from_the_premium_with_fractions() {
    on_listed(|| {
        // 0.08 % above the index: 100 ppm per hour on a mark of 50,000,000, that is 5,000 per hour.
        set_price(PREMIUM, FixedU128::from_u32(50_040));
        turn();
        assert_eq!(Risk::table(GROUP, 1).unwrap().rows[0].funding, PerLot(0));
        for _ in 0..6 {
            pass(10_000);
            set_price(FEED, FixedU128::from_u32(50_000));
            set_price(PREMIUM, FixedU128::from_u32(50_040));
            turn();
        }
        let row = &Risk::table(GROUP, 7).unwrap().rows[0];
        // A minute of it: 83.33 of 10^-6, six steps of 13.88.
        assert_eq!((row.funding, row.value), (PerLot(83), PerLot(49_999_917)));
        let exact = Groups::<Test>::get(GROUP).unwrap().instruments[0].funding;
        assert!((83_333_333_333_320..=83_333_333_333_334).contains(&exact), "{exact}");
    });
}

#[test]
fn negative_funding_should_round_down() {
    on_listed(|| {
        set_price(PREMIUM, FixedU128::from_u32(49_960));
        turn();
        pass(10_000);
        set_price(FEED, FixedU128::from_u32(50_000));
        set_price(PREMIUM, FixedU128::from_u32(49_960));
        turn();
        let row = &Risk::table(GROUP, 2).unwrap().rows[0];
        assert_eq!((row.funding, row.value), (PerLot(-14), PerLot(50_000_014)));
    });
}

#[test]
fn stale_premium_should_charge_nothing_and_stop_nothing() {
    on_listed(|| {
        set_price(PREMIUM, FixedU128::from_u32(60_000));
        turn();
        pass(60_001);
        set_price(FEED, FixedU128::from_u32(50_000));
        turn();
        assert_eq!(Risk::table(GROUP, 2).unwrap().rows[0].funding, PerLot(0));
    });
}

#[test]
fn a_long_gap_should_charge_one_hour() {
    on_listed(|| {
        set_price(PREMIUM, FixedU128::from_u32(50_040));
        turn();
        pass(48 * 3_600_000);
        set_price(FEED, FixedU128::from_u32(50_000));
        set_price(PREMIUM, FixedU128::from_u32(50_040));
        turn();
        assert_eq!(Risk::table(GROUP, 2).unwrap().rows[0].funding, PerLot(5_000));
    });
}
