//! Error codes of the JSON-RPC. The message of an error says what to do, and its `data` holds the name of the code.

use serde::{Deserialize, Serialize};

/// What went wrong. The number is the `code` of the error object, the name its `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(i32)]
pub enum ErrorCode {
    /// The instruction cannot be read.
    Unreadable = 1001,
    /// The method takes another kind of instruction.
    WrongKind = 1002,
    /// A question about an account is not authentic, or its time is off.
    Unauthentic = 1003,
    /// There is no such account.
    UnknownAccount = 1004,
    /// The sequencer has not caught up with the chain.
    NotReady = 1005,
    /// Settlement is halted: only cancels are taken.
    Halted = 1006,
    /// Too many batches wait for their proofs; try again.
    Busy = 1007,
    /// The instruction names another group.
    WrongGroup = 1010,
    /// A field does not fit its width.
    FieldRange = 1011,
    /// The signature does not verify.
    BadSignature = 1012,
    /// The instruction has expired, or will before it can be settled.
    Expired = 1013,
    /// The id is below the account's minimum.
    BelowMinId = 1014,
    /// A higher id holds the slot.
    SlotConflict = 1015,
    /// The id was used before.
    Duplicate = 1016,
    /// The order is filled.
    BeyondQuantity = 1017,
    /// The quantity or the amount is zero.
    ZeroQuantity = 1018,
    /// The flags contradict each other or are not known.
    Flags = 1019,
    /// The instrument is not listed.
    UnknownInstrument = 1020,
    /// The instrument does not trade.
    NotTrading = 1021,
    /// The limit is outside the price band.
    OutsideBand = 1022,
    /// The maximum fee is too low.
    MaxFeeTooLow = 1023,
    /// The order does not reduce a position.
    WouldNotReduce = 1024,
    /// The position limit could be passed.
    PositionLimit = 1025,
    /// The margin does not suffice.
    InsufficientMargin = 1026,
    /// The withdrawal is too high.
    WithdrawalShort = 1027,
    /// A post-only order would trade at once.
    WouldCross = 1028,
    /// A fill-or-kill order cannot be filled in full.
    NotFilledInFull = 1029,
    /// The order would trade against one of its own account.
    SelfTrade = 1030,
    /// The first fill would break a rule of the proof.
    Fill = 1031,
    /// A sum is out of range.
    OutOfRange = 1032,
    /// The id is too far above the account's minimum.
    AboveIdWindow = 1033,
    /// Trigger and direction do not say one thing.
    Trigger = 1034,
    /// Orders that wait for a mark are not taken yet.
    TriggerOrder = 1035,
}

impl ErrorCode {
    /// The number that goes over the wire.
    pub const fn code(self) -> i32 {
        self as i32
    }
}
