//! What the engine did, in order. The batcher proves what is binding; the rest is news for traders.

use crate::{
    error::{Rejection, TradeError},
    ids::{AccountIndex, FillId, Millis, OrderKey},
};
use cloister_ledger::{InstructionKind, Side, SignedInstruction};
use cloister_types::{InstructionId, InstrumentId, Lots, Price, Total};
use codec::{Decode, Encode};
use std::sync::Arc;

/// One account's side of a fill.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FillSide {
    /// The account and the id of its order.
    pub key: OrderKey,
    /// The order as signed.
    pub order: Arc<SignedInstruction>,
    /// Fee.
    pub fee: Total,
}

impl FillSide {
    /// A side that nobody has signed: lots of a liquidation, or of the house.
    pub fn unsigned(account: AccountIndex) -> Self {
        Self {
            key: OrderKey {
                account,
                id: InstructionId::ZERO,
            },
            order: Arc::default(),
            fee: Total::ZERO,
        }
    }

    /// Whether its account has signed an order for it.
    pub fn is_signed(&self) -> bool {
        self.order.instruction.kind != InstructionKind::None
    }
}

/// One crossing of a resting order by an incoming one. Never split, never merged.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Fill {
    /// Number of the fill.
    pub id: FillId,
    /// When it happened.
    pub time: Millis,
    /// Instrument.
    pub instrument_id: InstrumentId,
    /// Price per lot, the maker's.
    pub price: Price,
    /// Lots.
    pub quantity: Lots,
    /// Side of the incoming order.
    pub taker_side: Side,
    /// The resting order.
    pub maker: FillSide,
    /// The incoming order.
    pub taker: FillSide,
}

impl Fill {
    /// Price times lots.
    pub fn cost(&self) -> Total {
        self.price.times(self.quantity)
    }
}

/// Why an order left the book, or what remained of an incoming one was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Its trader cancelled it.
    Cancelled,
    /// It expired, or came closer to its expiry than the settlement slack.
    Expired,
    /// Its trader replaced it by another order.
    Amended,
    /// It would have traded against an order of its own account, and the newer one's flags say who leaves.
    SelfTrade,
    /// Immediate-or-cancel: the rest found nobody.
    Immediate,
    /// It must reduce and there is nothing left to reduce.
    NothingToReduce,
    /// A rule of the proof stops it.
    Rule(TradeError),
    /// Its instrument stopped trading.
    NotTrading,
    /// It fired, and was post-only and would have traded at once.
    WouldCross,
    /// It fired, and was fill-or-kill and could not be filled in full.
    NotFilledInFull,
    /// It fired, and the account's margin did not cover it together with the orders at rest.
    InsufficientMargin,
    /// It fired, and its maximum fee does not cover the fee rate any more.
    MaxFeeTooLow,
    /// Enough of the account's orders in this instrument was filled for its protection to stop them.
    Protected,
    /// Its trader's dead man's switch was not renewed in time.
    DeadMan,
    /// The connection that it should live as long as is gone.
    Disconnected,
}

impl Removal {
    /// Why an order that fired leaves, if it is refused then.
    pub(crate) fn of_fired(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::InsufficientMargin { .. } => Self::InsufficientMargin,
            Rejection::PositionLimit { .. } => Self::Rule(TradeError::Limit),
            Rejection::OutsideBand { .. } | Rejection::BeyondCollar { .. } => Self::Rule(TradeError::Band),
            Rejection::NotTrading(_) | Rejection::UnknownInstrument(_) => Self::NotTrading,
            Rejection::WouldNotReduce => Self::NothingToReduce,
            Rejection::WouldCross { .. } => Self::WouldCross,
            Rejection::NotFilledInFull { .. } => Self::NotFilledInFull,
            Rejection::SelfTrade(_) => Self::SelfTrade,
            Rejection::Fill(rule) => Self::Rule(*rule),
            Rejection::MaxFeeTooLow { .. } => Self::MaxFeeTooLow,
            Rejection::Protected { .. } => Self::Protected,
            Rejection::Expired { .. } => Self::Expired,
            // Everything else was checked when the order was taken, and cannot have changed but by a sum.
            _ => Self::Rule(TradeError::OutOfRange),
        }
    }
}

/// Something that happened, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Two orders traded.
    Filled(Fill),
    /// Lots of an account that is short, or of the house, went to an order at rest or to the house. The taker's side is
    /// not signed ([`FillSide::is_signed`]), nor is the house's. Whoever makes batches has the units already.
    Liquidated(Fill),
    /// A signed cancel, cancel-all or withdrawal that goes on-chain.
    Bound(Arc<SignedInstruction>),
    /// A signed cancel or cancel-all that holds in the engine but cannot be proven now: the account's equity is
    /// negative.
    Unbound(Arc<SignedInstruction>),
    /// An order rests in the book.
    Rested {
        /// The order.
        key: OrderKey,
        /// Lots at rest.
        remaining: Lots,
    },
    /// An order waits for a mark, apart from the book. For its account alone.
    Waits {
        /// The order.
        key: OrderKey,
    },
    /// The mark is where the order waited for it. What becomes of it follows. For its account alone.
    Fired {
        /// The order.
        key: OrderKey,
    },
    /// The protection of an account's orders in an instrument has stopped them. Their removals follow. For its account
    /// alone.
    ProtectionHit {
        /// The account.
        account: AccountIndex,
        /// The instrument.
        instrument_id: InstrumentId,
    },
    /// An order left the book without (further) trading, or the rest of an incoming one was dropped.
    Removed {
        /// The order.
        key: OrderKey,
        /// Lots that were not filled.
        remaining: Lots,
        /// Why.
        reason: Removal,
    },
}

/// What became of an accepted order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderOutcome {
    /// Lots filled now.
    pub filled: Lots,
    /// Lots that rest in the book.
    pub resting: Lots,
    /// It waits for a mark, and nothing else has happened to it.
    pub waits: bool,
    /// Why lots were dropped, if some were.
    pub dropped: Option<Removal>,
}
