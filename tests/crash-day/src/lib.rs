//! An hour of a crash, lived through by a crowd of leveraged accounts over a real node with its sequencer and real
//! proofs.
//!
//! [`live`] feeds the recorded minutes through the oracle, faster than they were, and has people trade over the
//! JSON-RPC as clients do. Liquidations, takeovers and deleveraging are the sequencer's own. At the end the chain's
//! past is read back ([`history`]), and [`judge`] says what holds.

pub mod acts;
pub mod error;
pub mod exchange;
pub mod history;
pub mod people;
pub mod report;
pub mod run;
pub mod setup;
pub mod verdict;

pub use error::RunError;
pub use run::{live, Lived};
pub use setup::{minutes, Setup};
pub use verdict::{judge, Claim};
