//! What the calls cost: measured, each in the state that makes it dearest (`crate::benchmarking`).

mod measured;

pub use measured::SubstrateWeight;

use polkadot_sdk::frame_support::weights::Weight;

/// Weights of the pallet's calls.
pub trait WeightInfo {
    /// `set_verifying_key`: every point of the key is checked.
    fn set_verifying_key() -> Weight;
    /// `remove_verifying_key`: all keys are looked at.
    fn remove_verifying_key() -> Weight;
}
