//! The sequencer of one margin group: takes signed instructions, matches them, makes batches, proves and settles them.
//!
//! With the feature `client` alone this crate is the JSON-RPC's types and client; with `server` (the default) it is the service.
//! The node implements [`ChainClient`] and gives a [`BatchProver`]; [`Sequencer::run`] does the rest.

#[cfg(feature = "server")]
pub mod chain;
#[cfg(feature = "server")]
mod config;
#[cfg(feature = "server")]
mod core;
#[cfg(feature = "server")]
mod groth16;
#[cfg(feature = "server")]
mod halt;
#[cfg(feature = "server")]
pub mod keys;
#[cfg(feature = "server")]
mod pipeline;
#[cfg(feature = "server")]
mod prover;
pub mod rpc;
#[cfg(feature = "server")]
mod service;
#[cfg(feature = "server")]
mod tape;
#[cfg(feature = "server")]
mod workers;

#[cfg(feature = "server")]
pub use self::core::CoreError;
#[cfg(feature = "server")]
pub use chain::{ChainClient, ChainError};
#[cfg(feature = "server")]
pub use config::SequencerConfig;
#[cfg(feature = "server")]
pub use groth16::Groth16Prover;
#[cfg(feature = "server")]
pub use halt::Halt;
#[cfg(feature = "server")]
pub use keys::{SecretError, SequencerKeys};
#[cfg(feature = "server")]
pub use prover::{BatchProver, ProveError};
#[cfg(feature = "server")]
pub use service::{Sequencer, StartError};
