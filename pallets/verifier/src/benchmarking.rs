//! Benchmarks of the calls. Keys are good ones, of a trapdoor of the benchmark's own.
#![allow(missing_docs)]

use super::*;
use frame_support::{traits::EnsureOrigin, BoundedVec};
use polkadot_sdk::frame_benchmarking::v2::*;

const KEY: KeyId = KeyId::MAX;

/// Registers the trapdoor's key for a statement, good from the first block.
pub fn register<T: Config>(id: KeyId, statement: StatementKind) -> Result<(), BenchmarkError> {
    Pallet::<T>::register_key(id, statement, false, trapdoor::key(), 0u32.into())
        .map_err(|_| BenchmarkError::Stop("no verifying key"))
}

/// Registers keys until there is room for no more.
pub fn fill<T: Config>() -> Result<(), BenchmarkError> {
    let room = MAX_KEYS.saturating_sub(VerifyingKeys::<T>::count());
    if room == 0 {
        return Ok(());
    }
    // Under ids that nobody else uses. One is checked; the others are as good.
    register::<T>(1_000, StatementKind::Seal)?;
    let key = VerifyingKeys::<T>::get(1_000).ok_or(BenchmarkError::Stop("no verifying key"))?;
    (1..room).for_each(|number| VerifyingKeys::<T>::insert(1_000 + number as KeyId, key.clone()));
    Ok(())
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn set_verifying_key() -> Result<(), BenchmarkError> {
        let origin = T::NoticeOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
        let key = BoundedVec::truncate_from(trapdoor::key());
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, KEY, StatementKind::Seal, false, key);
        assert!(VerifyingKeys::<T>::contains_key(KEY));
        Ok(())
    }

    #[benchmark]
    fn remove_verifying_key() -> Result<(), BenchmarkError> {
        // The only one of exits, so all others are looked at.
        let origin = T::AdminOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
        VerifyingKeys::<T>::iter_keys()
            .collect::<alloc::vec::Vec<_>>()
            .into_iter()
            .for_each(VerifyingKeys::<T>::remove);
        register::<T>(KEY, StatementKind::Exit)?;
        fill::<T>()?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, KEY);
        assert!(!VerifyingKeys::<T>::contains_key(KEY));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
