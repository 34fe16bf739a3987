//! What the engine did, in order. The batcher proves what is binding; the rest is news for traders.

use crate::{
    error::TradeError,
    ids::{FillId, Millis, OrderKey},
};
use cloister_ledger::{Side, SignedInstruction};
use std::sync::Arc;

/// One account's side of a fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillSide {
    /// The account and the id of its order.
    pub key: OrderKey,
    /// The order as signed.
    pub order: Arc<SignedInstruction>,
    /// Fee, 10^-6.
    pub fee: u128,
}

/// One crossing of a resting order by an incoming one. Never split, never merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Number of the fill.
    pub id: FillId,
    /// When it happened.
    pub time: Millis,
    /// Instrument.
    pub instrument_id: u32,
    /// Price per lot, 10^-6: the maker's.
    pub price: u64,
    /// Lots.
    pub quantity: u64,
    /// Side of the incoming order.
    pub taker_side: Side,
    /// The resting order.
    pub maker: FillSide,
    /// The incoming order.
    pub taker: FillSide,
}

impl Fill {
    /// Price times lots, 10^-6. 64 + 40 bits, so it cannot overflow.
    pub fn cost(&self) -> u128 {
        u128::from(self.price).saturating_mul(self.quantity.into())
    }
}

/// Why an order left the book, or what remained of an incoming one was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Its trader cancelled it.
    Cancelled,
    /// It expired, or came closer to its expiry than the settlement slack.
    Expired,
    /// The account signed a higher id for the same slot.
    Overtaken,
    /// It would have traded against its own account's older order.
    SelfTrade,
    /// Immediate-or-cancel: the rest found nobody.
    Immediate,
    /// It must reduce and there is nothing left to reduce.
    NothingToReduce,
    /// A rule of the proof stops it.
    Rule(TradeError),
    /// Its instrument stopped trading.
    NotTrading,
}

/// Something that happened, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Two orders traded.
    Filled(Fill),
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
        remaining: u64,
    },
    /// An order left the book without (further) trading, or the rest of an incoming one was dropped.
    Removed {
        /// The order.
        key: OrderKey,
        /// Lots that were not filled.
        remaining: u64,
        /// Why.
        reason: Removal,
    },
}

/// What became of an accepted order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderOutcome {
    /// Lots filled now.
    pub filled: u64,
    /// Lots that rest in the book.
    pub resting: u64,
    /// Why lots were dropped, if some were.
    pub dropped: Option<Removal>,
}
