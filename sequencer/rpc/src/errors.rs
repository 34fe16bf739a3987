//! Error codes of the JSON-RPC. Every message says what to do; `data` holds the name of the failure.
//!
//! | code | meaning |
//! | --- | --- |
//! | 1001 | the instruction cannot be read |
//! | 1002 | the method takes another kind of instruction |
//! | 1003 | a question about an account is not authentic, or its time is off |
//! | 1004 | no such account |
//! | 1005 | the sequencer is not ready: it has not caught up with the chain |
//! | 1006 | settlement is halted: only cancels are taken |
//! | 1007 | busy: too many batches wait for their proofs; try again |
//! | 1010 | wrong group |
//! | 1011 | a field does not fit |
//! | 1012 | bad signature |
//! | 1013 | expired |
//! | 1014 | id below the account's minimum |
//! | 1015 | a higher id holds the slot |
//! | 1016 | the id was used before |
//! | 1017 | the order is filled |
//! | 1018 | quantity or amount is zero |
//! | 1019 | flags |
//! | 1020 | unknown instrument |
//! | 1021 | instrument does not trade |
//! | 1022 | limit outside the price band |
//! | 1023 | maximum fee too low |
//! | 1024 | the order does not reduce |
//! | 1025 | position limit |
//! | 1026 | margin is short |
//! | 1027 | the withdrawal is too high |
//! | 1028 | a post-only order would cross |
//! | 1029 | a fill-or-kill order cannot be filled |
//! | 1030 | self-trade |
//! | 1031 | the first fill would break a rule |
//! | 1032 | a sum is out of range |

/// The instruction cannot be read.
pub const UNREADABLE: i32 = 1001;
/// The method takes another kind of instruction.
pub const WRONG_KIND: i32 = 1002;
/// A question about an account is not authentic, or its time is off.
pub const UNAUTHENTIC: i32 = 1003;
/// No such account.
pub const UNKNOWN_ACCOUNT: i32 = 1004;
/// The sequencer has not caught up with the chain.
pub const NOT_READY: i32 = 1005;
/// Settlement is halted: only cancels are taken.
pub const HALTED: i32 = 1006;
/// Too many batches wait for their proofs.
pub const BUSY: i32 = 1007;
/// Wrong group.
pub const WRONG_GROUP: i32 = 1010;
/// A field does not fit.
pub const FIELD_RANGE: i32 = 1011;
/// Bad signature.
pub const BAD_SIGNATURE: i32 = 1012;
/// Expired.
pub const EXPIRED: i32 = 1013;
/// Id below the account's minimum.
pub const BELOW_MIN_ID: i32 = 1014;
/// A higher id holds the slot.
pub const SLOT_CONFLICT: i32 = 1015;
/// The id was used before.
pub const DUPLICATE: i32 = 1016;
/// The order is filled.
pub const BEYOND_QUANTITY: i32 = 1017;
/// Quantity or amount is zero.
pub const ZERO_QUANTITY: i32 = 1018;
/// Flags contradict each other or are not known.
pub const FLAGS: i32 = 1019;
/// Unknown instrument.
pub const UNKNOWN_INSTRUMENT: i32 = 1020;
/// The instrument does not trade.
pub const NOT_TRADING: i32 = 1021;
/// Limit outside the price band.
pub const OUTSIDE_BAND: i32 = 1022;
/// Maximum fee too low.
pub const MAX_FEE_TOO_LOW: i32 = 1023;
/// The order does not reduce.
pub const WOULD_NOT_REDUCE: i32 = 1024;
/// Position limit.
pub const POSITION_LIMIT: i32 = 1025;
/// Margin is short.
pub const INSUFFICIENT_MARGIN: i32 = 1026;
/// The withdrawal is too high.
pub const WITHDRAWAL_SHORT: i32 = 1027;
/// A post-only order would cross.
pub const WOULD_CROSS: i32 = 1028;
/// A fill-or-kill order cannot be filled.
pub const NOT_FILLED_IN_FULL: i32 = 1029;
/// Self-trade.
pub const SELF_TRADE: i32 = 1030;
/// The first fill would break a rule.
pub const FILL: i32 = 1031;
/// A sum is out of range.
pub const OUT_OF_RANGE: i32 = 1032;

#[cfg(feature = "server")]
pub(crate) use server::{busy, halted, not_ready, refusal, unauthentic, unknown_account, unreadable, wrong_kind};

#[cfg(feature = "server")]
mod server {
    use super::*;
    use crate::rpc::types::SubmissionError;
    use cloister_engine::Rejection;
    use jsonrpsee::types::ErrorObjectOwned;

    fn error(code: i32, name: &str, message: String) -> ErrorObjectOwned {
        ErrorObjectOwned::owned(code, message, Some(name))
    }

    pub fn unreadable(e: SubmissionError) -> ErrorObjectOwned {
        error(UNREADABLE, "Unreadable", e.to_string())
    }

    pub fn wrong_kind() -> ErrorObjectOwned {
        error(
            WRONG_KIND,
            "WrongKind",
            "this method takes a cancel or a cancel-all; use submitInstruction".into(),
        )
    }

    pub fn unauthentic() -> ErrorObjectOwned {
        let message = "the tag does not prove the view key of this account, or the time is more than 60 s off";
        error(UNAUTHENTIC, "Unauthentic", message.into())
    }

    pub fn unknown_account(index: u32) -> ErrorObjectOwned {
        refusal(&Rejection::UnknownAccount(index))
    }

    pub fn not_ready() -> ErrorObjectOwned {
        error(
            NOT_READY,
            "NotReady",
            "the sequencer has not caught up with the chain; try again".into(),
        )
    }

    pub fn busy() -> ErrorObjectOwned {
        error(
            BUSY,
            "Busy",
            "too many batches wait for their proofs; try again in some seconds".into(),
        )
    }

    pub fn halted(why: Option<String>) -> ErrorObjectOwned {
        let why = why.unwrap_or_else(|| "events wait for a batch".into());
        error(
            HALTED,
            "Halted",
            format!("settlement is halted, only cancels are taken now: {why}"),
        )
    }

    /// The code and name of a refusal.
    pub fn refusal(rejection: &Rejection) -> ErrorObjectOwned {
        let (code, name) = match rejection {
            Rejection::WrongGroup { .. } => (WRONG_GROUP, "WrongGroup"),
            Rejection::UnknownAccount(_) => (UNKNOWN_ACCOUNT, "UnknownAccount"),
            Rejection::FieldRange(_) => (FIELD_RANGE, "FieldRange"),
            Rejection::BadSignature => (BAD_SIGNATURE, "BadSignature"),
            Rejection::Expired { .. } => (EXPIRED, "Expired"),
            Rejection::BelowMinId { .. } => (BELOW_MIN_ID, "BelowMinId"),
            Rejection::SlotConflict { .. } => (SLOT_CONFLICT, "SlotConflict"),
            Rejection::Duplicate(_) => (DUPLICATE, "Duplicate"),
            Rejection::BeyondQuantity { .. } => (BEYOND_QUANTITY, "BeyondQuantity"),
            Rejection::ZeroQuantity => (ZERO_QUANTITY, "ZeroQuantity"),
            Rejection::Flags(_) => (FLAGS, "Flags"),
            Rejection::UnknownInstrument(_) => (UNKNOWN_INSTRUMENT, "UnknownInstrument"),
            Rejection::NotTrading(_) => (NOT_TRADING, "NotTrading"),
            Rejection::OutsideBand { .. } => (OUTSIDE_BAND, "OutsideBand"),
            Rejection::MaxFeeTooLow { .. } => (MAX_FEE_TOO_LOW, "MaxFeeTooLow"),
            Rejection::WouldNotReduce => (WOULD_NOT_REDUCE, "WouldNotReduce"),
            Rejection::PositionLimit { .. } => (POSITION_LIMIT, "PositionLimit"),
            Rejection::InsufficientMargin { .. } => (INSUFFICIENT_MARGIN, "InsufficientMargin"),
            Rejection::WithdrawalShort { .. } => (WITHDRAWAL_SHORT, "WithdrawalShort"),
            Rejection::WouldCross { .. } => (WOULD_CROSS, "WouldCross"),
            Rejection::NotFilledInFull { .. } => (NOT_FILLED_IN_FULL, "NotFilledInFull"),
            Rejection::SelfTrade(_) => (SELF_TRADE, "SelfTrade"),
            Rejection::Fill(_) => (FILL, "Fill"),
            Rejection::OutOfRange => (OUT_OF_RANGE, "OutOfRange"),
        };
        error(code, name, rejection.to_string())
    }
}
