//! Placeholder until measured.

use super::WeightInfo;
use crate::{exit::SCAN_PAGE, keys::MAX_KEYS, solvency::MAX_SKIPPED_BLOCKS, types::MAX_HOUSE_ITEMS};
use core::marker::PhantomData;
use pallet_cloister_risk::bounds::FINAL_MOST;
use polkadot_sdk::{
    frame_support::{traits::Get, weights::Weight},
    frame_system,
};

/// Estimates with the runtime's database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

const MICROS: u64 = 1_000_000;
/// Maximum number of bytes that one storage access adds to a proof of validity.
const ACCESS: u64 = 4_096;

impl<T: frame_system::Config> SubstrateWeight<T> {
    fn of(micros: u64, reads: u64, writes: u64) -> Weight {
        Weight::from_parts(micros.saturating_mul(MICROS), reads.saturating_mul(ACCESS))
            .saturating_add(T::DbWeight::get().reads_writes(reads, writes))
    }
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn create_group() -> Weight {
        // The empty tree and the genesis house are hashed; custodians, and that the asset is listed.
        Self::of(5_010, 6, 3)
    }

    fn set_group_enabled() -> Weight {
        Self::of(20, 1, 1)
    }

    fn set_verifying_key() -> Weight {
        Self::of(30_000, 2, 1)
    }

    fn remove_verifying_key() -> Weight {
        // All verifying keys are looked at.
        Self::of(200, 2 + u64::from(MAX_KEYS), 1)
    }

    fn set_submitters(s: u32) -> Weight {
        Self::of(20, 0, 1).saturating_add(Weight::from_parts(u64::from(s).saturating_mul(MICROS), 0))
    }

    fn set_seal_key() -> Weight {
        Self::of(3_000, 0, 1)
    }

    fn open() -> Weight {
        // The trading key 3 ms, the statement's hash three permutations, the verification as of a batch; the fee is a
        // second transfer.
        // Mark, asset and custodians (C-CUSTODY).
        Self::of(50_060, 19, 12)
    }

    fn deposit() -> Weight {
        // Up to eight older items of the account, the item before the new one; mark, asset and custodians.
        Self::of(160, 21, 9)
    }

    fn rekey() -> Weight {
        // As an open, with up to eight older items of the account, and no money moved.
        Self::of(50_000, 16, 5)
    }

    fn submit_batch(u: u32) -> Weight {
        Self::of(50_600, 25, 19).saturating_add(Self::of(950, 8, 9).saturating_mul(u.into()))
    }

    fn batch_places(j: u32) -> Weight {
        Self::of(50_600, 25, 19).saturating_add(Self::of(950, 0, 0).saturating_mul(j.into()))
    }

    fn batch_items(k: u32) -> Weight {
        Self::of(50_600, 25, 19).saturating_add(Self::of(1_440, 192, 144).saturating_mul(k.into()))
    }

    fn claim() -> Weight {
        Self::of(100, 5, 5)
    }

    fn rekey_house() -> Weight {
        // The statement's hash four permutations, the verification as of a batch; submitters, group, key, sealing key,
        // the newest root.
        Self::of(50_000, 6, 3)
    }

    fn set_queue_terms() -> Weight {
        Self::of(20, 1, 1)
    }

    fn pay_insurance() -> Weight {
        // All items of the house, the item before the new one; group, freeze, vault, totals; mark, asset, custodians.
        Self::of(260, 12 + u64::from(MAX_HOUSE_ITEMS), 7)
    }

    fn take_insurance() -> Weight {
        // All items of the house, the item before the new one; group, freeze, terms, round.
        Self::of(150, 7 + u64::from(MAX_HOUSE_ITEMS), 4)
    }

    fn submit_solvency() -> Weight {
        // The statement's hash three permutations, the verification as of a batch; group, key, submitters, table, two
        // roots, rounds, complete round, clock, period, credits, and all blocks that may be skipped before and behind
        // the run.
        Self::of(52_000, 15 + 2 * u64::from(MAX_SKIPPED_BLOCKS), 5)
    }

    fn set_solvency_terms() -> Weight {
        // All verifying keys are looked at.
        Self::of(200, 6 + u64::from(MAX_KEYS), 3)
    }

    fn pay_claim() -> Weight {
        Self::of(120, 12, 6)
    }

    fn freeze() -> Weight {
        // The hash of the final values, 18 permutations; times and rows of all tables that are read, which take two
        // accesses each, and their medians; the last period and its shares, and those that wait for
        // the house.
        let of_house = 3 * u64::from(MAX_HOUSE_ITEMS);
        Self::of(15_500, 14 + of_house + 3 * u64::from(FINAL_MOST), 10 + of_house)
    }

    fn choose_final_table() -> Weight {
        // The hash of the final values.
        Self::of(4_500, 8, 2)
    }

    fn exit() -> Weight {
        // The statement's hash, the verification as of a batch; group, freeze, final table, sums, totals, index,
        // account, claim, key.
        Self::of(50_500, 11, 2)
    }

    fn settle_exits() -> Weight {
        // Group, freeze, sums, search, totals, the vault's balance, and the withheld claims.
        Self::of(400, 9 + u64::from(SCAN_PAGE), 3)
    }

    fn pay_exit() -> Weight {
        Self::of(120, 11, 6)
    }

    fn release_rest() -> Weight {
        Self::of(120, 10, 5)
    }

    fn refund_item(items: u32) -> Weight {
        // Group, freeze, totals, account, a payout and its claim; each item, its neighbours.
        Self::of(120, 14, 10).saturating_add(Self::of(10, 3, 3).saturating_mul(u64::from(items)))
    }

    fn set_custodians() -> Weight {
        Self::of(30, 0, 1)
    }

    fn report_custody() -> Weight {
        // Group, mark, asset, custodians.
        Self::of(30, 4, 1)
    }

    fn count_clocks(groups: u32) -> Weight {
        // Time and the end of the clocks; each group's clock, totals, state, freeze, newest table and its number, open
        // accounts.
        Self::of(5, 2, 0).saturating_add(Self::of(20, 8, 1).saturating_mul(u64::from(groups)))
    }

    fn count_queue_clocks(groups: u32) -> Weight {
        // Time and the end of the clocks; each group's clock, freeze, state, two items, newest table and its number,
        // and the items that can be paid back.
        Self::of(5, 2, 0).saturating_add(Self::of(40, 16, 1).saturating_mul(u64::from(groups)))
    }

    fn check_plain_batch() -> Weight {
        // The mark is set and removed; the submitters.
        Self::of(10, 1, 2)
    }

    fn check_essential() -> Weight {
        // The members of whose calls it is one.
        Self::of(1, 1, 0)
    }

    fn set_payout_terms() -> Weight {
        Self::of(20, 2, 1)
    }

    fn claim_credits() -> Weight {
        // Group, credits, closed period, totals, freeze, the present period, a payout.
        Self::of(120, 12, 7)
    }

    fn claim_share() -> Weight {
        // All items of the house, the item before the new one; group, freeze, share, terms, round, totals, a payout.
        Self::of(300, 14 + u64::from(MAX_HOUSE_ITEMS), 8)
    }

    fn verify_together(proofs: u32) -> Weight {
        // If each has a key of its own, little less than as many verifications one after the other.
        Self::of(30_000, 0, 0).saturating_mul(proofs.into())
    }

    fn verify_one() -> Weight {
        Self::of(30_000, 0, 0)
    }
}
