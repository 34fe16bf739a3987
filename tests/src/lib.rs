//! What the end-to-end tests share: real nodes, a market on them, and a sequencer that works in the test's own process
//! and can lie. [`load`] is what the program `cloister-load` does.

pub mod javascript;
pub mod kept;
pub mod leaving;
pub mod load;
pub mod metrics;
pub mod node;
pub mod promises;
pub mod promises_error;
pub mod sequencer;
pub mod snapshot;
