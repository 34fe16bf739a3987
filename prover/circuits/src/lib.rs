//! The circuits of Cloister over `bellman`.
//!
//! [`gadgets`] are the circuit twins of `cloister_crypto` and of the trees of `cloister_ledger`; [`statements`] are what
//! is proven, one folder a statement. Specification: `docs/spec/`. Namespaces inside a statement carry the ids of the
//! specification, so that a failing constraint names the rule it enforces.

pub mod census;
pub mod gadgets;
pub mod statements;

/// The field of the circuits.
pub use cloister_crypto::Fr;
