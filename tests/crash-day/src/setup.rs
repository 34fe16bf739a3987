//! What a run is made from: the minutes, the crowd, and how fast they go by.

use cloister_simulation::prices::{self, Bar, PriceError, DOLLAR};
use std::{path::Path, time::Duration};

/// What a run is made from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The minutes, in order.
    pub bars: Vec<Bar>,
    /// Number of accounts.
    pub accounts: usize,
    /// Maximum number of traders who act in a minute.
    pub active: usize,
    /// Seed of all chance.
    pub seed: u64,
    /// Shortest time that a recorded minute takes. It takes longer while batches wait for their proofs.
    pub pace: Duration,
    /// Paid into the insurance before anybody trades, 10^-6.
    pub insurance: u64,
    /// Smallest deposit of a maker, 10^-6; the largest is twice as much.
    pub maker_deposit: u64,
}

impl Setup {
    /// A crowd of 30 with 20,000 dollars of insurance, 8 of whom act in each minute of 10 seconds.
    pub fn new(bars: Vec<Bar>) -> Self {
        Self {
            bars,
            accounts: 30,
            active: 8,
            seed: 1,
            pace: Duration::from_secs(10),
            insurance: 20_000 * DOLLAR,
            maker_deposit: 100_000 * DOLLAR,
        }
    }
}

/// Why there are no minutes.
#[derive(Debug, thiserror::Error)]
pub enum MinutesError {
    /// The file holds no price path.
    #[error(transparent)]
    Prices(#[from] PriceError),
    /// The path has no such minute.
    #[error("the prices have no minute `{0}`: name a day of the month and a time, such as `13 02:00`")]
    NoMinute(String),
    /// The path ends before.
    #[error("the prices have {found} minutes from there on, {asked} are asked for")]
    TooFew {
        /// Minutes that there are.
        found: usize,
        /// Minutes that were asked for.
        asked: usize,
    },
}

/// Some minutes of the bars in a file, or of a drawn path of their kind, from a day and time on.
///
/// # Errors
/// [`MinutesError`].
pub fn minutes(file: Option<&Path>, seed: u64, from: &str, count: usize) -> Result<Vec<Bar>, MinutesError> {
    let bars = match file {
        Some(path) => prices::read(path)?,
        None => prices::drawn(seed),
    };
    let first = bars.iter().position(|bar| prices::clock(bar.time) == from);
    let first = first.ok_or_else(|| MinutesError::NoMinute(from.to_owned()))?;
    let found = bars.len() - first;
    if count == 0 || count > found {
        return Err(MinutesError::TooFew { found, asked: count });
    }
    Ok(bars.into_iter().skip(first).take(count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_should_be_those_from_the_named_one_on() {
        let hour = minutes(None, 1, "13 02:00", 60).expect("they are there");
        assert_eq!(hour.len(), 60);
        assert_eq!(prices::clock(hour[0].time), "13 02:00");
        assert_eq!(prices::clock(hour[59].time), "13 02:59");
    }

    #[test]
    fn minutes_that_are_not_there_should_be_refused() {
        let late = minutes(None, 1, "14 00:00", 1).expect_err("the path has two days");
        assert!(matches!(late, MinutesError::NoMinute(asked) if asked == "14 00:00"));
        let few = minutes(None, 1, "13 23:59", 2).expect_err("the path ends");
        assert!(matches!(few, MinutesError::TooFew { found: 1, asked: 2 }));
        let none = minutes(None, 1, "13 02:00", 0).expect_err("nothing is asked for");
        assert!(matches!(none, MinutesError::TooFew { asked: 0, .. }));
    }
}
