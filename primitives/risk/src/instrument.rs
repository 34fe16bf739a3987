//! What a row of a risk table is about (R-INSTRUMENT).

use crate::black76::{Right, TENOR_MAX};
use cloister_crypto::constants::{PRICE_BITS, TIME_BITS};
use cloister_types::PerLot;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::RangeInclusive;
use scale_info::TypeInfo;

/// Underlying per lot, 10^-9 units.
pub const LOT_SIZE: RangeInclusive<u64> = 1..=1_000_000_000_000_000;
/// A price in 10^-18 of the settlement asset per unit, times a lot size in 10^-9 units, divided by this, is a price in
/// 10^-6 per lot.
const LOT_TO_TABLE: u128 = 1_000_000_000_000_000_000_000;

/// The kinds of instruments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub enum InstrumentKind {
    /// A perpetual: follows the index, with funding.
    Perpetual,
    /// A dated future.
    Future {
        /// When it settles, milliseconds of Unix time.
        expiry: u64,
    },
    /// A European option on the underlying, settled in cash.
    Option {
        /// Call or put.
        right: Right,
        /// Strike, 10^-18 of the settlement asset for one unit of the underlying (as the oracle's prices).
        strike: u128,
        /// When it settles, milliseconds of Unix time.
        expiry: u64,
    },
}

/// An instrument of a margin group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Instrument {
    /// Its kind.
    pub kind: InstrumentKind,
    /// Underlying per lot, 10^-9 units; never changes, positions are counted in lots.
    pub lot_size: u64,
}

/// Why an instrument cannot be listed or valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstrumentError {
    /// The lot is outside [`LOT_SIZE`].
    #[error("the lot size is out of bounds")]
    LotSize,
    /// The strike of a lot is zero or does not fit a table.
    #[error("the strike is out of range")]
    Strike,
    /// The strike of a lot is not a whole number of 10^-6 of the settlement asset.
    #[error("the strike of a lot is not a whole number of units")]
    StrikeInexact,
    /// The expiry has passed, is too far away, or does not fit its width.
    #[error("the expiry is out of range")]
    Expiry,
    /// The price of a lot does not fit a table.
    #[error("the price of a lot is out of range")]
    Price,
}

impl InstrumentKind {
    /// Places per unit without which positions in a group that lists it could not be liquidated (R-PLACES).
    pub const fn places(&self) -> u16 {
        match self {
            Self::Perpetual => 1,
            Self::Future { .. } => 2,
            Self::Option { .. } => 4,
        }
    }
}

/// Places per unit that some active shape must have for a group with these instruments (R-PLACES).
pub fn places_needed(kinds: impl IntoIterator<Item = InstrumentKind>) -> u16 {
    let (mut count, mut most) = (0u32, 1);
    for kind in kinds {
        count = count.saturating_add(1);
        most = most.max(kind.places());
    }
    // Any two instruments of a group follow one price: they hedge each other.
    if count > 1 {
        most.max(2)
    } else {
        most
    }
}

impl Instrument {
    /// When it settles, milliseconds of Unix time; `None` for a perpetual.
    pub const fn expiry(&self) -> Option<u64> {
        match self.kind {
            InstrumentKind::Perpetual => None,
            InstrumentKind::Future { expiry } | InstrumentKind::Option { expiry, .. } => Some(expiry),
        }
    }

    /// Checks an instrument that someone wants to list at `now`.
    ///
    /// # Errors
    /// [`InstrumentError`]: the first bound that does not hold.
    pub fn check(&self, now: u64) -> Result<(), InstrumentError> {
        if !LOT_SIZE.contains(&self.lot_size) {
            return Err(InstrumentError::LotSize);
        }
        if let Some(expiry) = self.expiry() {
            let tenor = expiry.checked_sub(now).ok_or(InstrumentError::Expiry)?;
            if tenor == 0 || tenor > TENOR_MAX || expiry >> TIME_BITS != 0 {
                return Err(InstrumentError::Expiry);
            }
        }
        if let InstrumentKind::Option { strike, .. } = self.kind {
            self.strike_of_lot(strike)?;
        }
        Ok(())
    }

    /// The price of a lot, rounded down, from the price of a unit in 10^-18.
    ///
    /// # Errors
    /// [`InstrumentError::Price`] if it is zero or does not fit.
    pub fn price_of_lot(&self, price: u128) -> Result<PerLot, InstrumentError> {
        let product = price
            .checked_mul(u128::from(self.lot_size))
            .ok_or(InstrumentError::Price)?;
        match i64::try_from(product / LOT_TO_TABLE) {
            Ok(price) if price > 0 && price >> PRICE_BITS == 0 => Ok(PerLot(price)),
            _ => Err(InstrumentError::Price),
        }
    }

    /// The strike of a lot, exactly.
    ///
    /// # Errors
    /// [`InstrumentError::Strike`], [`InstrumentError::StrikeInexact`].
    pub fn strike_of_lot(&self, strike: u128) -> Result<PerLot, InstrumentError> {
        let product = strike
            .checked_mul(u128::from(self.lot_size))
            .ok_or(InstrumentError::Strike)?;
        if product % LOT_TO_TABLE != 0 {
            return Err(InstrumentError::StrikeInexact);
        }
        match i64::try_from(product / LOT_TO_TABLE) {
            Ok(strike) if strike > 0 && strike >> PRICE_BITS == 0 => Ok(PerLot(strike)),
            _ => Err(InstrumentError::Strike),
        }
    }
}
