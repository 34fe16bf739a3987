//! Placeholder until measured.

use super::WeightInfo;
use crate::MAX_KEYS;
use core::marker::PhantomData;
use polkadot_sdk::{
    frame_support::{traits::Get, weights::Weight},
    frame_system,
};

/// Estimates with the runtime's database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

const MICROS: u64 = 1_000_000;
/// Maximum number of bytes that one storage access adds to a proof of validity.
const ACCESS: u64 = 4_096;

impl<T: frame_system::Config> SubstrateWeight<T> {
    fn of(micros: u64, reads: u64, writes: u64) -> Weight {
        Weight::from_parts(micros.saturating_mul(MICROS), reads.saturating_mul(ACCESS))
            .saturating_add(T::DbWeight::get().reads_writes(reads, writes))
    }
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn set_verifying_key() -> Weight {
        Self::of(30_000, 3, 2)
    }

    fn remove_verifying_key() -> Weight {
        Self::of(200, 3 + u64::from(MAX_KEYS), 2)
    }
}
