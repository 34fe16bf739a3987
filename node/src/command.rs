//! Runs what the command line asks for.

use crate::{
    chain_spec,
    cli::{Cli, Subcommand},
    parts::{parts, Parts},
    run::run_until_stopped,
    service, start,
};
use cloister_runtime::opaque::Block;
use polkadot_sdk::*;
use sc_cli::{CliConfiguration, SubstrateCli};
use sc_network::config::NetworkBackendType;
use sc_service::PruningMode;

impl SubstrateCli for Cli {
    fn impl_name() -> String {
        "Cloister Node".into()
    }

    fn impl_version() -> String {
        env!("SUBSTRATE_CLI_IMPL_VERSION").into()
    }

    fn description() -> String {
        env!("CARGO_PKG_DESCRIPTION").into()
    }

    fn author() -> String {
        env!("CARGO_PKG_AUTHORS").into()
    }

    fn support_url() -> String {
        "the issue tracker of the project".into()
    }

    fn copyright_start_year() -> i32 {
        2026
    }

    fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
        match chain_spec::load(id) {
            Ok(spec) => Ok(Box::new(spec)),
            // The SDK's trait wants text.
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Reads the command line and does what it says, until it is done or a signal arrives.
///
/// # Errors
/// What the sub-command or the service reports.
pub fn run() -> sc_cli::Result<()> {
    let mut cli = Cli::of_process();
    if cli.subcommand.is_none() {
        start::allow_network_key(&mut cli);
    }
    match &cli.subcommand {
        None => run_node(&cli),
        Some(Subcommand::Key(command)) => command.run(&cli),
        Some(Subcommand::BuildSpec(command)) => cli
            .create_runner(command)?
            .sync_run(|config| command.run(config.chain_spec, config.network)),
        Some(Subcommand::MakeChain(command)) => command
            .run()
            .map_err(|error| sc_cli::Error::Application(Box::new(error))),
        Some(Subcommand::ExportChainSpec(command)) => {
            let spec = cli.load_spec(&command.chain)?;
            command.run(spec)
        }
        Some(Subcommand::CheckBlock(command)) => with_parts(&cli, command, |parts, _| {
            Ok(command.run(parts.client, parts.import_queue))
        }),
        Some(Subcommand::ExportBlocks(command)) => with_parts(&cli, command, |parts, config| {
            Ok(command.run(parts.client, config.database))
        }),
        Some(Subcommand::ExportState(command)) => with_parts(&cli, command, |parts, config| {
            Ok(command.run(parts.client, config.chain_spec))
        }),
        Some(Subcommand::ImportBlocks(command)) => with_parts(&cli, command, |parts, _| {
            Ok(command.run(parts.client, parts.import_queue))
        }),
        Some(Subcommand::PurgeChain(command)) => cli
            .create_runner(command)?
            .sync_run(|config| command.run(config.database)),
        Some(Subcommand::Revert(command)) => with_parts(&cli, command, |parts, _| {
            // GRANDPA keeps its authority sets beside the blocks; they go back with them.
            let revert_finality = Box::new(|client, _, blocks| {
                sc_consensus_grandpa::revert(client, blocks)?;
                Ok(())
            });
            Ok(command.run(parts.client, parts.backend, Some(revert_finality)))
        }),
        Some(Subcommand::ChainInfo(command)) => cli
            .create_runner(command)?
            .sync_run(|config| command.run::<Block>(&config)),
    }
}

fn run_node(cli: &Cli) -> sc_cli::Result<()> {
    run_until_stopped(cli, |mut config| {
        let sequencer = cli
            .sequencer
            .chosen()
            .map_err(|error| sc_cli::Error::Application(Box::new(error)))?;
        let on_the_nodes_own = sequencer
            .as_ref()
            .is_some_and(|chosen| chosen.get(|c| &c.rpc_listen).is_none());
        if on_the_nodes_own {
            start::keep_orders_inside(&config).map_err(|error| sc_cli::Error::Application(Box::new(error)))?;
        }
        // The sequencer rebuilds its ledger from the states of blocks long ago.
        let needs_states = sequencer.is_some() && config.state_pruning.is_none();
        if needs_states {
            config.state_pruning = Some(PruningMode::ArchiveAll);
        }
        start::claim_ports(cli, &mut config).map_err(|error| sc_cli::Error::Application(Box::new(error)))?;
        let database = config.database.path().map(Into::into);
        match config.network.network_backend {
            NetworkBackendType::Libp2p => service::start::<sc_network::NetworkWorker<_, _>>(config, sequencer),
            NetworkBackendType::Litep2p => service::start::<sc_network::Litep2pNetworkBackend>(config, sequencer),
        }
        .map_err(|error| sc_cli::Error::Service(start::explain(error, database, needs_states)))
    })
}

/// Runs a sub-command that works on the database, with the parts of a node but no network.
fn with_parts<C, F, R>(cli: &Cli, command: &C, work: F) -> sc_cli::Result<()>
where
    C: CliConfiguration,
    F: FnOnce(Parts, sc_service::Configuration) -> sc_cli::Result<R>,
    R: std::future::Future<Output = sc_cli::Result<()>>,
{
    cli.create_runner(command)?.async_run(|config| {
        let (parts, task_manager) = parts(&config)?;
        Ok((work(parts, config)?, task_manager))
    })
}
