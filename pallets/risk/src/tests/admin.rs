//! Groups, instruments and their parameters.

use crate::{
    mock::*, Error, Event, GenesisGroup, GenesisInstrument, GroupParams, Groups, InstrumentParams, TableGrace,
};
use cloister_crypto::constants::INSTRUMENTS;
use cloister_risk::Status;
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok},
    sp_runtime::{BuildStorage, DispatchError::BadOrigin},
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
            assert_eq!(events().last(), Some(&Event::TableGraceSet { grace }));
        }
        assert_noop!(
            Risk::set_table_grace(RuntimeOrigin::root(), 120_001),
            Error::<Test>::ParameterOutOfBounds
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

#[test]
fn group_parameters_out_of_bounds_should_be_refused() {
    let bad = [
        GroupParams {
            initial: 281,
            ..group_params()
        },
        GroupParams {
            initial: 2049,
            ..group_params()
        },
        GroupParams {
            initial: 384,
            maintenance: 385,
            ..group_params()
        },
        GroupParams {
            maintenance: 255,
            ..group_params()
        },
        GroupParams {
            penalty: 129,
            ..group_params()
        },
        GroupParams {
            max_discount: 27,
            ..group_params()
        },
        GroupParams {
            max_discount: 0,
            ..group_params()
        },
        GroupParams {
            fee_cap: 10_001,
            ..group_params()
        },
        GroupParams {
            max_price_age: 5_999,
            ..group_params()
        },
        GroupParams {
            table_interval: 999,
            ..group_params()
        },
    ];
    on_listed(|| {
        for params in bad {
            let error = Error::<Test>::ParameterOutOfBounds;
            assert_noop!(Risk::create_group(RuntimeOrigin::root(), 1, params.clone()), error);
            let error = Error::<Test>::ParameterOutOfBounds;
            assert_noop!(Risk::set_group_params(RuntimeOrigin::root(), GROUP, params), error);
        }
    });
}

#[test]
fn instrument_parameters_out_of_bounds_should_be_refused() {
    let good = instrument_params();
    let bad = [
        InstrumentParams {
            lot_size: 0,
            ..good.clone()
        },
        InstrumentParams {
            lot_size: 1_000_000_000_000_001,
            ..good.clone()
        },
        InstrumentParams {
            scan_range: 9_999,
            ..good.clone()
        },
        InstrumentParams {
            scan_range: 500_001,
            ..good.clone()
        },
        InstrumentParams {
            extreme_multiple: 999_999,
            ..good.clone()
        },
        InstrumentParams {
            extreme_cover: 1_000_001,
            ..good.clone()
        },
        InstrumentParams {
            floor_long: 200_001,
            ..good.clone()
        },
        InstrumentParams {
            floor_short: 200_001,
            ..good.clone()
        },
        InstrumentParams {
            band: 999,
            ..good.clone()
        },
        InstrumentParams {
            band: 100_001,
            ..good.clone()
        },
        InstrumentParams {
            max_premium: 50_001,
            ..good.clone()
        },
        InstrumentParams {
            max_funding_rate: 10_001,
            ..good.clone()
        },
        InstrumentParams {
            limit: 0,
            chunk: 0,
            ..good.clone()
        },
        InstrumentParams {
            limit: 1 << 40,
            ..good.clone()
        },
        InstrumentParams {
            chunk: 1_000_001,
            ..good.clone()
        },
    ];
    on_listed(|| {
        for params in bad {
            let listed = Risk::list_instrument(RuntimeOrigin::root(), GROUP, FEED, None, params.clone());
            assert_noop!(listed, Error::<Test>::ParameterOutOfBounds);
            let set = Risk::set_instrument_params(RuntimeOrigin::root(), GROUP, 1, params);
            assert_noop!(set, Error::<Test>::ParameterOutOfBounds);
        }
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
        assert_eq!(events().last(), Some(&Event::GroupParamsSet { group: GROUP }));
    });
}

#[test]
fn instruments_should_fill_the_rows_with_new_ids() {
    on_empty(|| {
        assert_ok!(Risk::create_group(RuntimeOrigin::root(), GROUP, group_params()));
        assert_ok!(Risk::create_group(RuntimeOrigin::root(), 8, group_params()));
        let list = |group| Risk::list_instrument(RuntimeOrigin::root(), group, FEED, None, instrument_params());
        assert_noop!(
            Risk::list_instrument(RuntimeOrigin::signed(1), GROUP, FEED, None, instrument_params()),
            BadOrigin
        );
        assert_noop!(list(9), Error::<Test>::UnknownGroup);
        for place in 0..INSTRUMENTS as u32 {
            assert_ok!(list(GROUP));
            let event = Event::InstrumentListed {
                group: GROUP,
                instrument_id: place + 1,
                place,
            };
            assert_eq!(events().last(), Some(&event));
        }
        assert_noop!(list(GROUP), Error::<Test>::TooManyInstruments);
        assert_ok!(list(8));
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
        let state = Groups::<Test>::get(GROUP).unwrap();
        assert_eq!(
            (state.instruments[0].params.clone(), state.instruments[0].limit_high),
            (low, 1_000_000)
        );
        assert_eq!(
            events().last(),
            Some(&Event::InstrumentParamsSet {
                group: GROUP,
                instrument_id: 1
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
            status: Status::CloseOnly,
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
    let group = GenesisGroup {
        group: 3,
        params: group_params(),
        instruments: vec![instrument.clone(), instrument],
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
        let list = || Risk::list_instrument(RuntimeOrigin::root(), GROUP, FEED, None, instrument_params());
        let set = |status| Risk::set_instrument_status(RuntimeOrigin::root(), GROUP, 1, status);
        // One perpetual asks for nothing, so that a chain can start without keys.
        Places::set(0);
        assert_ok!(list());
        assert_ok!(set(Status::Trading));
        for places in [0, 1] {
            Places::set(places);
            assert_noop!(list(), Error::<Test>::ShapeTooNarrow);
        }
        Places::set(2);
        assert_ok!(list());
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
        let list = |origin| Risk::list_instrument(origin, GROUP, FEED, None, instrument_params());
        assert_noop!(list(narrows()), BadOrigin);
        assert_ok!(list(widens()));
        let params = |origin| Risk::set_instrument_params(origin, GROUP, 1, instrument_params());
        assert_noop!(params(narrows()), BadOrigin);
        assert_ok!(params(widens()));
        assert_noop!(Risk::set_table_grace(narrows(), 1_000), BadOrigin);
        assert_ok!(Risk::set_table_grace(widens(), 1_000));
    });
}
