//! The governed parameters by name, with their hard bounds, so that whoever asks for one that is outside hears which.

use crate::{
    bounds,
    types::{GroupParams, InstrumentParams},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::RangeInclusive;
use polkadot_sdk::frame_support::PalletError;
use scale_info::TypeInfo;

/// A governed parameter. What each means is at the field of its name in [`GroupParams`] and [`InstrumentParams`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen, PalletError,
)]
pub enum RiskParameter {
    /// Initial margin ratio over 2^8.
    Initial,
    /// Maintenance margin ratio over 2^8.
    Maintenance,
    /// Liquidation penalty over 2^8.
    Penalty,
    /// How much worse than the mark an account may be closed, over 2^8.
    MaxDiscount,
    /// Highest fee, 10^-6 of the traded cost.
    FeeCap,
    /// Age at which a price is stale, milliseconds.
    MaxPriceAge,
    /// Time between two tables, milliseconds.
    TableInterval,
    /// How long a replaced table may be named, milliseconds.
    TableGrace,
    /// Underlying a lot, 10^-9 units.
    LotSize,
    /// Scan range, 10^-6 of the mark.
    ScanRange,
    /// Extreme move, 10^-6 scan ranges.
    ExtremeMultiple,
    /// Covered fraction of the extreme move, 10^-6.
    ExtremeCover,
    /// Least margin of a long lot, 10^-6 of the mark.
    FloorLong,
    /// Least margin of a short lot, 10^-6 of the mark.
    FloorShort,
    /// Price band, 10^-6 of the mark.
    Band,
    /// Largest premium, 10^-6 of the index.
    MaxPremium,
    /// Largest funding rate per hour, 10^-6 of the mark.
    MaxFundingRate,
    /// Position limit, lots.
    Limit,
    /// Liquidation step, lots.
    Chunk,
    /// How long a feed may be dead until its instrument expires, milliseconds.
    SettleAfter,
    /// How far a mark may move from one table to the next, 10^-6 of the mark.
    JumpLimit,
}

/// The hard bounds of a parameter, both of them allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ParameterBounds {
    /// The parameter.
    pub parameter: RiskParameter,
    /// The least value.
    pub least: u64,
    /// The highest value.
    pub most: u64,
}

/// What is wrong with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// It is outside its hard bounds.
    OutOfBounds(RiskParameter),
    /// The first is above the second, which is its bound.
    Above(RiskParameter, RiskParameter),
}

/// Bounds of a smaller type as those of a number of 64 bits.
fn wide<N: Copy + Into<u64>>(bounds: RangeInclusive<N>) -> RangeInclusive<u64> {
    (*bounds.start()).into()..=(*bounds.end()).into()
}

impl RiskParameter {
    /// All of them, those of a group first.
    pub const ALL: [Self; 21] = [
        Self::Initial,
        Self::Maintenance,
        Self::Penalty,
        Self::MaxDiscount,
        Self::FeeCap,
        Self::MaxPriceAge,
        Self::TableInterval,
        Self::TableGrace,
        Self::LotSize,
        Self::ScanRange,
        Self::ExtremeMultiple,
        Self::ExtremeCover,
        Self::FloorLong,
        Self::FloorShort,
        Self::Band,
        Self::MaxPremium,
        Self::MaxFundingRate,
        Self::Limit,
        Self::Chunk,
        Self::SettleAfter,
        Self::JumpLimit,
    ];

    /// Its hard bounds.
    pub fn bounds(self) -> RangeInclusive<u64> {
        match self {
            Self::Initial => wide(bounds::INITIAL),
            Self::Maintenance => wide(bounds::MAINTENANCE),
            Self::Penalty => wide(bounds::PENALTY),
            Self::MaxDiscount => wide(bounds::MAX_DISCOUNT),
            Self::FeeCap => wide(bounds::FEE_CAP),
            Self::MaxPriceAge => bounds::PRICE_AGE,
            Self::TableInterval => bounds::TABLE_INTERVAL,
            Self::TableGrace => bounds::TABLE_GRACE,
            Self::LotSize => bounds::LOT_SIZE,
            Self::ScanRange => wide(bounds::SCAN_RANGE),
            Self::ExtremeMultiple => wide(bounds::EXTREME_MULTIPLE),
            Self::ExtremeCover => wide(bounds::EXTREME_COVER),
            Self::FloorLong | Self::FloorShort => wide(bounds::FLOOR),
            Self::Band => wide(bounds::BAND),
            Self::MaxPremium => wide(bounds::PREMIUM),
            Self::MaxFundingRate => wide(bounds::FUNDING_RATE),
            Self::Limit => bounds::LIMIT,
            Self::Chunk => bounds::CHUNK,
            Self::SettleAfter => bounds::SETTLE_AFTER,
            Self::JumpLimit => wide(bounds::JUMP_LIMIT),
        }
    }

    /// Checks a value of it.
    ///
    /// # Errors
    /// [`Violation::OutOfBounds`].
    pub fn check(self, value: impl Into<u64>) -> Result<(), Violation> {
        if self.bounds().contains(&value.into()) {
            Ok(())
        } else {
            Err(Violation::OutOfBounds(self))
        }
    }

    /// Checks values of this parameter and of the one that is its bound.
    fn check_below(self, value: impl Into<u64>, bound: Self, highest: impl Into<u64>) -> Result<(), Violation> {
        if value.into() <= highest.into() {
            Ok(())
        } else {
            Err(Violation::Above(self, bound))
        }
    }
}

/// The bounds of all parameters, for the metadata.
pub(crate) fn all_bounds() -> alloc::vec::Vec<ParameterBounds> {
    let of = |parameter: RiskParameter| {
        let (least, most) = parameter.bounds().into_inner();
        ParameterBounds { parameter, least, most }
    };
    RiskParameter::ALL.into_iter().map(of).collect()
}

impl GroupParams {
    /// Checks every parameter, in the order of the fields, and then those that bound each other.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn check(&self) -> Result<(), Violation> {
        use RiskParameter::*;

        Initial.check(self.initial)?;
        Maintenance.check(self.maintenance)?;
        Penalty.check(self.penalty)?;
        MaxDiscount.check(self.max_discount)?;
        FeeCap.check(self.fee_cap)?;
        MaxPriceAge.check(self.max_price_age)?;
        TableInterval.check(self.table_interval)?;
        Maintenance.check_below(self.maintenance, Initial, self.initial)
    }
}

impl InstrumentParams {
    /// Checks every parameter, in the order of the fields, and then those that bound each other.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn check(&self) -> Result<(), Violation> {
        use RiskParameter::*;

        LotSize.check(self.lot_size)?;
        ScanRange.check(self.scan_range)?;
        ExtremeMultiple.check(self.extreme_multiple)?;
        ExtremeCover.check(self.extreme_cover)?;
        FloorLong.check(self.floor_long)?;
        FloorShort.check(self.floor_short)?;
        Band.check(self.band)?;
        MaxPremium.check(self.max_premium)?;
        MaxFundingRate.check(self.max_funding_rate)?;
        Limit.check(self.limit)?;
        Chunk.check(self.chunk)?;
        // A fill at the edge of the band must not cost more than the margin that the scan range asks.
        Band.check_below(self.band, ScanRange, self.scan_range)?;
        Chunk.check_below(self.chunk, Limit, self.limit)
    }
}
