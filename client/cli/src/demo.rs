//! A whole exchange on this machine: a node with sequencer and prover, traders, and a tape; settled, withdrawn, and
//! checked from chain data.

pub mod node;
pub mod summary;

use crate::{
    progress::Progress,
    replay::{ReplayError, ReplayMarket, Replayed},
    tape::{csv, market, TapeTrade},
};
use cloister_circuits::{census::census, statements::batch::BatchCircuit};
use cloister_client::{
    audit::{audit_batches, recover_trader, AssetHoldings, AuditError, BatchAudit},
    chain::{Chain, ChainError},
    exit::ExitProver,
    history::{statements, Settled},
    oracle::{self, feeds_of},
    prover::Proven,
    sequencer::{SequencerClient, SequencerError},
    trader::{now, owner_of},
};
use cloister_client_core::{
    amount::{show_money, Decimal},
    exit::{Exit, ExitStatementError},
    recovery::RecoveryError,
    trader::Trader,
};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{FinalValues, Shape};
use cloister_prover_job::ProverError;
use cloister_risk::Assessment;
use cloister_runtime::Hash;
use cloister_types::Money;
use node::{NodeError, NodeOptions, NodeProcess};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use summary::{median, Summary, SummaryError};

/// Seed and number of trades of the built-in market.
const MARKET: (u64, usize) = (2024, 40);
/// The instrument that is traded.
const INSTRUMENT: &str = "BTC-PERP";
/// The margin group.
const GROUP: u32 = 1;
/// How long the node may take to answer.
const NODE_PATIENCE: Duration = Duration::from_secs(60);
/// How long the sequencer may take to be ready: it makes the development parameters on first use.
const READY_PATIENCE: Duration = Duration::from_secs(900);
/// How long one batch may take to be settled.
const BATCH_PATIENCE: Duration = Duration::from_secs(120);
/// How long a solvency round may take: the sequencer makes the development parameters on first use.
const ROUND_PATIENCE: Duration = Duration::from_secs(600);
/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(500);
/// Id of the withdrawals: above those of the tape, and within the window that a fresh account allows (B-ALIVE).
const WITHDRAWAL_ID: u64 = 1 << 31;
/// How long a withdrawal is good, in milliseconds.
const WITHDRAWAL_LIFE: u64 = 3_600_000;
/// What an account can withdraw is divided by this; it withdraws the quotient.
const WITHDRAW_DIVISOR: u128 = 2;

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
    /// Number of traders.
    pub accounts: usize,
}

/// Why a demonstration failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no node, or it stopped.
    #[error("{0}")]
    Node(#[from] NodeError),
    /// The node or its sequencer did not get ready.
    #[error("{what} within {seconds} s; the last lines of {log} may say why")]
    NotReady {
        /// What did not happen.
        what: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// Log of the node.
        log: PathBuf,
    },
    /// The tape cannot be read.
    #[error("{0}")]
    Tape(#[from] csv::TapeError),
    /// The tape cannot be replayed.
    #[error("{0}")]
    Replay(#[from] ReplayError),
    /// The chain refuses or cannot be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The sequencer refuses or cannot be asked.
    #[error("{0}")]
    Sequencer(#[from] SequencerError),
    /// The chain's data do not hold together.
    #[error("the audit failed: {0}")]
    Audit(#[from] AuditError),
    /// An account cannot be rebuilt.
    #[error("the audit failed: {0}")]
    Recovery(#[from] RecoveryError),
    /// An exit cannot be stated.
    #[error("the audit failed: {0}")]
    Exit(#[from] ExitStatementError),
    /// An exit cannot be proven.
    #[error("the audit failed: the exit: {0}")]
    ExitProof(#[from] ProverError),
    /// The summary cannot be written.
    #[error("{0}")]
    Summary(#[from] SummaryError),
    /// The circuit cannot be counted.
    #[error("the circuit cannot be counted: {0}")]
    Circuit(Box<dyn std::error::Error + Send + Sync>),
    /// Something that must hold does not. The summary is written and says what.
    #[error("the exchange is not as it must be: {0}; see {1}")]
    Unsound(&'static str, PathBuf),
    /// The user stopped it.
    #[error("stopped")]
    Interrupted,
}

/// Runs the demonstration and stops its node, whatever happens.
///
/// # Errors
/// [`DemoError`].
pub async fn run(options: &DemoOptions) -> Result<Summary, DemoError> {
    let progress = Progress::begin();
    let tape = match &options.trades {
        Some(path) => csv::read_file(path, options.limit)?,
        None => market::trades(MARKET.0, MARKET.1),
    };
    let binary = match &options.node_binary {
        Some(path) => node::existing(path.clone())?,
        None => node::beside_this_program()?,
    };
    let log = options.summary.with_extension("node.log");
    let own = ["--sequencer", "--state-pruning", "archive"];
    let arguments = node::FRESH_CHAIN.iter().chain(&own).map(|a| (*a).to_owned()).collect();
    let mut node = NodeProcess::start(&NodeOptions {
        binary,
        log: log.clone(),
        arguments,
    })?;
    progress.say(format!("node started at {}, its log is {}", node.url(), log.display()));
    let url = node.url().to_owned();
    let result = tokio::select! {
        result = show(options, &url, &log, &tape, &progress) => result,
        stopped = node.stopped_by_itself() => Err(stopped.into()),
        () = interrupted() => Err(DemoError::Interrupted),
    };
    // The chain is thrown away with the node.
    let stopped = node.stop().await;
    let summary = result?;
    stopped?;
    progress.say("node stopped");
    Ok(summary)
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
) -> Result<Summary, DemoError> {
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
    let replayed = market.replay(tape, options.accounts).await?;
    settle(&sequencer, progress).await?;
    progress.say(format!(
        "every batch is settled, {:.1} s after the accounts were asked for",
        trading.elapsed().as_secs_f64()
    ));
    let withdrawn = withdraw(&chain, &sequencer, &replayed.traders, progress).await?;
    round(&chain, log, progress).await?;
    let before = AssetHoldings::at(&chain, GROUP, replayed.funded_at).await?;
    let summary = check(&chain, &sequencer, tape, &replayed, before, withdrawn, progress).await?;
    summary.write(&options.summary)?;
    progress.say(format!("summary written to {}", options.summary.display()));
    match summary.failure() {
        Some(what) => Err(DemoError::Unsound(what, options.summary.clone())),
        None => Ok(summary),
    }
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

/// What the withdrawals were.
#[derive(Clone, Copy, Debug, Default)]
struct Withdrawn {
    count: usize,
    amount: u128,
    paid: u128,
}

/// Every account withdraws half of what it can; the owners' balances are compared before and after.
async fn withdraw(
    chain: &Chain,
    sequencer: &SequencerClient,
    traders: &[Trader],
    progress: &Progress,
) -> Result<Withdrawn, DemoError> {
    let asset = chain.group_state(GROUP, None).await?.asset;
    let mut out = Withdrawn::default();
    let mut before = 0u128;
    for trader in traders {
        before += chain.asset_balance(asset, &owner_of(&trader.keys), None).await?;
    }
    for trader in traders {
        let account = sequencer.account(trader).await?;
        let amount = u64::try_from(account.available.get() / WITHDRAW_DIVISOR).unwrap_or(u64::MAX);
        if amount == 0 {
            continue;
        }
        // Ids of the replay count from 1; this one is above all of them.
        let id = WITHDRAWAL_ID;
        sequencer
            .submit(&trader.withdrawal(id, amount, now() + WITHDRAWAL_LIFE))
            .await?;
        out.count += 1;
        out.amount += u128::from(amount);
    }
    progress.say(format!(
        "{} accounts withdraw {} in all",
        out.count,
        show_money(out.amount as i128)
    ));
    settle(sequencer, progress).await?;
    let mut after = 0u128;
    for trader in traders {
        after += chain.asset_balance(asset, &owner_of(&trader.keys), None).await?;
    }
    out.paid = after.saturating_sub(before);
    Ok(out)
}

/// An exit that was proven, and whether it says what the chain does.
struct Left {
    exit: Exit,
    proven: Proven,
    agrees: bool,
}

/// Proves what the first account is worth, as its owner would if the group were frozen now.
async fn leave(
    chain: &Chain,
    audit: &BatchAudit,
    head: Hash,
    replayed: &Replayed,
    progress: &Progress,
) -> Result<Left, DemoError> {
    let trader = replayed.traders.first().ok_or(ReplayError::Empty)?;
    let table = chain.latest_risk_table(GROUP, Some(head)).await?;
    let exit = Exit::of(statements(&audit.batches), trader, FinalValues::of(&table))?;
    let prover = ExitProver::new(None).await?;
    let proven = prover.prove(&exit).await?;
    // The margin code shares nothing with the exit's.
    let account = &exit.witness.account;
    let assessed = Assessment::new(&table, &account.positions, account.cash);
    let root = to_bytes(&exit.statement.root);
    let agrees = root == audit.root && assessed.is_ok_and(|assessed| assessed.equity == Money(exit.equity));
    progress.say(format!(
        "account {} proves alone that it is worth {}",
        trader.index,
        show_money(exit.equity)
    ));
    Ok(Left { exit, proven, agrees })
}

/// Constraints of a batch and of each of its units, as `cloister-prover circuits` counts them: a batch without units
/// shows what is paid only once.
fn count_constraints(shape: Shape) -> Result<(u64, f64), DemoError> {
    let count = |units| {
        let circuit = BatchCircuit::blank(Shape { units, ..shape });
        let parts = census(circuit).map_err(|e| DemoError::Circuit(Box::new(e)))?;
        Ok::<_, DemoError>(parts.values().sum::<usize>() as u64)
    };
    let (all, once) = (count(shape.units)?, count(0)?);
    let units = u64::from(shape.units).max(1);
    Ok((all, all.saturating_sub(once).div_ceil(units) as f64))
}

async fn check(
    chain: &Chain,
    sequencer: &SequencerClient,
    tape: &[TapeTrade],
    replayed: &Replayed,
    before: AssetHoldings,
    withdrawn: Withdrawn,
    progress: &Progress,
) -> Result<Summary, DemoError> {
    let head = chain.finalized().await?;
    let audit = audit_batches(chain, GROUP, head).await?;
    progress.say(format!(
        "{} proofs verified natively; the public leaves give the chain's root",
        audit.batches.len()
    ));
    let state = chain.group_state(GROUP, Some(head)).await?;
    let status = sequencer.batch_status().await?;
    let mut recovered = 0;
    for trader in &replayed.traders {
        let rebuilt = recover_trader(&audit.batches, trader)?;
        let settled = sequencer.account(trader).await?.settled;
        let same = settled.is_some_and(|s| s.leaf == to_bytes(&rebuilt.account.leaf()));
        recovered += usize::from(same);
    }
    progress.say(format!("{recovered} accounts rebuilt from chain data alone"));
    let exit = leave(chain, &audit, head, replayed, progress).await?;
    let money = AssetHoldings::at(chain, GROUP, head).await?;
    let rounds = chain
        .solvency(GROUP, Some(head))
        .await?
        .round
        .map_or(0, |round| round.number);
    let batches = sequencer.batches().await?;
    let units: u64 = audit.batches.iter().map(|b| b.statement.units.len() as u64).sum();
    let used: u64 = batches.iter().map(|b| u64::from(b.used)).sum();
    let bytes: u64 = audit.batches.iter().map(|b| b.bytes as u64).sum();
    let (constraints_total, constraints_per_unit) = count_constraints(shape_of(chain, &audit.batches).await?)?;
    let prove: Vec<f64> = batches.iter().map(|b| b.prove_ms as f64).collect();
    let seal: Vec<f64> = replayed.sealing.iter().map(|d| d.as_secs_f64() * 1_000.0).collect();
    let verify: Vec<f64> = audit.verify.iter().map(|d| d.as_secs_f64() * 1_000.0).collect();
    Ok(Summary {
        accounts: replayed.traders.len(),
        orders: replayed.orders,
        fills: replayed.fills,
        trades_expected: tape.len(),
        // `replay` compares trade by trade and fails otherwise.
        tape_reproduced: replayed.fills == tape.len(),
        volume_lots: replayed.volume_lots,
        notional: show_money(i128::try_from(replayed.notional).unwrap_or(i128::MAX)),
        batches_settled: audit.batches.len(),
        units,
        units_used: used,
        constraints_total,
        constraints_reported: batches.last().map_or(0, |b| b.constraints),
        constraints_per_unit,
        prove_ms_median: median(&prove).unwrap_or_default(),
        verify_ms_median: median(&verify).unwrap_or_default(),
        verified_with: "cloister_groth16_verifier, natively, pure backend".into(),
        onchain_bytes_per_unit: bytes as f64 / units.max(1) as f64,
        state_root: hex::encode(state.root),
        roots_equal: state.root == status.settled_root && audit.root == state.root,
        proofs_verified: audit.verify.len(),
        accounts_recovered: recovered,
        seal_prove_ms_median: median(&seal).unwrap_or_default(),
        exit_prove_ms: exit.proven.took.as_secs_f64() * 1_000.0,
        exit_equity: show_money(exit.exit.equity),
        exit_agrees: exit.agrees,
        solvency_rounds: rounds,
        withdrawals: withdrawn.count,
        withdrawn: show_money(i128::try_from(withdrawn.amount).unwrap_or(i128::MAX)),
        withdrawals_paid: withdrawn.paid == withdrawn.amount,
        settlement_asset_supply: show_money(i128::try_from(money.supply).unwrap_or(i128::MAX)),
        settlement_asset_conserved: money.conserved_since(&before),
        elapsed_s: progress.seconds(),
    })
}

/// The shape of the settled batches.
async fn shape_of(chain: &Chain, batches: &[Settled]) -> Result<Shape, DemoError> {
    let absent = || ChainError::Absent("settled batch");
    let last = batches.last().ok_or_else(absent)?;
    let registered = chain.verifying_key(last.key, None).await?;
    Ok(registered.statement.shape().ok_or_else(absent)?)
}
