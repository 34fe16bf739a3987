//! Circuits as the engine sees them: the matrices of the constraint system, recorded once for a key, and the values of
//! the wires, computed for every proof.

mod assignment;
mod matrices;
mod names;
mod outline;

pub use assignment::Assignment;
pub use matrices::{Matrices, Matrix, Term};
pub use names::constraint_name;
pub use outline::{outline, Outline};
