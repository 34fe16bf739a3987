//! The command line.

use crate::{chain_spec::make::MakeChain, sequencer::SequencerOptions};
use clap::{CommandFactory, FromArgMatches};
use polkadot_sdk::sc_cli::{self, SubstrateCli};

/// Flags of the SDK that have had no effect since nodes have run nothing but the Wasm runtime.
const DEAD: [&str; 6] = [
    "execution",
    "execution_syncing",
    "execution_import_block",
    "execution_block_construction",
    "execution_offchain_worker",
    "execution_other",
];

/// Calls in a batch of JSON-RPC that the node answers, where its operator says nothing else. Without a limit one
/// message keeps it busy with as many calls as fit into 15 MiB.
pub(crate) const CALLS_PER_BATCH: u32 = 100;

/// Command line of the node. Without a sub-command the node runs.
#[derive(Debug, clap::Parser)]
pub struct Cli {
    /// What to do instead of running the node.
    #[command(subcommand)]
    pub subcommand: Option<Subcommand>,
    /// How to run the node.
    #[clap(flatten)]
    pub run: sc_cli::RunCmd,
    /// How to run the sequencer in it.
    #[clap(flatten)]
    pub sequencer: SequencerOptions,
}

/// What the node does besides running.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Make, inspect and insert keys.
    #[command(subcommand)]
    Key(sc_cli::KeySubcommand),
    /// Print the specification of a chain, with the node's own address as boot node.
    BuildSpec(sc_cli::BuildSpecCmd),
    /// Write the specification of a chain of your own, without a key that everybody knows.
    MakeChain(MakeChain),
    /// Write the specification of a chain.
    ExportChainSpec(sc_cli::ExportChainSpecCmd),
    /// Execute a block of the database again and check it.
    CheckBlock(sc_cli::CheckBlockCmd),
    /// Write blocks to a file.
    ExportBlocks(sc_cli::ExportBlocksCmd),
    /// Write the state at a block as a specification.
    ExportState(sc_cli::ExportStateCmd),
    /// Import blocks from a file.
    ImportBlocks(sc_cli::ImportBlocksCmd),
    /// Delete the database of a chain.
    PurgeChain(sc_cli::PurgeChainCmd),
    /// Take back the newest blocks that are not final.
    Revert(sc_cli::RevertCmd),
    /// Print the best and the finalised block of the database.
    ChainInfo(sc_cli::ChainInfoCmd),
}

impl Cli {
    /// The command line as it is understood: the SDK's, without what has no effect, and with a limit of calls in a
    /// batch.
    pub fn understood() -> clap::Command {
        without_dead(<Self as SubstrateCli>::setup_command(Self::command()))
            .mut_arg("rpc_max_batch_request_len", |argument| {
                argument.default_value(CALLS_PER_BATCH.to_string())
            })
    }

    /// Reads the command line of this process. Ends the process where it is not understood, or asks for help.
    pub fn of_process() -> Self {
        let matches = Self::understood().get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// Hides flags without effect, and refuses them.
fn without_dead(command: clap::Command) -> clap::Command {
    let refuse =
        |_: &str| Err::<sc_cli::ExecutionStrategy, _>("it has no effect: the node runs the Wasm runtime alone");
    let has = |command: &clap::Command, name: &str| command.get_arguments().any(|argument| argument.get_id() == name);
    let names: Vec<&str> = DEAD.into_iter().filter(|name| has(&command, name)).collect();
    let command = names.into_iter().fold(command, |command, name| {
        command.mut_arg(name, |argument| argument.hide(true).value_parser(refuse))
    });
    command.mut_subcommands(without_dead)
}
