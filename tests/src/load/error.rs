//! Why a load run ends early.

use crate::{kept::KeptError, promises_error::Broken};
use cloister_cli::{
    replay::ReplayError,
    tape::{csv::TapeError, plan::PlanError, PrintError},
};
use cloister_client::{chain::ChainError, oracle::OracleError, sequencer::SequencerError};
use cloister_client_core::instrument::NotInTable;

/// Why a load run ends early. What breaks a rule without ending it is in the report.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The node does not run.
    #[error(transparent)]
    Node(#[from] KeptError),
    /// The chain refuses or cannot be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The sequencer refuses or cannot be asked.
    #[error(transparent)]
    Sequencer(#[from] SequencerError),
    /// The market cannot be prepared.
    #[error(transparent)]
    Market(#[from] ReplayError),
    /// The oracle takes no prices.
    #[error("the oracle: {0}")]
    Oracle(#[from] OracleError),
    /// The instrument has left the risk table.
    #[error(transparent)]
    Instrument(#[from] NotInTable),
    /// The tape cannot be read.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// The tape does not fit the instrument's lot.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// The tape cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The sequencer broke what it promised.
    #[error("a promise is broken: {0}")]
    Broken(#[from] Broken),
    /// The tape was sent to its end before the time was over.
    #[error("the tape has too few trades")]
    Empty,
}
