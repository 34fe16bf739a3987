//! What the calls of pallet execution cost, measured inside the Wasm runtime. `make weights` writes this file.
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
    // 49.506 ms with k = 7.
    fn batch_items(k: u32) -> Weight {
        Self::of(24_458_421_750, 933, 1050).saturating_add(Self::of(3_578_294_750, 384, 384).saturating_mul(k.into()))
    }

    // 31.601 ms with j = 8.
    fn batch_places(j: u32) -> Weight {
        Self::of(28_622_538_280, 1317, 1434).saturating_add(Self::of(372_330_090, 0, 0).saturating_mul(j.into()))
    }

    // 0.015 ms.
    fn check_essential() -> Weight {
        Self::of(15_473_000, 7, 0)
    }

    // 0.016 ms.
    fn check_plain_batch() -> Weight {
        Self::of(15_723_000, 7, 1)
    }

    // 0.203 ms.
    fn choose_final_table() -> Weight {
        Self::of(203_353_000, 7, 2)
    }

    // 0.115 ms.
    fn claim() -> Weight {
        Self::of(114_992_000, 6, 5)
    }

    // 0.123 ms.
    fn claim_credits() -> Weight {
        Self::of(122_613_000, 9, 7)
    }

    // 0.167 ms.
    fn claim_share() -> Weight {
        Self::of(166_969_000, 38, 6)
    }

    // 1.776 ms with g = 64.
    fn count_clocks(g: u32) -> Weight {
        Self::of(43_706_000, 8, 2).saturating_add(Self::of(27_072_244, 7, 1).saturating_mul(g.into()))
    }

    // 12.974 ms with g = 64.
    fn count_queue_clocks(g: u32) -> Weight {
        Self::of(620_110_200, 10, 0).saturating_add(Self::of(193_035_325, 49, 1).saturating_mul(g.into()))
    }

    // 0.312 ms.
    fn create_group() -> Weight {
        Self::of(311_825_000, 7, 3)
    }

    // 0.227 ms.
    fn deposit() -> Weight {
        Self::of(226_928_000, 22, 10)
    }

    // 1.278 ms.
    fn exit() -> Weight {
        Self::of(1_278_188_000, 10, 2)
    }

    // 1.553 ms.
    fn freeze() -> Weight {
        Self::of(1_553_037_000, 241, 109)
    }

    // 2.022 ms.
    fn open() -> Weight {
        Self::of(2_022_398_000, 19, 12)
    }

    // 0.136 ms.
    fn pay_claim() -> Weight {
        Self::of(135_752_000, 11, 6)
    }

    // 0.127 ms.
    fn pay_exit() -> Weight {
        Self::of(127_320_000, 8, 7)
    }

    // 0.230 ms.
    fn pay_insurance() -> Weight {
        Self::of(230_324_000, 41, 8)
    }

    // 0.244 ms with i = 8.
    fn refund_item(i: u32) -> Weight {
        Self::of(134_399_464, 8, 8).saturating_add(Self::of(13_726_942, 3, 3).saturating_mul(i.into()))
    }

    // 1.952 ms.
    fn rekey() -> Weight {
        Self::of(1_952_194_000, 20, 8)
    }

    // 1.324 ms.
    fn rekey_house() -> Weight {
        Self::of(1_324_076_000, 11, 2)
    }

    // 0.125 ms.
    fn release_rest() -> Weight {
        Self::of(125_006_000, 9, 5)
    }

    // 0.060 ms.
    fn report_custody() -> Weight {
        Self::of(60_210_000, 4, 1)
    }

    // 0.008 ms.
    fn set_custodians() -> Weight {
        Self::of(7_551_000, 0, 1)
    }

    // 0.043 ms.
    fn set_group_enabled() -> Weight {
        Self::of(43_314_000, 1, 1)
    }

    // 0.035 ms.
    fn set_payout_terms() -> Weight {
        Self::of(35_393_000, 2, 1)
    }

    // 0.043 ms.
    fn set_queue_terms() -> Weight {
        Self::of(43_385_000, 1, 1)
    }

    // 0.290 ms.
    fn set_solvency_terms() -> Weight {
        Self::of(290_394_000, 70, 3)
    }

    // 0.428 ms.
    fn settle_exits() -> Weight {
        Self::of(428_069_000, 137, 2)
    }

    // 28.461 ms with u = 128.
    fn submit_batch(u: u32) -> Weight {
        Self::of(1_860_335_712, 37, 26).saturating_add(Self::of(207_814_817, 10, 11).saturating_mul(u.into()))
    }

    // 1.632 ms.
    fn submit_solvency() -> Weight {
        Self::of(1_632_156_000, 140, 5)
    }

    // 0.163 ms.
    fn take_insurance() -> Weight {
        Self::of(163_023_000, 38, 4)
    }

    // 0.878 ms.
    fn verify_one() -> Weight {
        Self::of(878_140_000, 0, 0)
    }

    // 13.481 ms with p = 16.
    fn verify_together(p: u32) -> Weight {
        Self::of(280_477_188, 0, 0).saturating_add(Self::of(825_007_151, 0, 0).saturating_mul(p.into()))
    }
}
