//! Seeded worlds of accounts and batches, valid and spoiled, for the tests of every crate that checks batches.
//!
//! Everything follows from the seed. Panics are fine here: this module is never part of a product.

mod chain;
mod market;
mod random;
mod spoil;
mod table;
mod world;

pub use chain::{FAR_EXPIRY, GENESIS, GROUP, INSTRUMENT, TIME};
pub use random::Random;
pub use spoil::{spoil, spoil_request, Spoil};
pub use table::table;
pub use world::{Trader, World};
