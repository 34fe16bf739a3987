//! Lives through minutes of a crash over a real node: `crash-day --prices bitmex_xbtusd_1m_20200312-13.csv`.

use clap::Parser;
use cloister_cli::{
    demo::node::{beside_this_program, existing, NodeOptions, NodeProcess, FRESH_CHAIN},
    progress::Progress,
};
use cloister_client::chain::{Chain, ChainError};
use cloister_crash_day::{
    exchange::until,
    judge, live, minutes,
    report::{minutes_markdown, summary_markdown},
    setup::MinutesError,
    RunError, Setup,
};
use cloister_simulation::prices::DOLLAR;
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// How long the node may take to answer.
const NODE_PATIENCE: Duration = Duration::from_secs(60);

/// A crowd of leveraged accounts lives through minutes of a crash, over a real node with real proofs.
#[derive(Debug, Parser)]
#[command(name = "crash-day", version)]
struct Cli {
    /// One-minute bars with the columns timestamp, open, close; without a file, a drawn path in their likeness.
    #[arg(long, value_name = "CSV")]
    prices: Option<PathBuf>,
    /// First minute: day of the month and time, UTC.
    #[arg(long, default_value = "13 02:00", value_name = "DAY TIME")]
    from: String,
    /// Number of minutes.
    #[arg(long, default_value_t = 60)]
    minutes: usize,
    /// Number of accounts.
    #[arg(long, default_value_t = 30)]
    accounts: usize,
    /// Maximum number of traders who act in a minute.
    #[arg(long, default_value_t = 8)]
    active: usize,
    /// Shortest time that a minute takes, seconds; it takes longer while batches wait for their proofs.
    #[arg(long, default_value_t = 10)]
    pace: u64,
    /// Paid into the insurance at the beginning, dollars.
    #[arg(long, default_value_t = 20_000)]
    insurance: u64,
    /// Smallest deposit of a maker, dollars; the largest is twice as much.
    #[arg(long, default_value_t = 100_000)]
    makers: u64,
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the tables to a file, too. The node's log lies beside it, or beside the node.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// The node's binary; by default the one beside this program.
    #[arg(long, value_name = "FILE")]
    node_binary: Option<PathBuf>,
}

/// Why the command ends with an error.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Minutes(#[from] MinutesError),
    #[error("{0}; the node's log is {1}")]
    Run(RunError, PathBuf),
    #[error(transparent)]
    Node(#[from] cloister_cli::demo::node::NodeError),
    #[error("{0}: {1}")]
    Write(PathBuf, std::io::Error),
    #[error("{0} of the things that must hold do not; the node's log is {1}")]
    Unsound(usize, PathBuf),
    #[error("stopped")]
    Interrupted,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("crash-day: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<(), Failure> {
    let setup = Setup {
        accounts: cli.accounts,
        active: cli.active,
        seed: cli.seed,
        pace: Duration::from_secs(cli.pace),
        insurance: cli.insurance.saturating_mul(DOLLAR),
        maker_deposit: cli.makers.saturating_mul(DOLLAR),
        ..Setup::new(minutes(cli.prices.as_deref(), cli.seed, &cli.from, cli.minutes)?)
    };
    let binary = match &cli.node_binary {
        Some(path) => existing(path.clone())?,
        None => beside_this_program()?,
    };
    let beside = cli
        .markdown
        .clone()
        .unwrap_or_else(|| binary.with_file_name("crash-day"));
    let log = beside.with_extension("node.log");
    let progress = Progress::begin();
    let own = ["--sequencer", "--state-pruning", "archive"];
    let mut node = NodeProcess::start(&NodeOptions {
        binary,
        log: log.clone(),
        arguments: FRESH_CHAIN.iter().chain(&own).map(|a| (*a).to_owned()).collect(),
    })?;
    progress.say(format!("node started at {}, its log is {}", node.url(), log.display()));
    let url = node.url().to_owned();
    let result = tokio::select! {
        result = lived(&setup, &url, &progress) => result.map_err(|error| Failure::Run(error, log.clone())),
        stopped = node.stopped_by_itself() => Err(stopped.into()),
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    };
    // The chain is thrown away with the node.
    let stopped = node.stop().await;
    let (text, broken) = result?;
    stopped?;
    print!("{text}");
    if let Some(path) = &cli.markdown {
        std::fs::write(path, &text).map_err(|error| Failure::Write(path.clone(), error))?;
    }
    match broken {
        0 => Ok(()),
        broken => Err(Failure::Unsound(broken, log)),
    }
}

/// Lives through it; the tables, and how many of the things that must hold do not.
async fn lived(setup: &Setup, url: &str, progress: &Progress) -> Result<(String, usize), RunError> {
    let chain = until("the node did not answer", NODE_PATIENCE, || async {
        match Chain::connect(url).await {
            Ok(chain) => Ok(Some(chain)),
            Err(ChainError::Unreachable { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    })
    .await?;
    let lived = live(setup, &chain, progress).await?;
    let claims = judge(&lived)?;
    let text = format!("{}\n{}", minutes_markdown(&lived), summary_markdown(&lived, &claims));
    Ok((text, claims.iter().filter(|claim| !claim.holds).count()))
}
