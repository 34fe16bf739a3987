//! What the calls of pallet risk cost, measured inside the Wasm runtime. `make weights` writes this file.
//!
//! 2026-11-27, on Intel(R) Xeon(R) Processor, 2 cores. Steps: 5, repeats: 5.

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
    // 0.018 ms.
    fn create_group() -> Weight {
        Self::of(18_160_000, 2, 2)
    }

    // 0.018 ms.
    fn idle_turn() -> Weight {
        Self::of(17_520_000, 4, 1)
    }

    // 0.302 ms.
    fn list_instrument() -> Weight {
        Self::of(301_995_000, 67, 2)
    }

    // 3.360 ms with i = 32.
    fn refresh_table(i: u32) -> Weight {
        Self::of(3_172_809_536, 6, 7).saturating_add(Self::of(5_846_058, 2, 0).saturating_mul(i.into()))
    }

    // 0.018 ms.
    fn set_group_params() -> Weight {
        Self::of(18_194_000, 1, 1)
    }

    // 0.048 ms.
    fn set_instrument_params() -> Weight {
        Self::of(48_421_000, 2, 1)
    }

    // 0.275 ms.
    fn set_instrument_status() -> Weight {
        Self::of(274_768_000, 66, 1)
    }

    // 0.013 ms.
    fn set_table_grace() -> Weight {
        Self::of(13_497_000, 0, 1)
    }
}
