//! How a sequencer can break what it promised.

use cloister_client::{audit::AuditError, chain::ChainError, sequencer::SequencerError};
use cloister_client_core::recovery::RecoveryError;
use cloister_receipts::{CheckError, ReceiptError};

/// What a sequencer did that it must not do, or why nobody can tell.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It cannot be asked.
    #[error(transparent)]
    Sequencer(#[from] SequencerError),
    /// The chain cannot be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The settled batches do not hold together.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// An account cannot be rebuilt from the chain.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// An answer came without a receipt.
    #[error("an instruction of account {0} was acknowledged without a receipt")]
    NoReceipt(u32),
    /// A receipt cannot be read.
    #[error("a receipt of account {account}: {source}")]
    Unreadable {
        /// The account.
        account: u32,
        /// Why.
        source: ReceiptError,
    },
    /// A receipt is of another instruction than the one that it came for.
    #[error("receipt {0} is not of the instruction that it was given for")]
    OfAnother(u64),
    /// Two instructions got one number.
    #[error("the number {0} was given to two instructions")]
    NumberTwice(u64),
    /// Something acknowledged is not known any more.
    #[error("account {account} was acknowledged number {number}, which the sequencer does not know any more")]
    Lost {
        /// The account.
        account: u32,
        /// Number of the receipt.
        number: u64,
    },
    /// A receipt reads otherwise now.
    #[error("receipt {0} reads otherwise than it was given")]
    Changed(u64),
    /// Receipts do not fit together.
    #[error(transparent)]
    Receipts(#[from] CheckError),
    /// Numbers are missing between the receipts of all accounts together.
    #[error("{links} of {receipts} receipts follow the one before: numbers are missing")]
    Gap {
        /// Receipts that are there.
        receipts: usize,
        /// Those that hold the hash of the one before.
        links: usize,
    },
    /// A fill that was told is not there any more, or reads otherwise.
    #[error("fill {fill} of account {account} was told and is not the same any more")]
    Fill {
        /// The account.
        account: u32,
        /// Number of the fill.
        fill: u64,
    },
    /// The two sides of a fill do not agree.
    #[error("fill {0} does not have two sides of the same lots, price and fate")]
    Sides(u64),
    /// The public tape changed, or its numbers have gaps.
    #[error("the public tape is not the one that was told, at print {0}")]
    Tape(u64),
    /// An account holds something else than what it paid in and what its fills and withdrawals made of it.
    #[error("account {account} has {found} of {what}, and its fills and withdrawals make it {expected}")]
    Account {
        /// The account.
        account: u32,
        /// What differs.
        what: &'static str,
        /// What it should have.
        expected: i128,
        /// What it has.
        found: i128,
    },
    /// Numbers do not fit.
    #[error("the numbers of account {0} are out of range")]
    Range(u32),
    /// Sequencer and chain disagree about the ledger.
    #[error("the sequencer has the root {own}, the chain {chain}")]
    Roots {
        /// The sequencer's, hexadecimal.
        own: String,
        /// The chain's, hexadecimal.
        chain: String,
    },
    /// The account that the chain's records give is not the sequencer's.
    #[error("account {0}, rebuilt from the chain, is not the one of the sequencer")]
    Rebuilt(u32),
    /// Money or lots were made or lost.
    #[error("{0} were made or lost: {1}")]
    NotConserved(&'static str, i128),
    /// The submitters of the group are not known.
    #[error("the chain names no submitter of the group")]
    NoSubmitter,
}
