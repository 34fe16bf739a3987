//! What the calls cost: measured, each in the state that makes it dearest (`crate::benchmarking`).

mod measured;

pub use measured::SubstrateWeight;

use crate::types::MAX_UNITS;
use polkadot_sdk::frame_support::weights::Weight;

/// Weights of the pallet's calls.
pub trait WeightInfo {
    /// `create_group`.
    fn create_group() -> Weight;
    /// `set_group_enabled`.
    fn set_group_enabled() -> Weight;
    /// `open`: the trading key and the proof of the seal are checked.
    fn open() -> Weight;
    /// `deposit`; `switch`, `close` and `force_withdrawal` do no more.
    fn deposit() -> Weight;
    /// `rekey`: the trading key and the proof of the seal are checked.
    fn rekey() -> Weight;
    /// `submit_batch` by units, each with one place and a close, as much withdrawn, and one deposit given back. As many
    /// items are passed over as may be.
    fn submit_batch(units: u32) -> Weight;
    /// `submit_batch` by places of each of [`MAX_UNITS`] units.
    fn batch_places(places: u32) -> Weight;
    /// `submit_batch` by deposits that wait for each of [`MAX_UNITS`] accounts.
    fn batch_items(items: u32) -> Weight;
    /// `claim`.
    fn claim() -> Weight;
    /// `rekey_house`: the proof is checked.
    fn rekey_house() -> Weight;
    /// `set_queue_terms`.
    fn set_queue_terms() -> Weight;
    /// `pay_insurance`.
    fn pay_insurance() -> Weight;
    /// `take_insurance`.
    fn take_insurance() -> Weight;
    /// `submit_solvency`: the proof is checked.
    fn submit_solvency() -> Weight;
    /// `set_solvency_terms`.
    fn set_solvency_terms() -> Weight;
    /// `pay_claim`.
    fn pay_claim() -> Weight;
    /// `freeze`: the final table is made.
    fn freeze() -> Weight;
    /// `choose_final_table`; `fix_final_table` does no more.
    fn choose_final_table() -> Weight;
    /// `exit`: the proof is checked.
    fn exit() -> Weight;
    /// `settle_exits` with a page of withheld claims.
    fn settle_exits() -> Weight;
    /// `pay_exit`.
    fn pay_exit() -> Weight;
    /// `release_rest`.
    fn release_rest() -> Weight;
    /// `refund_item` by items of its account.
    fn refund_item(items: u32) -> Weight;
    /// `set_custodians`.
    fn set_custodians() -> Weight;
    /// `report_custody`; `restore_custody` does no more.
    fn report_custody() -> Weight;
    /// The freeze clocks at the start of a block, by groups with terms.
    fn count_clocks(groups: u32) -> Weight;
    /// The queue clocks at the start of a block, by groups.
    fn count_queue_clocks(groups: u32) -> Weight;
    /// The extension `CheckPlainBatch` around a `submit_batch` or `submit_batches`.
    fn check_plain_batch() -> Weight;
    /// The extension `CheckPlainBatch` around any other call.
    fn check_essential() -> Weight;
    /// `set_payout_terms`.
    fn set_payout_terms() -> Weight;
    /// `claim_credits`.
    fn claim_credits() -> Weight;
    /// `claim_share`: the insurance's is queued.
    fn claim_share() -> Weight;
    /// One verification of the proofs of so many batches together, each with a key of its own.
    fn verify_together(proofs: u32) -> Weight;
    /// One verification of the proof of one batch, which is part of `submit_batch`.
    fn verify_one() -> Weight;
}

/// An equal part, rounded up.
fn part(whole: Weight, parts: u32) -> Weight {
    let parts = u64::from(parts);
    Weight::from_parts(whole.ref_time().div_ceil(parts), whole.proof_size().div_ceil(parts))
}

/// Weight of a batch by its units, the places of all units together, and the queue items that wait for its accounts and
/// the house, ready or not.
pub fn of_batch<W: WeightInfo>(units: u32, places: u32, items: u32) -> Weight {
    // What one more adds, of which there are so many units.
    let place = part(W::batch_places(2).saturating_sub(W::batch_places(1)), MAX_UNITS);
    let item = part(W::batch_items(2).saturating_sub(W::batch_items(1)), MAX_UNITS);
    W::submit_batch(units)
        .saturating_add(place.saturating_mul(places.into()))
        .saturating_add(item.saturating_mul(items.into()))
}
