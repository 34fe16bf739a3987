//! Instruments with which tests look for what a circuit does not bind.
//!
//! * [`TestSystem`] records a circuit; tests read and overwrite single wires of it.
//! * [`Sheet`] holds an assignment with the sides of all constraints, so that a change of a wire costs only the
//!   constraints that use it: millions of mutations in a second or two.
//! * [`Repair`] changes wires and then computes forward whatever an honest prover would compute from them: what still
//!   satisfies everything is another witness for the same statement.
//! * [`undetermined`] is the linear view: wires that can move, all together, without any constraint noticing in the
//!   first order.

mod repair;
mod sheet;
mod system;
mod tangent;

pub use repair::{Cheater, Outcome, Repair};
pub use sheet::{Sheet, Uses};
pub use system::TestSystem;
pub use tangent::undetermined;
