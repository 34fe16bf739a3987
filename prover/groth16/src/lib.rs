//! The proving engine: Groth16 (Groth 2016) on BLS12-381 behind `bellman`'s circuit interface.
//!
//! [`Matrices`] are a circuit's constraints, recorded once; [`generate`] makes a [`ProvingKey`] for them, which lives
//! in memory or in a mapped key file; a [`Prover`] proves with both; [`VerifyingKey`] and [`verify_batch`] verify. Keys
//! and proofs have the bytes of the crate `groth16` 0.2, which the tests compare them with. How the inner loops work,
//! and why, is in `docs/decisions/0011`.
//!
//! The feature `native` (on by default) brings assembly, all cores and files of keys. Without it everything else is
//! there, in plain Rust for any target, the browser's included, and gives the same bytes.
//!
//! ```
//! use bellman::{Circuit, ConstraintSystem, SynthesisError};
//! use bls12_381::Scalar;
//! use cloister_groth16::{generate_development, Matrices, Prover};
//! use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
//!
//! /// Knows the square root of a public number.
//! struct Root(Option<Scalar>);
//!
//! impl Circuit<Scalar> for Root {
//!     fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
//!         let missing = SynthesisError::AssignmentMissing;
//!         let root = cs.alloc(|| "root", || self.0.ok_or(SynthesisError::AssignmentMissing))?;
//!         let square = cs.alloc_input(|| "square", || self.0.map(|x| x.square()).ok_or(missing))?;
//!         cs.enforce(|| "squared", |lc| lc + root, |lc| lc + root, |lc| lc + square);
//!         Ok(())
//!     }
//! }
//!
//! // Nobody needs the witness for the constraints and the key. Everybody can forge proofs under a development key.
//! let matrices = Matrices::record(Root(None))?;
//! let prover = Prover::new(generate_development(&matrices)?, matrices)?;
//!
//! // A real prover takes the randomness of its operating system.
//! let proof = prover.prove(Root(Some(Scalar::from(3))), ChaCha20Rng::seed_from_u64(1))?;
//! prover.key().verify(&proof, &[Scalar::from(9)])?;
//! assert!(prover.key().verify(&proof, &[Scalar::from(10)]).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod circuit;
mod curve;
mod error;
mod fft;
mod key;
mod msm;
mod pairing;
pub mod parallel;
mod prove;
mod scalar;
mod setup;
mod verify;

use cloister_lanes as arithmetic;

pub use arithmetic::{constants::P as BASE_FIELD_MODULUS, Backend};
pub use circuit::{constraint_name, outline, Assignment, Matrices, Matrix, Outline, Term};
pub use error::{KeyError, KeyPoint, PointError, ProofPoint, ProveError, VerifyError};
#[cfg(feature = "native")]
pub use key::{
    default_directory, key_circuit, load_or_generate, load_or_generate_from, load_or_make, read_key, write_key,
    KeyWriter, Progress, CACHE_VARIABLE,
};
pub use key::{
    development_rng, key_from_bytes, CircuitId, G1Affine, G2Affine, KeyPoints, KeySizes, ProvingKey, Section,
    VerifyingKey, DEVELOPMENT_SEED, FORMAT,
};
pub use prove::{
    accelerator::{Accelerator, G1Coordinate, G2Coordinate, KeySums},
    density::KeyWires,
    Prover,
};
pub use setup::{generate, generate_development, generate_development_into, generate_into, PointSink};
pub use verify::{inputs_from_bytes, verify_batch, PreparedVerifyingKey, Proof, ProofPoints, PROOF_LENGTH};
