//! The matching engine of one margin group: books, price-time priority, and the margin check before every order and
//! every fill.
//!
//! Pure and deterministic: ordered maps, no clock, no randomness, no I/O. Inputs are methods of [`Engine`]; the output
//! of each is a list of [`Effect`]s in order, which the batcher turns into proven units. The margin code is
//! `cloister_risk`, the one the proof's native twin uses, so what the engine accepts can be proven on the table in
//! force.
//!
//! Rules of matching:
//! * A fill happens at the price of the order that rested. One crossing of a resting order by an incoming one is one
//!   fill.
//! * A market order is an immediate-or-cancel order with a protective limit.
//! * Where an order meets one of its own account, its flags say which of the two leaves; by default it stops.
//! * An order takes the slot `id mod 512`. A higher id of the same slot is refused while an order is there, unless it
//!   amends that order.
//! * An id is taken once; an immediate order that found nobody is spent too, or anyone who saw it could replay it.
//! * An order with a trigger waits apart from the book until a table's mark is there, and comes in then.
//! * What can no longer trade leaves the book: at a new table, when the position that it must reduce is gone, and else
//!   when it is met. An incoming order that no longer meets the proof's rules stops.
//! * A signed cancel that finds an order, a cancel-all or a withdrawal is always also proven, so that it binds on the
//!   chain. Controls take orders out without a unit, and bind nothing there.
//!
//! ```
//! use cloister_crypto::Fr;
//! use cloister_engine::{Effect, Engine};
//! use cloister_engine_testing::{buy, config, secret, sell, sign, table, BTC, MARK, NOW};
//! use cloister_types::{AccountIndex, Amount, InstrumentId, Lots};
//!
//! let mut engine = Engine::new(config(), table(1))?;
//! for account in 0..2 {
//!     let deposit = Amount(1_000_000_000);
//!     engine.open(AccountIndex(account), secret(account).public(), Fr::from(1u64), deposit)?;
//! }
//! // Five lots are offered, and three of them bought.
//! engine.submit(NOW, sign(sell(0, 1, 5, MARK)))?;
//! let accepted = engine.submit(NOW, sign(buy(1, 1, 3, MARK)))?;
//! assert!(matches!(&accepted.effects[..], [Effect::Filled(fill)] if fill.quantity == Lots(3)));
//! assert_eq!(engine.depth(InstrumentId(BTC), 1).asks[0].quantity, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod assessed;
mod book;
mod bound;
mod cancels;
mod checks;
mod config;
mod controls;
mod dense;
mod derived;
mod effect;
mod engine;
mod entry;
mod error;
mod expiries;
mod exposure;
mod flat;
mod held;
mod ids;
mod inputs;
mod level;
mod liquidate;
mod matcher;
mod orders;
mod protection;
mod resting;
mod slots;
mod snapshot;
mod succession;
mod tables;
mod trade;
mod unsigned;
mod verified;
mod void;
mod waiting;

pub use account::{AccountView, DeadMan, Fate};
pub use book::{Book, Crossing, Depth, DepthLevel, Place};
pub use config::{EngineConfig, FeeRates, Rules};
pub use effect::{Effect, Fill, FillSide, OrderOutcome, Removal};
pub use engine::{Accepted, Engine};
pub use error::{Field, InputError, Rejection, TradeError, UnsignedError};
pub use exposure::{fee_at, OpenRisk, WorstCase};
pub use ids::{AccountIndex, FillId, Millis, OrderKey, Sequence};
pub use level::Resting;
pub use liquidate::{RestingOffer, UnsignedPlan, UnsignedStep};
pub use protection::Protection;
pub use resting::OpenOrder;
pub use snapshot::SnapshotError;
pub use trade::{band, reducible, Holdings, Trade};
pub use unsigned::{MatchedOrder, UnitMove, UnsignedFill, UnsignedGroup, UnsignedUnit};
pub use verified::{Checker, Claim, TraderInput, Verified};
pub use waiting::WaitingOrder;
