//! Error codes of the JSON-RPC. The message of an error says what to do, and its `data` holds the name of the code.

use serde::{Deserialize, Serialize};

/// What went wrong. The number is the `code` of the error object, the name its `data`.
///
/// The numbers lie apart from those of the node's own methods, which it serves beside these: `author_submitExtrinsic`
/// answers with 1010 to 1016.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(i32)]
pub enum ErrorCode {
    /// The instruction cannot be read.
    Unreadable = 2001,
    /// The method takes another kind of instruction.
    WrongKind = 2002,
    /// A question about an account is not authentic, or its time is off.
    Unauthentic = 2003,
    /// There is no such account.
    UnknownAccount = 2004,
    /// The sequencer has not caught up with the chain.
    NotReady = 2005,
    /// Settlement is halted: only cancels are taken.
    Halted = 2006,
    /// Too many batches wait for their proofs; try again.
    Busy = 2007,
    /// What is taken cannot be kept: the sequencer stops. Whether the instruction was taken is not known.
    NotKept = 2008,
    /// More requests than are allowed in this time; try again later.
    TooManyRequests = 2009,
    /// The instruction names another group.
    WrongGroup = 2010,
    /// A field does not fit its width.
    FieldRange = 2011,
    /// The signature does not verify.
    BadSignature = 2012,
    /// The instruction has expired, or will before it can be settled.
    Expired = 2013,
    /// The id is below the account's minimum.
    BelowMinId = 2014,
    /// A higher id holds the slot.
    SlotConflict = 2015,
    /// The id was used before.
    Duplicate = 2016,
    /// The order is filled.
    BeyondQuantity = 2017,
    /// The quantity or the amount is zero.
    ZeroQuantity = 2018,
    /// The flags contradict each other or are not known.
    Flags = 2019,
    /// The instrument is not listed.
    UnknownInstrument = 2020,
    /// The instrument does not trade.
    NotTrading = 2021,
    /// The limit is outside the price band.
    OutsideBand = 2022,
    /// The maximum fee is too low.
    MaxFeeTooLow = 2023,
    /// The order does not reduce a position.
    WouldNotReduce = 2024,
    /// The position limit could be passed.
    PositionLimit = 2025,
    /// The margin does not suffice.
    InsufficientMargin = 2026,
    /// The withdrawal is too high.
    WithdrawalShort = 2027,
    /// A post-only order would trade at once.
    WouldCross = 2028,
    /// A fill-or-kill order cannot be filled in full.
    NotFilledInFull = 2029,
    /// The order would trade against one of its own account.
    SelfTrade = 2030,
    /// The first fill would break a rule of the proof.
    Fill = 2031,
    /// A sum is out of range.
    OutOfRange = 2032,
    /// The id is too far above the account's minimum.
    AboveIdWindow = 2033,
    /// Trigger and direction do not say one thing.
    Trigger = 2034,
    /// The account has used up its budget of proven units.
    UnitBudget = 2036,
    /// As many orders of the account wait for a mark as may.
    TooManyWaiting = 2037,
    /// The id would take the slot of an order that rests or waits.
    WouldOvertake = 2038,
    /// An amendment needs a higher id of the same slot.
    AmendId = 2039,
    /// Nothing is known of the id that should be cancelled or amended.
    UnknownId = 2040,
    /// The order that should be cancelled or amended is filled.
    AlreadyFilled = 2041,
    /// The order that should be cancelled or amended is gone.
    AlreadyGone = 2042,
    /// The limit is beyond the group's collar.
    BeyondCollar = 2043,
    /// The account's protection has stopped its orders in this instrument.
    Protected = 2044,
    /// The number of a control is not above that of the last one.
    ControlNumber = 2045,
    /// A protection has bounds and no window.
    NoWindow = 2046,
    /// A list has too many entries, or none.
    ListLength = 2047,
    /// The sequencer is stopping, and takes nothing more.
    Stopping = 2048,
}

impl ErrorCode {
    /// The number that goes over the wire.
    pub const fn code(self) -> i32 {
        self as i32
    }
}
