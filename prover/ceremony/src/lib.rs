//! The parameter ceremony of Cloister's circuits.
//!
//! Groth16 needs a key whose making involves secrets that nobody may know. Phase 1, the powers of tau, is made for all
//! circuits with other people's tools (snarkjs). This crate is phase 2, after Bowe, Gabizon and Miers ("Scalable
//! Multi-party Computation for zk-SNARK Parameters in the Random Beacon Model", section 7): it turns the powers into
//! the first key of a circuit, lets one person after another multiply a secret into it, and lets anybody verify that
//! each knew theirs and changed nothing else. The key is safe if one contributor has forgotten their secret.
//! Specification: `docs/spec/ceremony.md`.
//!
//! # Example
//!
//! A ceremony with one contributor. In earnest, each contributes on a machine of their own, to the file that the one
//! before them published, and everybody verifies the last file.
//!
//! ```no_run
//! use cloister_ceremony::{Ceremony, CeremonyError, Powers};
//! use cloister_groth16::{Matrices, ProvingKey};
//! use std::path::Path;
//!
//! fn make_key(circuit: &Matrices, powers: &Path, file: &Path) -> Result<ProvingKey, CeremonyError> {
//!     let silent = |_| ();
//!     let powers = Powers::read(powers, circuit.domain_log2(), &silent)?;
//!     let mut ceremony = Ceremony::new(&powers, circuit, &silent)?;
//!     ceremony.contribute("Ada", b"dice, and other things that nobody else knows", &silent)?;
//!     ceremony.write(file)?;
//!
//!     let published = Ceremony::read(file, &silent)?;
//!     published.verify(&powers, circuit, &silent)?;
//!     published.export(&silent)
//! }
//! ```

mod ceremony;
mod coefficients;
mod contribution;
mod curve;
mod error;
mod file;
mod initial;
mod progress;
mod ptau;
mod secret;
mod state;
#[cfg(test)]
mod tests;
mod verify;

pub use ceremony::{Ceremony, MAX_CONTRIBUTIONS};
pub use contribution::{
    Contribution, ContributionKind, Knowledge, RecordFault, TranscriptHash, MAX_BEACON_LOG2, MAX_BEACON_VALUE, MAX_NAME,
};
pub use error::{CeremonyError, Divided, Reason};
pub use file::FORMAT;
pub use progress::Step;
pub use ptau::{Faulty, Powers, PowersError, Section};
pub use state::{FixedPart, StateHashes};
