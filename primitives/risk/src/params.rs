//! Governed parameters of the scenarios of a margin group, with hard bounds (R-PARAMS).

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::RangeInclusive;
use scale_info::TypeInfo;

/// Price scan range, 10^-6 of the forward.
pub const PRICE_RANGE: RangeInclusive<u32> = 10_000..=500_000;
/// Volatility scan range at thirty days, 10^-6 of the volatility.
pub const VOLATILITY_RANGE: RangeInclusive<u32> = 50_000..=1_000_000;
/// Exponent of thirty days over the time to expiry, 10^-6.
pub const TENOR_EXPONENT: RangeInclusive<u32> = 0..=500_000;
/// Extreme move in scan ranges, 10^-6.
pub const EXTREME_MULTIPLE: RangeInclusive<u32> = 1_000_000..=5_000_000;
/// Covered fraction of an extreme move's profit, 10^-6.
pub const EXTREME_COVER: RangeInclusive<u32> = 100_000..=1_000_000;
/// Minimum margin of a short option, 10^-6 of the forward.
pub const SHORT_OPTION_FLOOR: RangeInclusive<u32> = 1_000..=200_000;
/// Margin of a dated future for its basis, 10^-6 of the forward.
pub const BASIS_FLOOR: RangeInclusive<u32> = 500..=200_000;

/// Parameters of the scenarios; bounds above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct ScanParams {
    /// [`PRICE_RANGE`].
    pub price_range: u32,
    /// [`VOLATILITY_RANGE`].
    pub volatility_range: u32,
    /// [`TENOR_EXPONENT`].
    pub tenor_exponent: u32,
    /// [`EXTREME_MULTIPLE`].
    pub extreme_multiple: u32,
    /// [`EXTREME_COVER`].
    pub extreme_cover: u32,
    /// [`SHORT_OPTION_FLOOR`].
    pub short_option_floor: u32,
    /// [`BASIS_FLOOR`].
    pub basis_floor: u32,
}

/// Which parameter is outside its hard bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// [`PRICE_RANGE`].
    #[error("the price scan range is out of bounds")]
    PriceRange,
    /// [`VOLATILITY_RANGE`].
    #[error("the volatility scan range is out of bounds")]
    VolatilityRange,
    /// [`TENOR_EXPONENT`].
    #[error("the tenor exponent is out of bounds")]
    TenorExponent,
    /// [`EXTREME_MULTIPLE`].
    #[error("the extreme move is out of bounds")]
    ExtremeMultiple,
    /// [`EXTREME_COVER`].
    #[error("the covered fraction is out of bounds")]
    ExtremeCover,
    /// [`SHORT_OPTION_FLOOR`].
    #[error("the floor of short options is out of bounds")]
    ShortOptionFloor,
    /// [`BASIS_FLOOR`].
    #[error("the floor of futures is out of bounds")]
    BasisFloor,
}

impl ScanParams {
    /// A starting point for a liquid coin, close to public portfolio-margin rules: 16 % of the price; 45 % of the
    /// volatility at thirty days, and more for nearer expiries; an extreme of two ranges, covered by 35 %; 1 % for
    /// short options and 0.6 % for basis.
    pub const LIQUID_COIN: Self = Self {
        price_range: 160_000,
        volatility_range: 450_000,
        tenor_exponent: 300_000,
        extreme_multiple: 2_000_000,
        extreme_cover: 350_000,
        short_option_floor: 10_000,
        basis_floor: 6_000,
    };

    /// Checks every parameter.
    ///
    /// # Errors
    /// The first one outside its hard bounds.
    pub fn check(&self) -> Result<(), ParamError> {
        let all = [
            (PRICE_RANGE, self.price_range, ParamError::PriceRange),
            (VOLATILITY_RANGE, self.volatility_range, ParamError::VolatilityRange),
            (TENOR_EXPONENT, self.tenor_exponent, ParamError::TenorExponent),
            (EXTREME_MULTIPLE, self.extreme_multiple, ParamError::ExtremeMultiple),
            (EXTREME_COVER, self.extreme_cover, ParamError::ExtremeCover),
            (
                SHORT_OPTION_FLOOR,
                self.short_option_floor,
                ParamError::ShortOptionFloor,
            ),
            (BASIS_FLOOR, self.basis_floor, ParamError::BasisFloor),
        ];
        match all.iter().find(|(bounds, value, _)| !bounds.contains(value)) {
            Some((_, _, error)) => Err(*error),
            None => Ok(()),
        }
    }
}
