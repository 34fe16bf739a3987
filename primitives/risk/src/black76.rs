//! European options on a forward by Black's formula of 1976, without discounting (R-BLACK76).
//!
//! The option that is out of the money is computed and the other follows by parity, so that `call - put = forward -
//! strike` and `intrinsic <= value` hold to the unit. Money is in 10^-6 of the settlement asset.

use crate::fixed::{Fixed, FixedError};
use cloister_crypto::constants::PRICE_BITS;
use cloister_types::PerLot;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// One: volatilities are in 10^-6 per year, 1_000_000 is 100 %.
pub const VOLATILITY_ONE: u32 = 1_000_000;
/// Maximum volatility of a valuation.
pub const VOLATILITY_MAX: u32 = 100 * VOLATILITY_ONE;
/// A year of 365 days in milliseconds.
pub const YEAR: u64 = 365 * 86_400_000;
/// Maximum time to expiry of a valuation, milliseconds.
pub const TENOR_MAX: u64 = 10 * YEAR;

/// What an option gives the right to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub enum Right {
    /// To buy at the strike.
    Call,
    /// To sell at the strike.
    Put,
}

/// Why an option has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// The forward is negative or needs more than [`PRICE_BITS`] bits.
    #[error("the forward price is out of range")]
    Forward,
    /// The strike is not positive or needs more than [`PRICE_BITS`] bits.
    #[error("the strike is out of range")]
    Strike,
    /// The volatility is above [`VOLATILITY_MAX`].
    #[error("the volatility is out of range")]
    Volatility,
    /// The time to expiry is above [`TENOR_MAX`].
    #[error("the time to expiry is out of range")]
    Tenor,
    /// An intermediate result does not fit (impossible inside the ranges above).
    #[error(transparent)]
    Fixed(#[from] FixedError),
}

/// Standard deviation of the logarithm of the price at expiry, `σ·√T`.
///
/// # Errors
/// [`PricingError::Volatility`], [`PricingError::Tenor`].
pub fn deviation(volatility: u32, tenor: u64) -> Result<Fixed, PricingError> {
    if volatility > VOLATILITY_MAX {
        return Err(PricingError::Volatility);
    }
    if tenor > TENOR_MAX {
        return Err(PricingError::Tenor);
    }
    // Below 2^54 · 2^39, over 2^75.
    let variance = u128::from(volatility) * u128::from(volatility) * u128::from(tenor);
    let one = u128::from(VOLATILITY_ONE) * u128::from(VOLATILITY_ONE) * u128::from(YEAR);
    Ok(Fixed::sqrt_ratio(variance, one)?)
}

/// A forward and a strike: what valuations at several volatilities share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moneyness {
    forward: PerLot,
    strike: PerLot,
    /// `ln(low/high)` of the two, `None` if the forward is zero.
    log: Option<Fixed>,
}

impl Moneyness {
    /// Forward price and strike, each below 2^[`PRICE_BITS`]; the forward may be zero.
    ///
    /// # Errors
    /// [`PricingError::Forward`], [`PricingError::Strike`].
    pub fn new(forward: PerLot, strike: PerLot) -> Result<Self, PricingError> {
        let fits = |x: PerLot| x >= PerLot::ZERO && x.get() >> PRICE_BITS == 0;
        if !fits(forward) {
            return Err(PricingError::Forward);
        }
        if !fits(strike) || strike.is_zero() {
            return Err(PricingError::Strike);
        }
        let (low, high) = (
            forward.min(strike).get().unsigned_abs(),
            forward.max(strike).get().unsigned_abs(),
        );
        let log = if low == 0 {
            None
        } else {
            Some(Fixed::ln_ratio(low, high)?)
        };
        Ok(Self { forward, strike, log })
    }

    /// Value at expiry.
    pub fn intrinsic(&self, right: Right) -> PerLot {
        // Both are in [0, 2^55): the difference exists.
        let gain = match right {
            Right::Call => self.forward.saturating_sub(self.strike),
            Right::Put => self.strike.saturating_sub(self.forward),
        };
        gain.max(PerLot::ZERO)
    }

    /// Value above the intrinsic one, the same for call and put: the value of the option that is out of the money,
    /// `low·Φ(d1) - high·Φ(d2)`, nearest unit.
    fn time_value(&self, deviation: Fixed) -> Result<PerLot, PricingError> {
        let (low, high) = (self.forward.min(self.strike), self.forward.max(self.strike));
        let Some(log) = self.log.filter(|_| deviation > Fixed::ZERO) else {
            return Ok(PerLot::ZERO);
        };
        let d1 = log.div(deviation)?.add(deviation.half())?;
        let d2 = d1.sub(deviation)?;
        // 55 bits times at most 2^64.
        let held = i128::from(low.get()) * d1.normal_cdf().raw();
        let paid = i128::from(high.get()) * d2.normal_cdf().raw();
        let value = Fixed::from_raw(held - paid).round();
        // No-arbitrage bounds, which the error of the distribution could miss by a unit. `low` is an i64, so the value
        // is.
        Ok(PerLot(value.clamp(0, i128::from(low.get())) as i64))
    }

    /// Value at a [`deviation`], to within one unit and 2^-55 of the larger of forward and strike.
    ///
    /// # Errors
    /// [`PricingError::Fixed`], which the ranges exclude.
    pub fn value(&self, right: Right, deviation: Fixed) -> Result<PerLot, PricingError> {
        // The time value is at most `low`, the intrinsic one `high - low`.
        Ok(self.intrinsic(right).saturating_add(self.time_value(deviation)?))
    }
}

/// Value of an option, to the nearest unit; `tenor` is the time to expiry in milliseconds,
/// `volatility` in 10^-6 per year. At expiry or without volatility it is the intrinsic value.
///
/// # Errors
/// An argument out of range.
pub fn value(
    right: Right,
    forward: PerLot,
    strike: PerLot,
    volatility: u32,
    tenor: u64,
) -> Result<PerLot, PricingError> {
    Moneyness::new(forward, strike)?.value(right, deviation(volatility, tenor)?)
}
