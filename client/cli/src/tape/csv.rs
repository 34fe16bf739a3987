//! Tapes in CSV files. Columns are found by the names in the header:
//!
//! | what | names |
//! | --- | --- |
//! | time | `T`, `timestamp`, `time`, `trade_time` |
//! | price | `p`, `price` |
//! | quantity | `q`, `quantity`, `qty`, `size`, `amount` |
//! | aggressor | `m`, `is_buyer_maker` (`true`: the taker sold) or `side`, `aggressor` (of the taker) |
//!
//! A file with the columns `Time, Type, Size, Price, Direction` is read as a LOBSTER message file: executions (types 4
//! and 5) are its trades, prices are in 10^-4, `Direction` is the side of the order at rest.

use super::TapeTrade;
use ::csv::{ReaderBuilder, StringRecord, Trim};
use cloister_client_core::amount::{AmountError, Decimal};
use cloister_ledger::Side;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Decimals of a LOBSTER price.
const LOBSTER_PRICE_DECIMALS: u32 = 4;

/// Why a file is not a tape.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line cannot be read.
    #[error("{0}")]
    Read(#[from] ::csv::Error),
    /// A quoted field has no end: it would swallow every line after it.
    #[error("line {line}: a quote is opened and never closed")]
    OpenQuote {
        /// Line number, from 1.
        line: u64,
    },
    /// A quoted field begins with a blank, so that its quotes are no longer quotes.
    #[error("line {line}: a blank stands before the quote of {field}; begin the field with the quote")]
    BlankBeforeQuote {
        /// Line number, from 1.
        line: u64,
        /// The field as it was read.
        field: String,
    },
    /// The file has no header.
    #[error("the tape is empty; its first line must name the columns")]
    Empty,
    /// The header lacks a column that every tape needs.
    #[error("the header names no {0} column; see `cloister replay --help` for the names that are understood")]
    NoColumn(&'static str),
    /// A line has fewer fields than the header.
    #[error("line {line}: the {column} is missing")]
    MissingField {
        /// Line number, from 1.
        line: u64,
        /// What the field is.
        column: &'static str,
    },
    /// A number is not a plain decimal.
    #[error("line {line}: {source}")]
    Number {
        /// Line number, from 1.
        line: u64,
        /// Why.
        source: AmountError,
    },
    /// The aggressor is not understood.
    #[error("line {line}: `{text}` names no side; true, false, buy, sell, 1 and -1 are understood")]
    Side {
        /// Line number, from 1.
        line: u64,
        /// What the field says.
        text: String,
    },
    /// A trade of price or quantity zero.
    #[error("line {line}: the {column} is zero")]
    Zero {
        /// Line number, from 1.
        line: u64,
        /// Which number is zero.
        column: &'static str,
    },
    /// The file holds no trade.
    #[error("the tape holds no trades")]
    NoTrades,
}

/// How a field names the side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SideRule {
    /// `true`: the buyer's order was at rest.
    BuyerMaker,
    /// The taker's side by name.
    Taker,
    /// LOBSTER: the side of the order at rest, 1 buys.
    RestingDirection,
}

/// Where a trade's fields are.
#[derive(Clone, Copy, Debug)]
struct Columns {
    time: usize,
    price: usize,
    quantity: usize,
    side: usize,
    rule: SideRule,
    /// Column of the message type, in a LOBSTER file.
    message: Option<usize>,
}

impl Columns {
    fn of(names: &StringRecord) -> Result<Self, TapeError> {
        // A name in the right case wins: one tape may have both `t` and `T`.
        let find = |wanted: &[&str]| {
            let exact = wanted.iter().find_map(|w| names.iter().position(|n| n == *w));
            let loose = || {
                wanted
                    .iter()
                    .filter(|w| w.len() > 1)
                    .find_map(|w| names.iter().position(|n| n.eq_ignore_ascii_case(w)))
            };
            exact.or_else(loose)
        };
        let time = find(&["T", "timestamp", "time", "trade_time"]).ok_or(TapeError::NoColumn("time"))?;
        let price = find(&["p", "price"]).ok_or(TapeError::NoColumn("price"))?;
        let quantity = find(&["q", "quantity", "qty", "size", "amount"]).ok_or(TapeError::NoColumn("quantity"))?;
        if let (Some(message), Some(side)) = (find(&["Type"]), find(&["Direction"])) {
            return Ok(Self {
                time,
                price,
                quantity,
                side,
                rule: SideRule::RestingDirection,
                message: Some(message),
            });
        }
        let buyer_maker = find(&["m", "is_buyer_maker"]).map(|side| (side, SideRule::BuyerMaker));
        let taker = || find(&["side", "aggressor"]).map(|side| (side, SideRule::Taker));
        let (side, rule) = buyer_maker.or_else(taker).ok_or(TapeError::NoColumn("aggressor"))?;
        Ok(Self {
            time,
            price,
            quantity,
            side,
            rule,
            message: None,
        })
    }

    /// The trade of a line; `None` if the line is not a trade.
    fn trade(&self, fields: &StringRecord, line: u64) -> Result<Option<TapeTrade>, TapeError> {
        let get = |at: usize, column| fields.get(at).ok_or(TapeError::MissingField { line, column });
        if let Some(message) = self.message {
            if !matches!(get(message, "message type")?, "4" | "5") {
                return Ok(None);
            }
        }
        let number = |at, column| {
            let value: Decimal = get(at, column)?
                .parse()
                .map_err(|source| TapeError::Number { line, source })?;
            if value.is_zero() {
                return Err(TapeError::Zero { line, column });
            }
            Ok(value)
        };
        let mut price = number(self.price, "price")?;
        if self.message.is_some() {
            price = Decimal::new(price.digits(), price.scale() + LOBSTER_PRICE_DECIMALS);
        }
        let quantity = number(self.quantity, "quantity")?;
        let side = get(self.side, "aggressor")?;
        let aggressor = self.rule.aggressor(side).ok_or_else(|| TapeError::Side {
            line,
            text: side.into(),
        })?;
        Ok(Some(TapeTrade {
            time: get(self.time, "time")?.into(),
            price,
            quantity,
            aggressor,
        }))
    }
}

impl SideRule {
    /// Side of the incoming order.
    fn aggressor(self, text: &str) -> Option<Side> {
        let text = text.to_ascii_lowercase();
        let named = match text.as_str() {
            "buy" | "b" | "bid" | "true" | "1" => Side::Buy,
            "sell" | "s" | "ask" | "false" | "-1" | "0" => Side::Sell,
            _ => return None,
        };
        match self {
            Self::Taker => Some(named),
            Self::BuyerMaker | Self::RestingDirection => Some(named.opposite()),
        }
    }
}

/// Reads the first `limit` trades.
///
/// # Errors
/// [`TapeError`], with the line it is about.
pub fn read(mut input: impl io::Read, limit: Option<usize>) -> Result<Vec<TapeTrade>, TapeError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(::csv::Error::from)?;
    // A short line is reported with the column that it lacks, and only if a trade needs that column.
    let mut lines = ReaderBuilder::new()
        .flexible(true)
        .trim(Trim::All)
        .from_reader(&bytes[..]);
    let header = lines.headers()?;
    if header.is_empty() {
        return Err(TapeError::Empty);
    }
    check_quotes(header, 1)?;
    let columns = Columns::of(header)?;
    let mut trades = Vec::new();
    let mut fields = StringRecord::new();
    let mut place = Place { line: 1, offset: 0 };
    while limit.is_none_or(|limit| trades.len() < limit) && lines.read_record(&mut fields)? {
        let begin = fields.position().map_or(0, |position| position.byte());
        place.follow(&bytes, begin as usize, lines.position().byte() as usize)?;
        check_quotes(&fields, place.line)?;
        if fields.iter().any(|field| !field.is_empty()) {
            trades.extend(columns.trade(&fields, place.line)?);
        }
    }
    if trades.is_empty() {
        return Err(TapeError::NoTrades);
    }
    Ok(trades)
}

/// The library takes a quote for a quote only where a field begins with it; after a blank it is part of the text. No
/// field of a tape is such a text.
fn check_quotes(fields: &StringRecord, line: u64) -> Result<(), TapeError> {
    match fields.iter().find(|field| field.starts_with('"')) {
        Some(field) => Err(TapeError::BlankBeforeQuote {
            line,
            field: field.into(),
        }),
        None => Ok(()),
    }
}

/// Where the reader is. The library's own line numbers are one too low where lines end in CR and LF.
struct Place {
    line: u64,
    offset: usize,
}

impl Place {
    /// Goes to the record in `begin..end`, whose first bytes may be line ends. The library takes the end of the file
    /// for the end of an open quote.
    fn follow(&mut self, bytes: &[u8], begin: usize, end: usize) -> Result<(), TapeError> {
        let is_blank = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let record = bytes.get(begin..end).unwrap_or_default();
        let begin = begin + record.iter().take_while(|byte| is_blank(byte)).count();
        let passed = bytes.get(self.offset..begin).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.offset = begin;
        if record.iter().filter(|byte| **byte == b'"').count().is_multiple_of(2) {
            Ok(())
        } else {
            Err(TapeError::OpenQuote { line: self.line })
        }
    }
}

/// Reads the first `limit` trades of a file.
///
/// # Errors
/// [`TapeError`].
pub fn read_file(path: &Path, limit: Option<usize>) -> Result<Vec<TapeTrade>, TapeError> {
    let bytes = std::fs::read(path).map_err(|source| TapeError::File {
        path: path.into(),
        source,
    })?;
    read(&bytes[..], limit)
}
