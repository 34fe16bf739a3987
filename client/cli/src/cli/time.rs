//! Durations as people type them.

use jiff::{Span, SpanRelativeTo};

/// The shortest time for which an order works, milliseconds.
const SHORTEST_LIFE: u64 = 1_000;
/// The longest, a year.
const LONGEST_LIFE: u64 = 365 * 24 * 3_600_000;

/// The shortest time after which a dead man's switch acts, milliseconds.
const SHORTEST_SWITCH: u64 = 1_000;
/// The longest, a day.
const LONGEST_SWITCH: u64 = 24 * 3_600_000;

/// A duration such as `15m` or `1h 30m`, in milliseconds.
///
/// # Errors
/// [`DurationError`].
pub fn parse_duration(text: &str) -> Result<u64, DurationError> {
    let refused = || DurationError(text.into());
    let span: Span = text.parse().map_err(|_| refused())?;
    // Months and years have no fixed length and are refused.
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| refused())?;
    u64::try_from(duration.as_millis()).map_err(|_| refused())
}

/// How long an order works, in milliseconds.
///
/// # Errors
/// [`LifeError`].
pub fn parse_life(text: &str) -> Result<u64, LifeError> {
    let life = parse_duration(text)?;
    match (SHORTEST_LIFE..=LONGEST_LIFE).contains(&life) {
        true => Ok(life),
        false => Err(LifeError::Bounds(text.into())),
    }
}

/// A text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time such as 90s, 15m, 2h or 7d")]
pub struct DurationError(String);

/// A text that is not how long an order can work, or a dead man's switch wait.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifeError {
    /// It is not a duration.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// It is too short or too long.
    #[error("an order works from 1s to 365d, not {0}")]
    Bounds(String),
    /// It is too short or too long for a dead man's switch.
    #[error("a dead man's switch acts after 1s to 1d, not {0}")]
    Switch(String),
}

/// How long a dead man's switch waits, in milliseconds.
///
/// # Errors
/// [`LifeError`].
pub fn parse_switch(text: &str) -> Result<u64, LifeError> {
    let after = parse_duration(text)?;
    match (SHORTEST_SWITCH..=LONGEST_SWITCH).contains(&after) {
        true => Ok(after),
        false => Err(LifeError::Switch(text.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_should_be_numbers_with_units() {
        let cases = [
            ("90s", 90),
            ("15m", 900),
            ("2h", 7_200),
            ("7d", 604_800),
            ("1h 30m", 5_400),
        ];
        for (text, seconds) in cases {
            assert_eq!(parse_duration(text), Ok(seconds * 1_000), "{text}");
        }
    }

    #[test]
    fn a_duration_should_be_refused_without_unit_or_fixed_length_or_below_zero() {
        for text in ["", "15", "s", "1y", "2 months", "-5m", "5m ago", "later"] {
            assert_eq!(parse_duration(text), Err(DurationError(text.into())), "{text}");
        }
    }

    #[test]
    fn an_order_should_work_for_a_second_to_a_year() {
        for (text, seconds) in [("1s", 1), ("30s", 30), ("60s", 60), ("65s", 65), ("365d", 31_536_000)] {
            assert_eq!(parse_life(text), Ok(seconds * 1_000), "{text}");
        }
        for text in ["0s", "999ms", "366d", "99999999h"] {
            assert_eq!(parse_life(text), Err(LifeError::Bounds(text.into())), "{text}");
        }
        assert_eq!(parse_life("later"), Err(DurationError("later".into()).into()));
    }

    #[test]
    fn a_switch_should_act_after_a_second_to_a_day() {
        for (text, seconds) in [("1s", 1), ("30s", 30), ("1d", 86_400)] {
            assert_eq!(parse_switch(text), Ok(seconds * 1_000), "{text}");
        }
        for text in ["0s", "900ms", "25h"] {
            assert_eq!(parse_switch(text), Err(LifeError::Switch(text.into())), "{text}");
        }
    }
}
