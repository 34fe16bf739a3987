//! What the calls of pallet verifier cost, measured inside the Wasm runtime. `make weights` writes this file.
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
    // 0.255 ms.
    fn remove_verifying_key() -> Weight {
        Self::of(255_221_000, 67, 2)
    }

    // 3.866 ms.
    fn set_verifying_key() -> Weight {
        Self::of(3_866_155_000, 3, 2)
    }
}
