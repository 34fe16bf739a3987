//! Groth16 for Cloister's circuits: parameters, their cache on disk, proving.
//!
//! The arithmetic is the crate `groth16`'s; this crate adds what a product needs around it: parameters that follow from a
//! public seed (development only), key files with header and checksum, a cache that several processes share, and typed
//! errors.

mod arithmetic;
mod circuit;
mod curve;
mod error;
mod fft;
mod key;
mod msm;
mod prove;
mod scalar;
mod setup;
mod verify;

pub use arithmetic::Backend;
pub use circuit::{constraint_name, Assignment, Matrices, Matrix, Term};
pub use error::{KeyError, KeyPoint, PointError, ProofPoint, ProveError, VerifyError};
pub use key::{
    default_directory, development_rng, key_circuit, load_or_generate, load_or_generate_from, load_or_make, read_key,
    write_key, CircuitId, G1Affine, G2Affine, KeyPoints, KeySizes, KeyWriter, Progress, ProvingKey, Section,
    VerifyingKey, CACHE_VARIABLE, DEVELOPMENT_SEED, FORMAT,
};
pub use prove::Prover;
pub use setup::{generate, generate_development, generate_development_into, generate_into, PointSink};
pub use verify::{inputs_from_bytes, verify_batch, PreparedVerifyingKey, Proof, ProofPoints, PROOF_LENGTH};
