//! Money, prices, lots and identifiers as types of their own.
//!
//! One integer each, in memory and in SCALE. Arithmetic is checked or saturating and always spelled out, because
//! consensus code must neither wrap nor panic; money is displayed in whole units of the settlement asset.
//!
//! ```
//! use cloister_types::{Amount, Lots, Money, Position, Price};
//!
//! let price = Price(60_000_250_000);
//! let cost = price.times(Lots(3));
//! assert_eq!(cost.to_string(), "180000.75");
//!
//! // An account that buys three lots and pays a fee.
//! let cash = Money::from(Amount(200_000_000_000));
//! let fee = Amount(90_000_375);
//! let paid = cost.signed().and_then(|cost| cash.checked_sub(cost)?.checked_sub(fee.into()));
//! assert_eq!(paid, Some(Money(19_909_249_625)));
//! let change = Lots(3).bought();
//! assert_eq!(change.and_then(|change| Position::ZERO.checked_add(change)), Some(Position(3)));
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

mod ids;
mod lots;
mod money;
mod newtype;

pub use ids::{AccountIndex, GroupId, InstructionId, InstrumentId, ItemId};
pub use lots::{Lots, Position};
pub use money::{Amount, Deficit, Money, PerLot, Price, Total, DECIMALS};
