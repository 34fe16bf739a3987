//! Placeholder until measured.

use super::WeightInfo;
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
    fn set_members(members: u32) -> Weight {
        Self::of(20, 1, 1).saturating_add(Weight::from_parts(u64::from(members).saturating_mul(MICROS), 0))
    }

    fn set_seal_key() -> Weight {
        Self::of(2_000, 0, 1)
    }

    fn set_take_over() -> Weight {
        Self::of(20, 2, 2)
    }
}
