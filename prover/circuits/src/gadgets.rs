//! Gadgets: small circuits with one meaning each.
//!
//! Every gadget states how many constraints it costs and which values are allowed in. Missing witnesses (`None`) are
//! for parameter generation; a wrong witness never panics and never stops synthesis; it only leaves a constraint
//! unsatisfied.

pub mod bits;
pub mod boolean;
pub mod choice;
pub mod inner;
pub mod inverse;
pub mod jubjub;
pub mod montgomery;
pub mod multiples;
pub mod num;
pub mod poseidon2;
pub mod schnorr;
pub mod stream;
pub mod tree;
mod window;
