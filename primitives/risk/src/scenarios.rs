//! Scenario profits of linear instruments (perpetuals and futures), SPAN-style (S-RISK).
//!
//! Source of the grid: the SPAN scenarios of price 0, ±1/3, ±2/3, ±1 of the scan range with volatility up and down, and
//! two covered extremes. Volatility does not move a linear instrument, so its scenarios come in equal pairs.

use cloister_crypto::constants::{PRICE_BITS, SCENARIOS};
use cloister_types::PerLot;

/// One million: scan ranges and covered fractions are in 10^-6.
pub const PPM: i128 = 1_000_000;

/// Scan parameters of a linear instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearScan {
    /// Scan range, 10^-6 of the mark.
    pub range: u32,
    /// The extreme move as a multiple of the scan range, 10^-6 (3_000_000 is three ranges).
    pub extreme_multiple: u32,
    /// Covered fraction of the extreme move's loss, 10^-6.
    pub extreme_cover: u32,
}

/// Why scenarios cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// A profit does not fit the width of a table entry.
    #[error("a scenario profit is out of range")]
    OutOfRange,
}

/// Thirds of the scan range, in the order of the published SPAN example: 0, +1/3, -1/3, +2/3, -2/3, +1, -1.
const THIRDS: [i128; 7] = [0, 1, -1, 2, -2, 3, -3];

/// Rounds `n / d` (`d > 0`) away from zero, so that neither side of a position sees a smaller move.
pub(crate) fn divide_away(n: i128, d: i128) -> i128 {
    let q = n / d;
    match n % d {
        0 => q,
        r if r > 0 => q + 1,
        _ => q - 1,
    }
}

/// Profits of one long lot with value moves proportional to the mark.
///
/// # Errors
/// [`ScenarioError::OutOfRange`] if a profit needs more than [`PRICE_BITS`] bits.
pub fn linear_scenarios(mark: PerLot, scan: &LinearScan) -> Result<[PerLot; SCENARIOS], ScenarioError> {
    let mut out = [PerLot::ZERO; SCENARIOS];
    let fit = |x: i128| match i64::try_from(x) {
        Ok(v) if v.unsigned_abs() >> PRICE_BITS == 0 => Ok(PerLot(v)),
        _ => Err(ScenarioError::OutOfRange),
    };
    let range = i128::from(mark.get())
        .checked_mul(i128::from(scan.range))
        .ok_or(ScenarioError::OutOfRange)?;
    for (pair, thirds) in out.chunks_exact_mut(2).zip(THIRDS) {
        let profit = range.checked_mul(thirds).ok_or(ScenarioError::OutOfRange)?;
        pair.fill(fit(divide_away(profit, 3 * PPM))?);
    }
    let extreme = range
        .checked_mul(i128::from(scan.extreme_multiple))
        .and_then(|x| x.checked_mul(i128::from(scan.extreme_cover)))
        .ok_or(ScenarioError::OutOfRange)?;
    let extreme = divide_away(extreme, PPM * PPM * PPM);
    out[SCENARIOS - 2] = fit(extreme)?;
    out[SCENARIOS - 1] = fit(-extreme)?;
    Ok(out)
}
