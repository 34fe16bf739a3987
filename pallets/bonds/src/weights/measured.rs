//! What the calls of pallet bonds cost. `make weights` writes this file.
//!
//! Not measured yet: estimates, by the calls of other pallets that do as much.

use super::WeightInfo;
use core::marker::PhantomData;
use polkadot_sdk::{
    frame_support::{traits::Get, weights::Weight},
    frame_system,
};

/// Weights, with the runtime's database weights.
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
    // 0.020 ms.
    fn set_terms() -> Weight {
        Self::of(20_000_000, 1, 1)
    }

    // 0.090 ms.
    fn bond() -> Weight {
        Self::of(90_000_000, 4, 3)
    }

    // 0.030 ms.
    fn unbond() -> Weight {
        Self::of(30_000_000, 2, 1)
    }

    // 0.090 ms.
    fn withdraw_unbonded() -> Weight {
        Self::of(90_000_000, 3, 3)
    }

    // 0.600 ms.
    fn report_receipts() -> Weight {
        Self::of(600_000_000, 9, 7)
    }

    // 0.030 ms.
    fn begin_series() -> Weight {
        Self::of(30_000_000, 2, 1)
    }

    // 11.700 ms with e = 2722, an estimate: 4 microseconds for each element that is hashed, and 0.8 ms besides.
    fn report_cancel(e: u32) -> Weight {
        Self::of(800_000_000, 10, 7).saturating_add(Self::of(4_000_000, 0, 0).saturating_mul(e.into()))
    }
}
