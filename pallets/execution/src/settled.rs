//! Who answers for batches that were settled (C-SETTLED).

use crate::{Batch, Config, OldestSettled, Pallet, Settled};
use cloister_crypto::{field::to_bytes, Fr};
use pallet_cloister_sequencers::{Sequencers, SettledBatch, SettledBatches};
use polkadot_sdk::{
    frame_support::traits::Get,
    frame_system,
    sp_runtime::traits::{SaturatedConversion, UniqueSaturatedInto},
};

/// How many numbers each batch forgets, at most: more than one, so that a backlog shrinks.
pub const FORGOTTEN: u32 = 2;

impl<T: Config> Pallet<T> {
    /// Notes who answers for a batch that was settled now, and forgets some that are old.
    pub(crate) fn note_settled(who: &T::AccountId, group: u32, batch: &Batch, statement: &Fr) {
        let series = T::Sequencers::present_series(group, who);
        // Nothing is staked on series 0.
        if series > 0 {
            let settled = SettledBatch {
                statement: to_bytes(statement),
                units: batch.units.len().saturated_into(),
                submitter: who.clone(),
                series,
                block: Self::this_block(),
            };
            Settled::<T>::insert(group, batch.batch_no, settled);
            if !OldestSettled::<T>::contains_key(group) {
                OldestSettled::<T>::insert(group, batch.batch_no);
            }
        }
        Self::forget_settled(group, batch.batch_no);
    }

    /// Forgets batches with a lower number than this that have been kept for [`Config::SettledFor`]: so many, from the
    /// oldest on.
    fn forget_settled(group: u32, before: u64) {
        let Some(first) = OldestSettled::<T>::get(group) else {
            return;
        };
        let kept_for: u32 = T::SettledFor::get().unique_saturated_into();
        let mut oldest = first;
        for _ in 0..FORGOTTEN {
            if oldest >= before {
                break;
            }
            match Settled::<T>::get(group, oldest) {
                Some(settled) if settled.block.saturating_add(kept_for) > Self::this_block() => break,
                Some(_) => Settled::<T>::remove(group, oldest),
                // Of series 0.
                None => (),
            }
            oldest = oldest.saturating_add(1);
        }
        if oldest > first {
            OldestSettled::<T>::insert(group, oldest);
        }
    }

    fn this_block() -> u32 {
        frame_system::Pallet::<T>::block_number().unique_saturated_into()
    }

    /// What is kept of a group's batches is of batches that there were, none of it below where forgetting goes on, and
    /// of a series.
    #[cfg(any(feature = "std", feature = "try-runtime"))]
    pub(crate) fn try_settled(group: u32, batch_no: u64) -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
        let oldest = OldestSettled::<T>::get(group);
        for (number, settled) in Settled::<T>::iter_prefix(group) {
            polkadot_sdk::frame_support::ensure!(
                number < batch_no && oldest.is_some_and(|oldest| oldest <= number),
                "a settled batch that is never forgotten, or that there never was"
            );
            polkadot_sdk::frame_support::ensure!(
                settled.series > 0 && settled.units > 0 && settled.block <= Self::this_block(),
                "a settled batch that nobody answers for"
            );
        }
        Ok(())
    }
}

impl<T: Config> SettledBatches<T::AccountId> for Pallet<T> {
    fn settled(group: u32, batch_no: u64) -> Option<SettledBatch<T::AccountId>> {
        Settled::<T>::get(group, batch_no)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn make_settled(group: u32, batch_no: u64, batch: SettledBatch<T::AccountId>) {
        Settled::<T>::insert(group, batch_no, batch);
    }
}
