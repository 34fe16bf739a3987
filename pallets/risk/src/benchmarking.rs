//! Benchmarks of the calls.
#![allow(missing_docs)]

use super::*;
use cloister_crypto::constants::INSTRUMENTS;
use cloister_risk::Status;
use frame_support::traits::EnsureOrigin;
use polkadot_sdk::{
    frame_benchmarking::v2::*, frame_support::traits::Hooks, frame_system::RawOrigin, sp_runtime::FixedU128,
};

/// What benchmarks need of the runtime.
pub trait BenchmarkHelper<FeedId> {
    /// Sets the clock, milliseconds of Unix time.
    fn set_time(now: u64);
    /// A feed.
    fn feed() -> FeedId;
    /// Makes a shape active that is wide enough for every group.
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

/// A group with `instruments` instruments, each with a fresh price.
fn prepare<T: Config>(instruments: u32) -> Result<u32, BenchmarkError> {
    T::BenchmarkHelper::set_time(NOW);
    let feed = T::BenchmarkHelper::feed();
    T::BenchmarkHelper::set_price(&feed, FixedU128::from_u32(50_000), NOW);
    GroupIds::<T>::kill();
    let add = |_| BenchmarkError::Stop("the group cannot be made");
    Pallet::<T>::add_group(GROUP, group_params()).map_err(add)?;
    for _ in 0..instruments {
        Pallet::<T>::add_instrument(GROUP, feed.clone(), Some(feed.clone()), instrument_params()).map_err(add)?;
    }
    Ok(LastInstrumentId::<T>::get())
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
        GroupIds::<T>::kill();
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
        let feed = T::BenchmarkHelper::feed();
        #[extrinsic_call]
        _(
            origin as T::RuntimeOrigin,
            GROUP,
            feed.clone(),
            Some(feed),
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

    #[benchmark]
    fn refresh_table(i: Linear<0, { INSTRUMENTS as u32 }>) -> Result<(), BenchmarkError> {
        prepare::<T>(i)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), GROUP);
        assert_eq!(Groups::<T>::get(GROUP).map(|g| g.version), Some(1));
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
    fn idle_turn() -> Result<(), BenchmarkError> {
        prepare::<T>(INSTRUMENTS as u32)?;
        Pallet::<T>::on_initialize(1u32.into());
        #[block]
        {
            Pallet::<T>::on_initialize(2u32.into());
        }
        assert_eq!(Groups::<T>::get(GROUP).map(|g| g.version), Some(1));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
