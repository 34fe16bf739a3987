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
mod batch_keys;
mod budget;
pub mod chain;
pub mod checkpoint;
mod closings;
mod config;
mod core;
pub mod entry;
mod error;
mod fair;
mod feed;
mod follower;
mod gate;
mod halt;
mod history;
mod keep;
mod keeping;
pub mod keys;
pub mod limits;
mod liquidations;
mod loading;
mod metrics;
mod notices;
mod pipeline;
mod prints;
mod provable;
mod queue;
mod rebuild;
mod rebuild_error;
mod record;
mod rekey;
mod resume;
mod rounds;
mod rpc;
mod sealed;
mod series;
mod service;
mod shared;
mod solvency;
mod stages;
mod stopper;
mod switch_off;
mod tape;
mod time;
mod verify;

pub use self::core::{CoreError, ReplayError, StateError};
pub use budget::BudgetTerms;
pub use chain::{ChainClient, ChainError};
pub use cloister_liquidator::Policy as LiquidationPolicy;
pub use config::{SequencerConfig, StreamConfig};
pub use error::StartError;
pub use gate::GateTerms;
pub use halt::Halt;
pub use keys::{SecretError, SequencerKeys};
pub use rebuild_error::RebuildError;
pub use series::SeriesError;
pub use service::{replayed_digest, Sequencer};
pub use stopper::Stopper;
