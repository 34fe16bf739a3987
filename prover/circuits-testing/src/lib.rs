//! Instruments with which tests look for what a circuit does not bind.
//!
//! * [`TestSystem`] records a circuit; tests read and overwrite single wires of it. [`Recorded`] does so once for many
//!   witnesses.
//! * [`Sheet`] holds an assignment with the sides of all constraints, so that a change of a wire costs only the
//!   constraints that use it: millions of mutations in a second or two.
//! * [`Repair`] changes wires and then computes forward whatever an honest prover would compute from them: what still
//!   satisfies everything is another witness for the same statement.
//! * [`undetermined`] is the linear view: wires that can move, all together, without any constraint noticing in the
//!   first order.
//!
//! No product depends on this crate (docs/decisions/0014).
//!
//! ```
//! use bellman::{Circuit, ConstraintSystem, SynthesisError};
//! use cloister_circuits::Fr;
//! use cloister_circuits_testing::TestSystem;
//!
//! /// `3 * 3 = 9`.
//! struct Square;
//!
//! impl Circuit<Fr> for Square {
//!     fn synthesize<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
//!         let root = cs.alloc(|| "root", || Ok(Fr::from(3)))?;
//!         let square = cs.alloc_input(|| "square", || Ok(Fr::from(9)))?;
//!         cs.enforce(|| "squared", |lc| lc + root, |lc| lc + root, |lc| lc + square);
//!         Ok(())
//!     }
//! }
//!
//! # fn main() -> Result<(), SynthesisError> {
//! let mut system = TestSystem::new();
//! Square.synthesize(&mut system)?;
//! assert!(system.is_satisfied());
//! system.set("root", Fr::from(4));
//! assert_eq!(system.which_is_unsatisfied().as_deref(), Some("squared"));
//! # Ok(())
//! # }
//! ```

mod recorded;
mod repair;
mod sheet;
mod structure;
mod system;
mod tangent;

pub use recorded::Recorded;
pub use repair::{Cheater, Outcome, Repair};
pub use sheet::{Sheet, Uses};
pub use system::TestSystem;
pub use tangent::undetermined;
