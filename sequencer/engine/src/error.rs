//! Why the engine refuses something. Every variant is one failure and says what the trader can do.

use crate::ids::{AccountIndex, Millis, OrderKey};
use cloister_ledger::{ControlField, FillError, TriggerError};
use cloister_risk::MarginError;
use cloister_types::{GroupId, InstructionId, InstrumentId, Lots, Price, Total};

/// Why an instruction is refused. A refused instruction leaves no trace in the engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The instruction names another margin group.
    #[error("this engine serves group {expected}, the instruction names group {found}")]
    WrongGroup {
        /// Group of this engine.
        expected: GroupId,
        /// Group the trader signed.
        found: GroupId,
    },
    /// No account has this index yet.
    #[error("account {0} is not open here; open it and wait for finality")]
    UnknownAccount(AccountIndex),
    /// A field is wider than the specification allows (S-INSTRUCTION).
    #[error("field {0} does not fit its width")]
    FieldRange(Field),
    /// The signature does not verify under the account's trading key (B-SIG).
    #[error("the signature does not verify under the account's trading key")]
    BadSignature,
    /// The instruction is past its expiry, or closer to it than the engine's settlement slack (B-ALIVE).
    #[error("expired: good until {expiry}, and it needs to be good until {needed}; sign a later expiry")]
    Expired {
        /// Expiry that was signed.
        expiry: Millis,
        /// Earliest expiry the engine takes now.
        needed: Millis,
    },
    /// The id is below the account's `min_id` (B-ALIVE).
    #[error("id {id} is below the account's lowest valid id {min_id}; use a higher id")]
    BelowMinId {
        /// Id that was signed.
        id: InstructionId,
        /// Lowest valid id.
        min_id: InstructionId,
    },
    /// The id is too far above the account's `min_id` (B-ALIVE).
    #[error("id {id} is above the account's highest valid id {highest}; use a lower id, or a cancel-all first")]
    AboveIdWindow {
        /// Id that was signed.
        id: InstructionId,
        /// Highest valid id.
        highest: InstructionId,
    },
    /// The id's slot holds a higher id (B-SLOT).
    #[error("slot {slot} already holds the higher id {holds}; use an id above it or of another slot")]
    SlotConflict {
        /// `id mod 512`.
        slot: u16,
        /// The id that holds it.
        holds: InstructionId,
    },
    /// The engine has already taken an instruction with this id, or the id is used up on-chain.
    #[error("id {0} was used before; sign a new id")]
    Duplicate(InstructionId),
    /// The order has been filled to its signed quantity (B-SLOT).
    #[error("the order is filled: {filled} of {quantity} lots")]
    BeyondQuantity {
        /// Lots filled.
        filled: Lots,
        /// Lots signed.
        quantity: Lots,
    },
    /// Quantity or amount is zero.
    #[error("the quantity is zero")]
    ZeroQuantity,
    /// The flags contradict each other or are not known.
    #[error("flags {0:#04x} contradict each other or are not known")]
    Flags(u8),
    /// Trigger, direction and kind do not say one thing (B-TRIGGER).
    #[error("field trigger: {0}")]
    Trigger(#[from] TriggerError),
    /// The account has as many orders that wait for a mark as it may have.
    #[error("{limit} orders of the account wait for a mark already, no more may; cancel one first")]
    TooManyWaiting {
        /// Maximum number of orders that wait.
        limit: usize,
    },
    /// The id would take the slot of an order that rests or waits, which would be gone without a word.
    #[error("id {id} takes the slot of order {holds}, which is alive; cancel or amend that order, or use another id")]
    WouldOvertake {
        /// Id that was signed.
        id: InstructionId,
        /// The order that it would overtake.
        holds: InstructionId,
    },
    /// An order amends another one only under a higher id of the same slot (B-SLOT).
    #[error("order {id} cannot replace order {replaces}: it needs a higher id of the same slot ({replaces} + n*512)")]
    AmendId {
        /// Id that was signed.
        id: InstructionId,
        /// The order that it should replace.
        replaces: InstructionId,
    },
    /// A cancel or an amendment names an id that was never used. Nothing has happened, the id and its slot stay free.
    #[error("no instruction with id {0} is known; nothing was cancelled (ask for a binding cancel to void the id)")]
    UnknownId(InstructionId),
    /// A cancel or an amendment names an order that is filled.
    #[error("order {id} is filled: {filled} lots")]
    AlreadyFilled {
        /// The order.
        id: InstructionId,
        /// Lots filled, all of them.
        filled: Lots,
    },
    /// A cancel or an amendment names an order that is neither at rest nor waiting any more.
    #[error("order {id} is gone already, after {filled} lots were filled")]
    AlreadyGone {
        /// The order.
        id: InstructionId,
        /// Lots filled before it was gone.
        filled: Lots,
    },
    /// The risk table lists no such instrument (B-INSTRUMENT).
    #[error("instrument {0} is not listed")]
    UnknownInstrument(InstrumentId),
    /// The instrument is listed but does not trade (B-INSTRUMENT).
    #[error("instrument {0} does not trade now")]
    NotTrading(InstrumentId),
    /// The limit is outside the price band around the mark (B-BAND).
    #[error("limit {} is outside the price band {}..={}", .limit.get(), .low.get(), .high.get())]
    OutsideBand {
        /// Limit that was signed.
        limit: Price,
        /// Lowest price that can be proven now.
        low: Price,
        /// Highest price that can be proven now.
        high: Price,
    },
    /// The limit is further beyond the mark, or the trigger, than the group's collar allows.
    #[error("limit {} is beyond {}, the furthest that this group takes now", .limit.get(), .furthest.get())]
    BeyondCollar {
        /// Limit that was signed.
        limit: Price,
        /// Highest limit to buy, or lowest to sell.
        furthest: Price,
    },
    /// The signed maximum fee does not cover the fee rate at the limit (B-FEE).
    #[error("the maximum fee per lot is {}, the engine needs {}", .max_fee.get(), .needed.get())]
    MaxFeeTooLow {
        /// Maximum fee per lot that was signed.
        max_fee: Price,
        /// Fee per lot at the limit.
        needed: Price,
    },
    /// A reduce-only order, or any order of a close-only instrument, that would not reduce a position (B-REDUCE).
    #[error("the order does not reduce a position")]
    WouldNotReduce,
    /// The position could pass the instrument's limit (B-LIMIT).
    #[error("the position could reach {reach} lots, the limit is {limit}")]
    PositionLimit {
        /// Size of the position if this order and the open orders of its side fill.
        reach: Lots,
        /// Largest position.
        limit: Lots,
    },
    /// Margin does not cover the order at its worst together with the open orders (B-MARGIN, B-EQUITY).
    #[error(
        "margin is short by {} (10^-6 of the settlement asset); deposit, cancel orders or reduce",
        .shortfall.get()
    )]
    InsufficientMargin {
        /// What is missing in the worst scenario, rounded up.
        shortfall: Total,
    },
    /// A withdrawal would leave the account short of initial margin (B-MARGIN).
    #[error(
        "the withdrawal leaves initial margin short by {} (10^-6 of the settlement asset)",
        .shortfall.get()
    )]
    WithdrawalShort {
        /// What is missing in the worst scenario, rounded up.
        shortfall: Total,
    },
    /// A post-only order would trade at once.
    #[error("a post-only order would trade at once against {}", .best.get())]
    WouldCross {
        /// Best price of the other side.
        best: Price,
    },
    /// A fill-or-kill order cannot be filled in full.
    #[error("only {available} of {quantity} lots can be filled now")]
    NotFilledInFull {
        /// Lots that could trade.
        available: Lots,
        /// Lots wanted.
        quantity: Lots,
    },
    /// The order would first meet an order of the same account, and its flags say that the newer one leaves.
    #[error("the order would trade against the account's own order {0}")]
    SelfTrade(InstructionId),
    /// The first fill would break a rule of the proof.
    #[error("the order cannot trade: {0}")]
    Fill(#[from] TradeError),
    /// The account's protection has stopped its orders in this instrument. Immediate ones are taken.
    #[error("the account's protection has stopped its orders in instrument {instrument}; {}", again(.until))]
    Protected {
        /// The instrument.
        instrument: InstrumentId,
        /// When orders are taken again; `None` means once the owner resets the protection.
        until: Option<Millis>,
    },
    /// A control's number is not above that of the last one (S-CONTROL).
    #[error("number {number} is not above {last}, that of the account's last control")]
    ControlNumber {
        /// Number that was signed.
        number: u64,
        /// Number of the last control that was taken.
        last: u64,
    },
    /// A protection with bounds but without a window protects from nothing.
    #[error("a protection needs a window of at least one millisecond")]
    NoWindow,
    /// A sum left the ranges of the specification (B-RANGE).
    #[error("a sum leaves the ranges of the specification")]
    OutOfRange,
}

/// When orders are taken again.
fn again(until: &Option<Millis>) -> String {
    match until {
        Some(time) => format!("orders that could rest are taken again from {time} on"),
        None => "reset it to go on".into(),
    }
}

/// A field of a signed instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Account index.
    Index,
    /// Order quantity.
    Quantity,
    /// Expiry.
    Expiry,
    /// Maximum fee per lot.
    MaxFee,
    /// The instruction is of a kind that is not taken here.
    Kind,
    /// A duration of a control.
    Duration,
    /// Lots of a control.
    Lots,
}

impl From<ControlField> for Field {
    fn from(field: ControlField) -> Self {
        match field {
            ControlField::Index => Self::Index,
            ControlField::Expiry => Self::Expiry,
            ControlField::Duration => Self::Duration,
            ControlField::Lots => Self::Lots,
        }
    }
}

impl core::fmt::Display for Field {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Index => "index",
            Self::Quantity => "quantity",
            Self::Expiry => "expiry",
            Self::MaxFee => "max_fee",
            Self::Kind => "kind",
            Self::Duration => "duration",
            Self::Lots => "lots",
        })
    }
}

/// Which rule of the proof a fill would break for one of its two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TradeError {
    /// The instrument does not trade (B-INSTRUMENT).
    #[error("the instrument does not trade")]
    NotTrading,
    /// The price is further from the mark than the band (B-BAND).
    #[error("the price is outside the band")]
    Band,
    /// The fill would not reduce although it must (B-REDUCE).
    #[error("the fill would not reduce the position")]
    Reduce,
    /// The position would grow past the limit (B-LIMIT).
    #[error("the position would pass the limit")]
    Limit,
    /// The margin rule would fail (B-MARGIN, B-EQUITY).
    #[error("margin: {0}")]
    Margin(#[from] MarginError),
    /// A sum leaves its range (B-RANGE).
    #[error("a sum leaves its range")]
    OutOfRange,
}

/// Why something that nobody signs cannot be done. Each variant is a rule of the proof, or names what is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsignedError {
    /// No account has this index, or it is about to be closed.
    #[error("account {0} is not open")]
    UnknownAccount(AccountIndex),
    /// The table lists no such instrument.
    #[error("instrument {0} is not listed")]
    Instrument(InstrumentId),
    /// A fill breaks a rule of its mode (B-FILL).
    #[error("account {account}: {source}")]
    Fill {
        /// Account.
        account: AccountIndex,
        /// The rule.
        source: FillError,
    },
    /// The margin rule of the mode does not hold (B-LIQUIDATION, B-NEED, B-TAKEOVER, B-DELEVERAGE).
    #[error("account {account}: {source}")]
    Margin {
        /// Account.
        account: AccountIndex,
        /// The rule.
        source: MarginError,
    },
    /// B-STALE: the account holds lots whose feed is dead.
    #[error("account {account} holds lots of instrument {instrument}, whose feed is dead")]
    StaleLots {
        /// Account.
        account: AccountIndex,
        /// Instrument.
        instrument: InstrumentId,
    },
    /// An order at rest breaks a rule of the proof at its price.
    #[error("account {}, order {}: {rule}", .key.account, .key.id)]
    Order {
        /// The order.
        key: OrderKey,
        /// The rule.
        rule: TradeError,
    },
    /// The order is not at rest, has fewer lots left, or is about to expire.
    #[error("account {}, order {}: it does not rest with so many lots", .0.account, .0.id)]
    NotAtRest(OrderKey),
    /// A sum of the account leaves its range.
    #[error("account {0}: a sum leaves its range")]
    OutOfRange(AccountIndex),
}

impl UnsignedError {
    /// The account at fault; [`AccountIndex::HOUSE`] if it is none in particular.
    pub fn account(&self) -> AccountIndex {
        match self {
            Self::UnknownAccount(account) | Self::OutOfRange(account) => *account,
            Self::Fill { account, .. } | Self::Margin { account, .. } | Self::StaleLots { account, .. } => *account,
            Self::Order { key, .. } | Self::NotAtRest(key) => key.account,
            Self::Instrument(_) => AccountIndex::HOUSE,
        }
    }
}

/// Why an input that is not an instruction is refused. These come from the operator's side, never from traders.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The account is open already.
    #[error("account {0} is open already")]
    AlreadyOpen(AccountIndex),
    /// No account has this index.
    #[error("account {0} is not open")]
    UnknownAccount(AccountIndex),
    /// A deposit would push cash out of its range.
    #[error("the deposit pushes the cash of account {0} out of its range")]
    CashRange(AccountIndex),
    /// The table is of another group.
    #[error("the table is of group {0}")]
    WrongGroup(GroupId),
    /// The table's version is below the current one.
    #[error("table version {found} is below the current version {current}")]
    OlderTable {
        /// Version in force.
        current: u64,
        /// Version offered.
        found: u64,
    },
    /// The table breaks a bound of S-RISK.
    #[error("the table is invalid: {0}")]
    Table(#[from] cloister_risk::TableError),
}
