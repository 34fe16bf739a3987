//! What the calls of pallet execution cost, measured inside the Wasm runtime. `make weights` writes this file.
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
    // 44.825 ms with k = 7.
    fn batch_items(k: u32) -> Weight {
        Self::of(24_172_838_272, 927, 1046).saturating_add(Self::of(2_950_315_728, 384, 384).saturating_mul(k.into()))
    }

    // 29.844 ms with j = 8.
    fn batch_places(j: u32) -> Weight {
        Self::of(27_841_696_096, 1311, 1430).saturating_add(Self::of(250_307_238, 0, 0).saturating_mul(j.into()))
    }

    // 0.003 ms; three reads, those of bonds, are an estimate.
    fn check_essential() -> Weight {
        Self::of(2_849_000, 4, 0)
    }

    // 0.004 ms.
    fn check_plain_batch() -> Weight {
        Self::of(3_587_000, 1, 1)
    }

    // 0.178 ms.
    fn choose_final_table() -> Weight {
        Self::of(177_840_000, 7, 2)
    }

    // 0.086 ms.
    fn claim() -> Weight {
        Self::of(85_962_000, 6, 5)
    }

    // 0.099 ms.
    fn claim_credits() -> Weight {
        Self::of(98_812_000, 9, 7)
    }

    // 0.149 ms.
    fn claim_share() -> Weight {
        Self::of(149_021_000, 38, 6)
    }

    // 1.649 ms with g = 64.
    fn count_clocks(g: u32) -> Weight {
        Self::of(61_660_696, 8, 2).saturating_add(Self::of(24_804_548, 7, 1).saturating_mul(g.into()))
    }

    // 10.632 ms with g = 64.
    fn count_queue_clocks(g: u32) -> Weight {
        Self::of(301_886_872, 10, 0).saturating_add(Self::of(161_410_788, 49, 1).saturating_mul(g.into()))
    }

    // 0.332 ms.
    fn create_group() -> Weight {
        Self::of(332_332_000, 7, 3)
    }

    // 0.215 ms.
    fn deposit() -> Weight {
        Self::of(215_471_000, 22, 10)
    }

    // 1.274 ms.
    fn exit() -> Weight {
        Self::of(1_273_895_000, 10, 2)
    }

    // 1.693 ms.
    fn freeze() -> Weight {
        Self::of(1_693_485_000, 241, 109)
    }

    // 2.008 ms.
    fn open() -> Weight {
        Self::of(2_008_189_000, 19, 12)
    }

    // 0.109 ms.
    fn pay_claim() -> Weight {
        Self::of(108_963_000, 11, 6)
    }

    // 0.116 ms.
    fn pay_exit() -> Weight {
        Self::of(115_725_000, 8, 7)
    }

    // 0.191 ms.
    fn pay_insurance() -> Weight {
        Self::of(191_358_000, 41, 8)
    }

    // 0.225 ms with i = 8.
    fn refund_item(i: u32) -> Weight {
        Self::of(105_048_776, 8, 8).saturating_add(Self::of(14_946_778, 3, 3).saturating_mul(i.into()))
    }

    // 1.920 ms.
    fn rekey() -> Weight {
        Self::of(1_919_947_000, 20, 8)
    }

    // 1.337 ms; three reads, those of bonds, are an estimate.
    fn rekey_house() -> Weight {
        Self::of(1_337_316_000, 11, 2)
    }

    // 0.102 ms.
    fn release_rest() -> Weight {
        Self::of(102_448_000, 9, 5)
    }

    // 0.032 ms.
    fn report_custody() -> Weight {
        Self::of(32_186_000, 4, 1)
    }

    // 0.007 ms.
    fn set_custodians() -> Weight {
        Self::of(6_541_000, 0, 1)
    }

    // 0.019 ms.
    fn set_group_enabled() -> Weight {
        Self::of(19_335_000, 1, 1)
    }

    // 0.023 ms.
    fn set_payout_terms() -> Weight {
        Self::of(22_535_000, 2, 1)
    }

    // 0.020 ms.
    fn set_queue_terms() -> Weight {
        Self::of(20_084_000, 1, 1)
    }

    // 0.253 ms.
    fn set_solvency_terms() -> Weight {
        Self::of(253_450_000, 70, 3)
    }

    // 0.388 ms.
    fn settle_exits() -> Weight {
        Self::of(388_297_000, 137, 2)
    }

    // 28.493 ms with u = 128; seven reads, of bonds and settled batches, and four writes are an estimate.
    fn submit_batch(u: u32) -> Weight {
        Self::of(1_924_436_400, 38, 26).saturating_add(Self::of(207_878_900, 10, 11).saturating_mul(u.into()))
    }

    // 1.657 ms.
    fn submit_solvency() -> Weight {
        Self::of(1_656_507_000, 140, 5)
    }

    // 0.142 ms.
    fn take_insurance() -> Weight {
        Self::of(142_088_000, 38, 4)
    }

    // 0.873 ms.
    fn verify_one() -> Weight {
        Self::of(873_186_000, 0, 0)
    }

    // 13.977 ms with p = 16.
    fn verify_together(p: u32) -> Weight {
        Self::of(72_315_016, 0, 0).saturating_add(Self::of(869_029_164, 0, 0).saturating_mul(p.into()))
    }
}
