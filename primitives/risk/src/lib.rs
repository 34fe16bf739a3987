//! Risk tables: instruments, prices of options, SPAN-style scenarios, funding, and margin over the scenarios.
//!
//! Pure and `no_std`: the runtime makes tables with it, the sequencer checks orders with it, the witness builder and the
//! circuit's tests prove with it. Specification: `docs/spec/state.md` S-RISK, `docs/spec/batch.md` B-MARGIN,
//! `docs/spec/risk.md`.
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
pub use instrument::{Instrument, InstrumentError, Kind};
pub use margin::{Assessment, MarginChoice, MarginError};
pub use params::{ParamError, ScanParams};
pub use positions::Positions;
pub use scenarios::{linear_scenarios, LinearScan, ScenarioError};
pub use span::{Listing, Quote, SpanError, Valuation};
pub use table::{Header, RiskTable, Row, Status, TableError};
