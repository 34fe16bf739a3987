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
    /// `set_transport_key`.
    fn set_transport_key() -> Weight;
    /// `hand_over`.
    fn hand_over() -> Weight;
    /// `propose_seal_key`, by the number of members: the key is checked to be one.
    fn propose_seal_key(members: u32) -> Weight;
    /// `confirm_seal_key`, by the number of members: the last confirmation sets the key.
    fn confirm_seal_key(members: u32) -> Weight;
}
