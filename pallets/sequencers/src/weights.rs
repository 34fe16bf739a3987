//! What the calls cost: measured, each in the state that makes it dearest (`crate::benchmarking`).

mod measured;

pub use measured::SubstrateWeight;

use polkadot_sdk::frame_support::weights::Weight;

/// Weights of the pallet's calls.
pub trait WeightInfo {
    /// `set_members`, by their number.
    fn set_members(members: u32) -> Weight;
    /// `set_seal_key`: it is checked to be a key.
    fn set_seal_key() -> Weight;
    /// `set_take_over`.
    fn set_take_over() -> Weight;
}
