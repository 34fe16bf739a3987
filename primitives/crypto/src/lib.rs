//! The cryptography of Cloister, shared by pallets, sequencer, client and witness builder. `no_std`.
//!
//! Specification: `docs/spec/primitives.md`. Every noun here has a circuit twin of the same file name in
//! `prover/circuits/src/gadgets`.
//!
//! # Example
//!
//! A trader signs, and seals a view key to the sequencers.
//!
//! ```
//! use cloister_crypto::{schnorr::SecretKey, seal, Fr};
//!
//! let secret = SecretKey::from_seed(&[7; 32]);
//! let message = Fr::from(1234);
//! let signature = secret.sign(message);
//! assert!(secret.public().verify(message, &signature).is_ok());
//! assert!(secret.public().verify(message + Fr::one(), &signature).is_err());
//!
//! let sequencers = seal::SealKey::from_seed(&[8; 32]);
//! let view_key = Fr::from(42);
//! // Outside of an example the entropy is random, secret and used once.
//! let sealed = seal::seal(view_key, &sequencers.public()?, &[9; 64]);
//! assert_eq!(sequencers.open(&sealed), Ok(view_key));
//! # Ok::<(), cloister_crypto::schnorr::PublicKeyError>(())
//! ```

#![cfg_attr(not(feature = "std"), no_std)]
// `substrate_runtime` is set by the SDK's Wasm builder, and by nothing that Cargo knows of.
#![allow(unexpected_cfgs)]

extern crate alloc;

pub mod auth;
pub mod constants;
pub mod field;
#[cfg(feature = "host")]
pub mod host;
mod permutation;
pub mod poseidon2;
mod poseidon2_constants;
pub mod schnorr;
pub mod seal;
pub mod stream;

/// The scalar field of BLS12-381 (P-FIELD): every hash, leaf and record element.
pub use bls12_381::Scalar as Fr;
/// The curve of keys.
pub use jubjub;
