//! What the calls of pallet execution cost, measured inside the Wasm runtime. `make weights` writes this file.
//!
//! 2026-11-27, on Intel(R) Xeon(R) Processor, 2 cores. Steps: 5, repeats: 6.

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
    // 57.898 ms with k = 7.
    fn batch_items(k: u32) -> Weight {
        Self::of(28_689_495_784, 927, 1046).saturating_add(Self::of(4_172_657_888, 384, 384).saturating_mul(k.into()))
    }

    // 36.763 ms with j = 8.
    fn batch_places(j: u32) -> Weight {
        Self::of(33_460_600_846, 1311, 1430).saturating_add(Self::of(412_814_577, 0, 0).saturating_mul(j.into()))
    }

    // 0.003 ms.
    fn check_essential() -> Weight {
        Self::of(3_187_000, 1, 0)
    }

    // 0.004 ms.
    fn check_plain_batch() -> Weight {
        Self::of(4_037_000, 1, 1)
    }

    // 0.264 ms.
    fn choose_final_table() -> Weight {
        Self::of(263_947_000, 7, 2)
    }

    // 0.217 ms.
    fn claim() -> Weight {
        Self::of(216_881_000, 6, 5)
    }

    // 0.160 ms.
    fn claim_credits() -> Weight {
        Self::of(159_504_000, 9, 7)
    }

    // 0.191 ms.
    fn claim_share() -> Weight {
        Self::of(190_561_000, 38, 6)
    }

    // 1.827 ms with g = 64.
    fn count_clocks(g: u32) -> Weight {
        Self::of(264_708_440, 8, 2).saturating_add(Self::of(24_410_035, 7, 1).saturating_mul(g.into()))
    }

    // 12.699 ms with g = 64.
    fn count_queue_clocks(g: u32) -> Weight {
        Self::of(356_129_848, 10, 0).saturating_add(Self::of(192_863_149, 49, 1).saturating_mul(g.into()))
    }

    // 0.469 ms.
    fn create_group() -> Weight {
        Self::of(469_453_000, 7, 3)
    }

    // 0.443 ms.
    fn deposit() -> Weight {
        Self::of(443_204_000, 22, 10)
    }

    // 1.546 ms.
    fn exit() -> Weight {
        Self::of(1_546_317_000, 10, 2)
    }

    // 2.157 ms.
    fn freeze() -> Weight {
        Self::of(2_157_269_000, 241, 109)
    }

    // 2.381 ms.
    fn open() -> Weight {
        Self::of(2_380_811_000, 19, 12)
    }

    // 0.188 ms.
    fn pay_claim() -> Weight {
        Self::of(188_377_000, 11, 6)
    }

    // 0.201 ms.
    fn pay_exit() -> Weight {
        Self::of(201_029_000, 8, 7)
    }

    // 0.243 ms.
    fn pay_insurance() -> Weight {
        Self::of(243_048_000, 41, 8)
    }

    // 0.492 ms with i = 8.
    fn refund_item(i: u32) -> Weight {
        Self::of(335_449_805, 8, 8).saturating_add(Self::of(19_584_039, 3, 3).saturating_mul(i.into()))
    }

    // 2.366 ms.
    fn rekey() -> Weight {
        Self::of(2_365_524_000, 20, 8)
    }

    // 1.490 ms.
    fn rekey_house() -> Weight {
        Self::of(1_489_707_000, 5, 2)
    }

    // 0.146 ms.
    fn release_rest() -> Weight {
        Self::of(146_139_000, 9, 5)
    }

    // 0.073 ms.
    fn report_custody() -> Weight {
        Self::of(73_221_000, 4, 1)
    }

    // 0.010 ms.
    fn set_custodians() -> Weight {
        Self::of(9_525_000, 0, 1)
    }

    // 0.055 ms.
    fn set_group_enabled() -> Weight {
        Self::of(55_096_000, 1, 1)
    }

    // 0.051 ms.
    fn set_payout_terms() -> Weight {
        Self::of(50_661_000, 2, 1)
    }

    // 0.058 ms.
    fn set_queue_terms() -> Weight {
        Self::of(57_902_000, 1, 1)
    }

    // 0.349 ms.
    fn set_solvency_terms() -> Weight {
        Self::of(348_830_000, 70, 3)
    }

    // 0.459 ms.
    fn settle_exits() -> Weight {
        Self::of(458_656_000, 137, 2)
    }

    // 33.181 ms with u = 128.
    fn submit_batch(u: u32) -> Weight {
        Self::of(2_837_239_120, 31, 22).saturating_add(Self::of(237_059_710, 10, 11).saturating_mul(u.into()))
    }

    // 1.987 ms.
    fn submit_solvency() -> Weight {
        Self::of(1_987_335_000, 140, 5)
    }

    // 0.176 ms.
    fn take_insurance() -> Weight {
        Self::of(175_575_000, 38, 4)
    }

    // 0.943 ms.
    fn verify_one() -> Weight {
        Self::of(942_630_000, 0, 0)
    }

    // 14.795 ms with p = 16.
    fn verify_together(p: u32) -> Weight {
        Self::of(1_225_043_520, 0, 0).saturating_add(Self::of(848_121_780, 0, 0).saturating_mul(p.into()))
    }
}
