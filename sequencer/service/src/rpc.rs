//! Serves the sequencer's JSON-RPC: the methods, what the core's outcomes are on the wire, and refusals.

mod refusal;
mod server;
mod wire;

pub(crate) use server::module;
