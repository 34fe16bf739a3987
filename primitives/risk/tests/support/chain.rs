//! The option chain of a coin-margined exchange: reading it, repricing it.
//!
//! Its prices are in the coin: a value in dollars by Black-76 on the row's `underlying_price`, divided by that price.

#![allow(dead_code)]

use super::classic::{Expiry, Market, PRICE_ONE, STRIKES};
use cloister_risk::{black76, Right};
use cloister_types::PerLot;
use std::{collections::BTreeMap, io::Read};

/// A row of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Quoted {
    /// As quoted, for example `BTC-30JAN26-95000-C`.
    pub name: String,
    /// Call or put.
    pub right: Right,
    /// Whole dollars.
    pub strike: u64,
    /// Milliseconds of Unix time.
    pub expiry: u64,
    /// Milliseconds of Unix time.
    pub timestamp: u64,
    /// In the coin, four places.
    pub mark_price: f64,
    /// 10^-6 per year; the file has two places of a percent.
    pub volatility: u32,
    /// The forward, 10^-6 dollars.
    pub forward: i64,
    /// The index, 10^-6 dollars.
    pub index: i64,
}

impl Quoted {
    /// Value in the coin with the forward and the volatility moved; `None` if that is out of the range of R-BLACK76.
    fn priced(&self, forward: i64, volatility: i64) -> Option<f64> {
        let forward = self.forward.checked_add(forward)?;
        let volatility = u32::try_from(i64::from(self.volatility) + volatility).ok()?;
        let strike = i64::try_from(self.strike).ok()?.checked_mul(1_000_000)?;
        let tenor = self.expiry.checked_sub(self.timestamp)?;
        let value = black76::value(self.right, PerLot(forward), PerLot(strike), volatility, tenor).ok()?;
        Some(value.get() as f64 / forward as f64)
    }

    /// The same; what was read has been priced once with every move that [`fit`] makes.
    fn value(&self, forward: i64, volatility: i64) -> f64 {
        self.priced(forward, volatility).expect("in range")
    }

    /// The quoted expiry, for example `30JAN26`.
    pub fn expiry_name(&self) -> &str {
        self.name.split('-').nth(1).unwrap_or_default()
    }
}

/// Why a file is no option chain.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// It cannot be read, or is no CSV.
    #[error("the file cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error("there is no column {0}")]
    Column(&'static str),
    /// The row on line `.0` has no option in it, or one that cannot be priced.
    #[error("line {0} is not an option")]
    Line(u64),
}

/// The columns that are used, found by name.
const COLUMNS: [&str; 9] = [
    "instrument_name",
    "option_type",
    "strike",
    "expiration_timestamp",
    "timestamp",
    "mark_price",
    "mark_iv",
    "underlying_price",
    "index_price",
];

/// Reads a chain by the rules of CSV.
pub fn read(input: impl Read) -> Result<Vec<Quoted>, ChainError> {
    let mut reader = csv::Reader::from_reader(input);
    let names = reader.headers()?;
    let mut columns = [0; COLUMNS.len()];
    for (place, name) in columns.iter_mut().zip(COLUMNS) {
        *place = names.iter().position(|n| n == name).ok_or(ChainError::Column(name))?;
    }
    let mut out = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        out.push(quoted(columns.map(|i| record.get(i).unwrap_or_default())).ok_or(ChainError::Line(line))?);
    }
    Ok(out)
}

/// One row, its cells in the order of [`COLUMNS`]; `None` if it is no option that can be priced.
fn quoted(
    [name, right, strike, expiry, timestamp, mark_price, volatility, forward, index]: [&str; 9],
) -> Option<Quoted> {
    let number = |cell: &str| cell.parse::<f64>().ok();
    let micro = |cell: &str| Some((number(cell)? * 1e6).round() as i64);
    let quoted = Quoted {
        name: name.to_owned(),
        right: match right {
            "call" => Right::Call,
            "put" => Right::Put,
            _ => return None,
        },
        strike: number(strike)? as u64,
        expiry: expiry.parse().ok()?,
        timestamp: timestamp.parse().ok()?,
        mark_price: number(mark_price)?,
        volatility: (number(volatility)? * 1e4).round() as u32,
        forward: micro(forward)?,
        index: micro(index)?,
    };
    let moves = [(0, 0), (500_000, 0), (-500_000, 0), (0, 50), (0, -50)];
    let prices = moves
        .into_iter()
        .all(|(forward, volatility)| quoted.priced(forward, volatility).is_some());
    prices.then_some(quoted)
}

/// How well the chain is repriced; errors are in the coin.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    /// Median error.
    pub median: f64,
    /// Largest error.
    pub largest: f64,
    /// Rows within half of the last place of price and volatility.
    pub within_rounding: usize,
    /// Further rows within what the forward of their expiry moves in the file.
    pub within_forward: usize,
    /// The largest move of the forward, in dollars, that a row needs to be within its rounding.
    pub largest_move: f64,
    /// Rows that neither explains.
    pub outside: Vec<String>,
}

/// Reprices every row from its mark volatility.
pub fn fit(quotes: &[Quoted]) -> Fit {
    let mut spread: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for q in quotes {
        let (low, high) = spread.entry(q.expiry_name()).or_insert((q.forward, q.forward));
        (*low, *high) = ((*low).min(q.forward), (*high).max(q.forward));
    }
    let (mut out, mut errors) = (Fit::default(), Vec::new());
    for q in quotes {
        let error = (q.value(0, 0) - q.mark_price).abs();
        errors.push(error);
        // Half of 0.0001, and half of 0.01 % of volatility; a unit of 10^-6 dollars of ours is far below.
        let rounding = 0.5e-4 + (q.value(0, 50) - q.value(0, -50)).abs() / 2.0 + 1e-10;
        let a_dollar = (q.value(500_000, 0) - q.value(-500_000, 0)).abs();
        let (low, high) = spread[q.expiry_name()];
        if error <= rounding {
            out.within_rounding += 1;
            continue;
        }
        out.largest_move = out.largest_move.max((error - rounding) / a_dollar);
        if error <= rounding + a_dollar * (high - low) as f64 / 1e6 {
            out.within_forward += 1;
        } else {
            out.outside.push(q.name.clone());
        }
    }
    errors.sort_by(f64::total_cmp);
    out.median = errors.get(errors.len() / 2).copied().unwrap_or_default();
    out.largest = errors.last().copied().unwrap_or_default();
    out
}

/// A market of the classic positions from two expiries and rising strikes; `None` if one is not quoted.
pub fn market(quotes: &[Quoted], expiries: &[&str; 2], strikes: &[u64; STRIKES]) -> Option<Market> {
    let oracle = |micro: i64| u128::from(micro.unsigned_abs()) * (PRICE_ONE / 1_000_000);
    let expiry = |name: &str| {
        let mut volatilities = [[0; STRIKES]; 2];
        for (side, right) in [Right::Call, Right::Put].into_iter().enumerate() {
            for (slot, strike) in volatilities[side].iter_mut().zip(strikes) {
                let same = |q: &&Quoted| q.expiry_name() == name && q.right == right && q.strike == *strike;
                *slot = quotes.iter().find(same)?.volatility;
            }
        }
        let first = quotes.iter().find(|q| q.expiry_name() == name)?;
        Some(Expiry {
            at: first.expiry,
            forward: oracle(first.forward),
            volatilities,
        })
    };
    Some(Market {
        now: quotes.iter().map(|q| q.timestamp).max()?,
        index: oracle(quotes.first()?.index),
        strikes: strikes.map(|k| u128::from(k) * PRICE_ONE),
        expiries: [expiry(expiries[0])?, expiry(expiries[1])?],
    })
}
