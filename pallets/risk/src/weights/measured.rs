//! What the calls of pallet risk cost, measured inside the Wasm runtime. `make weights` writes this file.
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
    // 0.015 ms.
    fn create_group() -> Weight {
        Self::of(14_734_000, 2, 2)
    }

    // 0.011 ms.
    fn idle_turn() -> Weight {
        Self::of(11_275_000, 4, 1)
    }

    // 0.261 ms, and two prices.
    fn list_instrument() -> Weight {
        Self::of(261_364_000, 69, 2)
    }

    // 2.988 ms with i = 32; twice what was measured for each instrument, because every row may be made twice.
    fn refresh_table(i: u32) -> Weight {
        Self::of(2_823_296_000, 9, 8).saturating_add(Self::of(10_284_500, 2, 0).saturating_mul(i.into()))
    }

    // 0.017 ms.
    fn set_group_params() -> Weight {
        Self::of(16_957_000, 1, 1)
    }

    // 0.028 ms.
    fn set_instrument_params() -> Weight {
        Self::of(28_294_000, 2, 1)
    }

    // 0.252 ms.
    fn set_instrument_status() -> Weight {
        Self::of(251_756_000, 66, 1)
    }

    // 0.007 ms.
    fn set_table_grace() -> Weight {
        Self::of(6_586_000, 0, 1)
    }

    // As `list_instrument`.
    fn set_instrument_feeds() -> Weight {
        Self::of(261_364_000, 4, 1)
    }

    // As `set_table_grace`, with a read.
    fn set_settle_after() -> Weight {
        Self::of(6_586_000, 1, 1)
    }

    // As `set_group_params`, with a key more.
    fn set_jump_limit() -> Weight {
        Self::of(16_957_000, 2, 1)
    }
}
