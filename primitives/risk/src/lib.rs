//! Risk tables: instruments, prices of options, SPAN-style scenarios, funding, and margin over the scenarios.
//!
//! Pure and `no_std`: the runtime makes tables with it, the sequencer checks orders with it, the witness builder and
//! the circuit's tests prove with it. Specification: `docs/spec/state.md` S-RISK, `docs/spec/batch.md` B-MARGIN,
//! `docs/spec/risk.md`.
//!
//! # Example
//!
//! What an account with one long lot must hold in a market with one perpetual.
//!
//! ```
//! use cloister_risk::{linear_scenarios, Assessment, Header, LinearScan, Positions, RiskTable, Row, Status};
//! use cloister_types::{GroupId, InstrumentId, Money, PerLot, Position};
//!
//! let mark = PerLot(60_000_000); // 60 per lot
//! let scan = LinearScan { range: 160_000, extreme_multiple: 2_000_000, extreme_cover: 350_000 };
//! let mut table = RiskTable {
//!     header: Header { group: GroupId(1), version: 1, initial: 320, maintenance: 256, ..Header::default() },
//!     ..RiskTable::default()
//! };
//! table.rows[0] = Row {
//!     instrument_id: InstrumentId(100),
//!     status: Status::Trading,
//!     mark,
//!     value: mark,
//!     scenarios: linear_scenarios(mark, &scan)?,
//!     ..Row::default()
//! };
//!
//! let mut positions = Positions::default();
//! positions[0] = Position(1);
//! let account = Assessment::new(&table, &positions, Money(-40_000_000))?;
//! assert_eq!(account.equity, Money(20_000_000));
//! // The price falls by 16 %; initial margin asks for 320/256 of that.
//! assert_eq!(account.requirement(table.header.initial)?, Money(12_000_000));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod black76;
pub mod fixed;
pub mod funding;
pub mod instrument;
pub mod margin;
pub mod params;
pub mod positions;
pub mod scenarios;
pub mod span;
pub mod table;

pub use black76::{PricingError, Right};
pub use fixed::{Fixed, FixedError};
pub use funding::{Funding, FundingError, FundingTerms};
pub use instrument::{Instrument, InstrumentError, InstrumentKind};
pub use margin::{Assessment, DoorsError, MarginChoice, MarginError, Traded};
pub use params::{ParamError, ScanParams};
pub use positions::Positions;
pub use scenarios::{linear_scenarios, LinearScan, ScenarioError};
pub use span::{Listing, Quote, SpanError, Valuation};
pub use table::{Header, RiskTable, Row, Status, TableError};
