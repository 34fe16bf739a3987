//! What the calls of pallet bonds cost, measured inside the Wasm runtime. `make weights` writes this file.
//!
//! 2026-11-28, on AMD EPYC, 2 cores. Steps: 9, repeats: 9.

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
    // 0.014 ms.
    fn begin_series() -> Weight {
        Self::of(13_711_000, 2, 1)
    }

    // 0.065 ms.
    fn bond() -> Weight {
        Self::of(65_287_000, 4, 3)
    }

    // 0.152 ms.
    fn report_receipts() -> Weight {
        Self::of(152_187_000, 8, 6)
    }

    // 0.010 ms.
    fn set_terms() -> Weight {
        Self::of(10_486_000, 2, 1)
    }

    // 0.013 ms.
    fn unbond() -> Weight {
        Self::of(13_490_000, 2, 1)
    }

    // 0.048 ms.
    fn withdraw_unbonded() -> Weight {
        Self::of(47_741_000, 3, 3)
    }

    // 11.700 ms with e = 2722, an estimate: 4 microseconds for each element that is hashed, and 0.8 ms besides.
    fn report_cancel(e: u32) -> Weight {
        Self::of(800_000_000, 10, 7).saturating_add(Self::of(4_000_000, 0, 0).saturating_mul(e.into()))
    }
}
