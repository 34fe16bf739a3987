//! The cryptography of Cloister, shared by pallets, sequencer, client and witness builder. `no_std`.
//!
//! Specification: `docs/spec/primitives.md`. Every noun here has a circuit twin of the same file name in
//! `prover/circuits/src/gadgets`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod auth;
pub mod constants;
pub mod field;
pub mod poseidon2;
mod poseidon2_constants;
pub mod schnorr;
pub mod seal;
pub mod stream;

/// The scalar field of BLS12-381 (P-FIELD): every hash, leaf and record element.
pub use bls12_381::Scalar as Fr;
/// The curve of keys.
pub use jubjub;
