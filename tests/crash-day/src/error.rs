//! Why a run cannot go on. What must hold and does not is no error of the run: the [verdict](crate::verdict) names it.

use cloister_cli::demo::node::NodeError;
use cloister_client::{
    audit::AuditError, chain::ChainError, instrument::FindInstrumentError, oracle::OracleError, seal::SealError,
    sequencer::SequencerError, trader::TraderError,
};
use cloister_client_core::{
    amount::AmountError, instrument::NotInTable, owner::OwnerUriError, recovery::RecoveryError,
};
use cloister_crypto::field::FieldError;
use cloister_sequencer::SecretError;

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no node, or it stopped.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The chain refuses or cannot be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The sequencer cannot be asked.
    #[error(transparent)]
    Sequencer(#[from] SequencerError),
    /// The oracle takes no prices.
    #[error("the oracle: {0}")]
    Oracle(#[from] OracleError),
    /// The instrument cannot be found.
    #[error(transparent)]
    Instrument(#[from] FindInstrumentError),
    /// The instrument has left the risk table.
    #[error(transparent)]
    NotInTable(#[from] NotInTable),
    /// A price does not fit the instrument.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// Seals cannot be proven.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// An account cannot be opened.
    #[error(transparent)]
    Trader(#[from] TraderError),
    /// The name of an owner is not understood.
    #[error(transparent)]
    Owner(#[from] OwnerUriError),
    /// The chain's data do not hold together.
    #[error("the audit failed: {0}")]
    Audit(#[from] AuditError),
    /// An account cannot be rebuilt.
    #[error("the audit failed: {0}")]
    Recovery(#[from] RecoveryError),
    /// The house cannot be read with the public secret of development chains.
    #[error("the audit failed: the house does not open with the secret of development chains")]
    House,
    /// The secret of development chains gives no keys.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Something on the chain is no field element.
    #[error("the audit failed: {0}")]
    Field(#[from] FieldError),
    /// A sum leaves the range of its type.
    #[error("the audit failed: a sum of money or lots does not fit")]
    Range,
    /// Something did not happen in time.
    #[error("{what} within {seconds} s")]
    Late {
        /// What did not happen.
        what: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// There is nobody, or no minute, to live through.
    #[error("a run needs at least one minute, and at least two accounts")]
    Empty,
}
