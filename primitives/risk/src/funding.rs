//! Cumulative funding of a perpetual, with its fraction (R-FUNDING).
//!
//! A trade at price `p` moves cash by `-q·(p - F)` and equity counts `q·(mark - F)`: whatever `F` grows by while a
//! position is held is what a long lot has paid. No account is touched.

use cloister_crypto::constants::PRICE_BITS;
use cloister_types::PerLot;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::RangeInclusive;
use scale_info::TypeInfo;

/// One: rates and premiums are in 10^-12.
pub const RATE_ONE: i128 = 1_000_000_000_000;
/// The hour that rates refer to, milliseconds.
pub const HOUR: u64 = 3_600_000;
/// A premium is paid over this many hours.
pub const PREMIUM_HOURS: i128 = 8;
/// Longest time between two tables for which funding accrues, milliseconds.
pub const STEP_MAX: u64 = HOUR;
/// Fractions of 10^-6 of the settlement asset that are kept: none is ever rounded away.
pub const FRACTIONS: i128 = RATE_ONE * HOUR as i128;
/// Largest premium, 10^-6 of the index.
pub const PREMIUM: RangeInclusive<u32> = 0..=50_000;
/// Largest hourly rate, 10^-6 of the mark.
pub const RATE: RangeInclusive<u32> = 0..=10_000;
/// From 10^-6 to 10^-12.
const PPM_TO_RATE: i128 = 1_000_000;

/// Why funding cannot accrue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FundingError {
    /// A cap is outside its hard bounds.
    #[error("a cap of the funding is out of bounds")]
    Terms,
    /// The index is zero, or a price does not fit.
    #[error("a price is out of range")]
    Price,
    /// The mark is negative or the cumulative funding does not fit a table.
    #[error("the cumulative funding is out of range")]
    OutOfRange,
    /// Time would run backwards.
    #[error("the time is before the last accrual")]
    Time,
}

/// Governed caps of a perpetual's funding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct FundingTerms {
    /// Largest premium that funding sees, 10^-6 of the index: [`PREMIUM`].
    pub max_premium: u32,
    /// Largest hourly rate, 10^-6 of the mark: [`RATE`].
    pub max_rate: u32,
}

impl FundingTerms {
    /// The hourly rate, 10^-12 of the mark: the premium of the perpetual over its index, capped, paid over eight hours,
    /// capped again; rounded towards zero. Both prices are in 10^-18.
    ///
    /// # Errors
    /// [`FundingError::Terms`], [`FundingError::Price`].
    pub fn rate(&self, index: u128, perpetual: u128) -> Result<i64, FundingError> {
        if !PREMIUM.contains(&self.max_premium) || !RATE.contains(&self.max_rate) {
            return Err(FundingError::Terms);
        }
        let signed = |x: u128| i128::try_from(x).map_err(|_| FundingError::Price);
        let (index, perpetual) = (signed(index)?, signed(perpetual)?);
        // Both are not negative: the difference exists.
        let premium = (perpetual - index)
            .checked_mul(RATE_ONE)
            .and_then(|x| x.checked_div(index))
            .ok_or(FundingError::Price)?;
        let cap = i128::from(self.max_premium) * PPM_TO_RATE;
        let rate_cap = i128::from(self.max_rate) * PPM_TO_RATE;
        let rate = (premium.clamp(-cap, cap) / PREMIUM_HOURS).clamp(-rate_cap, rate_cap);
        // Within the cap, below 2^34.
        i64::try_from(rate).map_err(|_| FundingError::Price)
    }
}

/// Cumulative funding of one long lot.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct Funding {
    /// In 10^-6 of the settlement asset over [`FRACTIONS`].
    sum: i128,
    /// Accrued up to here, milliseconds of Unix time; `None` before the first table.
    at: Option<u64>,
}

impl Funding {
    /// Adds what `rate` (10^-12 of `mark` per hour) amounts to since the last accrual, capped at [`STEP_MAX`]; the
    /// first call only starts the clock. Nothing is rounded. Nothing changes on an error.
    ///
    /// # Errors
    /// [`FundingError::Time`], [`FundingError::OutOfRange`].
    pub fn accrue(&mut self, mark: PerLot, rate: i64, now: u64) -> Result<(), FundingError> {
        if mark < PerLot::ZERO {
            return Err(FundingError::OutOfRange);
        }
        let elapsed = match self.at {
            None => 0,
            Some(at) => now.checked_sub(at).ok_or(FundingError::Time)?.min(STEP_MAX),
        };
        let next = i128::from(mark.get())
            .checked_mul(i128::from(rate))
            .and_then(|x| x.checked_mul(i128::from(elapsed)))
            .and_then(|x| x.checked_add(self.sum))
            .ok_or(FundingError::OutOfRange)?;
        whole(next)?;
        *self = Self {
            sum: next,
            at: Some(now),
        };
        Ok(())
    }

    /// The `F` of the table: whole units of 10^-6, rounded down.
    ///
    /// # Errors
    /// [`FundingError::OutOfRange`] if it does not fit (only for a value that was decoded; [`Self::accrue`] refuses
    /// it).
    pub fn whole(&self) -> Result<PerLot, FundingError> {
        whole(self.sum)
    }

    /// The exact sum, in 10^-6 of the settlement asset over [`FRACTIONS`].
    pub const fn exact(&self) -> i128 {
        self.sum
    }
}

fn whole(sum: i128) -> Result<PerLot, FundingError> {
    match i64::try_from(sum.div_euclid(FRACTIONS)) {
        Ok(f) if f.unsigned_abs() >> PRICE_BITS == 0 => Ok(PerLot(f)),
        _ => Err(FundingError::OutOfRange),
    }
}
