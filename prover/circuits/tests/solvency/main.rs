//! The solvency statement: native = circuit, pinned size and identity, cheating witnesses, a real proof.

mod cheating;
#[path = "../common/mod.rs"]
mod common;
mod differential;
mod identity;
mod repaired;
mod support;
