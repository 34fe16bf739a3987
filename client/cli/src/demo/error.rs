//! Why a demonstration failed.

use crate::{
    demo::{node::NodeError, summary::SummaryError},
    replay::ReplayError,
    tape::csv,
};
use cloister_client::{audit::AuditError, chain::ChainError, sequencer::SequencerError, trader::TraderError};
use cloister_client_core::{exit::ExitStatementError, recovery::RecoveryError};
use cloister_prover_job::ProverError;
use cloister_receipts::{CheckError, ReceiptError};
use std::path::PathBuf;

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
    /// A trader cannot do what it wants on the chain.
    #[error("{0}")]
    Trader(#[from] TraderError),
    /// An account for the scenes was not opened.
    #[error("not everybody who plays in the scenes has an account")]
    Cast,
    /// The sequencer refuses or cannot be asked.
    #[error("{0}")]
    Sequencer(#[from] SequencerError),
    /// What the sequencer streams cannot be read.
    #[error("the sequencer's stream of orders: {0}")]
    Stream(#[from] serde_json::Error),
    /// A receipt is none.
    #[error("the receipts: {0}")]
    Receipt(#[from] ReceiptError),
    /// The receipts do not fit together, or another key has signed them.
    #[error("the receipts: {0}")]
    Receipts(#[from] CheckError),
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
