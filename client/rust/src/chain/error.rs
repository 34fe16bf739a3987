//! Why the chain did not do what was asked.

use cloister_client_core::amount::{show_money, Decimal};
use cloister_runtime::{
    configs::cloister::MinDeposit,
    constants::money::{DECIMALS, SYMBOL},
    AccountId, Balance, Hash, Runtime, RuntimeError,
};
use jsonrpsee::core::ClientError;
use pallet_cloister_execution::Error as Execution;
use polkadot_sdk::{sp_core::crypto::Ss58Codec, sp_runtime::DispatchError};
use std::{borrow::Cow, fmt};

/// Why a node could not be asked, or a transaction did not take effect.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// No node answers.
    #[error("no node answers at {url}: {source}. Start one with `cloister-node --dev`, or name another with --node")]
    Unreachable {
        /// The address that was tried.
        url: String,
        /// Why not.
        source: Box<ClientError>,
    },
    /// The node has as many connections as it takes.
    #[error(
        "the node at {url} has as many connections as it takes: try again later, or name another with --node. Its \
         operator sets the limit with --rpc-max-connections"
    )]
    Crowded {
        /// The address that was tried.
        url: String,
    },
    /// A server answers, but not as a node does.
    #[error(
        "the server at {url} does not open a WebSocket, it answers with the HTTP status {status}: check the address, and \
         whether a proxy before the node passes WebSockets on"
    )]
    NotANode {
        /// The address that was tried.
        url: String,
        /// What it answered.
        status: u16,
    },
    /// What was asked makes sense on a development chain only.
    #[error("this is no development chain: nobody gives money away here")]
    NotDevelopment,
    /// The chain runs a runtime of another version.
    #[error(
        "the chain runs {found}, this client was built for {expected} (specification/transaction version); \
         use the client of the chain's release"
    )]
    OtherRuntime {
        /// What the chain runs.
        found: String,
        /// What the client was built with.
        expected: String,
    },
    /// The node is of another chain.
    #[error("the chain's genesis is {found:?}, expected {expected:?}; check --node")]
    OtherChain {
        /// Genesis hash of the node.
        found: Hash,
        /// The one expected.
        expected: Hash,
    },
    /// A call failed.
    #[error("{method}: {source}")]
    Call {
        /// The JSON-RPC method.
        method: &'static str,
        /// Why.
        source: Box<ClientError>,
    },
    /// Bytes do not decode to what they should be.
    #[error("{what} cannot be decoded: {source}")]
    Decode {
        /// What the bytes should be.
        what: &'static str,
        /// Why.
        source: codec::Error,
    },
    /// The node does not know a block.
    #[error("the node does not know block {0:?}")]
    UnknownBlock(Hash),
    /// The best chain is not that long.
    #[error("the chain has no block {0} yet")]
    NoBlock(u32),
    /// The signer cannot pay the transaction's fee.
    #[error(
        "account {} has {} and the fee of this transaction is {}, so nothing was sent. Fees are paid in the chain's \
         own token {SYMBOL}, or in the settlement asset where the chain has a rate for it, and the account has too little \
         of both: whoever has some can send it to that account; on a development chain `cloister faucet` gives it what it \
         needs",
        account.to_ss58check(), show_native(*balance), show_native(*fee)
    )]
    FeeUnpaid {
        /// Who signs.
        account: AccountId,
        /// Its native tokens, in the smallest unit.
        balance: Balance,
        /// What the transaction costs, in the same.
        fee: Balance,
    },
    /// Other transactions of the signer came first, each time that this one was sent.
    #[error(
        "account {} sends other transactions at the same time, and they came first each time; this one has no effect. Run \
         the command again once they are in a block",
        account.to_ss58check()
    )]
    Overtaken {
        /// Who signs.
        account: AccountId,
    },
    /// The node does not take the transaction.
    #[error("the node did not take the transaction, nothing was changed: {0}")]
    NotTaken(String),
    /// The pool refused or lost the transaction.
    #[error("the transaction is {0}; nothing was changed, try again")]
    NotIncluded(&'static str),
    /// The transaction is in a block, and finality has stopped.
    #[error(
        "the transaction is in block {0:?}, which is not final after a long time; do not send it again before blocks are \
         final again and do not have it"
    )]
    NotFinal(Hash),
    /// The transaction is not in the block that should have it.
    #[error("the transaction is missing in block {0:?}")]
    LostTransaction(Hash),
    /// The transaction is in a block and failed there.
    #[error("{0}")]
    Failed(Box<Failure>),
    /// A value that the chain must have is missing.
    #[error("the chain has no {0}")]
    Absent(&'static str),
}

/// A transaction that is in a block and failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub error: DispatchError,
    /// Block that has the transaction.
    pub block: Hash,
}

/// An amount of the native token as people write it.
fn show_native(amount: Balance) -> String {
    format!("{} {SYMBOL}", Decimal::new(amount, u32::from(DECIMALS)))
}

impl Failure {
    /// The error of the execution pallet, if it is one.
    pub fn execution(&self) -> Option<Execution<Runtime>> {
        match RuntimeError::from_dispatch_error(self.error)? {
            RuntimeError::Execution(error) => Some(error),
            _ => None,
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        match &self.error {
            DispatchError::Token(_) => Some("check the balances of the account with `cloister account`".into()),
            DispatchError::BadOrigin => Some("this account may not make the call".into()),
            _ => match self.execution()? {
                Execution::DepositTooSmall => {
                    Some(format!("the smallest deposit is {}", show_money(MinDeposit::get().into())).into())
                }
                error => hint(&error).map(Cow::Borrowed),
            },
        }
    }
}

fn hint(error: &Execution<Runtime>) -> Option<&'static str> {
    Some(match error {
        Execution::AccountAlreadyOpen => "use `cloister deposit` to add to the account",
        Execution::NoAccount => "open one first with `cloister open`",
        Execution::InsufficientBalance => "the owner holds too little of the settlement asset; an open costs a fee besides its deposit",
        Execution::RestTooSmall => {
            "the owner would keep less than the settlement asset's smallest balance, 0.01, which cannot stay; pay in all, or less"
        }
        Execution::UserCapExceeded | Execution::VaultCapExceeded => {
            "a cap on deposits is reached for now; deposit less"
        }
        Execution::QueueFull | Execution::TooManyItems | Execution::QueuedSumTooLarge => {
            "wait until batches have taken what is queued"
        }
        Execution::RequestWaits => "another request of the account waits; wait until a batch has taken it",
        Execution::NothingAsked => "ask for more than 0",
        Execution::InvalidSealProof => "the sequencers' sealing key may have changed meanwhile; try again",
        Execution::CloseWaits => "the account is about to be closed; wait until a batch has taken that",
        Execution::TooManyInsurancePayments => {
            "many payments into the insurance wait; wait until a batch has taken them"
        }
        Execution::InsuranceTakeWaits => "a take of insurance waits; wait until a batch has taken it",
        Execution::GroupDisabled => "the group is paused by its administrators",
        Execution::GroupFrozen => {
            "the group is frozen, because nobody has proven it solvent for too long; what is withheld is paid still, with \
             `cloister pay-claim`"
        }
        Execution::NoFreshRound => {
            "nobody has proven the group solvent lately; try again after the next solvency round (`cloister status`)"
        }
        Execution::NothingDue => {
            "all that the claim has a right to now is paid; there is more once the shortfall is smaller"
        }
        Execution::NoClaim => "this account has nothing to claim",
        Execution::PayoutRefused => {
            "the settlement asset refuses the payment: an account must hold at least the asset's smallest balance, and \
             must not be frozen. Send the account some of the asset first, or take the claim once it is larger"
        }
        Execution::PeriodNotClosed => "the period is not over; try again after the next sweep",
        Execution::ShortfallFound => "the group is short, and traders come first; try again once it is not",
        Execution::FreezeNotDue => "a group can be frozen only when nobody has proven it for as long as its terms say",
        Execution::NoSolvencyTerms => "this group asks for no solvency rounds, and nothing in its queue has been overdue for long enough",
        Execution::NotSubmitter => "only the sequencers' accounts submit batches",
        Execution::NotBonded => "the group asks its sequencers for a bond; bond what its terms say first",
        Execution::NotLeader => "another sequencer leads now; submit in your epoch, or once the first delay has passed",
        Execution::WrongBatchNumber => "the batch was settled already or an earlier one is missing",
        Execution::RiskTableTooOld | Execution::RiskTableUnknown => "build the batch against the newest risk table",
        _ => return None,
    })
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match RuntimeError::from_dispatch_error(self.error) {
            Some(error) => write!(f, "the chain refused: {error:?}")?,
            None => write!(f, "the chain refused: {:?}", self.error)?,
        }
        if let Some(hint) = self.hint() {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}
