//! Verification of Groth16 proofs over BLS12-381, `no_std` and without FRAME (C-VERIFIER).
//!
//! A proof has the bytes of `groth16::Proof::write`, a key those of `groth16::VerifyingKey::write`. Everything that
//! comes from outside is checked here, once, with an error for each way it can be wrong: neither backend checks
//! subgroups.
//!
//! Two backends compute the same: [`Pure`] is `bls12_381`, [`HostCalls`] (feature `host`) calls the node's native code
//! from inside the Wasm runtime. [`DefaultBackend`] is [`Pure`] unless that feature is on.
//!
//! # Example
//!
//! A key and a proof are parsed, which checks their points, and verified.
//!
//! ```
//! use bellman::{Circuit, ConstraintSystem, SynthesisError};
//! use cloister_groth16_verifier::{verify, Fr, Proof, VerifyError, VerifyingKey};
//!
//! /// "I know a square root of the public input."
//! struct Root(Option<Fr>);
//!
//! impl Circuit<Fr> for Root {
//!     fn synthesize<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
//!         let value = |x: Option<Fr>| x.ok_or(SynthesisError::AssignmentMissing);
//!         let x = cs.alloc(|| "root", || value(self.0))?;
//!         let y = cs.alloc_input(|| "square", || value(self.0.map(|x| x.square())))?;
//!         cs.enforce(|| "square", |lc| lc + x, |lc| lc + x, |lc| lc + y);
//!         Ok(())
//!     }
//! }
//!
//! // The prover's side, here with the crate `groth16`; its secrets are known, so the key serves
//! // for an example only.
//! let numbers = [3, 5, 7, 11, 13].map(Fr::from);
//! let [alpha, beta, gamma, delta, tau] = numbers;
//! let (g1, g2) = (bls12_381::G1Projective::generator(), bls12_381::G2Projective::generator());
//! let parameters =
//!     groth16::generate_parameters::<bls12_381::Bls12, _>(Root(None), g1, g2, alpha, beta, gamma, delta, tau)?;
//! let proof = groth16::create_proof(Root(Some(Fr::from(4))), &parameters, Fr::from(17), Fr::from(19))?;
//! let (mut key, mut bytes) = (Vec::new(), Vec::new());
//! parameters.vk.write(&mut key)?;
//! proof.write(&mut bytes)?;
//!
//! // The verifier's side.
//! let key = VerifyingKey::from_bytes(&key)?;
//! let proof = Proof::from_bytes(bytes.as_slice().try_into()?)?;
//! assert_eq!(verify(&key, &[Fr::from(16)], &proof), Ok(()));
//! assert_eq!(verify(&key, &[Fr::from(25)], &proof), Err(VerifyError::PairingCheckFailed));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod backend;
pub mod encoding;
mod error;
#[cfg(feature = "host")]
mod host;
mod key;
mod many;
mod prepared;
mod proof;
mod verify;

pub use backend::{Backend, Pure};
pub use bls12_381::Scalar as Fr;
pub use error::{KeyPoint, PointError, ProofPoint, VerifyError, VerifyingKeyError};
#[cfg(feature = "host")]
pub use host::HostCalls;
pub use key::{VerifyingKey, MAX_INPUTS};
pub use many::{verify_many, verify_many_with, Item};
pub use prepared::PreparedVerifyingKey;
pub use proof::{Proof, PROOF_BYTES};
pub use verify::{verify, verify_with, DefaultBackend};
