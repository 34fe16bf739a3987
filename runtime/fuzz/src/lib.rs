//! The runtime, driven natively by calls that are made from bytes.
//!
//! [`run`] makes a chain of its own and takes one step after the other; what each does is chosen by the bytes
//! ([`steps`]), and every string of bytes is a valid sequence. Calls are made as the chain makes them: as transactions
//! with all extensions, by Root, or as what was announced and is enacted; statements have real proofs, made with the
//! trapdoor of a verifying key of this crate's own ([`proofs`]). After every call and every block the invariants of all
//! pallets are checked, that a call which is refused has changed nothing and is refused by an error that its
//! documentation names, that no money is made or lost and nobody's moves but by the rules, that nothing weighs more
//! than was said, and that calls and events can be read ([`checks`]).
//!
//! The tests run sequences from seeds and those that were once found to fail; `make fuzz` looks for others with
//! libFuzzer.

pub mod bytes;
pub mod chain;
pub mod checks;
pub mod proofs;
pub mod seen;
pub mod steps;
pub mod trapdoor;
pub mod world;

pub use seen::Seen;
pub use world::run;
