//! Forms the sums of Groth16 proofs on an NVIDIA card: the constraints' rows, the quotient, and the
//! multi-exponentiations over a key that stays on the card. An [`cloister_groth16::Accelerator`]; proofs have the same
//! bytes.
//!
//! The kernels (`kernels/`) and what calls them (`resident.rs`, `sums.rs`, `transform.rs`) know no card: they run on a
//! [`Machine`], which is a [`Card`] with the feature `cuda`, or this processor with the feature `shim`, for tests.

#[cfg(feature = "cuda")]
mod card;
mod error;
mod limits;
mod machine;
mod memory;
mod resident;
#[cfg(feature = "shim")]
mod shim;
mod sums;
mod transform;

#[cfg(feature = "cuda")]
pub use card::Card;
pub use error::CudaError;
pub use machine::{Argument, Machine};
pub use resident::{Resident, Stage};
#[cfg(feature = "shim")]
pub use shim::Shim;
pub use sums::Tuning;
