//! What the calls of pallet execution cost, measured inside the Wasm runtime. `make weights` writes this file.
//!
//! 2026-11-27, on Intel(R) Xeon(R) Processor, 2 cores. Steps: 5, repeats: 5.

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
    // 64.814 ms with k = 7.
    fn batch_items(k: u32) -> Weight {
        Self::of(31_658_869_231, 925, 1045).saturating_add(Self::of(4_736_486_967, 384, 384).saturating_mul(k.into()))
    }

    // 43.347 ms with j = 8.
    fn batch_places(j: u32) -> Weight {
        Self::of(37_180_121_580, 1309, 1429).saturating_add(Self::of(770_896_105, 0, 0).saturating_mul(j.into()))
    }

    // 0.003 ms.
    fn check_essential() -> Weight {
        Self::of(2_631_000, 1, 0)
    }

    // 0.001 ms.
    fn check_plain_batch() -> Weight {
        Self::of(1_377_000, 0, 1)
    }

    // 0.277 ms.
    fn choose_final_table() -> Weight {
        Self::of(277_444_000, 7, 2)
    }

    // 0.173 ms.
    fn claim() -> Weight {
        Self::of(173_226_000, 6, 5)
    }

    // 0.167 ms.
    fn claim_credits() -> Weight {
        Self::of(166_578_000, 9, 7)
    }

    // 0.208 ms.
    fn claim_share() -> Weight {
        Self::of(208_210_000, 38, 6)
    }

    // 2.298 ms with g = 64.
    fn count_clocks(g: u32) -> Weight {
        Self::of(297_575_128, 8, 2).saturating_add(Self::of(31_253_914, 7, 1).saturating_mul(g.into()))
    }

    // 15.505 ms with g = 64.
    fn count_queue_clocks(g: u32) -> Weight {
        Self::of(244_500_520, 10, 0).saturating_add(Self::of(238_449_195, 49, 1).saturating_mul(g.into()))
    }

    // 0.442 ms.
    fn create_group() -> Weight {
        Self::of(442_225_000, 7, 3)
    }

    // 0.277 ms.
    fn deposit() -> Weight {
        Self::of(277_265_000, 22, 10)
    }

    // 1.691 ms.
    fn exit() -> Weight {
        Self::of(1_691_289_000, 10, 2)
    }

    // 2.383 ms.
    fn freeze() -> Weight {
        Self::of(2_382_939_000, 241, 109)
    }

    // 2.346 ms.
    fn open() -> Weight {
        Self::of(2_346_224_000, 19, 12)
    }

    // 0.174 ms.
    fn pay_claim() -> Weight {
        Self::of(173_641_000, 11, 6)
    }

    // 0.172 ms.
    fn pay_exit() -> Weight {
        Self::of(171_814_000, 8, 7)
    }

    // 0.313 ms.
    fn pay_insurance() -> Weight {
        Self::of(312_906_000, 41, 8)
    }

    // 0.331 ms with i = 8.
    fn refund_item(i: u32) -> Weight {
        Self::of(196_085_573, 8, 8).saturating_add(Self::of(16_846_809, 3, 3).saturating_mul(i.into()))
    }

    // 2.144 ms.
    fn rekey() -> Weight {
        Self::of(2_144_444_000, 20, 8)
    }

    // 1.600 ms.
    fn rekey_house() -> Weight {
        Self::of(1_599_832_000, 5, 2)
    }

    // 0.162 ms.
    fn release_rest() -> Weight {
        Self::of(161_915_000, 9, 5)
    }

    // 0.094 ms.
    fn report_custody() -> Weight {
        Self::of(93_718_000, 4, 1)
    }

    // 0.011 ms.
    fn set_custodians() -> Weight {
        Self::of(10_814_000, 0, 1)
    }

    // 0.054 ms.
    fn set_group_enabled() -> Weight {
        Self::of(53_605_000, 1, 1)
    }

    // 0.059 ms.
    fn set_payout_terms() -> Weight {
        Self::of(59_397_000, 2, 1)
    }

    // 0.056 ms.
    fn set_queue_terms() -> Weight {
        Self::of(55_705_000, 1, 1)
    }

    // 0.204 ms.
    fn set_solvency_terms() -> Weight {
        Self::of(204_339_000, 24, 3)
    }

    // 0.578 ms.
    fn settle_exits() -> Weight {
        Self::of(577_615_000, 137, 2)
    }

    // 35.173 ms with u = 128.
    fn submit_batch(u: u32) -> Weight {
        Self::of(2_363_798_928, 29, 21).saturating_add(Self::of(256_322_649, 10, 11).saturating_mul(u.into()))
    }

    // 2.119 ms.
    fn submit_solvency() -> Weight {
        Self::of(2_118_774_000, 140, 5)
    }

    // 0.220 ms.
    fn take_insurance() -> Weight {
        Self::of(219_600_000, 38, 4)
    }

    // 0.963 ms.
    fn verify_one() -> Weight {
        Self::of(963_067_000, 0, 0)
    }

    // 16.247 ms with p = 16.
    fn verify_together(p: u32) -> Weight {
        Self::of(1_670_861_584, 0, 0).saturating_add(Self::of(910_999_651, 0, 0).saturating_mul(p.into()))
    }
}
