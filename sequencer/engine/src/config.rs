//! What an operator sets.

use crate::ids::Millis;
use cloister_types::GroupId;

/// Fee rates in 10^-6 of the traded cost. The table's cap and each order's own maximum bound them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeRates {
    /// Taken from the order that rested.
    pub maker: u32,
    /// Taken from the order that came in.
    pub taker: u32,
}

impl FeeRates {
    /// The higher of the two: what an order may have to pay.
    pub fn highest(&self) -> u32 {
        self.maker.max(self.taker)
    }
}

/// Configuration of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Genesis hash of the chain, part of every signed message.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// Fees.
    pub fees: FeeRates,
    /// An instruction counts as expired this long before its expiry, so that a batch that must be rebuilt with a later
    /// time can still be proven.
    pub settlement_slack: Millis,
}
