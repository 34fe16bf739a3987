//! The contract between those who need a proof and those who make it.
//!
//! A [`ProofJob`] is everything that a prover must know: a statement and its witness. It can be written to
//! [bytes](ProofJob::to_bytes), so the prover may be a thread of this process, another process or another machine. A
//! [`Prover`] takes jobs of one [kind](JobKind) and answers with a [`Proof`] or a [`ProverError`], which names no
//! proving engine.
//!
//! ```
//! use cloister_ledger::Shape;
//! use cloister_ledger_testing::World;
//! use cloister_prover_job::{JobKind, Proof, ProofJob, Prover, ProverError, PROOF_BYTES};
//!
//! /// Proves nothing: a prover for tests of those who ask for proofs.
//! struct Blank(Shape);
//!
//! impl Prover for Blank {
//!     fn kind(&self) -> JobKind {
//!         JobKind::Batch(self.0)
//!     }
//!     fn verifying_key(&self) -> Vec<u8> {
//!         Vec::new()
//!     }
//!     fn constraints(&self) -> u64 {
//!         0
//!     }
//!     fn is_development(&self) -> bool {
//!         true
//!     }
//!     async fn prove(&self, job: ProofJob) -> Result<Proof, ProverError> {
//!         self.kind().check(job.kind())?;
//!         Ok(Proof([0; PROOF_BYTES]))
//!     }
//! }
//!
//! // A batch of a market made for tests.
//! let mut world = World::with_traders(1, 4, Shape::DEV);
//! let request = world.random_batch(Shape::DEV);
//! let (witness, effect) = world.apply(Shape::DEV, &request);
//!
//! let job = ProofJob::batch(Shape::DEV, witness, &effect.statement);
//! let bytes = job.to_bytes();
//! // ... somewhere else:
//! let job = ProofJob::from_bytes(&bytes)?;
//! let proof = futures::executor::block_on(Blank(Shape::DEV).prove(job))?;
//! assert_eq!(proof.0.len(), PROOF_BYTES);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod error;
mod job;
mod kind;
mod prover;

pub use crate::codec::{DecodeError, FORMAT, MAGIC, MAX_BYTES};
pub use cloister_groth16_verifier::PROOF_BYTES;
pub use error::ProverError;
pub use job::{BatchJob, ExitJob, HouseRekeyJob, ProofJob, SealJob, SolvencyJob};
pub use kind::JobKind;
pub use prover::{Proof, Prover};
