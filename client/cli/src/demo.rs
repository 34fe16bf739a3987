//! A whole exchange on this machine: a node with sequencer and prover, traders, and a tape; then a price that falls,
//! with a stop and a liquidation; settled, withdrawn, and checked from chain data.

mod cast;
mod check;
mod error;
pub mod node;
mod scenes;
pub mod summary;
mod tally;
mod withdrawals;

pub use error::DemoError;

use crate::{
    progress::Progress,
    replay::{ReplayError, ReplayMarket},
    tape::{csv, market, TapeTrade},
};
use cast::{Cast, DEPOSITS, FORCED};
use check::{check, Done};
use cloister_client::{
    chain::{Chain, ChainError},
    oracle::{self, feeds_of},
    sequencer::{SequencerClient, SequencerError},
};
use cloister_client_core::{
    amount::{show_money, Decimal},
    trader::Trader,
};
use cloister_sequencer_rpc::types::AccountInfo;
use node::{NodeOptions, NodeProcess};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use summary::Summary;
use withdrawals::Withdrawals;

/// Seed and number of trades of the built-in market.
const MARKET: (u64, usize) = (2024, 40);
/// The instrument that is traded.
const INSTRUMENT: &str = "BTC-PERP";
/// The margin group.
const GROUP: u32 = 1;
/// How long the node may take to answer.
const NODE_PATIENCE: Duration = Duration::from_secs(180);
/// How long the sequencer may take to be ready: it makes the development parameters on first use.
const READY_PATIENCE: Duration = Duration::from_secs(900);
/// How long one batch may take to be settled.
const BATCH_PATIENCE: Duration = Duration::from_secs(120);
/// How long a solvency round may take: the sequencer makes the development parameters on first use.
const ROUND_PATIENCE: Duration = Duration::from_secs(600);
/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(500);
/// What to show.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// The tape to replay; the built-in market by default.
    pub trades: Option<PathBuf>,
    /// Only the first trades of it.
    pub limit: Option<usize>,
    /// Where the summary goes.
    pub summary: PathBuf,
    /// The node's binary; by default the one beside this program.
    pub node_binary: Option<PathBuf>,
    /// Number of traders of the tape.
    pub accounts: usize,
    /// Further arguments of the node, such as what it logs.
    pub node_arguments: Vec<String>,
}

/// What was shown, with what nobody but the traders may know of it: for whoever checks that nobody else was told.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What was measured and found.
    pub summary: Summary,
    /// Everybody who had an account.
    pub traders: Vec<Trader>,
    /// Their accounts at the end.
    pub accounts: Vec<AccountInfo>,
    /// Amounts that they paid in or took out, 10^-6.
    pub amounts: Vec<u64>,
}

/// Runs the demonstration and stops its node, whatever happens.
///
/// # Errors
/// [`DemoError`].
pub async fn run(options: &DemoOptions, progress: &Progress) -> Result<Shown, DemoError> {
    let tape = match &options.trades {
        Some(path) => csv::read_file(path, options.limit)?,
        None => market::trades(MARKET.0, options.limit.unwrap_or(MARKET.1)),
    };
    let binary = match &options.node_binary {
        Some(path) => node::existing(path.clone())?,
        None => node::beside_this_program()?,
    };
    let log = options.summary.with_extension("node.log");
    let own = ["--sequencer", "--state-pruning", "archive"];
    let own = node::FRESH_CHAIN.iter().chain(&own).map(|a| (*a).to_owned());
    let arguments = own.chain(options.node_arguments.iter().cloned()).collect();
    let mut node = NodeProcess::start(&NodeOptions {
        binary,
        log: log.clone(),
        arguments,
    })?;
    progress.say(format!("node started at {}, its log is {}", node.url(), log.display()));
    let url = node.url().to_owned();
    let result = tokio::select! {
        result = show(options, &url, &log, &tape, progress) => result,
        stopped = node.stopped_by_itself() => Err(stopped.into()),
        () = interrupted() => Err(DemoError::Interrupted),
    };
    // The chain is thrown away with the node.
    let stopped = node.stop().await;
    let shown = result?;
    stopped?;
    progress.say("node stopped");
    Ok(shown)
}

/// Waits for the user or the system to stop the program.
async fn interrupted() {
    use tokio::signal::unix::{signal, SignalKind};
    let mut signals = [SignalKind::interrupt(), SignalKind::terminate()]
        .into_iter()
        .filter_map(|kind| signal(kind).ok());
    match (signals.next(), signals.next()) {
        (Some(mut one), Some(mut other)) => tokio::select! {
            _ = one.recv() => {}
            _ = other.recv() => {}
        },
        // Without handlers the signals end the program at once, which kills the node too.
        _ => std::future::pending().await,
    }
}

async fn connect(url: &str, log: &Path) -> Result<Chain, DemoError> {
    let begin = Instant::now();
    loop {
        match Chain::connect(url).await {
            Err(ChainError::Unreachable { .. }) if begin.elapsed() < NODE_PATIENCE => tokio::time::sleep(POLL).await,
            Err(ChainError::Unreachable { .. }) => {
                let seconds = NODE_PATIENCE.as_secs();
                return Err(DemoError::NotReady {
                    what: "the node did not answer",
                    seconds,
                    log: log.into(),
                });
            }
            other => return Ok(other?),
        }
    }
}

/// Waits for the sequencer, which proves only when it has its parameters.
async fn sequencer_ready(chain: &Chain, log: &Path, progress: &Progress) -> Result<SequencerClient, DemoError> {
    let sequencer = SequencerClient::of(chain);
    let begin = Instant::now();
    progress.say("waiting for the sequencer, which makes its parameters on first use");
    let sign = progress.wait("waiting for the sequencer");
    loop {
        match sequencer.status().await {
            Ok(_) => return Ok(sequencer),
            Err(e @ SequencerError::Call(_)) => return Err(e.into()),
            Err(_) if begin.elapsed() < READY_PATIENCE => {}
            Err(_) => {
                let seconds = READY_PATIENCE.as_secs();
                return Err(DemoError::NotReady {
                    what: "the sequencer did not get ready",
                    seconds,
                    log: log.into(),
                });
            }
        }
        let line = node::last_line(log).unwrap_or_default();
        sign.set_message(format!("waiting for the sequencer; the node says: {line}"));
        tokio::time::sleep(POLL).await;
    }
}

async fn show(
    options: &DemoOptions,
    url: &str,
    log: &Path,
    tape: &[TapeTrade],
    progress: &Progress,
) -> Result<Shown, DemoError> {
    let chain = connect(url, log).await?;
    let first: Decimal = tape.first().map(|t| t.price).ok_or(ReplayError::Empty)?;
    // A sequencer starts with the first risk table, and that needs prices.
    let feeds = feeds_of(&chain, GROUP).await?;
    oracle::feed(&chain, &feeds, &first)
        .await
        .map_err(ReplayError::Oracle)?;
    let sequencer = sequencer_ready(&chain, log, progress).await?;
    progress.say("node and sequencer are ready");
    let mut market = ReplayMarket::prepare(&chain, GROUP, INSTRUMENT, first, progress.clone()).await?;
    let trading = Instant::now();
    // Their accounts are opened while the tape is traded.
    let cast = Cast::open(&market).await?;
    let replayed = market.replay(tape, options.accounts).await?;
    settle(&sequencer, progress).await?;
    progress.say(format!(
        "every batch is settled, {:.1} s after the accounts were asked for",
        trading.elapsed().as_secs_f64()
    ));
    // Before one is complete nothing is paid out (C-GATE).
    round(&chain, log, progress).await?;
    let played = scenes::play(&mut market, &cast).await?;
    let withdrawals = Withdrawals::ask(&mut market, &replayed.traders).await?;
    settle(&sequencer, progress).await?;
    let paid = withdrawals.paid(&chain, &replayed.traders).await?;
    let done = Done {
        trades: tape.len(),
        replayed,
        cast,
        played,
        withdrawals,
        paid,
    };
    let (summary, accounts) = check(&market, &done).await?;
    summary.write(&options.summary)?;
    progress.say(format!("summary written to {}", options.summary.display()));
    if let Some(what) = summary.failure() {
        return Err(DemoError::Unsound(what, options.summary.clone()));
    }
    let paid_in = DEPOSITS.into_iter().chain([FORCED]);
    Ok(Shown {
        summary,
        traders: done.traders().into_iter().cloned().collect(),
        accounts,
        amounts: done.withdrawals.amounts.iter().copied().chain(paid_in).collect(),
    })
}

async fn settle(sequencer: &SequencerClient, progress: &Progress) -> Result<(), DemoError> {
    let left = sequencer.backlog().await?.batches;
    let patience = BATCH_PATIENCE.saturating_mul(left.saturating_add(2));
    let bar = progress.count("settling batches", left.into());
    sequencer
        .settled(patience, |backlog| {
            let latest = backlog.status.latest.as_ref();
            let done = latest.map_or(0, |latest| latest.batch_no + 1);
            bar.set_length(done + u64::from(backlog.batches));
            bar.set_position(done);
        })
        .await?;
    Ok(())
}

/// Waits for a solvency round, which the sequencer makes when nothing else is to be proven.
async fn round(chain: &Chain, log: &Path, progress: &Progress) -> Result<(), DemoError> {
    let begin = Instant::now();
    let sign = progress.wait("waiting for a solvency round");
    loop {
        let head = chain.finalized().await?;
        if let Some(round) = chain.solvency(GROUP, Some(head)).await?.round {
            drop(sign);
            progress.say(format!(
                "a solvency round is complete: {} accounts are short, {} is owed",
                round.findings.short,
                show_money(i128::try_from(round.findings.debt).unwrap_or(i128::MAX))
            ));
            return Ok(());
        }
        if begin.elapsed() >= ROUND_PATIENCE {
            return Err(DemoError::NotReady {
                what: "no solvency round was complete",
                seconds: ROUND_PATIENCE.as_secs(),
                log: log.into(),
            });
        }
        tokio::time::sleep(POLL).await;
    }
}
