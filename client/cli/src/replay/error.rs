//! Why a tape cannot be replayed.

use crate::tape::{plan::PlanError, PrintError};
use cloister_client::{
    chain::ChainError, instrument::FindInstrumentError, oracle::OracleError, seal::SealError,
    sequencer::SequencerError, trader::TraderError,
};
use cloister_client_core::{
    amount::{AmountError, Decimal},
    instrument::NotInTable,
    keys::EntropyError,
    owner::OwnerUriError,
};

/// Why a tape cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The chain refuses or cannot be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The sequencer refuses or cannot be asked.
    #[error("{0}")]
    Sequencer(#[from] SequencerError),
    /// An account cannot be opened.
    #[error("{0}")]
    Trader(#[from] TraderError),
    /// The name of an owner is not understood.
    #[error("{0}")]
    Owner(#[from] OwnerUriError),
    /// Keys cannot be made.
    #[error("{0}")]
    Entropy(#[from] EntropyError),
    /// The oracle takes no prices.
    #[error("the oracle: {0}")]
    Oracle(#[from] OracleError),
    /// Seals cannot be proven.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// The instrument cannot be used.
    #[error("{0}")]
    Instrument(#[from] FindInstrumentError),
    /// The instrument has left the risk table.
    #[error("{0}")]
    NotInTable(#[from] NotInTable),
    /// A price does not fit the instrument.
    #[error("{0}")]
    Amount(#[from] AmountError),
    /// The tape does not fit the instrument's lot.
    #[error("{0}")]
    Print(#[from] PrintError),
    /// The tape cannot be planned.
    #[error("{0}")]
    Plan(#[from] PlanError),
    /// The tape is empty.
    #[error("the tape holds no trades")]
    Empty,
    /// The book holds orders of others, which would trade with the tape.
    #[error("the book of {0} is not empty; a replay needs it alone")]
    BookInUse(String),
    /// The book's prices jump further in one stretch than the band allows.
    #[error(
        "trade {trade} of the tape is at {price}, outside the band {low} to {high} although the mark follows the tape"
    )]
    BeyondBand {
        /// Number of the trade, from 1.
        trade: usize,
        /// Its price of one unit of the underlying, in the settlement asset.
        price: String,
        /// Lowest price that can trade.
        low: String,
        /// Highest price that can trade.
        high: String,
    },
    /// The chain's mark did not follow.
    #[error("the chain's mark did not come to {0} within two minutes; does another operator feed prices?")]
    MarkStuck(Decimal),
    /// An order did something other than what the plan says.
    #[error("order {number} of the plan filled {filled} lots and left {resting}, the tape says {expected}")]
    OtherFill {
        /// Number of the order, from 1.
        number: usize,
        /// Lots that it filled.
        filled: u64,
        /// Lots that came to rest.
        resting: u64,
        /// Lots that it should have filled.
        expected: u64,
    },
    /// The trades are not the tape.
    #[error("trade {trade} of the sequencer is {found}, the tape says {expected}")]
    OtherTrade {
        /// Number of the trade, from 1.
        trade: usize,
        /// What the sequencer says.
        found: String,
        /// What the tape says.
        expected: String,
    },
}
