//! The node from its start to its end. The SDK's own runner drops everything at a signal; here the sequencer is asked
//! first, while it can still say why it takes nothing more, and its files are closed before the rest is.

use crate::{cli::Cli, service::Running};
use cloister_sequencer::Stopper;
use futures::FutureExt;
use polkadot_sdk::*;
use sc_cli::{build_runtime, CliConfiguration, Signals, SubstrateCli};
use sc_service::Configuration;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long the sequencer may take to stop in order.
const IN_ORDER: Duration = Duration::from_secs(20);
/// How long the servers go on once the sequencer has stopped, so that whoever is connected hears why nothing is taken.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long tasks may take to hear that the node stops.
const A_MOMENT: Duration = Duration::from_millis(100);
/// How long everything else may take afterwards, whether or not a proof is still being made. Nothing that must be kept
/// is written any more by then.
const THE_REST: Duration = Duration::from_secs(10);

/// Starts a node and runs it until a part that it needs ends, or `SIGTERM` or `SIGINT` arrives. Then the sequencer
/// stops in order, and after it the node. A second signal stops everything at once.
///
/// # Errors
/// It cannot be started, or a part that it needs ended.
pub fn run_until_stopped(
    cli: &Cli,
    start: impl FnOnce(Configuration) -> sc_cli::Result<Running>,
) -> sc_cli::Result<()> {
    let runtime = build_runtime()?;
    // Early, so that a signal during the start is not lost.
    let signals = runtime.block_on(async { Signals::capture() })?;
    let config = cli.run.create_configuration(cli, runtime.handle().clone())?;
    cli.run.init(&Cli::support_url(), &Cli::impl_version(), |_| {})?;
    introduce(&config);
    let run = runtime.block_on(async {
        let Running {
            mut task_manager,
            sequencer,
            pool,
        } = match start(config) {
            Ok(running) => running,
            Err(error) => {
                // Some tasks run already. They hear of the end before the clock is gone that they wait for.
                sleep(A_MOMENT).await;
                return Err(error);
            }
        };
        let ended = signals.run_until_signal(task_manager.future().fuse()).await;
        let rest = match sequencer {
            Some(sequencer) => stop_in_order(&sequencer).await?,
            None => THE_REST,
        };
        // Tasks hear of the end before the pool is gone that some of them serve.
        drop(task_manager);
        sleep(A_MOMENT).await;
        drop(pool);
        Ok((ended, rest))
    });
    match run {
        Ok((ended, rest)) => {
            runtime.shutdown_timeout(rest);
            ended.map_err(Into::into)
        }
        Err(error) => {
            runtime.shutdown_timeout(THE_REST);
            Err(error)
        }
    }
}

/// Says in the log what runs, of which chain, and where its data are.
fn introduce(config: &Configuration) {
    let database = config.database.path().map(|path| path.display().to_string());
    log::info!("{} {}", Cli::impl_name(), Cli::impl_version());
    log::info!("Chain: {} ({})", config.chain_spec.name(), config.chain_spec.id());
    log::info!("Node: {}, role {}", config.network.node_name, config.display_role());
    log::info!("Database: {} at {}", config.database, database.unwrap_or_default());
}

/// Has the sequencer stop in order. Returns how long everything else may take.
async fn stop_in_order(sequencer: &Stopper) -> sc_cli::Result<Duration> {
    log::info!(target: "cloister", "The sequencer stops: it takes nothing more");
    // It hears of signals from now on.
    let again = Signals::capture()?;
    let stopped = async {
        let stopped = timeout(IN_ORDER, sequencer.stop()).await;
        sleep(GOODBYE).await;
        stopped
    };
    Ok(match again.try_until_signal(stopped.boxed().fuse()).await {
        Ok(Ok(())) => THE_REST,
        Ok(Err(_)) => {
            let seconds = IN_ORDER.as_secs();
            log::error!(target: "cloister", "The sequencer has not stopped in order within {seconds} s");
            THE_REST
        }
        Err(()) => {
            log::warn!(target: "cloister", "A second signal: everything stops at once");
            Duration::ZERO
        }
    })
}
