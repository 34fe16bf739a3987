//! The command `cloister-load` (`make load`).

use clap::Parser;
use cloister_tests::{
    load::run::{run, LoadOptions},
    node::binary,
};
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// Trades on a development chain of its own at the rate that this machine holds, with real proofs, and checks that
/// everything that was promised is kept.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Tape of trades, a CSV file as `cloister replay` reads it; without one a market is made.
    #[arg(long, value_name = "FILE")]
    trades: Option<PathBuf>,
    /// How long orders are sent.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    seconds: u64,
    /// Number of accounts that trade.
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    accounts: usize,
    /// Orders a second; if it is left out, the rate that the machine holds is looked for.
    #[arg(long, value_name = "ORDERS")]
    rate: Option<f64>,
    /// Where the node's logs go; the number of its start and `.log` are added.
    #[arg(long, value_name = "FILE")]
    logs: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let node = binary();
    let load = LoadOptions {
        trades: options.trades,
        time: Duration::from_secs(options.seconds),
        accounts: options.accounts,
        rate: options.rate,
        logs: options.logs.unwrap_or_else(|| node.with_file_name("load")),
        node,
    };
    match run(&load).await {
        Ok(report) if report.is_good() => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("the memory of the node grows");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
