//! Rows of a risk table from prices, in integers. Every rounding is stated (C-RISK).

use crate::{
    bounds::{MAX_FUNDING_STEP, SCAN_RANGE, TOTAL_BITS, WIDENING},
    types::{Instrument, InstrumentParams},
};
use cloister_crypto::constants::PRICE_BITS;
use cloister_risk::{linear_scenarios, LinearScan, Row, Status};
use cloister_types::{InstrumentId, Lots, PerLot, Price};
use polkadot_sdk::sp_runtime::{FixedPointNumber, FixedU128};

/// 10^-6: of the mark, of the index, of the settlement asset.
const PPM: i128 = 1_000_000;
/// Underlying lot sizes are in 10^-9, table prices in 10^-6: `price.inner · lot / (DIV · 10^9 / 10^6)`.
const LOT_TO_TABLE: u128 = 1_000;
/// Fractions kept of a unit of 10^-6 of cumulative funding.
const FUNDING_FRACTION: i128 = 1_000_000_000_000;
/// Milliseconds of the hour that funding rates are for.
const HOUR: i128 = 3_600_000;
/// A premium is paid over this many hours.
const FUNDING_HOURS: i128 = 8;

/// A number does not fit its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number does not fit its place in the table")]
pub struct OutOfRange;

/// The mark of a lot, 10^-6 of the settlement asset, rounded down; zero is out of range.
pub fn mark(price: FixedU128, lot_size: u64) -> Result<i64, OutOfRange> {
    let product = price.into_inner().checked_mul(u128::from(lot_size)).ok_or(OutOfRange)?;
    let mark = product / (FixedU128::DIV * LOT_TO_TABLE);
    match i64::try_from(mark) {
        Ok(mark) if mark > 0 && mark >> PRICE_BITS == 0 => Ok(mark),
        _ => Err(OutOfRange),
    }
}

/// The funding rate per hour, 10^-6 of the mark: the premium of the perpetual over its index, capped, paid over eight
/// hours, capped again; rounded towards zero.
pub fn funding_rate(index: FixedU128, perpetual: FixedU128, params: &InstrumentParams) -> Result<i128, OutOfRange> {
    let signed = |x: FixedU128| i128::try_from(x.into_inner()).map_err(|_| OutOfRange);
    let (index, perpetual) = (signed(index)?, signed(perpetual)?);
    let difference = perpetual
        .checked_sub(index)
        .and_then(|d| d.checked_mul(PPM))
        .ok_or(OutOfRange)?;
    let premium = difference.checked_div(index).ok_or(OutOfRange)?;
    let cap = i128::from(params.max_premium);
    let rate_cap = i128::from(params.max_funding_rate);
    Ok((premium.clamp(-cap, cap) / FUNDING_HOURS).clamp(-rate_cap, rate_cap))
}

/// What `rate` adds to the cumulative funding from `from` to `now`, with its fraction. No time has passed before the
/// first table (`from` 0), and never more than [`MAX_FUNDING_STEP`].
pub fn funding_step(mark: i64, rate: i128, from: u64, now: u64) -> Result<i128, OutOfRange> {
    let elapsed = if from == 0 {
        0
    } else {
        now.saturating_sub(from).min(MAX_FUNDING_STEP)
    };
    i128::from(mark)
        .checked_mul(rate)
        .and_then(|x| x.checked_mul(i128::from(elapsed)))
        .and_then(|x| x.checked_mul(FUNDING_FRACTION / PPM))
        .map(|x| x.div_euclid(HOUR))
        .ok_or(OutOfRange)
}

/// The `F` of the table: whole units, rounded down.
pub fn whole_funding(funding: i128) -> Result<i64, OutOfRange> {
    fit(funding.div_euclid(FUNDING_FRACTION))
}

fn fit(x: i128) -> Result<i64, OutOfRange> {
    match i64::try_from(x) {
        Ok(x) if x.unsigned_abs() >> PRICE_BITS == 0 => Ok(x),
        _ => Err(OutOfRange),
    }
}

/// A fraction of the mark, rounded up.
fn fraction_up(mark: i64, ppm: u32) -> Result<Price, OutOfRange> {
    let product = u128::from(mark.unsigned_abs())
        .checked_mul(u128::from(ppm))
        .ok_or(OutOfRange)?;
    u64::try_from(product.div_ceil(PPM.unsigned_abs()))
        .map(Price)
        .map_err(|_| OutOfRange)
}

/// The row of an instrument at a mark; its cumulative funding is up to date.
pub fn row<FeedId>(instrument: &Instrument<FeedId>, mark: i64) -> Result<Row, OutOfRange> {
    let params = &instrument.params;
    let funding = whole_funding(instrument.funding)?;
    let scan = LinearScan {
        range: params.scan_range,
        extreme_multiple: params.extreme_multiple,
        extreme_cover: params.extreme_cover,
    };
    Ok(Row {
        instrument_id: InstrumentId(instrument.id),
        status: instrument.status,
        limit: Lots(params.limit),
        chunk: Lots(params.chunk),
        band: fraction_up(mark, params.band)?,
        funding: PerLot(funding),
        value: PerLot(fit(i128::from(mark) - i128::from(funding))?),
        mark: PerLot(mark),
        floor_long: fraction_up(mark, params.floor_long)?,
        floor_short: fraction_up(mark, params.floor_short)?,
        scenarios: linear_scenarios(PerLot(mark), &scan).map_err(|_| OutOfRange)?,
        stale: false,
    })
}

/// The scan range of an instrument whose feed has been dead for so long, 10^-6: it grows by itself in each
/// [`WIDENING`], up to its hard bound, and no further than to where the covered extreme move is the whole mark. So what
/// a row is worth at most grows with it (C-BOUND) only as far as its mark already says.
pub fn widened(params: &InstrumentParams, dead_for: u64) -> u32 {
    let range = u128::from(params.scan_range);
    let grown = range.saturating_add(range.saturating_mul(dead_for.into()) / u128::from(WIDENING));
    let extreme = u128::from(params.extreme_multiple).saturating_mul(params.extreme_cover.into());
    let whole = PPM.unsigned_abs().saturating_pow(3).checked_div(extreme).unwrap_or(0);
    let most = whole.min((*SCAN_RANGE.end()).into()).max(range);
    u32::try_from(grown.min(most)).unwrap_or(params.scan_range)
}

/// The row of an instrument whose feed has been dead for so long, milliseconds, at its last mark.
pub fn stale_row<FeedId: Clone>(instrument: &Instrument<FeedId>, mark: i64, dead_for: u64) -> Result<Row, OutOfRange> {
    let mut wide = instrument.clone();
    wide.params.scan_range = widened(&instrument.params, dead_for);
    Ok(Row {
        stale: true,
        ..row(&wide, mark)?
    })
}

/// Whether a mark moves by more than this, 10^-6 of where it comes from (C-JUMP).
pub fn jumps(from: i64, to: i64, limit: u32) -> bool {
    let moved = u128::from(to.abs_diff(from)).saturating_mul(PPM.unsigned_abs());
    moved > u128::from(from.unsigned_abs()).saturating_mul(limit.into())
}

/// The row of an instrument that has expired: its final value, and nothing that moves.
pub fn expired_row(last: &Row) -> Row {
    Row {
        instrument_id: last.instrument_id,
        status: Status::Expired,
        limit: last.limit,
        chunk: last.chunk,
        funding: last.funding,
        value: last.value,
        mark: last.mark,
        ..Row::default()
    }
}

/// The part of one row in C-BOUND: `limit_high · max(|F|, |V|, |mark|, |R|, floors, band)`.
pub fn exposure(row: &Row, limit_high: u64) -> u128 {
    let signed = [row.funding, row.value, row.mark]
        .into_iter()
        .chain(row.scenarios)
        .map(|value| value.get().unsigned_abs());
    let largest = signed
        .chain([row.floor_long, row.floor_short, row.band].map(Price::get))
        .max()
        .unwrap_or(0);
    // Two factors below 2^64 each.
    u128::from(largest) * u128::from(limit_high)
}

/// C-BOUND over the exposures of all rows.
pub fn within_bound(exposures: impl Iterator<Item = u128>) -> bool {
    exposures.fold(0u128, u128::saturating_add) >> TOTAL_BITS == 0
}
