//! Prices for the oracle: where an operator has them from, round by round.
//!
//! A round is a list of quotes, and becomes one transaction. A quote is `NAME=PRICE`, or a price alone, which is for
//! the feeds that the command line names. [`read_file`] reads rounds from a CSV file; a [`LocalUrl`] is asked for each.

mod file;
mod web;

pub use file::read_file;
pub use web::LocalUrl;

use cloister_client_core::amount::{AmountError, Decimal};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;
use std::{
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    str::FromStr,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
};

/// Decimals of a simulated price.
const WALK_DECIMALS: u32 = 6;
/// The largest step of a simulated price, millionths of it.
const WALK_STEP: u64 = 1_000;
/// Of how many parts these are.
const MILLION: u64 = 1_000_000;

/// Why there are no prices.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line of a file cannot be read.
    #[error("{}: {source}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: csv::Error,
    },
    /// A file has no more than a header.
    #[error("{} has no prices: its first line names feeds, and each other line has a price for each", .0.display())]
    NoRows(PathBuf),
    /// A price is missing.
    #[error("{}, line {line}: there is no price for {feed}; nothing was fed", path.display())]
    Gap {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// The column.
        feed: String,
    },
    /// A line of a file has something else than a price.
    #[error("{}, line {line}: {error}; nothing was fed", path.display())]
    InLine {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// What is wrong.
        error: Box<PriceError>,
    },
    /// A text is no price.
    #[error(transparent)]
    Number(#[from] AmountError),
    /// The chain counts no price of zero.
    #[error("a price is zero, which the chain refuses")]
    Zero,
    /// A line has no price.
    #[error("a line without a price")]
    Blank,
    /// A feed's name is missing before its price.
    #[error("`{0}`: a name is missing before the sign =")]
    NoName(String),
    /// The command that says prices cannot be started or read.
    #[error("`{command}`: {source}")]
    Command {
        /// The command.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// It has failed.
    #[error("`{command}` has ended with {status}")]
    CommandFailed {
        /// The command.
        command: String,
        /// How it has ended.
        status: ExitStatus,
    },
    /// An address is not one of this machine.
    #[error(
        "`{0}` is no address on this machine, such as http://127.0.0.1:8080/prices; prices of others are not believed"
    )]
    NotLocal(String),
    /// The server does not answer with a line of prices.
    #[error("{url}: {reason}")]
    Web {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
}

/// A price of one unit of an underlying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// For what, as people call it; for what the command line names if nothing.
    pub name: Option<String>,
    /// The price, never zero.
    pub price: Decimal,
}

impl FromStr for Quote {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let (name, price) = match text.split_once('=') {
            None => (None, text),
            Some((name, _)) if name.trim().is_empty() => return Err(PriceError::NoName(text.into())),
            Some((name, price)) => (Some(name.trim().to_owned()), price),
        };
        let price: Decimal = price.parse()?;
        match price.is_zero() {
            true => Err(PriceError::Zero),
            false => Ok(Self { name, price }),
        }
    }
}

/// The quotes of one line, between which are blanks or commas.
///
/// # Errors
/// [`PriceError`].
pub fn parse_line(line: &str) -> Result<Vec<Quote>, PriceError> {
    let parts = line.split([' ', '\t', ',', '\r', '\n']).filter(|part| !part.is_empty());
    let round = parts.map(str::parse).collect::<Result<Vec<Quote>, _>>()?;
    match round.is_empty() {
        true => Err(PriceError::Blank),
        false => Ok(round),
    }
}

/// Where prices come from.
#[derive(Debug)]
pub enum Source {
    /// The same prices in every round.
    Fixed(Vec<Quote>),
    /// One round after the other, and no more.
    Rounds(std::vec::IntoIter<Vec<Quote>>),
    /// What a command says last.
    Command(Said),
    /// What a server of this machine says.
    Web(LocalUrl),
    /// Simulated prices, which have nothing to do with those of any market.
    Simulated(Walk),
}

impl Source {
    /// The prices of the next round; none if there are no more.
    ///
    /// # Errors
    /// [`PriceError`].
    pub async fn next(&mut self) -> Result<Option<Vec<Quote>>, PriceError> {
        match self {
            Self::Fixed(round) => Ok(Some(round.clone())),
            Self::Rounds(rounds) => Ok(rounds.next()),
            Self::Command(said) => said.next().await,
            Self::Web(url) => parse_line(&url.get().await?).map(Some),
            Self::Simulated(walk) => Ok(Some(walk.step())),
        }
    }

    /// Whether it says by itself when the next round is there.
    pub fn has_own_pace(&self) -> bool {
        matches!(self, Self::Command(_))
    }

    /// Whether a failure may be over in the next round.
    pub fn may_recover(error: &PriceError) -> bool {
        matches!(error, PriceError::Web { .. })
    }
}

/// Prices that a seed makes: each step is at most a thousandth of the price, up or down. The same seed gives the same
/// prices on every machine.
#[derive(Debug)]
pub struct Walk {
    random: SplitMix64,
    /// Prices in 10^-6.
    at: Vec<(Option<String>, u64)>,
}

impl Walk {
    /// A walk that begins at these prices, which are the first round.
    ///
    /// # Errors
    /// [`PriceError::Number`] if one has more than six decimals or is too large.
    pub fn new(start: &[Quote], seed: u64) -> Result<Self, PriceError> {
        let unit = |quote: &Quote| Ok((quote.name.clone(), quote.price.in_units(WALK_DECIMALS)?));
        Ok(Self {
            random: SplitMix64::seed_from_u64(seed),
            at: start.iter().map(unit).collect::<Result<_, PriceError>>()?,
        })
    }

    fn step(&mut self) -> Vec<Quote> {
        let quote = |(name, price): &(Option<String>, u64)| Quote {
            name: name.clone(),
            price: Decimal::new((*price).into(), WALK_DECIMALS),
        };
        let round = self.at.iter().map(quote).collect();
        for (_, price) in &mut self.at {
            let parts = self.random.next_u64() % (2 * WALK_STEP + 1);
            let size = u128::from(*price) * u128::from(parts.abs_diff(WALK_STEP)) / u128::from(MILLION);
            let size = u64::try_from(size).unwrap_or(u64::MAX);
            *price = match parts >= WALK_STEP {
                true => price.saturating_add(size),
                false => price.saturating_sub(size).max(1),
            };
        }
        round
    }
}

/// What a command says, line by line. It ends with this.
#[derive(Debug)]
pub struct Said {
    command: String,
    process: Child,
    /// The newest line; older ones are of no use.
    newest: watch::Receiver<Option<io::Result<String>>>,
}

impl Said {
    /// Starts a command in the shell.
    ///
    /// # Errors
    /// [`PriceError::Command`].
    pub fn start(command: &str) -> Result<Self, PriceError> {
        let failed = |source| PriceError::Command {
            command: command.into(),
            source,
        };
        let mut process = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let output = process
            .stdout
            .take()
            .ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))?;
        let (sender, newest) = watch::channel(None);
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Some(line) = lines.next_line().await.transpose() {
                let failed = line.is_err();
                if sender.send(Some(line)).is_err() || failed {
                    break;
                }
            }
        });
        Ok(Self {
            command: command.into(),
            process,
            newest,
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<Quote>>, PriceError> {
        let failed = |command: &str, source| PriceError::Command {
            command: command.into(),
            source,
        };
        if self.newest.changed().await.is_ok() {
            return match &*self.newest.borrow_and_update() {
                Some(Ok(line)) => parse_line(line).map(Some),
                Some(Err(error)) => Err(failed(&self.command, error.kind().into())),
                None => Err(PriceError::Blank),
            };
        }
        let status = self
            .process
            .wait()
            .await
            .map_err(|source| failed(&self.command, source))?;
        match status.success() {
            true => Ok(None),
            false => Err(PriceError::CommandFailed {
                command: self.command.clone(),
                status,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(name: Option<&str>, price: &str) -> Quote {
        Quote {
            name: name.map(Into::into),
            price: price.parse().expect("a price"),
        }
    }

    #[test]
    fn a_line_should_be_prices_with_or_without_names() {
        let both = [quote(Some("BTC-PERP"), "60000.5"), quote(Some("3"), "2900")];
        for line in [
            "BTC-PERP=60000.5 3=2900",
            "BTC-PERP=60000.50,3=2900\n",
            " BTC-PERP=60000.5,\t3=2900 ",
        ] {
            assert_eq!(parse_line(line).expect(line), both, "{line}");
        }
        assert_eq!(parse_line("60000.5").expect("a price"), [quote(None, "60000.5")]);
        for (line, part) in [
            ("BTC-PERP=0", "is zero"),
            ("0.00", "is zero"),
            ("=5", "a name is missing"),
            ("", "without a price"),
            ("BTC-PERP=", "`"),
            ("BTC-PERP=-5", "-5"),
            ("1e5", "1e5"),
        ] {
            let error = parse_line(line).expect_err(line).to_string();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn a_walk_should_be_of_its_seed_and_take_small_steps() {
        let start = [quote(Some("BTC-PERP"), "60000"), quote(Some("ETH-PERP"), "3000")];
        let walk = |seed| {
            let mut walk = Walk::new(&start, seed).expect("six decimals");
            (0..500).map(|_| walk.step()).collect::<Vec<_>>()
        };
        let rounds = walk(7);
        assert_eq!(rounds[0], start);
        assert_eq!(rounds, walk(7));
        assert_ne!(rounds, walk(8));
        let units = |quote: &Quote| quote.price.in_units(WALK_DECIMALS).expect("it fits");
        let (mut up, mut down) = (0, 0);
        for pair in rounds.windows(2) {
            for (before, after) in pair[0].iter().zip(&pair[1]) {
                let (before, after) = (units(before), units(after));
                assert!(before.abs_diff(after) <= before / 1_000);
                up += u32::from(after > before);
                down += u32::from(after < before);
            }
        }
        assert!(up > 400 && down > 400, "{up} up, {down} down");
        assert!(Walk::new(&[quote(None, "0.0000001")], 1).is_err());
    }

    #[tokio::test]
    async fn a_command_should_say_its_last_line_and_how_it_ended() {
        let mut source = Source::Command(Said::start("echo BTC-PERP=1; sleep 1; echo 2; sleep 1; echo 3").unwrap());
        let mut rounds = Vec::new();
        while let Some(round) = source.next().await.expect("prices") {
            rounds.push(round);
        }
        assert_eq!(rounds.first(), Some(&vec![quote(Some("BTC-PERP"), "1")]));
        assert_eq!(rounds.last(), Some(&vec![quote(None, "3")]));

        let mut source = Source::Command(Said::start("echo 5; sleep 1; exit 3").unwrap());
        assert_eq!(source.next().await.expect("a price"), Some(vec![quote(None, "5")]));
        let error = source.next().await.expect_err("it has failed");
        assert!(
            matches!(&error, PriceError::CommandFailed { status, .. } if status.code() == Some(3)),
            "{error}"
        );
        let mut source = Source::Command(Said::start("echo five").unwrap());
        assert!(matches!(source.next().await, Err(PriceError::Number(_))));
    }
}
