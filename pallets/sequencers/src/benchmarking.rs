//! Benchmarks of the calls.
#![allow(missing_docs)]

use super::*;
use cloister_crypto::{field::to_bytes, schnorr::SecretKey};
use frame_support::{traits::EnsureOrigin, traits::Get, BoundedVec};
use polkadot_sdk::frame_benchmarking::v2::*;

const GROUP: u32 = u32::MAX;

fn notice<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
    T::NoticeOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

/// Makes somebody the first of as many members as a group may have; terms say that members lead in turn, and that it
/// does. It is bonded.
pub fn lead<T: Config>(group: u32, who: T::AccountId) -> Result<(), BenchmarkError> {
    let terms = TakeOver {
        epoch: 100u32.into(),
        first_delay: MIN_FIRST_DELAY,
    };
    T::Bonds::make_bonded(group, &who);
    let others = (1..T::MaxMembers::get()).map(|number| account("member", number, 0));
    let members = core::iter::once(who).chain(others).collect();
    Pallet::<T>::put_members(group, BoundedVec::truncate_from(members))
        .and_then(|()| Pallet::<T>::put_take_over(group, terms))
        .map_err(|_| BenchmarkError::Stop("no sequencer"))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    /// Other members than before, so the whole list before is looked at for each, and each loses a bond that is good.
    #[benchmark]
    fn set_members(m: Linear<0, { T::MaxMembers::get() }>) -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let all = |kind| BoundedVec::truncate_from((0..m).map(|i| account(kind, i, 0)).collect());
        Pallet::<T>::put_members(GROUP, all("before")).map_err(|_| BenchmarkError::Stop("no members"))?;
        Members::<T>::get(GROUP)
            .iter()
            .for_each(|who| T::Bonds::make_bonded(GROUP, who));
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, all("after"));
        assert_eq!(Members::<T>::get(GROUP).len() as u32, m);
        Ok(())
    }

    #[benchmark]
    fn set_seal_key() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let key = SecretKey::from_seed(&[9; 32]).public();
        let (x, y) = (to_bytes(&key.x()), to_bytes(&key.y()));
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, x, y);
        assert_eq!(SealKeys::<T>::get(GROUP), Some((x, y)));
        Ok(())
    }

    #[benchmark]
    fn set_take_over() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let terms = TakeOver {
            epoch: 100u32.into(),
            first_delay: MIN_FIRST_DELAY,
        };
        Pallet::<T>::put_take_over(GROUP, terms).map_err(|_| BenchmarkError::Stop("no terms"))?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, terms);
        assert_eq!(TakeOverOf::<T>::get(GROUP), Some(terms));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
