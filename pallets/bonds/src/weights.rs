//! What the calls cost: each in the state that makes it dearest (`crate::benchmarking`).

mod measured;

pub use measured::SubstrateWeight;

use polkadot_sdk::frame_support::weights::Weight;

/// Weights of the pallet's calls.
pub trait WeightInfo {
    /// `set_terms`.
    fn set_terms() -> Weight;
    /// `bond`: added to a bond.
    fn bond() -> Weight;
    /// `unbond`.
    fn unbond() -> Weight;
    /// `withdraw_unbonded`.
    fn withdraw_unbonded() -> Weight;
    /// `report_receipts`: two signatures, and two accounts that are paid.
    fn report_receipts() -> Weight;
    /// `begin_series`: another one was begun before.
    fn begin_series() -> Weight;
    /// `report_cancel` by elements of the statement, of a unit with the most places.
    fn report_cancel(elements: u32) -> Weight;
}
