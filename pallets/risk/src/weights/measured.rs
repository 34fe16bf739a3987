//! What the calls of pallet risk cost, measured inside the Wasm runtime. `make weights` writes this file.
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
    // 0.012 ms.
    fn create_group() -> Weight {
        Self::of(12_098_000, 2, 2)
    }

    // 0.023 ms.
    fn idle_turn() -> Weight {
        Self::of(23_085_000, 11, 1)
    }

    // 0.275 ms.
    fn list_instrument() -> Weight {
        Self::of(274_981_000, 70, 2)
    }

    // 2.755 ms with i = 32.
    fn refresh_table(i: u32) -> Weight {
        Self::of(2_481_536_920, 17, 8).saturating_add(Self::of(8_551_770, 2, 0).saturating_mul(i.into()))
    }

    // 0.013 ms.
    fn set_group_params() -> Weight {
        Self::of(12_629_000, 1, 1)
    }

    // 0.020 ms.
    fn set_instrument_feeds() -> Weight {
        Self::of(20_261_000, 4, 1)
    }

    // 0.021 ms.
    fn set_instrument_params() -> Weight {
        Self::of(21_282_000, 2, 1)
    }

    // 0.254 ms.
    fn set_instrument_status() -> Weight {
        Self::of(253_769_000, 66, 1)
    }

    // 0.012 ms.
    fn set_jump_limit() -> Weight {
        Self::of(12_409_000, 2, 1)
    }

    // 0.008 ms.
    fn set_settle_after() -> Weight {
        Self::of(7_701_000, 1, 1)
    }

    // 0.008 ms.
    fn set_table_grace() -> Weight {
        Self::of(8_092_000, 1, 1)
    }
}
