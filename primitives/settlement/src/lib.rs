//! What sequencer and chain say to each other, and what anybody can read back from it.
//!
//! ```text
//!   native transition                 chain                          anybody with keys
//!   BatchEffect ──► Batch ──────────► statement ──► proof checked
//!                     └──────────────► records ────────────────────► accounts, ledger
//! ```
//!
//! * [`batch`]: the batch as it is submitted, and how it is made of a statement.
//! * [`house`]: re-keys of a group's house, as they are submitted and as the chain keeps them.
//! * [`queue`]: opens, deposits and requests as the chain queues them.
//! * [`solvency`]: solvency statements, as they are submitted.
//! * [`taking`]: what each unit of a batch and its house take from the queue.
//! * [`statement`]: the statement of a batch, rebuilt from what the chain knows and what was submitted. Pallet and
//!   client call the same function.
//! * [`replay`]: one record applied to one account. Everything below is made of it.
//! * [`account`]: one trader's account from the records of all batches.
//! * [`last_record`]: one trader's account from its last record alone, which the chain's state points to.
//! * [`ledger`]: the whole ledger, batch by batch, for whoever has the sequencer's secrets.
//!
//! The crate is `no_std` and knows neither FRAME nor the node; the encodings are those of the chain's calls and
//! storage.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod account;
pub mod batch;
pub mod house;
pub mod last_record;
pub mod ledger;
pub mod queue;
pub mod replay;
pub mod secrets;
pub mod solvency;
pub mod statement;
pub mod taking;

pub use account::{account_tree, recover, Recovered, RecoveryError};
pub use batch::{Batch, Field, FormError, KeyId, UnitSubmission};
pub use house::{house_before, HouseRekey, HouseRekeyed};
pub use last_record::{opened, tree_of_leaves, LastRecord, LastRecordError};
pub use ledger::{replay_batch, replay_rekey, replay_rekeys, LedgerError};
pub use queue::{ItemKind, OpenKeys, QueueItem, Request, SealProof, Terms};
pub use replay::{AccountKeys, ReplayError};
pub use secrets::LedgerSecrets;
pub use solvency::{no_sums, Findings, SolvencyKnown, SolvencySubmission};
pub use statement::{rebuild, KnownToChain, StatementError};
pub use taking::{
    check_overdue, closed, lanes, take, take_house, HouseTaking, InsuranceTake, Lanes, LeftOut, Listed, TakeError,
    Taking, Waiting,
};
