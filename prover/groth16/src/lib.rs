//! The proving engine: Groth16 (Groth 2016) on BLS12-381 behind `bellman`'s circuit interface.
//!
//! [`Matrices`] are a circuit's constraints, recorded once; [`generate`] makes a [`ProvingKey`] for them, which lives in memory
//! or in a mapped key file; a [`Prover`] proves with both; [`VerifyingKey`] and [`verify_batch`] verify. Keys and proofs have
//! the bytes of the crate `groth16` 0.2, which the tests compare them with. How the inner loops work, and why, is in
//! `docs/decisions/0011`.

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

pub use arithmetic::{constants::P as BASE_FIELD_MODULUS, Backend};
pub use circuit::{constraint_name, outline, Assignment, Matrices, Matrix, Outline, Term};
pub use error::{KeyError, KeyPoint, PointError, ProofPoint, ProveError, VerifyError};
pub use key::{
    default_directory, development_rng, key_circuit, load_or_generate, load_or_generate_from, load_or_make, read_key,
    write_key, CircuitId, G1Affine, G2Affine, KeyPoints, KeySizes, KeyWriter, Progress, ProvingKey, Section,
    VerifyingKey, CACHE_VARIABLE, DEVELOPMENT_SEED, FORMAT,
};
pub use prove::Prover;
pub use setup::{generate, generate_development, generate_development_into, generate_into, PointSink};
pub use verify::{inputs_from_bytes, verify_batch, PreparedVerifyingKey, Proof, ProofPoints, PROOF_LENGTH};
