//! Refusals as error objects: a code, a message that says what to do, and the code's name as data.

use crate::halt::Halt;
use cloister_engine::Rejection;
use cloister_sequencer_rpc::{types::SubmissionError, ErrorCode};
use cloister_types::{AccountIndex, InstrumentId};
use jsonrpsee::types::ErrorObjectOwned;

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

pub fn unauthentic() -> ErrorObjectOwned {
    error(
        ErrorCode::Unauthentic,
        "the tag does not prove the view key of this account, or the time is more than 60 s off",
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

pub fn busy() -> ErrorObjectOwned {
    error(
        ErrorCode::Busy,
        "too many batches wait for their proofs; try again in some seconds",
    )
}

pub fn halted(why: Option<&Halt>) -> ErrorObjectOwned {
    let why = why.map_or_else(|| "events wait for a batch".into(), ToString::to_string);
    error(
        ErrorCode::Halted,
        format!("settlement is halted, only cancels are taken now: {why}"),
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
        Rejection::TriggerOrder => ErrorCode::TriggerOrder,
    };
    error(code, rejection.to_string())
}
