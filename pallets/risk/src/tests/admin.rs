//! Groups, instruments and their parameters.

use crate::{
    mock::*, Error, Event, Feeds, GenesisGroup, GenesisInstrument, GroupParams, Groups, InstrumentParams,
    RiskParameter, TableGrace,
};
use cloister_crypto::constants::INSTRUMENTS;
use cloister_risk::Status;
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok},
    sp_runtime::{BuildStorage, DispatchError::BadOrigin, FixedU128},
};

#[test]
fn group_should_be_made_by_the_admin_only() {
    on_empty(|| {
        assert_noop!(
            Risk::create_group(RuntimeOrigin::signed(1), GROUP, group_params()),
            BadOrigin
        );
        assert_ok!(Risk::create_group(RuntimeOrigin::root(), GROUP, group_params()));
        assert_eq!(events(), [Event::GroupCreated { group: GROUP }]);
        assert_noop!(
            Risk::create_group(RuntimeOrigin::root(), GROUP, group_params()),
            Error::<Test>::GroupExists
        );
    });
}

#[test]
fn grace_of_tables_should_be_set_by_the_admin_within_its_bound() {
    on_empty(|| {
        assert_eq!(TableGrace::<Test>::get(), 0);
        assert_noop!(Risk::set_table_grace(RuntimeOrigin::signed(1), 7), BadOrigin);
        for grace in [0, 120_000] {
            assert_ok!(Risk::set_table_grace(RuntimeOrigin::root(), grace));
            assert_eq!(TableGrace::<Test>::get(), grace);
            let before = if grace == 0 { 0 } else { 60_000 };
            assert_eq!(events().last(), Some(&Event::TableGraceSet { before, now: grace }));
            assert_ok!(Risk::set_table_grace(RuntimeOrigin::root(), 60_000));
        }
        assert_noop!(
            Risk::set_table_grace(RuntimeOrigin::root(), 120_001),
            Error::<Test>::ParameterOutOfBounds(RiskParameter::TableGrace)
        );
    });
}

#[test]
fn too_many_groups_should_be_refused() {
    on_empty(|| {
        for group in 0..4 {
            assert_ok!(Risk::create_group(RuntimeOrigin::root(), group, group_params()));
        }
        assert_noop!(
            Risk::create_group(RuntimeOrigin::root(), 4, group_params()),
            Error::<Test>::TooManyGroups
        );
    });
}

/// Parameters of a group with one of them changed.
fn group_with(parameter: RiskParameter, value: u64) -> GroupParams {
    let mut params = group_params();
    let narrow = value as u16;
    match parameter {
        RiskParameter::Initial => params.initial = narrow,
        RiskParameter::Maintenance => params.maintenance = narrow,
        RiskParameter::Penalty => params.penalty = narrow,
        RiskParameter::MaxDiscount => params.max_discount = narrow,
        RiskParameter::FeeCap => params.fee_cap = value as u32,
        RiskParameter::MaxPriceAge => params.max_price_age = value,
        RiskParameter::TableInterval => params.table_interval = value,
        other => panic!("{other:?} is no parameter of a group"),
    }
    params
}

/// Parameters of an instrument with one of them changed.
fn instrument_with(parameter: RiskParameter, value: u64) -> InstrumentParams {
    let mut params = instrument_params();
    let narrow = value as u32;
    match parameter {
        RiskParameter::LotSize => params.lot_size = value,
        RiskParameter::ScanRange => params.scan_range = narrow,
        RiskParameter::ExtremeMultiple => params.extreme_multiple = narrow,
        RiskParameter::ExtremeCover => params.extreme_cover = narrow,
        RiskParameter::FloorLong => params.floor_long = narrow,
        RiskParameter::FloorShort => params.floor_short = narrow,
        RiskParameter::Band => params.band = narrow,
        RiskParameter::MaxPremium => params.max_premium = narrow,
        RiskParameter::MaxFundingRate => params.max_funding_rate = narrow,
        RiskParameter::Limit => params.limit = value,
        RiskParameter::Chunk => params.chunk = value,
        other => panic!("{other:?} is no parameter of an instrument"),
    }
    params
}

/// A value outside on each side, where there is one.
fn outside(parameter: RiskParameter) -> impl Iterator<Item = u64> {
    let (least, most) = parameter.bounds().into_inner();
    least.checked_sub(1).into_iter().chain([most + 1])
}

#[test]
fn every_parameter_out_of_bounds_should_be_refused_by_its_name() {
    let mut refused = 0;
    on_listed(|| {
        let root = RuntimeOrigin::root;
        for parameter in RiskParameter::ALL {
            let error = || Error::<Test>::ParameterOutOfBounds(parameter);
            for value in outside(parameter) {
                refused += 1;
                match RiskParameter::ALL.iter().position(|p| *p == parameter) {
                    Some(0..=6) => {
                        let params = group_with(parameter, value);
                        assert_noop!(Risk::create_group(root(), 1, params.clone()), error());
                        assert_noop!(Risk::set_group_params(root(), GROUP, params), error());
                    }
                    Some(7) => {
                        assert_noop!(Risk::set_table_grace(root(), value), error());
                    }
                    Some(19) => {
                        assert_noop!(Risk::set_settle_after(root(), value), error());
                    }
                    Some(20) => {
                        assert_noop!(Risk::set_jump_limit(root(), GROUP, value as u32), error());
                    }
                    _ => {
                        set_price(9, FixedU128::from_u32(1));
                        let params = instrument_with(parameter, value);
                        let listed = Risk::list_instrument(root(), GROUP, 9, None, params.clone());
                        assert_noop!(listed, error());
                        assert_noop!(Risk::set_instrument_params(root(), GROUP, 1, params), error());
                    }
                }
            }
        }
    });
    // Seven of the twenty-one may be 0.
    assert_eq!(refused, 35);
}

#[test]
fn both_bounds_of_a_parameter_should_be_allowed() {
    for parameter in RiskParameter::ALL {
        let (least, most) = parameter.bounds().into_inner();
        for value in [least, most] {
            assert_eq!(parameter.check(value), Ok(()), "{parameter:?} of {value}");
        }
    }
}

#[test]
fn a_parameter_above_its_bound_should_be_refused_by_both_names() {
    on_listed(|| {
        let group = GroupParams {
            maintenance: 385,
            ..group_params()
        };
        let error = Error::<Test>::ParameterAbove(RiskParameter::Maintenance, RiskParameter::Initial);
        assert_noop!(Risk::set_group_params(RuntimeOrigin::root(), GROUP, group), error);
        let good = instrument_params();
        let wide = InstrumentParams {
            band: 100_001,
            ..good.clone()
        };
        let error = Error::<Test>::ParameterAbove(RiskParameter::Band, RiskParameter::ScanRange);
        assert_noop!(
            Risk::set_instrument_params(RuntimeOrigin::root(), GROUP, 1, wide),
            error
        );
        let long = InstrumentParams {
            chunk: 1_000_001,
            ..good
        };
        let error = Error::<Test>::ParameterAbove(RiskParameter::Chunk, RiskParameter::Limit);
        assert_noop!(
            Risk::set_instrument_params(RuntimeOrigin::root(), GROUP, 1, long),
            error
        );
    });
}

#[test]
fn group_parameters_should_be_set_by_the_admin_only() {
    on_listed(|| {
        let params = GroupParams {
            fee_cap: 5,
            ..group_params()
        };
        assert_noop!(
            Risk::set_group_params(RuntimeOrigin::signed(1), GROUP, params.clone()),
            BadOrigin
        );
        assert_noop!(
            Risk::set_group_params(RuntimeOrigin::root(), 8, params.clone()),
            Error::<Test>::UnknownGroup
        );
        assert_ok!(Risk::set_group_params(RuntimeOrigin::root(), GROUP, params.clone()));
        assert_eq!(Groups::<Test>::get(GROUP).unwrap().params, params);
        let event = Event::GroupParamsSet {
            group: GROUP,
            before: group_params(),
            now: params,
        };
        assert_eq!(events().last(), Some(&event));
    });
}

#[test]
fn instruments_should_fill_the_rows_with_new_ids() {
    on_empty(|| {
        assert_ok!(Risk::create_group(RuntimeOrigin::root(), GROUP, group_params()));
        assert_ok!(Risk::create_group(RuntimeOrigin::root(), 8, group_params()));
        let list = |group, feed| {
            set_price(feed, FixedU128::from_u32(50_000));
            Risk::list_instrument(RuntimeOrigin::root(), group, feed, None, instrument_params())
        };
        assert_noop!(
            Risk::list_instrument(RuntimeOrigin::signed(1), GROUP, FEED, None, instrument_params()),
            BadOrigin
        );
        assert_noop!(list(9, FEED), Error::<Test>::UnknownGroup);
        for place in 0..INSTRUMENTS as u32 {
            assert_ok!(list(GROUP, place));
            let event = Event::InstrumentListed {
                group: GROUP,
                instrument_id: place + 1,
                place,
            };
            assert_eq!(events().last(), Some(&event));
        }
        assert_noop!(list(GROUP, 99), Error::<Test>::TooManyInstruments);
        // A feed may serve several groups.
        assert_ok!(list(8, 0));
        let event = Event::InstrumentListed {
            group: 8,
            instrument_id: INSTRUMENTS as u32 + 1,
            place: 0,
        };
        assert_eq!(events().last(), Some(&event));
    });
}

#[test]
fn instrument_parameters_should_keep_the_lot_size_and_remember_the_highest_limit() {
    on_listed(|| {
        let set = |id, params| Risk::set_instrument_params(RuntimeOrigin::root(), GROUP, id, params);
        let good = instrument_params();
        assert_noop!(
            Risk::set_instrument_params(RuntimeOrigin::signed(1), GROUP, 1, good.clone()),
            BadOrigin
        );
        assert_noop!(set(2, good.clone()), Error::<Test>::UnknownInstrument);
        assert_noop!(
            set(
                1,
                InstrumentParams {
                    lot_size: 2_000_000,
                    ..good.clone()
                }
            ),
            Error::<Test>::LotSizeFixed
        );
        let low = InstrumentParams { limit: 100_000, ..good };
        assert_ok!(set(1, low.clone()));
        let now = low.clone();
        let state = Groups::<Test>::get(GROUP).unwrap();
        assert_eq!(
            (state.instruments[0].params.clone(), state.instruments[0].limit_high),
            (low, 1_000_000)
        );
        assert_eq!(
            events().last(),
            Some(&Event::InstrumentParamsSet {
                group: GROUP,
                instrument_id: 1,
                before: instrument_params(),
                now,
            })
        );
    });
}

#[test]
fn only_trading_and_close_only_should_be_set() {
    on_listed(|| {
        let set = |id, status| Risk::set_instrument_status(RuntimeOrigin::root(), GROUP, id, status);
        assert_noop!(
            Risk::set_instrument_status(RuntimeOrigin::signed(1), GROUP, 1, Status::CloseOnly),
            BadOrigin
        );
        assert_noop!(set(1, Status::Expired), Error::<Test>::StatusNotAllowed);
        assert_noop!(set(1, Status::Empty), Error::<Test>::StatusNotAllowed);
        assert_noop!(set(2, Status::CloseOnly), Error::<Test>::UnknownInstrument);
        assert_ok!(set(1, Status::CloseOnly));
        let event = Event::InstrumentStatusSet {
            group: GROUP,
            instrument_id: 1,
            before: Status::Trading,
            now: Status::CloseOnly,
        };
        assert_eq!(events().last(), Some(&event));
        assert_eq!(
            Groups::<Test>::get(GROUP).unwrap().instruments[0].status,
            Status::CloseOnly
        );
    });
}

#[test]
fn genesis_should_list_groups_and_instruments() {
    let instrument = GenesisInstrument {
        feed: FEED,
        premium_feed: None,
        params: instrument_params(),
    };
    let other = GenesisInstrument {
        feed: PREMIUM,
        ..instrument.clone()
    };
    let group = GenesisGroup {
        group: 3,
        params: group_params(),
        instruments: vec![instrument.clone(), other],
    };
    let config = RuntimeGenesisConfig {
        risk: crate::GenesisConfig {
            groups: vec![group],
            table_grace: 7,
        },
        ..Default::default()
    };
    polkadot_sdk::sp_io::TestExternalities::new(config.build_storage().unwrap()).execute_with(|| {
        let state = Groups::<Test>::get(3).unwrap();
        assert_eq!(state.instruments.iter().map(|i| i.id).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(TableGrace::<Test>::get(), 7);
        Risk::do_try_state().unwrap();
    });
}

#[test]
fn a_group_of_more_than_one_instrument_should_need_a_shape_of_two_places() {
    on_empty(|| {
        assert_ok!(Risk::create_group(RuntimeOrigin::root(), GROUP, group_params()));
        let list = |feed| Risk::list_instrument(RuntimeOrigin::root(), GROUP, feed, None, instrument_params());
        for feed in [FEED, PREMIUM] {
            set_price(feed, FixedU128::from_u32(50_000));
        }
        let set = |status| Risk::set_instrument_status(RuntimeOrigin::root(), GROUP, 1, status);
        // One perpetual asks for nothing, so that a chain can start without keys.
        Places::set(0);
        assert_ok!(list(FEED));
        assert_ok!(set(Status::Trading));
        for places in [0, 1] {
            Places::set(places);
            assert_noop!(list(PREMIUM), Error::<Test>::ShapeTooNarrow);
        }
        Places::set(2);
        assert_ok!(list(PREMIUM));
        // The key is gone since: what is listed may be closed, and is not opened again.
        Places::set(1);
        assert_ok!(set(Status::CloseOnly));
        assert_noop!(set(Status::Trading), Error::<Test>::ShapeTooNarrow);
        Places::set(2);
        assert_ok!(set(Status::Trading));
    });
}

#[test]
fn close_only_should_need_no_notice_and_nothing_else_should_be_narrow() {
    on_listed(|| {
        let narrows = || RuntimeOrigin::signed(Narrows::get());
        let widens = || RuntimeOrigin::signed(Widens::get());
        let set = |origin, status| Risk::set_instrument_status(origin, GROUP, 1, status);
        assert_ok!(set(narrows(), Status::CloseOnly));
        assert_noop!(set(narrows(), Status::Trading), BadOrigin);
        assert_ok!(set(widens(), Status::Trading));
        assert_ok!(set(widens(), Status::CloseOnly));
        assert_noop!(set(RuntimeOrigin::signed(1), Status::CloseOnly), BadOrigin);
        // Higher margins liquidate, so they wait like lower ones.
        let higher = GroupParams {
            initial: 500,
            ..group_params()
        };
        for params in [higher, group_params()] {
            assert_noop!(Risk::set_group_params(narrows(), GROUP, params.clone()), BadOrigin);
            assert_ok!(Risk::set_group_params(widens(), GROUP, params));
        }
        assert_noop!(Risk::create_group(narrows(), 9, group_params()), BadOrigin);
        assert_ok!(Risk::create_group(widens(), 9, group_params()));
        set_price(9, FixedU128::from_u32(50_000));
        let list = |origin| Risk::list_instrument(origin, GROUP, 9, None, instrument_params());
        assert_noop!(list(narrows()), BadOrigin);
        assert_ok!(list(widens()));
        let params = |origin| Risk::set_instrument_params(origin, GROUP, 1, instrument_params());
        assert_noop!(params(narrows()), BadOrigin);
        assert_ok!(params(widens()));
        let feeds = Feeds {
            index: FEED,
            premium: None,
        };
        let set_feeds = |origin| Risk::set_instrument_feeds(origin, GROUP, 1, feeds.clone());
        assert_noop!(set_feeds(narrows()), BadOrigin);
        assert_ok!(set_feeds(widens()));
        assert_noop!(Risk::set_table_grace(narrows(), 1_000), BadOrigin);
        assert_ok!(Risk::set_table_grace(widens(), 1_000));
    });
}

#[test]
fn an_instrument_should_be_listed_on_feeds_that_live() {
    on_listed(|| {
        let list =
            |feed, premium| Risk::list_instrument(RuntimeOrigin::root(), GROUP, feed, premium, instrument_params());
        assert_noop!(list(9, None), Error::<Test>::FeedMissing);
        set_price(9, FixedU128::from_u32(2_000));
        assert_noop!(list(9, Some(10)), Error::<Test>::FeedMissing);
        set_price(10, FixedU128::from_u32(2_000));
        pass(group_params().max_price_age + 1);
        assert_noop!(list(9, None), Error::<Test>::FeedStale);
        set_price(9, FixedU128::from_u32(2_000));
        assert_noop!(list(9, Some(10)), Error::<Test>::FeedStale);
        set_price(10, FixedU128::from_u32(2_000));
        pass(group_params().max_price_age);
        assert_ok!(list(9, Some(10)));
    });
}

#[test]
fn a_feed_should_be_the_index_of_one_instrument_of_a_group() {
    on_listed(|| {
        let list = |group| Risk::list_instrument(RuntimeOrigin::root(), group, FEED, None, instrument_params());
        assert_noop!(list(GROUP), Error::<Test>::FeedTaken);
        assert_ok!(Risk::create_group(RuntimeOrigin::root(), 8, group_params()));
        assert_ok!(list(8));
        // An instrument that has expired needs its feed no more.
        Groups::<Test>::mutate(GROUP, |state| {
            state.as_mut().unwrap().instruments[0].status = Status::Expired
        });
        assert_ok!(list(GROUP));
    });
}

#[test]
fn feeds_should_be_replaced_by_others_that_live() {
    on_listed(|| {
        let set =
            |id, index, premium| Risk::set_instrument_feeds(RuntimeOrigin::root(), GROUP, id, Feeds { index, premium });
        let before = Feeds {
            index: FEED,
            premium: Some(PREMIUM),
        };
        assert_noop!(
            Risk::set_instrument_feeds(RuntimeOrigin::signed(1), GROUP, 1, before.clone()),
            BadOrigin
        );
        assert_noop!(
            Risk::set_instrument_feeds(RuntimeOrigin::root(), 8, 1, before.clone()),
            Error::<Test>::UnknownGroup
        );
        assert_noop!(set(2, FEED, None), Error::<Test>::UnknownInstrument);
        assert_noop!(set(1, 9, None), Error::<Test>::FeedMissing);
        set_price(9, FixedU128::from_u32(51_000));
        assert_noop!(set(1, 9, Some(10)), Error::<Test>::FeedMissing);
        assert_ok!(Risk::list_instrument(
            RuntimeOrigin::root(),
            GROUP,
            9,
            None,
            instrument_params()
        ));
        assert_noop!(set(1, 9, None), Error::<Test>::FeedTaken);
        assert_ok!(Risk::refresh_table(RuntimeOrigin::signed(1), GROUP));

        // The first feed dies; another one takes its place.
        pass(group_params().max_price_age + 1);
        set_price(9, FixedU128::from_u32(51_000));
        assert_ok!(Risk::refresh_table(RuntimeOrigin::signed(1), GROUP));
        pass(group_params().table_interval);
        assert_noop!(set(1, FEED, None), Error::<Test>::FeedStale);
        set_price(10, FixedU128::from_u32(52_000));
        assert_ok!(set(1, 10, None));
        let now = Feeds {
            index: 10,
            premium: None,
        };
        let event = Event::InstrumentFeedsSet {
            group: GROUP,
            instrument_id: 1,
            before,
            now,
        };
        assert_eq!(events().last(), Some(&event));
        assert_ok!(Risk::refresh_table(RuntimeOrigin::signed(1), GROUP));
        let state = Groups::<Test>::get(GROUP).unwrap();
        let table = crate::Tables::<Test>::get(GROUP, state.version).unwrap();
        // A thousandth of the underlying per lot, 10^-6.
        assert_eq!(table.rows[0].mark.get(), 52_000_000);
        // Feeds of one's own are free.
        assert_ok!(set(1, 10, None));
    });
}
