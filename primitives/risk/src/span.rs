//! Rows of a risk table: marks, scenario profits, floors (R-SPAN).
//!
//! Every instrument of a group sees the same relative move of its own forward; options are revalued with Black-76 at
//! the moved volatility. Money is in 10^-6 of the settlement asset per lot.

use crate::{
    black76::{deviation, Moneyness, PricingError, Right},
    fixed::{Fixed, FixedError},
    instrument::{Instrument, InstrumentError, InstrumentKind},
    params::{ParamError, ScanParams},
    scenarios::{divide_away, PPM},
    table::{Row, Status},
};
use cloister_crypto::constants::{PRICE_BITS, SCENARIOS};
use cloister_types::{InstrumentId, Lots, PerLot, Price};
use core::ops::RangeInclusive;

/// Volatilities that a mark may have, 10^-6 per year.
pub const MARK_VOLATILITY: RangeInclusive<u32> = 10_000..=10_000_000;
/// The volatility scan range is for this time to expiry, milliseconds.
pub const REFERENCE_TENOR: u64 = 30 * 86_400_000;
/// Expiries nearer than this scan the volatility as if they were this far away, milliseconds.
pub const SCAN_TENOR_MIN: u64 = 86_400_000;
/// How long before its expiry the floors of a future start to rise, milliseconds.
pub const EXPIRY_WINDOW: u64 = 86_400_000;
/// Thirds of the scan range, in the order of the published SPAN example.
const THIRDS: [i128; 7] = [0, 1, -1, 2, -2, 3, -3];

/// What the oracle says of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// One unit of the underlying, 10^-18 of the settlement asset: the index for a perpetual, the forward of the same
    /// expiry for futures and options.
    pub price: u128,
    /// Mark volatility of an option, 10^-6 per year; ignored for other instruments.
    pub volatility: u32,
}

/// What governance says of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Never reused.
    pub instrument_id: InstrumentId,
    /// Trading or close-only; [`settled_row`] makes expired rows.
    pub status: Status,
    /// Largest position.
    pub limit: Lots,
    /// Largest liquidation step.
    pub chunk: Lots,
    /// Largest distance of a fill from the mark, 10^-6 of the forward.
    pub band: u32,
}

/// Why a row cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// A parameter is outside its hard bounds.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// The instrument cannot be valued.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// An option cannot be valued.
    #[error(transparent)]
    Pricing(#[from] PricingError),
    /// The mark volatility is outside [`MARK_VOLATILITY`].
    #[error("the mark volatility is out of range")]
    Volatility,
    /// A moved price, a profit or a row's value does not fit a table.
    #[error("a number of the row does not fit the table")]
    OutOfRange,
    /// A row with live status was asked of [`settled_row`], or an expired one of [`row`].
    #[error("the status does not fit the row")]
    Status,
}

impl From<FixedError> for SpanError {
    fn from(error: FixedError) -> Self {
        Self::Pricing(error.into())
    }
}

/// A lot now and under each scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// The forward of a lot.
    pub forward: PerLot,
    /// The mark of a lot.
    pub mark: PerLot,
    /// Profit of one long lot under each scenario.
    pub scenarios: [PerLot; SCENARIOS],
    /// Minimum margin of a long lot, on top of the scenarios.
    pub floor_long: Price,
    /// Minimum margin of a short lot, on top of the scenarios.
    pub floor_short: Price,
}

fn fit(x: i128) -> Result<PerLot, SpanError> {
    match i64::try_from(x) {
        Ok(x) if x.unsigned_abs() >> PRICE_BITS == 0 => Ok(PerLot(x)),
        _ => Err(SpanError::OutOfRange),
    }
}

/// `forward · ppm`, rounded up; the forward is below 2^55.
fn fraction_up(forward: PerLot, ppm: u32) -> Result<Price, SpanError> {
    let product = u128::from(forward.get().unsigned_abs()) * u128::from(ppm);
    let value = u64::try_from(product.div_ceil(PPM.unsigned_abs())).map_err(|_| SpanError::OutOfRange)?;
    if value >> PRICE_BITS == 0 {
        Ok(Price(value))
    } else {
        Err(SpanError::OutOfRange)
    }
}

/// The floor of both sides of a future: its basis, and within [`EXPIRY_WINDOW`] of the expiry a share of the way to the
/// largest move of a lot, in proportion to the time gone and rounded up. At the expiry it is what a lone leg of another
/// expiry loses at most, so that a calendar's margin does not jump when this leg goes.
fn future_floor(basis: Price, scenarios: &[PerLot; SCENARIOS], expiry: u64, now: u64) -> Price {
    let largest = scenarios.iter().map(|profit| profit.get().unsigned_abs()).max();
    let rise = largest.unwrap_or_default().saturating_sub(basis.get());
    let gone = EXPIRY_WINDOW.saturating_sub(expiry.saturating_sub(now));
    let share = (u128::from(rise) * u128::from(gone)).div_ceil(EXPIRY_WINDOW.into());
    // No more than the rise, since no more than the window is gone.
    basis.saturating_add(Price(u64::try_from(share).unwrap_or(rise)))
}

/// `1 + range · (30 days / tenor)^exponent`: the factor by which volatility rises, or falls.
fn volatility_factor(params: &ScanParams, tenor: u64) -> Result<Fixed, SpanError> {
    let one = PPM as i64;
    let exponent = Fixed::from_ratio(params.tenor_exponent.into(), one)?;
    let scale = Fixed::ln_ratio(REFERENCE_TENOR, tenor.max(SCAN_TENOR_MIN))?
        .mul(exponent)?
        .exp()?;
    let shift = Fixed::from_ratio(params.volatility_range.into(), one)?.mul(scale)?;
    Ok(Fixed::ONE.add(shift)?)
}

/// How a lot is valued at a moved forward.
enum Pricer {
    /// The forward itself.
    Linear,
    /// An option, with its deviations unmoved, up and down.
    Option {
        right: Right,
        strike: PerLot,
        mark: Fixed,
        up: Fixed,
        down: Fixed,
    },
}

impl Pricer {
    fn new(instrument: &Instrument, quote: &Quote, params: &ScanParams, now: u64) -> Result<Self, SpanError> {
        let InstrumentKind::Option { right, strike, expiry } = instrument.kind else {
            return Ok(Self::Linear);
        };
        if !MARK_VOLATILITY.contains(&quote.volatility) {
            return Err(SpanError::Volatility);
        }
        let tenor = expiry.saturating_sub(now);
        let mark = deviation(quote.volatility, tenor)?;
        let factor = volatility_factor(params, tenor)?;
        Ok(Self::Option {
            right,
            strike: instrument.strike_of_lot(strike)?,
            mark,
            up: mark.mul(factor)?,
            down: mark.div(factor)?,
        })
    }

    /// Values at a forward with volatility unmoved.
    fn unmoved(&self, forward: PerLot) -> Result<PerLot, SpanError> {
        match self {
            Self::Linear => Ok(forward),
            Self::Option {
                right, strike, mark, ..
            } => Ok(Moneyness::new(forward, *strike)?.value(*right, *mark)?),
        }
    }

    /// Values at a forward with volatility up, then down.
    fn pair(&self, forward: PerLot) -> Result<[PerLot; 2], SpanError> {
        match self {
            Self::Linear => Ok([forward, forward]),
            Self::Option {
                right,
                strike,
                up,
                down,
                ..
            } => {
                let at = Moneyness::new(forward, *strike)?;
                Ok([at.value(*right, *up)?, at.value(*right, *down)?])
            }
        }
    }
}

/// Values a lot at `now`, milliseconds of Unix time, and under every scenario.
///
/// Scenarios `2k` and `2k + 1` move the forward by the k-th of 0, +1/3, -1/3, +2/3, -2/3, +1, -1 scan ranges, with
/// volatility up and down. 14 and 15 are the extremes, up and down, with volatility unmoved and a fraction of the
/// profit. No forward falls below zero. Moves and covered profits are rounded away from zero.
///
/// # Errors
/// [`SpanError`].
pub fn value(instrument: &Instrument, quote: &Quote, params: &ScanParams, now: u64) -> Result<Valuation, SpanError> {
    params.check()?;
    let forward = instrument.price_of_lot(quote.price)?;
    let pricer = Pricer::new(instrument, quote, params, now)?;
    let mark = pricer.unmoved(forward)?;
    // Below 2^55 · 2^19; an extreme times 2^23 more.
    let range = i128::from(forward.get()) * i128::from(params.price_range);
    let moved = |numerator: i128, denominator: i128| {
        let target = i128::from(forward.get()) + divide_away(numerator, denominator);
        fit(target.max(0))
    };
    let mut scenarios = [PerLot::ZERO; SCENARIOS];
    // Values are in [0, 2^55): no difference leaves 64 bits.
    for (pair, thirds) in scenarios.chunks_exact_mut(2).zip(THIRDS) {
        let [up, down] = pricer.pair(moved(range * thirds, 3 * PPM)?)?;
        pair.copy_from_slice(&[up.saturating_sub(mark), down.saturating_sub(mark)]);
    }
    let extreme = range * i128::from(params.extreme_multiple);
    let covered = |sign: i128| {
        let profit = pricer.unmoved(moved(sign * extreme, PPM * PPM)?)?.saturating_sub(mark);
        fit(divide_away(
            i128::from(profit.get()) * i128::from(params.extreme_cover),
            PPM,
        ))
    };
    scenarios[SCENARIOS - 2] = covered(1)?;
    scenarios[SCENARIOS - 1] = covered(-1)?;
    let basis = fraction_up(forward, params.basis_floor)?;
    let (floor_long, floor_short) = match instrument.kind {
        InstrumentKind::Perpetual => (Price::ZERO, Price::ZERO),
        InstrumentKind::Future { expiry } => {
            let floor = future_floor(basis, &scenarios, expiry, now);
            (floor, floor)
        }
        // What is long can lose no more than its mark, and the scenarios take no more.
        InstrumentKind::Option { .. } => (Price::ZERO, fraction_up(forward, params.short_option_floor)?),
    };
    Ok(Valuation {
        forward,
        mark,
        scenarios,
        floor_long,
        floor_short,
    })
}

/// The row of a live instrument; `funding` is its cumulative funding, whole units (0 but for perpetuals).
///
/// # Errors
/// [`SpanError`].
pub fn row(
    instrument: &Instrument,
    listing: &Listing,
    quote: &Quote,
    funding: PerLot,
    params: &ScanParams,
    now: u64,
) -> Result<Row, SpanError> {
    if !matches!(listing.status, Status::Trading | Status::CloseOnly) {
        return Err(SpanError::Status);
    }
    let valuation = value(instrument, quote, params, now)?;
    Ok(Row {
        instrument_id: listing.instrument_id,
        status: listing.status,
        limit: listing.limit,
        chunk: listing.chunk,
        band: fraction_up(valuation.forward, listing.band)?,
        funding,
        value: fit(i128::from(valuation.mark.get()) - i128::from(funding.get()))?,
        mark: valuation.mark,
        floor_long: valuation.floor_long,
        floor_short: valuation.floor_short,
        scenarios: valuation.scenarios,
        stale: false,
    })
}

/// The row of an expired instrument: its value at the settlement price of one unit of the underlying (10^-18), no
/// scenarios, no floors, no band.
///
/// # Errors
/// [`SpanError::Status`] unless the listing is expired and the instrument is dated; [`SpanError::Instrument`],
/// [`SpanError::Pricing`], [`SpanError::OutOfRange`].
pub fn settled_row(
    instrument: &Instrument,
    listing: &Listing,
    settlement: u128,
    funding: PerLot,
) -> Result<Row, SpanError> {
    if listing.status != Status::Expired || instrument.expiry().is_none() {
        return Err(SpanError::Status);
    }
    let price = instrument.price_of_lot(settlement)?;
    let mark = match instrument.kind {
        InstrumentKind::Option { right, strike, .. } => {
            Moneyness::new(price, instrument.strike_of_lot(strike)?)?.intrinsic(right)
        }
        InstrumentKind::Perpetual | InstrumentKind::Future { .. } => price,
    };
    Ok(Row {
        instrument_id: listing.instrument_id,
        status: listing.status,
        limit: listing.limit,
        chunk: listing.chunk,
        funding,
        value: fit(i128::from(mark.get()) - i128::from(funding.get()))?,
        mark,
        ..Row::default()
    })
}
