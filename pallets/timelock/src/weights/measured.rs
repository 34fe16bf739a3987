//! What the calls of pallet timelock cost, measured inside the Wasm runtime. `make weights` writes this file.
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
    // 0.037 ms with b = 16368.
    fn announce(b: u32) -> Weight {
        Self::of(20_342_414, 4, 2).saturating_add(Self::of(997, 0, 0).saturating_mul(b.into()))
    }

    // 0.035 ms with b = 16368.
    fn enact(b: u32) -> Weight {
        Self::of(18_334_000, 2, 2).saturating_add(Self::of(1_040, 0, 0).saturating_mul(b.into()))
    }

    // 0.007 ms.
    fn set_delays() -> Weight {
        Self::of(6_900_000, 1, 1)
    }

    // 0.010 ms.
    fn withdraw() -> Weight {
        Self::of(9_823_000, 2, 2)
    }
}
