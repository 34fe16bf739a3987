//! What the end-to-end tests share: real nodes, a market on them, and a sequencer that works in the test's own process
//! and can lie.

pub mod javascript;
pub mod leaving;
pub mod node;
pub mod sequencer;
pub mod snapshot;
