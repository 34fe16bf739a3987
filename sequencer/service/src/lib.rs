//! The sequencer of one margin group: takes signed instructions, matches them, makes batches, proves and settles them.
//!
//! The node implements [`ChainClient`] and gives provers (`cloister_prover_job::Prover`); [`Sequencer::run`] does the
//! rest.
//! What goes over the wire is defined by `cloister-sequencer-rpc`, whose methods [`Sequencer::rpc`] serves.
//!
//! ```
//! use cloister_prover_job::{JobKind, Prover, ProverError};
//! use cloister_sequencer::keys::development_seed;
//! use cloister_sequencer::{ChainClient, Sequencer, SequencerConfig, SequencerKeys, StartError};
//!
//! /// Runs the sequencer of group 1 of a development chain, for whoever has a chain and a prover.
//! async fn run<C: ChainClient, P: Prover>(
//!     chain: C,
//!     genesis: [u8; 32],
//!     load: impl Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
//! ) -> Result<(), StartError> {
//!     let keys = SequencerKeys::new(development_seed(), genesis, 1).expect("the development seed gives a key");
//!     let sequencer = Sequencer::new(SequencerConfig::new(1), chain, keys);
//!     let _methods = sequencer.rpc(); // for the JSON-RPC server
//!     sequencer.run(load).await
//! }
//! ```

pub mod account;
mod backlog;
pub mod chain;
mod config;
mod core;
mod error;
mod halt;
pub mod keys;
mod loading;
mod pipeline;
mod queue;
mod record;
mod rekey;
mod rounds;
mod rpc;
mod service;
mod shared;
mod solvency;
mod tape;

pub use self::core::CoreError;
pub use chain::{ChainClient, ChainError};
pub use config::SequencerConfig;
pub use error::StartError;
pub use halt::Halt;
pub use keys::{SecretError, SequencerKeys};
pub use service::Sequencer;
