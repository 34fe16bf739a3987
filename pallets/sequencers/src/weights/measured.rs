//! What the calls of pallet sequencers cost, measured inside the Wasm runtime. `make weights` writes this file.
//!
//! 2026-11-27, on Intel(R) Xeon(R) Processor, 2 cores. Steps: 9, repeats: 9.

use super::WeightInfo;
use core::marker::PhantomData;
use polkadot_sdk::{
    frame_support::{traits::Get, weights::Weight},
    frame_system,
};

/// Measured weights, with the runtime's database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Maximum number of bytes that one storage access adds to a proof of validity.
const ACCESS: u64 = 4_096;

impl<T: frame_system::Config> SubstrateWeight<T> {
    /// So many picoseconds, and keys that are read and written.
    fn of(time: u64, reads: u64, writes: u64) -> Weight {
        Weight::from_parts(time, reads.saturating_mul(ACCESS))
            .saturating_add(T::DbWeight::get().reads_writes(reads, writes))
    }
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    // 0.340 ms with m = 16, of which bonds are an estimate.
    fn set_members(m: u32) -> Weight {
        Self::of(19_333_100, 1, 1).saturating_add(Self::of(20_056_490, 2, 1).saturating_mul(m.into()))
    }

    // 0.551 ms.
    fn set_seal_key() -> Weight {
        Self::of(550_991_000, 0, 1)
    }

    // 0.013 ms.
    fn set_take_over() -> Weight {
        Self::of(12_870_000, 2, 2)
    }
}
