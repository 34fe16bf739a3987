//! The Cloister node: validator, full node and sequencer in one binary.
//!
//! * [`cli`] and [`command`]: the command line.
//! * [`chain_spec`]: the chains that the node knows by name.
//! * [`start`]: what is looked at before the node starts; [`error`]: why it does not.
//! * [`executor`]: runs the Wasm runtime.
//! * [`parts`]: database, transaction pool and import of blocks.
//! * [`run`]: the node from its start to its end in order.
//! * [`service`]: network and consensus on top of them; starts everything else.
//! * [`rpc`]: JSON-RPC of the node, and the place where other modules join it.
//! * [`sequencer`]: the sequencer of a margin group, run with `--sequencer`.

pub mod chain_spec;
pub mod cli;
pub mod command;
pub mod error;
pub mod executor;
pub mod parts;
pub mod rpc;
pub mod run;
pub mod sequencer;
pub mod service;
mod spawn;
pub mod start;
