//! The command line.

use crate::sequencer::SequencerOptions;
use polkadot_sdk::sc_cli;

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
