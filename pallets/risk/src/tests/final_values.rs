//! Final values: medians of the tables up to a freeze.

use crate::{
    bounds::{FINAL_LEAST, FINAL_WINDOW},
    mock::*,
    RiskTables,
};
use cloister_crypto::field::to_bytes;
use cloister_types::PerLot;
use polkadot_sdk::{frame_support::traits::Hooks, sp_runtime::FixedU128};

/// Builds the next table at this price, after so long.
fn table_at(price: u32, after: u64) {
    pass(after);
    set_price(FEED, FixedU128::from_u32(price));
    Risk::on_initialize(1);
}

fn values(until: u64) -> Option<(u64, PerLot, PerLot)> {
    let values = <Risk as RiskTables>::final_values(GROUP, until)?;
    let info = <Risk as RiskTables>::table_info(GROUP, values.version).unwrap();
    assert_eq!(to_bytes(&values.risk_hash), info.risk_hash);
    Some((values.version, values.values[0], values.values[1]))
}

#[test]
fn medians_should_be_of_the_window_up_to_the_freeze() {
    on_listed(|| {
        assert_eq!(values(Now::get()), None);
        // A spike in the middle, and one at the end: neither is the value.
        for price in [50_000, 60_000] {
            table_at(price, 10_000);
            assert_eq!(values(Now::get()), None);
        }
        table_at(51_000, 10_000);
        let third = Now::get();
        assert_eq!(values(third), Some((3, PerLot(51_000_000), PerLot::ZERO)));
        // As long as three are younger than the window; the first is as old as it now.
        assert!(values(third + FINAL_WINDOW - 20_001).is_some());
        assert_eq!(values(third + FINAL_WINDOW - 20_000), None);
        // Later tables are not of it.
        assert_eq!(values(third - 1), None);
        // Three are kept: the first is gone, whatever the window.
        table_at(40_000, 10_000);
        assert_eq!(values(Now::get()), Some((4, PerLot(51_000_000), PerLot::ZERO)));
        assert_eq!(values(third), None);
        assert_eq!(FINAL_LEAST, 3);
    });
}

#[test]
fn instrument_should_have_the_median_of_the_tables_that_know_it() {
    on_listed(|| {
        for price in [50_000, 60_000] {
            table_at(price, 10_000);
        }
        set_price(3, FixedU128::from_u32(7_000));
        Risk::list_instrument(RuntimeOrigin::root(), GROUP, 3, None, instrument_params()).unwrap();
        table_at(40_000, 10_000);
        assert_eq!(values(Now::get()), Some((3, PerLot(50_000_000), PerLot(7_000_000))));
        // Of an even number the lower one.
        set_price(3, FixedU128::from_u32(9_000));
        table_at(45_000, 10_000);
        assert_eq!(values(Now::get()), Some((4, PerLot(45_000_000), PerLot(7_000_000))));
        assert_eq!(<Risk as RiskTables>::final_values(99, Now::get()), None);
    });
}

#[test]
fn tables_without_a_living_feed_should_make_no_final_values() {
    on_listed(|| {
        for price in [50_000, 60_000, 70_000, 80_000] {
            table_at(price, 10_000);
        }
        // Tables go on at the last mark, and no final value is made of them.
        for _ in 0..20 {
            pass(FINAL_WINDOW);
            Risk::on_initialize(1);
        }
        assert_eq!(values(Now::get()), None);
        assert_eq!(<Risk as RiskTables>::latest_version(GROUP), Some(24));
        for version in 22..=24 {
            let row = <Risk as RiskTables>::table(GROUP, version).unwrap().rows[0].clone();
            assert_eq!((row.mark, row.stale), (PerLot(80_000_000), true));
        }
    });
}
