//! `cloister-load`: a development node with its sequencer and prover, traded on at the rate that the machine holds.
//!
//! * [`rate`] looks for that rate, [`orders`] sends a tape's orders at it.
//! * [`sample`] looks at the node meanwhile, [`memory`] says whether its memory stays flat, [`budget`] what a table's
//!   grace leaves.
//! * [`run`] goes through it all; [`report`] is what it finds.

pub mod budget;
pub mod error;
pub mod memory;
pub mod orders;
pub mod rate;
pub mod report;
pub mod run;
pub mod sample;
