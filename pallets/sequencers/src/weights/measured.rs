//! What the calls of pallet sequencers cost, measured inside the Wasm runtime. `make weights` writes this file.
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
    // 0.728 ms with m = 16.
    fn confirm_seal_key(m: u32) -> Weight {
        Self::of(653_074_128, 3, 2).saturating_add(Self::of(4_670_624, 0, 2).saturating_mul(m.into()))
    }

    // 0.065 ms.
    fn hand_over() -> Weight {
        Self::of(65_348_000, 4, 1)
    }

    // 1.217 ms with m = 16.
    fn propose_seal_key(m: u32) -> Weight {
        Self::of(1_217_446_000, 2, 4).saturating_add(Self::of(0, 1, 0).saturating_mul(m.into()))
    }

    // 0.342 ms with m = 16.
    fn set_members(m: u32) -> Weight {
        Self::of(46_269_888, 5, 2).saturating_add(Self::of(18_467_056, 1, 4).saturating_mul(m.into()))
    }

    // 0.718 ms.
    fn set_seal_key() -> Weight {
        Self::of(717_971_000, 2, 34)
    }

    // 0.012 ms.
    fn set_take_over() -> Weight {
        Self::of(11_978_000, 2, 2)
    }

    // 0.076 ms.
    fn set_transport_key() -> Weight {
        Self::of(76_434_000, 2, 17)
    }
}
