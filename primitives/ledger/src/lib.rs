//! The ledger: accounts, orders, trees, and the native state transition that the batch circuit proves.
//!
//! Pure and `no_std`. The pallet uses [`statement`] and [`record`]; the sequencer uses [`state`] to build batches; the
//! prover's circuit is the twin of [`unit`] and [`batch`]. Specification: `docs/spec/state.md`, `docs/spec/batch.md`.
//!
//! # Example
//!
//! A batch of one unit opens an account. The witness that comes with it is all that a prover needs.
//!
//! ```
//! use cloister_crypto::{schnorr::SecretKey, Fr};
//! use cloister_ledger::{state::BatchRequest, BatchContext, Doors, GroupLedger, Key, Shape, UnitRequest};
//! use cloister_risk::RiskTable;
//! use cloister_types::{AccountIndex, Amount, GroupId};
//!
//! let key = SecretKey::from_seed(&[7; 32]).public();
//! let (x, y) = key.preimage();
//! let open = UnitRequest::Open {
//!     index: AccountIndex(0),
//!     key: Key::from(&key),
//!     preimage: Key { x, y },
//!     view_key: Fr::from(42),
//!     deposit: Amount(1_000_000),
//! };
//! let request = BatchRequest {
//!     context: BatchContext {
//!         genesis: [1; 32],
//!         group: GroupId(1),
//!         batch_no: 0,
//!         time: 1_700_000_000_000,
//!         payee: [2; 32],
//!         salt: Fr::from(9),
//!         table: RiskTable::default(),
//!     },
//!     sweep: Amount(0),
//!     doors: Doors::default(),
//!     empty_mask: 0,
//!     units: vec![open],
//! };
//!
//! let shape = Shape { units: 1, places: 1 };
//! let mut group = GroupLedger::default();
//! let (witness, effect) = group.apply(shape, &request)?;
//! assert_eq!(effect.statement.new_root, group.root());
//! assert_eq!(witness.check(shape), Ok(effect));
//! # Ok::<(), cloister_ledger::StateError>(())
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod account;
pub mod batch;
pub mod context;
pub mod control;
pub mod exit;
pub mod fill;
pub mod house;
pub mod house_rekey;
pub mod instruction;
pub mod opening;
pub mod packing;
pub mod place;
pub mod record;
pub mod seal;
pub mod shape;
pub mod slot;
pub mod solvency;
pub mod state;
pub mod statement;
pub mod tree;
pub mod unit;
pub mod unsigned;
pub mod wire;

pub use account::{Account, Key, Switches};
pub use batch::{BatchEffect, BatchError, BatchWitness, Doors, Settled};
pub use context::BatchContext;
pub use control::{Control, ControlAction, ControlField, OrdersIn, ProtectionTerms, SignedControl};
pub use exit::{ExitError, ExitStatement, ExitWitness, FinalValues};
pub use fill::{Fill, FillError, FillRule};
pub use house::House;
pub use house_rekey::{HouseRekeyError, HouseRekeyStatement, HouseRekeyWitness};
pub use instruction::{Instruction, InstructionKind, SelfTrade, Side, SignedInstruction, Trigger, TriggerError};
pub use opening::{Opening, SealedUnit};
pub use place::{PlaceError, PlaceWitness, Transfer};
pub use record::{HouseRecord, KeyRecord, RecordError, RecordKind, UnitRecord};
pub use seal::{SealStatement, SealStatementError, SealWitness};
pub use shape::Shape;
pub use solvency::{SolvencyError, SolvencyOutcome, SolvencyShape, SolvencyStatement, SolvencyWitness};
pub use state::{GroupLedger, StateError, UnitRequest};
pub use statement::Statement;
pub use tree::{AccountTree, OrderTree, Path};
pub use unit::{Mode, Party, UnitEffect, UnitError, UnitWitness};
pub use unsigned::{Cause, Unsigned};
