//! Turns the ordered stream of what the engine did into batches of one shape, each checked by the ledger's native
//! transition.
//!
//! Pure: time, risk tables and secrets are arguments. What goes in comes out in a batch or stays in the batcher with a
//! typed error; nothing is lost. Rules:
//! * A unit is one account's one instruction, with everything that one order did netted into one quantity, cost and
//!   fee.
//! * A fill joins the open unit of its order while no other unit of that account came after, and while the netted unit
//!   still meets the proof's rules; otherwise it starts a new unit. Both sides of a fill are in one batch.
//! * A batch pins one risk table and one time, the time it was opened. A new table closes the batch.
//! * Items of the chain's queue are taken in the queue's order.
//! * A batch closes when it is full, when it is old, or when the next fill does not fit. Padding units fill the rest,
//!   spread over the known accounts and over the batch.

mod batcher;
mod closed;
mod config;
mod draft;
mod error;
mod event;
mod open;
mod padding;

pub use batcher::Batcher;
pub use closed::ClosedBatch;
pub use config::{BatchSecrets, BatcherConfig, SecretSource};
pub use error::{BatcherError, UnitName};
pub use event::{Event, QueueItem};
