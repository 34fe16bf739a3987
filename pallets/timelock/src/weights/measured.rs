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

    /// Encoding and hashing: some nanoseconds a byte.
    fn hashed(bytes: u32) -> Weight {
        Weight::from_parts(u64::from(bytes).saturating_mul(10_000), 0)
    }
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn announce(bytes: u32) -> Weight {
        // The notice and their number, the delays, whether this is a development chain.
        Self::of(40, 4, 2).saturating_add(Self::hashed(bytes))
    }

    fn enact(bytes: u32) -> Weight {
        // The notice and their number; the hash of the code, if it authorises any.
        Self::of(40, 2, 3).saturating_add(Self::hashed(bytes))
    }

    fn withdraw() -> Weight {
        Self::of(30, 2, 2)
    }

    fn set_delays() -> Weight {
        Self::of(20, 1, 1)
    }
}
