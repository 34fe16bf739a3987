//! Why a command failed.

use super::{list_error::ListError, outcome::code};
use cloister_cli::{
    demo::DemoError, prices::PriceError, replay::ReplayError, tape::csv::TapeError, wallet::WalletError,
};
use cloister_client::{
    audit::AuditError, chain::ChainError, exit::ExitKeyError, instrument::FindInstrumentError, oracle::OracleError,
    recovery::RecordError, seal::SealError, secrets::SecretsError, sequencer::SequencerError, trader::TraderError,
};
use cloister_client_core::{
    amount::{show_money, AmountError},
    keys::SeedError,
    order::OrderError,
    owner::OwnerUriError,
    recovery::RecoveryError,
};
use cloister_ledger::ExitError;
use cloister_prover_job::ProverError;
use cloister_receipts::{CheckError, ReceiptError};
use cloister_sequencer_rpc::ErrorCode;
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
    /// A withdrawal of nothing.
    #[error("the amount is 0, so there is nothing to withdraw")]
    NothingToPay,
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
    /// The order is not worth signing, or the exchange refuses it.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The chain lists the instrument, and the sequencer's risk table does not.
    #[error("the node's sequencer does not trade {0}: it is not in the risk table that it uses")]
    NotServed(String),
    /// The account owes money.
    #[error(
        "nothing was traded: the account owes more than it has, its equity is {}. Deposit at least that much, or wait until \
         its positions are closed",
        show_money(*equity)
    )]
    Insolvent {
        /// Its equity, 10^-6.
        equity: i128,
    },
    /// Margin does not cover an order.
    #[error(
        "margin does not cover the order together with the open ones: {} is free now. Deposit, cancel orders or reduce \
         positions",
        show_money(i128::try_from(*available).unwrap_or(i128::MAX))
    )]
    Margin {
        /// What is free, 10^-6.
        available: u128,
    },
    /// The account's protection keeps orders out.
    #[error(
        "the account's protection has stopped its orders at rest in {0}: they are taken again when its pause is over, or after \
         `cloister protect --instrument {0} --reset`"
    )]
    Protected(String),
    /// An order that should be changed is not there.
    #[error(
        "order {0} neither rests nor waits: it is filled, cancelled or expired, or never was. `cloister account` shows those \
         that do"
    )]
    NotAlive(u64),
    /// An order that should be cancelled is filled.
    #[error("order {id} is filled: {quantity} of it was traded")]
    AlreadyFilled {
        /// The order.
        id: u64,
        /// What was traded, in units of the underlying.
        quantity: String,
    },
    /// An order that should be cancelled has left the book.
    #[error("order {id} has left the book already, after {quantity} of it was filled")]
    AlreadyGone {
        /// The order.
        id: u64,
        /// What was filled, in units of the underlying.
        quantity: String,
    },
    /// An order has no trigger that could be moved.
    #[error("order {0} does not wait for a mark, so --trigger-at says nothing of it")]
    NoTrigger(u64),
    /// A line of a list is wrong.
    #[error("line {line}: {error}; nothing was sent")]
    InLine {
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        error: Box<CommandError>,
    },
    /// A list cannot be sent.
    #[error(transparent)]
    List(#[from] ListError),
    /// The dead man's switch was not renewed in time.
    #[error("the dead man's switch was not renewed in time, and its orders have left the book: {0}")]
    SwitchActed(String),
    /// A withdrawal asks for more than initial margin leaves.
    #[error(
        "{} cannot be withdrawn: what is left must cover the initial margin of positions and open orders, so {} can",
        show_money(i128::try_from(*amount).unwrap_or(i128::MAX)),
        show_money(i128::try_from(*available).unwrap_or(i128::MAX))
    )]
    TooMuch {
        /// What was asked for, 10^-6.
        amount: u128,
        /// What can be withdrawn, 10^-6.
        available: u128,
    },
    /// A file with receipts cannot be read.
    #[error("{}: {source}", path.display())]
    ReceiptFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line of it is no receipt.
    #[error("{}, line {line}: {source}", path.display())]
    ReceiptLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        source: ReceiptError,
    },
    /// There are none.
    #[error("there are no receipts")]
    NoReceipts,
    /// No key has signed two of one number.
    #[error("no two different receipts of one number are signed by one of the group's sequencers")]
    NothingToReport,
    /// No batch is filled beyond a receipt.
    #[error(
        "no settled batch of anybody with a bond fills an order further than the receipt of its cancel states: {0} \
         receipts of cancels were looked at that are of a series and have the cancel beside them"
    )]
    NothingOverfilled(usize),
    /// The key is not one.
    #[error("--key takes 32 bytes in hexadecimal")]
    ReceiptKey,
    /// Receipts are not good.
    #[error(transparent)]
    Receipts(#[from] CheckError),
    /// The node's sequencer makes no batches.
    #[error("the node's sequencer makes no batches at present, so nothing was sent: {0}")]
    Halted(String),
    /// The owner holds less of the settlement asset than it would take.
    #[error(
        "account {owner} has {} of the settlement asset and this takes {}, so nothing was sent: send it the rest first; \
         on a development chain `cloister faucet` does",
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
    /// A protection has no bound.
    #[error("a protection needs a --max-quantity or --max-delta above 0; --off takes it away")]
    NoBound,
    /// The system does not tell of signals.
    #[error("signals cannot be heard of: {0}")]
    Signals(#[source] io::Error),
    /// The oracle takes no prices from here.
    #[error(transparent)]
    Oracle(#[from] OracleError),
    /// There are no prices.
    #[error(transparent)]
    Prices(#[from] PriceError),
    /// A secret URI is not understood.
    #[error(transparent)]
    Uri(#[from] OwnerUriError),
    /// Only the operator of a development chain is known.
    #[error("this is no development chain: name the operator's key with --key-file")]
    NoOperatorKey,
    /// The file of a key cannot be read.
    #[error("{}: {source}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read the file of a key.
    #[error(
        "{} can be read by others (mode {mode:o}), so the key may be known; `chmod 600` if it is not",
        path.display()
    )]
    KeyExposed {
        /// The file.
        path: PathBuf,
        /// Its access bits.
        mode: u32,
    },
    /// A file of a secret holds something else.
    #[error("{} does not hold 64 hexadecimal digits", .0.display())]
    NotASecret(PathBuf),
    /// A file of an account's key holds something else.
    #[error("{} does not hold a secret URI or phrase", .0.display())]
    NotAnAccount(PathBuf),
    /// A file of a secret is there, with another one.
    #[error("{} is there already, and holds another secret; it is never overwritten", .0.display())]
    SecretThere(PathBuf),
    /// A secret cannot be handed over, taken or rotated.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A secret cannot be made.
    #[error(transparent)]
    NoSecret(#[from] cloister_hand_over::Error),
    /// A price has no name, and none goes without saying.
    #[error("for what is the price {0}? Name the feed as in BTC-PERP={0}, or with --feed")]
    WhichFeed(String),
    /// Two prices of a round are for the same feed.
    #[error("feed {0} has a price twice in one round")]
    FeedTwice(u32),
    /// The standard input cannot be read.
    #[error("the standard input: {0}")]
    Input(io::Error),
}

impl CommandError {
    /// Whether nobody answered, so that it is not known what came of it.
    pub fn is_silence(&self) -> bool {
        self.code() == code::NO_ANSWER
    }

    /// The code with which the program ends.
    pub fn code(&self) -> u8 {
        match self {
            Self::Chain(error)
            | Self::Oracle(OracleError::Chain(error))
            | Self::Trader(TraderError::Chain(error))
            | Self::Secrets(SecretsError::Chain(error)) => of_chain(error),
            Self::Secrets(_) => code::REFUSED,
            Self::Oracle(_) | Self::Prices(PriceError::Zero) | Self::WhichFeed(_) | Self::FeedTwice(_) => code::REFUSED,
            Self::Sequencer(error) => of_sequencer(error),
            Self::StillQueued => code::NO_ANSWER,
            Self::Order(OrderError::NotFilledInFull { .. }) => code::NOBODY_AT_PRICE,
            Self::Order(_)
            | Self::TooMuch { .. }
            | Self::TooLittle { .. }
            | Self::NothingLate(_)
            | Self::Margin { .. }
            | Self::Protected(_)
            | Self::NoTrigger(_)
            | Self::NoBound
            | Self::NothingToPay => code::REFUSED,
            Self::InLine { error, .. } => error.code(),
            Self::AlreadyFilled { .. } => code::FILLED,
            Self::AlreadyGone { .. } | Self::NotAlive(_) => code::GONE,
            Self::SwitchActed(_) => code::SWITCH_ACTED,
            Self::Halted(_) => code::LATER,
            Self::Insolvent { .. } => code::INSOLVENT,
            Self::Receipts(CheckError::Contradiction { .. } | CheckError::Link { .. }) => code::TWO_STORIES,
            _ => code::FAILED,
        }
    }
}

fn of_chain(error: &ChainError) -> u8 {
    match error {
        ChainError::Failed(_)
        | ChainError::NotTaken(_)
        | ChainError::FeeUnpaid { .. }
        | ChainError::NotDevelopment
        | ChainError::Overtaken { .. } => code::REFUSED,
        ChainError::Unreachable { .. }
        | ChainError::Crowded { .. }
        | ChainError::NotANode { .. }
        | ChainError::Call { .. }
        | ChainError::NotIncluded(_)
        | ChainError::NotFinal(_) => code::NO_ANSWER,
        _ => code::FAILED,
    }
}

fn of_sequencer(error: &SequencerError) -> u8 {
    let is = |codes: &[ErrorCode]| codes.iter().any(|code| error.is(*code));
    match error {
        _ if error.is_for_now() => code::LATER,
        _ if is(&[ErrorCode::AlreadyFilled]) => code::FILLED,
        _ if is(&[ErrorCode::AlreadyGone, ErrorCode::UnknownId]) => code::GONE,
        // Whether it was taken is not known.
        _ if is(&[ErrorCode::NotKept]) => code::NO_ANSWER,
        SequencerError::Refused { .. } | SequencerError::OtherGroup { .. } => code::REFUSED,
        SequencerError::Call(_)
        | SequencerError::Late { .. }
        | SequencerError::Unreachable { .. }
        | SequencerError::Crowded { .. }
        | SequencerError::NotASequencer { .. }
        | SequencerError::NotServed { .. } => code::NO_ANSWER,
        _ => code::FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_silence_and_insolvency_should_end_with_codes_of_their_own() {
        let refused = SequencerError::Refused {
            code: 1_026,
            message: "margin".into(),
        };
        let late = SequencerError::Late {
            what: "settling".into(),
            seconds: 9,
        };
        let crowded = ChainError::Crowded { url: "ws://x".into() };
        let cases = [
            (CommandError::from(refused), code::REFUSED),
            (CommandError::from(late), code::NO_ANSWER),
            (CommandError::from(crowded), code::NO_ANSWER),
            (CommandError::from(OrderError::ZeroQuantity), code::REFUSED),
            (CommandError::Insolvent { equity: -12_300_000 }, code::INSOLVENT),
            (CommandError::NoBatch(3), code::FAILED),
        ];
        for (error, expected) in cases {
            assert_eq!(error.code(), expected, "{error}");
        }
        let refused = |code: ErrorCode| {
            CommandError::from(SequencerError::Refused {
                code: code.code(),
                message: String::new(),
            })
        };
        for (code, expected) in [
            (ErrorCode::InsufficientMargin, code::REFUSED),
            (ErrorCode::AlreadyFilled, code::FILLED),
            (ErrorCode::AlreadyGone, code::GONE),
            (ErrorCode::UnknownId, code::GONE),
            (ErrorCode::Halted, code::LATER),
            (ErrorCode::Busy, code::LATER),
            (ErrorCode::Stopping, code::LATER),
            (ErrorCode::UnitBudget, code::LATER),
            (ErrorCode::TooManyRequests, code::LATER),
            (ErrorCode::NotKept, code::NO_ANSWER),
        ] {
            assert_eq!(refused(code).code(), expected, "{code:?}");
        }
        let in_line = CommandError::InLine {
            line: 3,
            error: Box::new(CommandError::NotAlive(17)),
        };
        assert_eq!(in_line.code(), code::GONE);
        assert!(in_line
            .to_string()
            .starts_with("line 3: order 17 neither rests nor waits"));
        let insolvent = CommandError::Insolvent { equity: -12_300_000 }.to_string();
        assert!(insolvent.contains("its equity is -12.30"), "{insolvent}");
    }
}
