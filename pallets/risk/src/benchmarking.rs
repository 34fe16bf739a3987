//! Benchmarks of the calls.
#![allow(missing_docs)]

use super::*;
use cloister_crypto::constants::INSTRUMENTS;
use cloister_risk::Status;
use frame_support::traits::{EnsureOrigin, Get};
use polkadot_sdk::{frame_benchmarking::v2::*, frame_support::traits::Hooks, sp_runtime::FixedU128};

/// What benchmarks need of the runtime.
pub trait BenchmarkHelper<FeedId> {
    /// Sets the clock, milliseconds of Unix time.
    fn set_time(now: u64);
    /// The n-th feed.
    fn feed(number: u32) -> FeedId;
    /// Makes a shape active that is wide enough for every group, among as many as there may be.
    fn widen();
    /// Gives the feed a price as of `now`.
    fn set_price(feed: &FeedId, price: FixedU128, now: u64);
}

const GROUP: u32 = 4_000_000_000;
const NOW: u64 = 1_700_000_000_000;

fn group_params() -> GroupParams {
    GroupParams {
        initial: 384,
        maintenance: 256,
        penalty: 16,
        max_discount: 5,
        fee_cap: 1_000,
        max_price_age: 60_000,
        table_interval: 10_000,
    }
}

fn instrument_params() -> InstrumentParams {
    InstrumentParams {
        lot_size: 1_000_000,
        scan_range: 100_000,
        extreme_multiple: 3_000_000,
        extreme_cover: 330_000,
        floor_long: 1_000,
        floor_short: 1_000,
        band: 20_000,
        max_premium: 10_000,
        max_funding_rate: 1_000,
        limit: 1_000_000,
        chunk: 100_000,
    }
}

/// The n-th feed, with a fresh price.
fn feed<T: Config>(number: u32) -> T::FeedId {
    let feed = T::BenchmarkHelper::feed(number);
    T::BenchmarkHelper::set_price(&feed, FixedU128::from_u32(50_000), NOW);
    feed
}

/// A group with `instruments` instruments, each with fresh prices of its own. Its turn is the next one.
fn prepare<T: Config>(instruments: u32) -> Result<u32, BenchmarkError> {
    T::BenchmarkHelper::set_time(NOW);
    GroupIds::<T>::kill();
    Cursor::<T>::kill();
    let add = |_| BenchmarkError::Stop("the group cannot be made");
    Pallet::<T>::add_group(GROUP, group_params()).map_err(add)?;
    for n in 0..instruments {
        let (index, premium) = (feed::<T>(2 * n), feed::<T>(2 * n + 1));
        Pallet::<T>::add_instrument(GROUP, index, Some(premium), instrument_params()).map_err(add)?;
    }
    GroupIds::<T>::mutate(|ids| while ids.try_push(GROUP + ids.len() as u32).is_ok() {});
    Ok(LastInstrumentId::<T>::get())
}

/// Builds a table, and makes it the newest of as many as are kept. The next one is due. Returns its number.
fn prepare_tables<T: Config>() -> Result<u64, BenchmarkError> {
    Pallet::<T>::on_initialize(1u32.into());
    let missing = || BenchmarkError::Stop("no table");
    let mut state = Groups::<T>::get(GROUP).ok_or_else(missing)?;
    let kept = u64::from(T::TablesKept::get());
    let table = Tables::<T>::get(GROUP, state.version).ok_or_else(missing)?;
    let info = TableInfos::<T>::get(GROUP, state.version).ok_or_else(missing)?;
    for version in 1..=kept {
        Tables::<T>::insert(GROUP, version, table.clone());
        TableInfos::<T>::insert(GROUP, version, info);
    }
    state.version = kept;
    state.built_at = NOW.saturating_sub(state.params.table_interval);
    Groups::<T>::insert(GROUP, state);
    Cursor::<T>::kill();
    Ok(kept)
}

fn admin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
    T::NoticeOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn create_group() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        // All others there may be.
        GroupIds::<T>::kill();
        GroupIds::<T>::mutate(|ids| {
            while ids.len() as u32 + 1 < T::MaxGroups::get() && ids.try_push(GROUP + 1 + ids.len() as u32).is_ok() {}
        });
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, group_params());
        assert!(Groups::<T>::contains_key(GROUP));
        Ok(())
    }

    #[benchmark]
    fn set_group_params() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        prepare::<T>(INSTRUMENTS as u32)?;
        let params = GroupParams {
            fee_cap: 7,
            ..group_params()
        };
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, params.clone());
        assert_eq!(Groups::<T>::get(GROUP).map(|g| g.params), Some(params));
        Ok(())
    }

    #[benchmark]
    fn list_instrument() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        let before = prepare::<T>(INSTRUMENTS as u32 - 1)?;
        T::BenchmarkHelper::widen();
        let (index, premium) = (feed::<T>(1_000), feed::<T>(1_001));
        #[extrinsic_call]
        _(
            origin as T::RuntimeOrigin,
            GROUP,
            index,
            Some(premium),
            instrument_params(),
        );
        assert_eq!(LastInstrumentId::<T>::get(), before + 1);
        Ok(())
    }

    #[benchmark]
    fn set_instrument_params() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        let id = prepare::<T>(INSTRUMENTS as u32)?;
        Pallet::<T>::on_initialize(1u32.into());
        let params = InstrumentParams {
            limit: 2_000_000,
            ..instrument_params()
        };
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, id, params);
        Ok(())
    }

    #[benchmark]
    fn set_instrument_status() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        let id = prepare::<T>(INSTRUMENTS as u32)?;
        T::BenchmarkHelper::widen();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, id, Status::Trading);
        Ok(())
    }

    /// By the block's turn, which does what the call does and looks for the group besides. A table is replaced and an
    /// old one forgotten.
    #[benchmark]
    fn refresh_table(i: Linear<0, { INSTRUMENTS as u32 }>) -> Result<(), BenchmarkError> {
        prepare::<T>(i)?;
        let kept = prepare_tables::<T>()?;
        // Every price jumps, so that every row is made twice and something is said of it.
        for n in 0..i {
            T::BenchmarkHelper::set_price(&T::BenchmarkHelper::feed(2 * n), FixedU128::from_u32(100_000), NOW);
        }
        #[block]
        {
            Pallet::<T>::on_initialize(2u32.into());
        }
        assert_eq!(Groups::<T>::get(GROUP).map(|g| g.version), Some(kept + 1));
        assert!(!Tables::<T>::contains_key(GROUP, 1));
        assert_eq!(DeadFeeds::<T>::get(GROUP).len() as u32, i);
        Ok(())
    }

    #[benchmark]
    fn set_table_grace() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, 7);
        assert_eq!(TableGrace::<T>::get(), 7);
        Ok(())
    }

    #[benchmark]
    fn set_instrument_feeds() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        let id = prepare::<T>(INSTRUMENTS as u32)?;
        let feeds = Feeds {
            index: feed::<T>(1_000),
            premium: Some(feed::<T>(1_001)),
        };
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, id, feeds.clone());
        let state = Groups::<T>::get(GROUP).ok_or(BenchmarkError::Stop("no group"))?;
        assert!(state.instruments.iter().any(|i| i.id == id && i.feed == feeds.index));
        Ok(())
    }

    #[benchmark]
    fn set_settle_after() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, 7_200_000);
        assert_eq!(SettleAfter::<T>::get(), 7_200_000);
        Ok(())
    }

    #[benchmark]
    fn set_jump_limit() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        prepare::<T>(INSTRUMENTS as u32)?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, 123_456);
        assert_eq!(JumpLimits::<T>::get(GROUP), 123_456);
        Ok(())
    }

    #[benchmark]
    fn idle_turn() -> Result<(), BenchmarkError> {
        prepare::<T>(INSTRUMENTS as u32)?;
        Pallet::<T>::on_initialize(1u32.into());
        Cursor::<T>::kill();
        #[block]
        {
            Pallet::<T>::on_initialize(2u32.into());
        }
        assert_eq!(Groups::<T>::get(GROUP).map(|g| g.version), Some(1));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
