//! What each command does. Results go to the standard output, progress and errors to the standard error.

/// Prints a line; ends the program quietly when nobody reads any more, as in `cloister status | head -1`.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write;
        if writeln!(std::io::stdout(), $($part)*).is_err() {
            std::process::exit(0);
        }
    }};
}

mod account;
mod exit;
mod keys;
mod market;
mod order;
mod proof;
mod tape;

use crate::cli::{Cli, Command, Global};
use cloister_cli::{
    demo::DemoError,
    progress::Progress,
    replay::ReplayError,
    table::TextTable,
    tape::csv::TapeError,
    wallet::{default_directory, Wallet, WalletError},
};
use cloister_client::{
    audit::{audit_batches, AuditError, BatchAudit},
    chain::{Chain, ChainError},
    instrument::FindInstrumentError,
    seal::SealError,
    sequencer::{SequencerClient, SequencerError},
    trader::{self, TraderError},
};
use cloister_client_core::{
    amount::AmountError, exit::ExitStatementError, keys::SeedError, recovery::RecoveryError, trader::Trader,
};
use cloister_prover_job::ProverError;
use cloister_runtime::Hash;
use std::{io, path::PathBuf};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The chain refuses or cannot be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The sequencer refuses or cannot be asked.
    #[error(transparent)]
    Sequencer(#[from] SequencerError),
    /// The wallet cannot be used.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// The seed that was typed is not one.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The trader cannot act.
    #[error(transparent)]
    Trader(#[from] TraderError),
    /// The instrument cannot be used.
    #[error(transparent)]
    Instrument(#[from] FindInstrumentError),
    /// A number is not one.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The chain's data do not hold together.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The account cannot be rebuilt.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// Seals cannot be proven.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The exit cannot be stated.
    #[error(transparent)]
    Exit(#[from] ExitStatementError),
    /// The exit cannot be proven.
    #[error("the exit: {0}")]
    ExitProof(#[from] ProverError),
    /// The tape cannot be read.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// The tape cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The demonstration failed.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The batch is not settled in a final block.
    #[error("batch {0} is not settled in a final block")]
    NoBatch(u64),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The standard input cannot be read.
    #[error("the standard input: {0}")]
    Input(io::Error),
}

/// Prints the rows of a table.
fn show(table: TextTable) {
    for line in table.lines() {
        say!("{line}");
    }
}

/// Does what the command line says.
///
/// # Errors
/// [`CommandError`].
pub async fn run(cli: Cli) -> Result<(), CommandError> {
    let global = &cli.global;
    match cli.command {
        Command::Keys(command) => keys::run(global, command),
        Command::Open { deposit, seal_key } => account::open(global, &deposit, seal_key.as_deref()).await,
        Command::Deposit { amount } => account::deposit(global, &amount).await,
        Command::Order(order) => order::order(global, &order).await,
        Command::Cancel { id, .. } => order::cancel(global, id).await,
        Command::Account { from_chain: false } => account::show(global).await,
        Command::Account { from_chain: true } => account::show_from_chain(global).await,
        Command::Withdraw { amount, wait } => account::withdraw(global, &amount, wait).await,
        Command::Book { instrument, levels } => market::book(global, &instrument, levels).await,
        Command::Status => market::status(global).await,
        Command::Exit { out, exit_key } => exit::write(global, &out, exit_key.as_deref()).await,
        Command::Proof { batch, out } => proof::write(global, batch, &out).await,
        Command::Replay(options) => tape::replay(global, &options).await,
        Command::Demo(options) => tape::demo(&options).await,
    }
}

impl Global {
    fn directory(&self) -> Result<PathBuf, WalletError> {
        self.keystore.clone().map_or_else(default_directory, Ok)
    }

    fn open_wallet(&self) -> Result<Wallet, WalletError> {
        Wallet::open(&self.directory()?, &self.wallet)
    }

    async fn connect(&self) -> Result<Chain, ChainError> {
        Chain::connect(&self.node).await
    }
}

/// A wallet with its account on a chain.
struct Session {
    wallet: Wallet,
    chain: Chain,
    sequencer: SequencerClient,
    trader: Trader,
}

impl Session {
    async fn begin(global: &Global) -> Result<Self, CommandError> {
        let wallet = global.open_wallet()?;
        let chain = global.connect().await?;
        let trader = trader::find(&chain, global.group, wallet.keys()).await?;
        let sequencer = SequencerClient::of(&chain);
        Ok(Self {
            wallet,
            chain,
            sequencer,
            trader,
        })
    }

    /// Every batch that is settled in the newest final block, checked.
    async fn audited(&self, group: u32, progress: &Progress) -> Result<(Hash, BatchAudit), CommandError> {
        let head = self.chain.finalized().await?;
        progress.say("reading every final block");
        let audit = audit_batches(&self.chain, group, head).await?;
        progress.say(format!(
            "{} settled batches: every proof verifies, the public leaves give the chain's root",
            audit.batches.len()
        ));
        Ok((head, audit))
    }
}
