//! The circuits of Cloister over `bellman`.
//!
//! [`gadgets`] are the circuit twins of `cloister_crypto` and of the trees of `cloister_ledger`; [`statements`] are
//! what is proven, one folder per statement. Specification: `docs/spec/`. Namespaces inside a statement carry the ids
//! of the specification, so that a failing constraint names the rule it enforces.
//!
//! # Example
//!
//! A circuit without a witness is enough to count its constraints and to make its key.
//!
//! ```
//! use cloister_circuits::statements::batch::{BatchCircuit, Shape};
//! use cloister_groth16::Matrices;
//!
//! let constraints = |units| {
//!     let circuit = BatchCircuit::blank(Shape { units, places: 1 });
//!     Matrices::record(circuit).map(|matrices| matrices.constraints())
//! };
//! assert!(constraints(2)? - constraints(1)? < 20_400);
//! # Ok::<(), bellman::SynthesisError>(())
//! ```

pub mod census;
pub mod gadgets;
pub mod statements;

/// The field of the circuits.
pub use cloister_crypto::Fr;
