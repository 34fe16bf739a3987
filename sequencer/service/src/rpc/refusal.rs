//! Refusals as error objects: a code, a message that says what to do, and the code's name as data.

use crate::core::Refusal;
use cloister_engine::Rejection;
use cloister_sequencer_rpc::{
    types::{EntryError, HaltInfo, SubmissionError},
    ErrorCode,
};
use cloister_types::{AccountIndex, InstrumentId};
use jsonrpsee::types::{error::INVALID_PARAMS_CODE, ErrorObjectOwned};

fn error(code: ErrorCode, message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code.code(), message, Some(code))
}

pub fn unreadable(e: SubmissionError) -> ErrorObjectOwned {
    error(ErrorCode::Unreadable, e.to_string())
}

pub fn wrong_kind() -> ErrorObjectOwned {
    error(
        ErrorCode::WrongKind,
        "this method takes a cancel or a cancel-all; use submitInstruction",
    )
}

pub fn list_length(limit: usize) -> ErrorObjectOwned {
    error(
        ErrorCode::ListLength,
        format!("a list holds 1 to {limit} instructions; send the rest in another one"),
    )
}

/// A refusal as an entry of a list has it.
pub fn entry_error(refused: &ErrorObjectOwned) -> EntryError {
    let data = refused.data().and_then(|raw| serde_json::from_str(raw.get()).ok());
    EntryError {
        code: refused.code(),
        message: refused.message().into(),
        data,
    }
}

pub fn unauthentic() -> ErrorObjectOwned {
    error(
        ErrorCode::Unauthentic,
        "the tag does not prove the view key of this account for this method, or the time is more than 60 s off",
    )
}

pub fn unknown_account(index: AccountIndex) -> ErrorObjectOwned {
    refusal(&Rejection::UnknownAccount(index))
}

pub fn unknown_instrument(id: InstrumentId) -> ErrorObjectOwned {
    refusal(&Rejection::UnknownInstrument(id))
}

pub fn out_of_range() -> ErrorObjectOwned {
    refusal(&Rejection::OutOfRange)
}

pub fn not_ready() -> ErrorObjectOwned {
    error(
        ErrorCode::NotReady,
        "the sequencer has not caught up with the chain; try again",
    )
}

pub fn stopping() -> ErrorObjectOwned {
    error(
        ErrorCode::Stopping,
        "the sequencer is stopping and takes nothing more; send it again once the sequencer is back",
    )
}

pub fn busy() -> ErrorObjectOwned {
    error(
        ErrorCode::Busy,
        "too many batches wait for their proofs, or too many instructions to be taken; try again in some seconds",
    )
}

pub fn busy_checking() -> ErrorObjectOwned {
    error(
        ErrorCode::Busy,
        "too many signatures of this account wait to be checked; try again in some seconds",
    )
}

pub fn not_kept() -> ErrorObjectOwned {
    error(
        ErrorCode::NotKept,
        "the journal cannot be written, and the sequencer stops; whether the instruction was taken shows when it runs \
         again: ask for its receipt, or send the same bytes again",
    )
}

/// The gate is closed.
pub fn halted(why: &HaltInfo) -> ErrorObjectOwned {
    error(
        ErrorCode::Halted,
        format!("settlement is halted, only cancels are taken now: {why}"),
    )
}

/// A refusal of the core.
pub fn refused(refusal: &Refusal) -> ErrorObjectOwned {
    match refusal {
        Refusal::Engine(rejection) => self::refusal(rejection),
        Refusal::Budget(spent) => error(ErrorCode::UnitBudget, spent.to_string()),
    }
}

pub fn too_many_requests(of: &str) -> ErrorObjectOwned {
    error(
        ErrorCode::TooManyRequests,
        format!("too many requests of this {of}; try again in a second"),
    )
}

pub fn parameters(words: &str) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INVALID_PARAMS_CODE, words, None::<()>)
}

pub fn switch_off() -> ErrorObjectOwned {
    error(
        ErrorCode::Unauthentic,
        "field cancelOnDisconnect: the trading key of this account has not signed it, its time is more than 60 s off or \
         before the sequencer's start, or a later one was used",
    )
}

/// A refusal of the engine.
pub fn refusal(rejection: &Rejection) -> ErrorObjectOwned {
    let code = match rejection {
        Rejection::WrongGroup { .. } => ErrorCode::WrongGroup,
        Rejection::UnknownAccount(_) => ErrorCode::UnknownAccount,
        Rejection::FieldRange(_) => ErrorCode::FieldRange,
        Rejection::BadSignature => ErrorCode::BadSignature,
        Rejection::Expired { .. } => ErrorCode::Expired,
        Rejection::BelowMinId { .. } => ErrorCode::BelowMinId,
        Rejection::SlotConflict { .. } => ErrorCode::SlotConflict,
        Rejection::Duplicate(_) => ErrorCode::Duplicate,
        Rejection::BeyondQuantity { .. } => ErrorCode::BeyondQuantity,
        Rejection::ZeroQuantity => ErrorCode::ZeroQuantity,
        Rejection::Flags(_) => ErrorCode::Flags,
        Rejection::UnknownInstrument(_) => ErrorCode::UnknownInstrument,
        Rejection::NotTrading(_) => ErrorCode::NotTrading,
        Rejection::OutsideBand { .. } => ErrorCode::OutsideBand,
        Rejection::MaxFeeTooLow { .. } => ErrorCode::MaxFeeTooLow,
        Rejection::WouldNotReduce => ErrorCode::WouldNotReduce,
        Rejection::PositionLimit { .. } => ErrorCode::PositionLimit,
        Rejection::InsufficientMargin { .. } => ErrorCode::InsufficientMargin,
        Rejection::WithdrawalShort { .. } => ErrorCode::WithdrawalShort,
        Rejection::WouldCross { .. } => ErrorCode::WouldCross,
        Rejection::NotFilledInFull { .. } => ErrorCode::NotFilledInFull,
        Rejection::SelfTrade(_) => ErrorCode::SelfTrade,
        Rejection::Fill(_) => ErrorCode::Fill,
        Rejection::OutOfRange => ErrorCode::OutOfRange,
        Rejection::AboveIdWindow { .. } => ErrorCode::AboveIdWindow,
        Rejection::Trigger(_) => ErrorCode::Trigger,
        Rejection::TooManyWaiting { .. } => ErrorCode::TooManyWaiting,
        Rejection::WouldOvertake { .. } => ErrorCode::WouldOvertake,
        Rejection::AmendId { .. } => ErrorCode::AmendId,
        Rejection::UnknownId(_) => ErrorCode::UnknownId,
        Rejection::AlreadyFilled { .. } => ErrorCode::AlreadyFilled,
        Rejection::AlreadyGone { .. } => ErrorCode::AlreadyGone,
        Rejection::BeyondCollar { .. } => ErrorCode::BeyondCollar,
        Rejection::Protected { .. } => ErrorCode::Protected,
        Rejection::ControlNumber { .. } => ErrorCode::ControlNumber,
        Rejection::NoWindow => ErrorCode::NoWindow,
    };
    error(code, rejection.to_string())
}
