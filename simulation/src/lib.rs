//! Days of recorded prices, lived through minute by minute by a book of leveraged accounts.
//!
//! Deterministic: a price path, terms and a seed give the same batches. [`Crash`] makes a table every minute and has
//! the parties act: the policy of `cloister_liquidator` (liquidation, takeovers, expiry, what the house holds) and the
//! [`crowd`] (traders, each by its [`wish`]). What they want is put together in a [`draft::Draft`], which forecasts
//! every unit in arithmetic of its own ([`cloister_liquidator::Holding`], [`book::Book`]), so that only what the rules
//! allow is asked for. The ledger's native transition is the only truth: a batch that it refuses, or a state that is
//! not the forecast one, ends the run with an error. [`audit`] checks every batch from the outside, and what solvency
//! rounds show ([`rounds`]).

pub mod audit;
pub mod book;
pub mod crash;
pub mod crowd;
pub mod draft;
pub mod exchange;
pub mod makers;
pub mod market;
pub mod prices;
pub mod report;
pub mod rounds;
pub mod step;
pub mod traders;
pub mod wish;

pub use crash::{Crash, CrashError, Event, Setup};
pub use exchange::Settled;
pub use market::Terms;
pub use report::Report;
