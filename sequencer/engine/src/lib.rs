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
//! * Self-trade prevention cancels the newest: an incoming order stops in front of its own account's order.
//! * An order takes the slot `id mod 512`. A higher id of the same slot overtakes an order at rest, which leaves the
//!   book.
//! * An id is taken once; an immediate order that found nobody is spent too, or anyone who saw it could replay it.
//! * A resting order that no longer meets the proof's rules leaves the book when it is met; an incoming one stops
//!   there.
//! * A signed cancel, cancel-all or withdrawal is always also proven, so that it binds on the chain.
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
mod book;
mod checks;
mod config;
mod effect;
mod engine;
mod error;
mod exposure;
mod ids;
mod matcher;
mod trade;

pub use account::{AccountView, OpenOrder};
pub use book::{Book, Depth, DepthLevel, Place, Resting};
pub use config::{EngineConfig, FeeRates};
pub use effect::{Effect, Fill, FillSide, OrderOutcome, Removal};
pub use engine::{Accepted, Engine};
pub use error::{Field, InputError, Rejection, TradeError};
pub use exposure::{fee_at, OpenRisk, WorstCase};
pub use ids::{AccountIndex, FillId, Millis, OrderKey, Sequence};
pub use trade::{band, reducible, Holdings, Trade};
