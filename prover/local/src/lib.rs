//! The prover in this process: [`LocalProver`] is a [`Prover`] with our engine, our circuits and this machine's cores.
//!
//! It gets its key from a file or from the cache of development keys ([`Parameters`]), proves on threads of low
//! priority, names the constraint that a bad witness breaks, and verifies every proof before it hands it out. With the
//! feature `cuda` an NVIDIA card proves ([`Device`]).
//!
//! ```no_run
//! use cloister_ledger::Shape;
//! use cloister_ledger_testing::World;
//! use cloister_prover_job::{JobKind, ProofJob, Prover};
//! use cloister_prover_local::{LocalProver, Parameters};
//!
//! let kind = JobKind::Batch(Shape::DEV);
//! let prover = LocalProver::load(kind, &Parameters::Development, &mut |step| println!("{step:?}"))?;
//! println!("{kind}: {} constraints", prover.constraints());
//!
//! // A batch of a market made for tests.
//! let mut world = World::with_traders(1, 4, Shape::DEV);
//! let request = world.random_batch(Shape::DEV);
//! let (witness, effect) = world.apply(Shape::DEV, &request);
//! let job = ProofJob::batch(Shape::DEV, witness, &effect.statement);
//! let proof = futures::executor::block_on(prover.prove(job))?;
//! println!("{proof:?}");
//! # Ok::<(), cloister_prover_job::ProverError>(())
//! ```

mod circuit;
mod device;
mod error;
mod parameters;
mod prover;
mod threads;

pub use cloister_groth16::Progress;
pub use device::{Compared, Device};
pub use parameters::Parameters;
pub use prover::LocalProver;

#[cfg(doc)]
use cloister_prover_job::Prover;
