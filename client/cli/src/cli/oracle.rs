//! `cloister oracle`.

use super::time::parse_duration;
use clap::{ArgGroup, Args, Subcommand};
use cloister_cli::prices::{LocalUrl, Quote};
use std::{path::PathBuf, time::Duration};

/// The shortest time between two rounds: about a block's.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest: values count for a minute.
const LONGEST: Duration = Duration::from_secs(600);

/// What to do for the oracle.
#[derive(Debug, Subcommand)]
pub enum OracleCommand {
    /// Feed prices as an operator of the oracle, for as long as this runs.
    #[command(after_help = "\
All prices of a round are one transaction, which costs an operator nothing. A value counts for 60 s, so an operator
that falls silent stops counting. The chain takes the middle of what its operators say.

FEEDS  BTC-PERP means the index and the perpetual price of the instrument, BTC-PERP/index and BTC-PERP/perpetual one of
them, and a number the feed of that number. A price without a name is for the feeds of --feed, or of the group's
instrument if it has one only.

PRICES come from one of
  --price       the same again and again
  --file        a CSV file: its first line names feeds, every other line is a round
  --command     a program: each line of its standard output is a round, such as BTC-PERP=60000.5 ETH-PERP=2990
  --url         a server on this machine, which answers with such a line; others are not asked
  --simulate    a random walk from these prices, the same for the same --seed: no prices of any market

Ends with 0 after --rounds, at the end of the file or of the command's output, or when it is stopped by Ctrl-C or
SIGTERM. Between rounds it waits for --every, which a command does by itself. If the node does not answer, the next
round is tried all the same.

EXAMPLES
  cloister oracle feed --price 60000
  cloister oracle feed --price BTC-PERP=60000 --price ETH-PERP=3000 --every 5s
  cloister oracle feed --file prices.csv --every 6s --key-file operator.key
  cloister oracle feed --command './prices.sh' --feed BTC-PERP/index
  cloister oracle feed --simulate BTC-PERP=60000 --seed 7")]
    Feed(FeedArguments),
}

/// A feed.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("source").required(true).args(["price", "file", "command", "url", "simulate"]))]
pub struct FeedArguments {
    /// Feeds of prices that have no name.
    #[arg(long, value_name = "NAME|ID")]
    pub feed: Vec<String>,
    /// The same price in every round.
    #[arg(long, value_name = "[NAME=]PRICE")]
    pub price: Vec<Quote>,
    /// CSV file with a round on each line.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Command whose lines are rounds.
    #[arg(long, value_name = "COMMAND")]
    pub command: Option<String>,
    /// Address on this machine that answers with a line.
    #[arg(long, value_name = "URL")]
    pub url: Option<LocalUrl>,
    /// Simulated prices that begin here.
    #[arg(long, value_name = "[NAME=]PRICE")]
    pub simulate: Vec<Quote>,
    /// What simulated prices come from.
    #[arg(long, default_value_t = 1, value_name = "NUMBER", requires = "simulate")]
    pub seed: u64,
    /// Time between two rounds, from 1s to 10m.
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = every)]
    pub every: Duration,
    /// Number of rounds [default: until it is stopped].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub rounds: Option<u64>,
    /// Secret URI of the operator, for development [default: the operator of a development chain].
    #[arg(long, value_name = "URI", conflicts_with = "key_file")]
    pub suri: Option<String>,
    /// File with the operator's secret URI or phrase, which only its owner can read.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

fn every(text: &str) -> Result<Duration, String> {
    let every = parse_duration(text).map_err(|error| error.to_string())?;
    let every = Duration::from_millis(every);
    match (SHORTEST..=LONGEST).contains(&every) {
        true => Ok(every),
        false => Err(format!("rounds are 1s to 10m apart, not {text}")),
    }
}
