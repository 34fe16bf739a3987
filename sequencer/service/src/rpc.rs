//! Serves the sequencer's JSON-RPC: the methods, what the core's outcomes are on the wire, and refusals.

mod auth;
pub(crate) mod cause;
mod guard;
pub(crate) mod refusal;
mod server;
mod streams;
#[cfg(test)]
mod tests;
pub(crate) mod wire;

pub(crate) use server::{module, not_ready};
