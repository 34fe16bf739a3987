//! Groth16 for Cloister's circuits: parameters, their cache on disk, proving.
//!
//! The arithmetic is the crate `groth16`'s; this crate adds what a product needs around it: parameters that follow from a
//! public seed (development only), key files with header and checksum, a cache that several processes share, and typed
//! errors.

mod cache;
mod error;
mod file;
mod key;

pub use cache::{default_directory, load_or_generate, Progress, CACHE_VARIABLE};
pub use error::KeyError;
pub use file::{read_key, write_key};
pub use key::{CircuitId, Proof, ProvingKey, DEVELOPMENT_SEED, PROOF_LENGTH};
