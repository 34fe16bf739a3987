//! The price path: one-minute bars from a file, or a drawn crash where the file is absent.

use cloister_ledger::testing::Random;
use std::{collections::BTreeMap, path::Path};

/// Minutes of both days.
pub const MINUTES: usize = 2_880;
/// A minute, milliseconds.
pub const MINUTE: u64 = 60_000;
/// An hour, milliseconds.
pub const HOUR: u64 = 60 * MINUTE;
/// 2020-03-12 00:00 UTC, milliseconds of Unix time: where a drawn path begins.
pub const FIRST_DAY: u64 = 1_583_971_200_000;
/// One dollar.
pub const DOLLAR: u64 = 1_000_000;

/// A minute of trading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Start of the minute as the file states it, milliseconds of Unix time.
    pub time: u64,
    /// First price, 10^-6 dollars for one coin.
    pub open: u64,
    /// Last price, 10^-6 dollars for one coin.
    pub close: u64,
}

/// Why a file is no price path.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// The file cannot be read.
    #[error("the price file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// A column is missing.
    #[error("the price file has no column {0}")]
    Column(&'static str),
    /// Line `.0` holds no bar.
    #[error("line {0} of the price file is not a bar")]
    Line(usize),
    /// Line `.0` is not the minute after the line before it.
    #[error("line {0} of the price file is not one minute after the line before")]
    Gap(usize),
    /// The file has no bars.
    #[error("the price file is empty")]
    Empty,
}

/// Reads bars of consecutive minutes; columns are found by name.
///
/// # Errors
/// [`PriceError`].
pub fn read(path: &Path) -> Result<Vec<Bar>, PriceError> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    let names: BTreeMap<&str, usize> = lines
        .next()
        .ok_or(PriceError::Empty)?
        .split(',')
        .enumerate()
        .map(|(i, name)| (name, i))
        .collect();
    let column = |name: &'static str| names.get(name).copied().ok_or(PriceError::Column(name));
    let columns = [column("timestamp")?, column("open")?, column("close")?];
    let mut bars: Vec<Bar> = Vec::new();
    for (i, line) in lines.enumerate() {
        let number = i + 2;
        let bar = parse(line, columns).ok_or(PriceError::Line(number))?;
        if bars.last().is_some_and(|last| last.time + MINUTE != bar.time) {
            return Err(PriceError::Gap(number));
        }
        bars.push(bar);
    }
    if bars.is_empty() {
        return Err(PriceError::Empty);
    }
    Ok(bars)
}

fn parse(line: &str, [time, open, close]: [usize; 3]) -> Option<Bar> {
    let cells: Vec<&str> = line.split(',').collect();
    Some(Bar {
        time: instant(cells.get(time)?)?,
        open: price(cells.get(open)?)?,
        close: price(cells.get(close)?)?,
    })
}

/// A decimal with at most six places, as 10^-6; not zero.
fn price(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 6 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<6}").parse().ok()?;
    whole.checked_mul(DOLLAR)?.checked_add(fraction).filter(|p| *p > 0)
}

/// `2020-03-12T00:01:00.000Z` in milliseconds of Unix time; whole minutes only.
fn instant(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let rest = text.get(16..)?;
    let separators = [(4, "-"), (7, "-"), (10, "T"), (13, ":")];
    if !separators.iter().all(|(at, s)| text.get(*at..at + 1) == Some(*s)) || !matches!(rest, ":00Z" | ":00.000Z") {
        return None;
    }
    let days = days_since_1970(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    Some(days * 24 * HOUR + number(11, 13)? * HOUR + number(14, 16)? * MINUTE)
}

/// Days from 1970-01-01 in the Gregorian calendar, which counts years from March so that the leap day is the last.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let year = if month > 2 { year } else { year.checked_sub(1)? };
    let of_year = (153 * shifted + 2) / 5 + day.checked_sub(1)?;
    (365 * year + year / 4 - year / 100 + year / 400 + of_year).checked_sub(719_468)
}

/// Time of day and day of month for tables: `12 10:48`.
pub fn clock(time: u64) -> String {
    let minutes = time.saturating_sub(FIRST_DAY) / MINUTE;
    let (days, minutes) = (minutes / 1_440, minutes % 1_440);
    format!("{} {:02}:{:02}", 12 + days, minutes / 60, minutes % 60)
}

/// Corners of the drawn path: minute, dollars. The two jumps of one minute each are what tries a margin system.
const CORNERS: [(u64, u64); 20] = [
    (0, 7_900),
    (540, 7_400),
    (630, 7_350),
    (655, 5_650),
    (720, 5_900),
    (1_000, 6_100),
    (1_300, 5_800),
    (1_385, 5_700),
    (1_440, 4_500),
    (1_540, 4_100),
    (1_592, 4_300),
    (1_593, 3_650),
    (1_595, 3_700),
    (1_596, 4_400),
    (1_650, 4_800),
    (1_740, 4_300),
    (1_980, 5_600),
    (2_380, 5_200),
    (2_560, 4_800),
    (2_879, 5_550),
];

/// A path of our own in the likeness of such days, for where no recorded prices are: straight lines with noise of up to 0.3 %.
pub fn drawn(seed: u64) -> Vec<Bar> {
    let mut random = Random::new(seed);
    let mut bars: Vec<Bar> = Vec::with_capacity(MINUTES);
    for minute in 0..MINUTES as u64 {
        let level =
            CORNERS
                .windows(2)
                .find(|pair| minute <= pair[1].0)
                .map_or(CORNERS[CORNERS.len() - 1].1 * DOLLAR, |pair| {
                    let ((from, low), (to, high)) = (pair[0], pair[1]);
                    (low * DOLLAR * (to - minute) + high * DOLLAR * (minute - from)) / (to - from)
                });
        let noise = 997 + random.below(7);
        // Half dollars, as the exchange of the recorded days quotes.
        let close = level * noise / 1_000 / (DOLLAR / 2) * (DOLLAR / 2);
        let open = bars.last().map_or(close, |last| last.close);
        bars.push(Bar {
            time: FIRST_DAY + minute * MINUTE,
            open,
            close,
        });
    }
    bars
}
