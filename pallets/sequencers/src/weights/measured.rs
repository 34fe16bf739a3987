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
    // 0.820 ms with m = 16, of which bonds and secrets are an estimate.
    fn set_members(m: u32) -> Weight {
        Self::of(19_333_100, 3, 2).saturating_add(Self::of(50_056_490, 4, 4).saturating_mul(m.into()))
    }

    // 0.871 ms, of which what goes with the key before, of 16 members, is an estimate.
    fn set_seal_key() -> Weight {
        Self::of(870_991_000, 2, 34)
    }

    // 0.013 ms.
    fn set_take_over() -> Weight {
        Self::of(12_870_000, 2, 2)
    }
    // An estimate.
    fn set_transport_key() -> Weight {
        Self::of(30_000_000, 2, 2)
    }

    // An estimate.
    fn hand_over() -> Weight {
        Self::of(60_000_000, 4, 1)
    }

    // An estimate: 0.891 ms with m = 16.
    fn propose_seal_key(m: u32) -> Weight {
        Self::of(570_991_000, 4, 2).saturating_add(Self::of(20_000_000, 1, 2).saturating_mul(m.into()))
    }

    // An estimate: 0.891 ms with m = 16.
    fn confirm_seal_key(m: u32) -> Weight {
        Self::of(570_991_000, 4, 2).saturating_add(Self::of(20_000_000, 0, 2).saturating_mul(m.into()))
    }
}
