//! Placeholder until measured.

use super::WeightInfo;
use core::marker::PhantomData;
use polkadot_sdk::{
    frame_support::{traits::Get, weights::Weight},
    frame_system,
};

/// Estimates with the runtime's database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

const MICROS: u64 = 1_000_000;
/// Largest encoded group.
const GROUP_BYTES: u64 = 8_192;
/// Largest encoded table.
const TABLE_BYTES: u64 = 8_192;

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn create_group() -> Weight {
        Weight::from_parts(30 * MICROS, GROUP_BYTES).saturating_add(T::DbWeight::get().reads_writes(2, 2))
    }

    fn set_group_params() -> Weight {
        Weight::from_parts(30 * MICROS, GROUP_BYTES).saturating_add(T::DbWeight::get().reads_writes(1, 1))
    }

    fn list_instrument() -> Weight {
        Weight::from_parts(40 * MICROS, GROUP_BYTES).saturating_add(T::DbWeight::get().reads_writes(2, 2))
    }

    fn set_instrument_params() -> Weight {
        Weight::from_parts(80 * MICROS, GROUP_BYTES + TABLE_BYTES).saturating_add(T::DbWeight::get().reads_writes(2, 1))
    }

    fn set_instrument_status() -> Weight {
        Weight::from_parts(40 * MICROS, GROUP_BYTES).saturating_add(T::DbWeight::get().reads_writes(1, 1))
    }

    fn refresh_table(i: u32) -> Weight {
        Weight::from_parts(30_000 * MICROS, GROUP_BYTES + TABLE_BYTES)
            .saturating_add(Weight::from_parts(20 * MICROS, 512).saturating_mul(u64::from(i)))
            .saturating_add(T::DbWeight::get().reads_writes(6, 7))
            // Two feeds for each instrument.
            .saturating_add(T::DbWeight::get().reads(2).saturating_mul(u64::from(i)))
    }

    fn idle_turn() -> Weight {
        Weight::from_parts(20 * MICROS, GROUP_BYTES).saturating_add(T::DbWeight::get().reads_writes(4, 1))
    }

    fn set_table_grace() -> Weight {
        Weight::from_parts(15 * MICROS, 0).saturating_add(T::DbWeight::get().writes(1))
    }
}
