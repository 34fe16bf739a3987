//! The ledger: accounts, orders, trees, and the native state transition that the batch circuit proves.
//!
//! Pure and `no_std`. The pallet uses [`statement`] and [`record`]; the sequencer uses [`state`] to build batches; the
//! prover's circuit is the twin of [`unit`] and [`batch`]. Specification: `docs/spec/state.md`, `docs/spec/batch.md`.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod account;
pub mod batch;
pub mod context;
pub mod exit;
pub mod fill;
pub mod house;
pub mod instruction;
pub mod packing;
pub mod place;
pub mod record;
pub mod seal;
pub mod shape;
pub mod slot;
pub mod state;
pub mod statement;
pub mod tree;
pub mod unit;

#[cfg(feature = "testing")]
pub mod testing;

pub use account::{Account, Key};
pub use batch::{BatchEffect, BatchError, BatchWitness};
pub use context::BatchContext;
pub use exit::{ExitError, ExitStatement, ExitWitness, FinalValues};
pub use fill::{Fill, FillError, FillRule};
pub use house::House;
pub use instruction::{Instruction, Kind, Side, SignedInstruction};
pub use place::{PlaceError, PlaceWitness, Transfer};
pub use record::{HouseRecord, KeyRecord, RecordError, RecordKind, UnitRecord};
pub use seal::{SealStatement, SealStatementError, SealWitness};
pub use shape::Shape;
pub use state::{GroupState, StateError, UnitRequest};
pub use statement::Statement;
pub use tree::{AccountTree, OrderTree, Path};
pub use unit::{Mode, UnitEffect, UnitError, UnitWitness};
