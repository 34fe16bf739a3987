//! What the calls cost: measured, each in the state that makes it dearest (`crate::benchmarking`).

mod measured;

pub use measured::SubstrateWeight;

use polkadot_sdk::frame_support::weights::Weight;

/// Weights of the pallet's calls.
pub trait WeightInfo {
    /// `announce`, by bytes of the call.
    fn announce(bytes: u32) -> Weight;
    /// `enact`, by bytes of the call and without what the call itself does.
    fn enact(bytes: u32) -> Weight;
    /// `withdraw`.
    fn withdraw() -> Weight;
    /// `set_delays`.
    fn set_delays() -> Weight;
}

/// Weight of `withdraw`, by bytes of the call: what was measured for one that is found, and what each byte adds to
/// `announce`, which reads and hashes as many.
pub fn of_withdrawal<W: WeightInfo>(bytes: u32) -> Weight {
    let bytes = W::announce(bytes).saturating_sub(W::announce(0));
    W::withdraw().saturating_add(bytes)
}
