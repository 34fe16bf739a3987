//! Turns the ordered stream of what the engine did into batches, each checked by the ledger's native transition.
//!
//! Pure: time, risk tables and secrets are arguments. What goes in comes out in a batch, or is handed back as void with
//! the reason why it can no longer be proven; nothing is lost and nothing holds up the rest. Rules:
//! * A unit is of one account. It has as many instructions as the shape has places; everything that one order did in it
//!   is netted into one quantity, cost and fee.
//! * What an account signs goes into its open unit while no other unit of that account came after, while there is a
//!   place, and while the unit still meets the proof's rules; otherwise it starts a new unit. Both sides of a fill are
//!   in one batch.
//! * Of several shapes a batch gets the cheapest that holds it, and it goes on as long as one of them does.
//! * A batch pins one risk table and one time, the time it was opened. A new table closes the batch.
//! * The first unit of an account in a batch takes everything that the chain's queue holds for it and that is ready at
//!   the pinned table: what is ready comes with the table, and a unit for it goes before the account's other units.
//! * What has waited longest gets the units that overdue items may claim; the rest of the queue gets what is left when
//!   the batch is closed.
//! * A batch closes when it is full, when it is old, or when the next fill does not fit. Padding units fill the rest,
//!   spread over the known accounts and over the batch.
//!
//! ```
//! use cloister_batcher::{BatchSecrets, Batcher, BatcherConfig, Event, QueueItem, SecretSource};
//! use cloister_crypto::Fr;
//! use cloister_engine::Engine;
//! use cloister_engine_testing::{buy, config, secret, sell, sign, table, GENESIS, GROUP, MARK, NOW};
//! use cloister_ledger::{GroupLedger, Shape};
//! use cloister_types::{AccountIndex, Amount, GroupId, ItemId};
//!
//! /// Secrets for an example; those of a service are derived from a secret and randomness.
//! struct Counter(u64);
//!
//! impl SecretSource for Counter {
//!     fn secrets(&mut self, _batch_no: u64, _digest: &[u8; 32]) -> BatchSecrets {
//!         self.0 += 1;
//!         BatchSecrets {
//!             salt: Fr::from(self.0),
//!             padding: 0,
//!         }
//!     }
//! }
//!
//! let batches = BatcherConfig {
//!     genesis: GENESIS,
//!     group: GroupId(GROUP),
//!     shapes: vec![Shape { units: 2, places: 1 }],
//!     payee: [3; 32],
//!     queue_share: 50,
//!     max_age: 1_000,
//!     sweep_every: None,
//! };
//! let mut engine = Engine::new(config(), table(1))?;
//! let mut secrets = Counter(0);
//!
//! // Two accounts were opened on the chain.
//! let mut ready = Vec::new();
//! for index in 0..2 {
//!     let (public_key, view_key) = (secret(index).public(), Fr::from(1u64));
//!     let (account, item) = (AccountIndex(index), ItemId(index.into()));
//!     let deposit = Amount(1_000_000_000);
//!     engine.open(account, public_key, view_key, deposit)?;
//!     ready.push(QueueItem::Open { item, account, public_key, view_key, deposit, deadline: u64::MAX });
//! }
//! let mut batcher = Batcher::new(batches, GroupLedger::default(), 0, table(1), ready)?;
//! // They trade.
//! for order in [sell(0, 1, 5, MARK), buy(1, 1, 3, MARK)] {
//!     let accepted = engine.submit(NOW, sign(order))?;
//!     for event in accepted.effects.into_iter().filter_map(Event::of) {
//!         batcher.push(NOW, event, &mut secrets)?;
//!     }
//! }
//! let opened = batcher.next_closed().expect("two opens fill a batch of two units");
//! let traded = batcher.next_closed().expect("both sides of the fill fill the next one");
//! assert_eq!(traded.batch_no(), opened.batch_no() + 1);
//! assert_eq!((traded.used, traded.fills), (2, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batcher;
mod closed;
mod code;
mod config;
mod draft;
mod error;
mod event;
mod house;
mod open;
mod padding;
mod shapes;
mod void;
mod waiting;

pub use batcher::{Batcher, RestoreError};
pub use closed::ClosedBatch;
pub use config::{BatchSecrets, BatcherConfig, SecretSource};
pub use error::{BatcherError, GroupError, UnitName};
pub use event::{Event, Forced, QueueItem, Request};
pub use void::{GroupRefusal, VoidReason, Voided};
