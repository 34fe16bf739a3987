//! The price path: one-minute bars from a file, or a drawn crash where the file is absent.

use cloister_ledger_testing::Random;
use csv::{ErrorKind, StringRecord};
use jiff::{fmt::strtime, tz::TimeZone, Timestamp};
use std::path::Path;

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

impl PriceError {
    /// An error of the CSV reader; `line` is where it was.
    fn of(error: csv::Error, line: usize) -> Self {
        match error.into_kind() {
            ErrorKind::Io(error) => Self::Read(error),
            _ => Self::Line(line),
        }
    }
}

/// Reads bars of consecutive minutes; columns are found by name.
///
/// # Errors
/// [`PriceError`].
pub fn read(path: &Path) -> Result<Vec<Bar>, PriceError> {
    let bytes = std::fs::read(path)?;
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let names = reader.headers().map_err(|error| PriceError::of(error, 1))?;
    if names.is_empty() {
        return Err(PriceError::Empty);
    }
    let column = |name| names.iter().position(|n| n == name).ok_or(PriceError::Column(name));
    let columns = [column("timestamp")?, column("open")?, column("close")?];
    let mut bars: Vec<Bar> = Vec::new();
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line() as usize;
        if !reader
            .read_record(&mut record)
            .map_err(|error| PriceError::of(error, line))?
        {
            break;
        }
        // The library takes the end of the file for the end of an open quote, which swallows every line after it.
        let begin = record.position().map_or(0, |position| position.byte() as usize);
        let end = reader.position().byte() as usize;
        let line = line_of(&bytes, begin, end);
        let quotes = bytes.iter().take(end).skip(begin).filter(|byte| **byte == b'"').count();
        let bar = parse(&record, columns).filter(|_| quotes.is_multiple_of(2));
        let bar = bar.ok_or(PriceError::Line(line))?;
        if bars.last().is_some_and(|last| last.time + MINUTE != bar.time) {
            return Err(PriceError::Gap(line));
        }
        bars.push(bar);
    }
    if bars.is_empty() {
        return Err(PriceError::Empty);
    }
    Ok(bars)
}

/// The line of the record in `begin..end`, whose first bytes may be line ends. The library's own line numbers are one
/// too low where lines end in CR and LF.
fn line_of(bytes: &[u8], begin: usize, end: usize) -> usize {
    let blank = |byte: &&u8| matches!(byte, b'\r' | b'\n');
    let record = bytes.get(begin..end).unwrap_or_default();
    let begin = begin + record.iter().take_while(blank).count();
    let before = bytes.get(..begin).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

fn parse(record: &StringRecord, [time, open, close]: [usize; 3]) -> Option<Bar> {
    Some(Bar {
        time: instant(record.get(time)?)?,
        open: price(record.get(open)?)?,
        close: price(record.get(close)?)?,
    })
}

/// A decimal with up to six places, as 10^-6; not zero.
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
    let time = strtime::parse("%Y-%m-%dT%H:%M:%S%.fZ", text).ok()?.to_datetime().ok()?;
    let time = TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond();
    u64::try_from(time).ok().filter(|time| time.is_multiple_of(MINUTE))
}

/// Day of the month and time of day for tables, in UTC: `12 10:48`.
pub fn clock(time: u64) -> String {
    i64::try_from(time)
        .ok()
        .and_then(|time| Timestamp::from_millisecond(time).ok())
        .map_or_else(|| "?".to_owned(), |time| time.strftime("%d %H:%M").to_string())
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

/// A path of our own in the likeness of such days, for where no recorded prices are: straight lines with noise of up to
/// 0.3 %.
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
