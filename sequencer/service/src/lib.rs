//! The sequencer of one margin group: takes signed instructions, matches them, makes batches, proves and settles them.
//!
//! The node implements [`ChainClient`] and gives a `cloister_prover_job::Prover`; [`Sequencer::run`] does the rest.
//! What goes over the wire is defined by `cloister-sequencer-rpc`, whose methods [`Sequencer::rpc`] serves.

pub mod account;
mod backlog;
pub mod chain;
mod config;
mod core;
mod halt;
pub mod keys;
mod pipeline;
mod record;
mod rpc;
mod service;
mod shared;
mod tape;

pub use self::core::CoreError;
pub use chain::{ChainClient, ChainError};
pub use config::SequencerConfig;
pub use halt::Halt;
pub use keys::{SecretError, SequencerKeys};
pub use service::{Sequencer, StartError};
