//! The policy of liquidation, takeover, deleveraging and expiry.
//!
//! For every batch somebody must decide which accounts are reduced, which are passed to the house, whose expired lots
//! are settled, and how the house gets rid of what it holds. This crate decides; it neither signs, proves nor sends
//! anything, and knows neither the sequencer's service nor the simulation. Both hand it a batch in the making
//! ([`BatchDraft`]): accounts and the house in plain numbers ([`Holding`]) at a risk table, and offers of makers
//! ([`Offer`]). It answers with groups of [`Decision`]s that stand or fall together, and the draft accepts each group
//! or refuses it for a named [`Refusal`].
//!
//! [`decide`] does for a batch, in this order:
//! 1. [`take_over`]: accounts of negative equity go to the house, the worst first;
//! 2. [`liquidate`]: accounts below maintenance margin are reduced by one fill each, by as little as makes them safe
//!    again;
//! 3. [`take_over`] once more, since the penalties of the liquidations have made room;
//! 4. [`deleverage()`]: what insolvent accounts still hold, and nobody took a part of, is closed at the mark against
//!    accounts that hold the other side, those with the highest profit and leverage first;
//! 5. [`expire`]: lots in expired rows become money;
//! 6. [`shed`]: makers take from the house what it holds.
//!
//! Accounts whose risk no single fill reduces are left to [`liquidate_pairs`] and [`deleverage_pairs`], in a batch of a
//! shape with several places per unit: their legs are closed together, each in proportion ([`close_together`]).
//! `examples/one_account.rs` shows the interface on one account.
//!
//! The rules that a draft enforces are those of the batch (`docs/spec/batch.md`). The margin arithmetic here shares no
//! code with the ledger's: what both accept has been computed twice.

mod basis;
mod decide;
mod decision;
mod deleverage;
mod draft;
mod holding;
mod index;
mod keeper;
mod liquidation;
mod need;
mod policy;
mod refusal;
mod resting;
mod trade;
mod walk;

pub use basis::Basis;
pub use decide::{decide, Left};
pub use decision::Decision;
pub use deleverage::{deleverage, deleverage_pairs, priority};
pub use draft::{take, BatchDraft, Offer, OfferPrice, Resting};
pub use holding::{Holding, ONE_TIMES};
pub use index::{lacking, Distances};
pub use keeper::{expire, shed, take_over};
pub use liquidation::{liquidate, liquidate_pairs, Unliquidated};
pub use need::{admissible, shares};
pub use policy::Policy;
pub use refusal::Refusal;
pub use trade::{closing, Trade};
pub use walk::close_together;
