//! The chain in memory: the storage and checks of C-SUBMIT that matter to a sequencer, blocks on demand, forks on
//! demand, and a prover that signs for nothing.

mod chain;
mod client;
mod clock;
mod names;
mod prover;
mod rules;

pub use chain::{batch_key, seal_key, Left, MockChain};
pub use names::{KEY_ID, ROUND_SHAPE, SHAPE, SUBMITTER};
pub use prover::MockProver;
