//! What the calls cost: measured, each in the state that makes it dearest (`crate::benchmarking`).

mod measured;

pub use measured::SubstrateWeight;

use polkadot_sdk::frame_support::weights::Weight;

/// Weights of the pallet's calls; `i` counts the instruments of the group.
pub trait WeightInfo {
    /// `create_group`.
    fn create_group() -> Weight;
    /// `set_group_params`.
    fn set_group_params() -> Weight;
    /// `list_instrument`.
    fn list_instrument() -> Weight;
    /// `set_instrument_params`.
    fn set_instrument_params() -> Weight;
    /// `set_instrument_status`.
    fn set_instrument_status() -> Weight;
    /// `refresh_table`, with a table built.
    fn refresh_table(i: u32) -> Weight;
    /// `on_initialize` without a table built.
    fn idle_turn() -> Weight;
    /// `set_table_grace`.
    fn set_table_grace() -> Weight;
    /// `set_instrument_feeds`.
    fn set_instrument_feeds() -> Weight;
    /// `set_settle_after`.
    fn set_settle_after() -> Weight;
    /// `set_jump_limit`.
    fn set_jump_limit() -> Weight;
}
