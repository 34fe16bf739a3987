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
        Self::of(13_861_000, 2, 1)
    }

    // 0.068 ms.
    fn bond() -> Weight {
        Self::of(67_661_000, 5, 3)
    }

    // 9.185 ms with e = 2722.
    fn report_cancel(e: u32) -> Weight {
        Self::of(298_714_135, 8, 6).saturating_add(Self::of(3_264_543, 0, 0).saturating_mul(e.into()))
    }

    // 0.148 ms.
    fn report_receipts() -> Weight {
        Self::of(147_510_000, 7, 6)
    }

    // 0.011 ms.
    fn set_terms() -> Weight {
        Self::of(10_635_000, 2, 1)
    }

    // 0.014 ms.
    fn unbond() -> Weight {
        Self::of(14_191_000, 2, 1)
    }

    // 0.049 ms.
    fn withdraw_unbonded() -> Weight {
        Self::of(48_642_000, 3, 3)
    }
}
