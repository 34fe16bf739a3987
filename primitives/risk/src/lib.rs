//! Risk tables, margin over their scenarios, and the linear scenarios of perpetuals and futures.
//!
//! Pure and `no_std`: the runtime makes tables with it, the sequencer checks orders with it, the witness builder and the
//! circuit's tests prove with it. Specification: `docs/spec/state.md` S-RISK, `docs/spec/batch.md` B-MARGIN.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod margin;
pub mod scenarios;
pub mod table;

pub use margin::{Assessment, MarginChoice, MarginError};
pub use scenarios::{linear_scenarios, LinearScan, ScenarioError};
pub use table::{Header, RiskTable, Row, Status, TableError};

/// Positions of one account in lots, by instrument row; negative is short.
pub type Positions = [i64; cloister_crypto::constants::INSTRUMENTS];
