//! Why a command failed.

use cloister_cli::{demo::DemoError, replay::ReplayError, tape::csv::TapeError, wallet::WalletError};
use cloister_client::{
    audit::AuditError, chain::ChainError, exit::ExitKeyError, instrument::FindInstrumentError, recovery::RecordError,
    seal::SealError, sequencer::SequencerError, trader::TraderError,
};
use cloister_client_core::{
    amount::{show_money, AmountError},
    keys::SeedError,
    recovery::RecoveryError,
};
use cloister_ledger::ExitError;
use cloister_prover_job::ProverError;
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
    /// What was asked for on the chain was not taken in time.
    #[error("it is still in the queue; a batch must take it, whatever the sequencer wants, once it is overdue")]
    StillQueued,
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
    #[error("the exit: {0}")]
    Exit(#[from] ExitError),
    /// The account's last record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The exit cannot be proven.
    #[error("the exit: {0}")]
    ExitProof(#[from] ProverError),
    /// The chain has no key for the exit.
    #[error(transparent)]
    ExitKey(#[from] ExitKeyError),
    /// The node's sequencer serves another group.
    #[error("the node's sequencer serves group {served} and not group {asked}: nobody would take the money out of the queue. Name a node whose sequencer does with --node, or the group with --group")]
    OtherGroup {
        /// Group of the sequencer.
        served: u32,
        /// Group of the command.
        asked: u32,
    },
    /// The node's sequencer makes no batches.
    #[error("the node's sequencer makes no batches at present, so nothing was sent: {0}")]
    Halted(String),
    /// The owner holds less of the settlement asset than it would take.
    #[error(
        "account {owner} has {} of the settlement asset and this takes {}, so nothing was sent: send it the rest first; \
         on a development chain `cloister fund` does",
        show_money(i128::try_from(*has).unwrap_or(i128::MAX)), show_money(i128::try_from(*takes).unwrap_or(i128::MAX))
    )]
    TooLittle {
        /// The owner's address.
        owner: String,
        /// What it has, 10^-6.
        has: u128,
        /// What is asked for with all fees of the exchange, 10^-6.
        takes: u128,
    },
    /// Nothing of the account can be taken back.
    #[error("nothing that waits for account {0} has been overdue for an hour, so nothing can be taken back yet")]
    NothingLate(u32),
    /// The group trades, and no file was named for the proof.
    #[error("group {0} trades, so nobody can leave it by a proof; take money out with `cloister withdraw`, or name a file with --out to try the proof")]
    NotFrozen(u32),
    /// The group is frozen and has no final table.
    #[error("group {0} is frozen and its final table is not fixed yet: its oracle was dead. For seven days from the freeze governance chooses one; after that `cloister exit` has the newest one fixed")]
    NoFinalTable(u32),
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
