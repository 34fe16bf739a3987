//! What the command `cloister-prover` is made of.

pub mod ceremony;
pub mod circuits;
pub mod export;
