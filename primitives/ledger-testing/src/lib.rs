//! Seeded worlds of accounts and batches, valid and spoiled, for the tests of every crate that checks batches.
//!
//! Everything follows from the seed. Panics are fine here: no product depends on this crate (docs/decisions/0014).
//!
//! ```
//! use cloister_ledger::Shape;
//! use cloister_ledger_testing::World;
//!
//! let mut world = World::with_traders(1, 4, Shape::DEV);
//! let units = world.trade(0, 1);
//! let request = world.padded(Shape::DEV, units.into());
//! let (witness, effect) = world.apply(Shape::DEV, &request);
//! assert_eq!(witness.check(Shape::DEV), Ok(effect));
//! ```

mod alone;
mod chain;
mod deleverage;
mod market;
mod random;
mod spoil;
mod table;
mod world;

pub use alone::{entropy, exit, full_solvency, house, house_rekey, seal, solvency};
pub use chain::{FAR_EXPIRY, GENESIS, GROUP, INSTRUMENT, PAYEE, SCOPE, TIME};
pub use random::Random;
pub use spoil::{spoil, spoil_request, Spoil};
pub use table::table;
pub use world::{Trader, World};
