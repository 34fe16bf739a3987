//! Verification of Groth16 proofs over BLS12-381, `no_std` and without FRAME (C-VERIFIER).
//!
//! A proof has the bytes of `groth16::Proof::write`, a key those of `groth16::VerifyingKey::write`. Everything that comes from
//! outside is checked here, once, with an error for each way it can be wrong: neither backend checks subgroups.
//!
//! Two backends compute the same: [`Pure`] is `bls12_381`, [`HostCalls`] (feature `host`) calls the node's native code from
//! inside the Wasm runtime. [`DefaultBackend`] is the second where it is compiled in.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod backend;
mod encoding;
mod error;
#[cfg(feature = "host")]
mod host;
mod key;
mod proof;
mod verify;

pub use backend::{Backend, Pure};
pub use bls12_381::Scalar as Fr;
pub use error::{KeyError, KeyPoint, PointError, ProofPoint, VerifyError};
#[cfg(feature = "host")]
pub use host::HostCalls;
pub use key::{PreparedVerifyingKey, VerifyingKey, MAX_INPUTS};
pub use proof::{Proof, PROOF_BYTES};
pub use verify::{verify, verify_with, DefaultBackend};
