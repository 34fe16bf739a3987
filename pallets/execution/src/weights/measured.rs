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
    // 44.972 ms with k = 7.
    fn batch_items(k: u32) -> Weight {
        Self::of(22_627_814_590, 930, 1046).saturating_add(Self::of(3_191_967_235, 384, 384).saturating_mul(k.into()))
    }

    // 29.203 ms with j = 8.
    fn batch_places(j: u32) -> Weight {
        Self::of(25_897_633_344, 1314, 1430).saturating_add(Self::of(413_164_552, 0, 0).saturating_mul(j.into()))
    }

    // 0.015 ms.
    fn check_essential() -> Weight {
        Self::of(15_000_000, 7, 0)
    }

    // 0.015 ms.
    fn check_plain_batch() -> Weight {
        Self::of(15_000_000, 7, 1)
    }

    // 0.186 ms.
    fn choose_final_table() -> Weight {
        Self::of(185_748_000, 7, 2)
    }

    // 0.097 ms.
    fn claim() -> Weight {
        Self::of(96_824_000, 6, 5)
    }

    // 0.125 ms.
    fn claim_credits() -> Weight {
        Self::of(124_846_000, 9, 7)
    }

    // 0.156 ms.
    fn claim_share() -> Weight {
        Self::of(156_133_000, 38, 6)
    }

    // 1.624 ms with g = 64.
    fn count_clocks(g: u32) -> Weight {
        Self::of(84_391_080, 8, 2).saturating_add(Self::of(24_051_905, 7, 1).saturating_mul(g.into()))
    }

    // 10.729 ms with g = 64.
    fn count_queue_clocks(g: u32) -> Weight {
        Self::of(372_896_776, 10, 0).saturating_add(Self::of(161_810_754, 49, 1).saturating_mul(g.into()))
    }

    // 0.295 ms.
    fn create_group() -> Weight {
        Self::of(294_830_000, 7, 3)
    }

    // 0.214 ms.
    fn deposit() -> Weight {
        Self::of(214_189_000, 22, 10)
    }

    // 1.194 ms.
    fn exit() -> Weight {
        Self::of(1_193_581_000, 10, 2)
    }

    // 1.440 ms.
    fn freeze() -> Weight {
        Self::of(1_440_139_000, 241, 109)
    }

    // 1.940 ms.
    fn open() -> Weight {
        Self::of(1_940_225_000, 19, 12)
    }

    // 0.113 ms.
    fn pay_claim() -> Weight {
        Self::of(112_738_000, 11, 6)
    }

    // 0.110 ms.
    fn pay_exit() -> Weight {
        Self::of(109_554_000, 8, 7)
    }

    // 0.209 ms.
    fn pay_insurance() -> Weight {
        Self::of(209_192_000, 41, 8)
    }

    // 0.226 ms with i = 8.
    fn refund_item(i: u32) -> Weight {
        Self::of(120_974_344, 8, 8).saturating_add(Self::of(13_071_164, 3, 3).saturating_mul(i.into()))
    }

    // 1.855 ms.
    fn rekey() -> Weight {
        Self::of(1_855_429_000, 20, 8)
    }

    // 1.234 ms.
    fn rekey_house() -> Weight {
        Self::of(1_233_781_000, 11, 2)
    }

    // 0.111 ms.
    fn release_rest() -> Weight {
        Self::of(111_006_000, 9, 5)
    }

    // 0.051 ms.
    fn report_custody() -> Weight {
        Self::of(50_635_000, 4, 1)
    }

    // 0.007 ms.
    fn set_custodians() -> Weight {
        Self::of(7_240_000, 0, 1)
    }

    // 0.036 ms.
    fn set_group_enabled() -> Weight {
        Self::of(36_324_000, 1, 1)
    }

    // 0.042 ms.
    fn set_payout_terms() -> Weight {
        Self::of(41_813_000, 2, 1)
    }

    // 0.031 ms.
    fn set_queue_terms() -> Weight {
        Self::of(30_535_000, 1, 1)
    }

    // 0.258 ms.
    fn set_solvency_terms() -> Weight {
        Self::of(257_985_000, 70, 3)
    }

    // 0.416 ms.
    fn settle_exits() -> Weight {
        Self::of(416_241_000, 137, 2)
    }

    // 26.880 ms with u = 128.
    fn submit_batch(u: u32) -> Weight {
        Self::of(2_135_285_224, 38, 26).saturating_add(Self::of(193_316_467, 10, 11).saturating_mul(u.into()))
    }

    // 1.527 ms.
    fn submit_solvency() -> Weight {
        Self::of(1_526_668_000, 140, 5)
    }

    // 0.152 ms.
    fn take_insurance() -> Weight {
        Self::of(152_027_000, 38, 4)
    }

    // 0.845 ms.
    fn verify_one() -> Weight {
        Self::of(845_021_000, 0, 0)
    }

    // 13.186 ms with p = 16.
    fn verify_together(p: u32) -> Weight {
        Self::of(1_356_811_792, 0, 0).saturating_add(Self::of(739_340_388, 0, 0).saturating_mul(p.into()))
    }
}
