//! Benchmarks of the calls.
#![allow(missing_docs)]

use super::*;
use alloc::{boxed::Box, vec};
use frame_support::traits::{EnsureOrigin, EnsureOriginWithArg};
use polkadot_sdk::{frame_benchmarking::v2::*, frame_system::RawOrigin};

/// A call of so many bytes, nearly.
fn call_of<T: Config>(bytes: u32) -> Box<<T as Config>::RuntimeCall>
where
    <T as Config>::RuntimeCall: From<frame_system::Call<T>>,
{
    Box::new(
        frame_system::Call::<T>::remark {
            remark: vec![0; bytes as usize],
        }
        .into(),
    )
}

#[benchmarks(
    where <T as Config>::RuntimeCall: From<frame_system::Call<T>>,
)]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn announce(b: Linear<0, { MAX_CALL_BYTES - 16 }>) -> Result<(), BenchmarkError> {
        let call = call_of::<T>(b);
        let origin = T::AnnounceOrigin::try_successful_origin(&call).map_err(|()| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin as <T as frame_system::Config>::RuntimeOrigin, call);
        assert_eq!(Notices::<T>::count(), 1);
        Ok(())
    }

    #[benchmark]
    fn enact(b: Linear<0, { MAX_CALL_BYTES - 16 }>) -> Result<(), BenchmarkError> {
        let call = call_of::<T>(b);
        let origin = T::AnnounceOrigin::try_successful_origin(&call).map_err(|()| BenchmarkError::Weightless)?;
        Pallet::<T>::announce(origin, call.clone()).map_err(|_| BenchmarkError::Stop("not announced"))?;
        let due = Notices::<T>::iter_values().map(|notice| notice.due).next();
        frame_system::Pallet::<T>::set_block_number(due.ok_or(BenchmarkError::Stop("no notice"))?);
        let caller: T::AccountId = whitelisted_caller();
        #[extrinsic_call]
        _(RawOrigin::Signed(caller), call);
        assert_eq!(Notices::<T>::count(), 0);
        Ok(())
    }

    #[benchmark]
    fn withdraw() -> Result<(), BenchmarkError> {
        let call = call_of::<T>(0);
        let announcer = T::AnnounceOrigin::try_successful_origin(&call).map_err(|()| BenchmarkError::Weightless)?;
        let origin = T::WithdrawOrigin::try_successful_origin(&call).map_err(|()| BenchmarkError::Weightless)?;
        Pallet::<T>::announce(announcer, call.clone()).map_err(|_| BenchmarkError::Stop("not announced"))?;
        #[extrinsic_call]
        _(origin as <T as frame_system::Config>::RuntimeOrigin, call);
        assert_eq!(Notices::<T>::count(), 0);
        Ok(())
    }

    #[benchmark]
    fn set_delays() -> Result<(), BenchmarkError> {
        let origin = T::NoticeOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
        let delays = Pallet::<T>::delays();
        #[extrinsic_call]
        _(origin as <T as frame_system::Config>::RuntimeOrigin, delays);
        assert_eq!(GovernedDelays::<T>::get(), Some(delays));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
