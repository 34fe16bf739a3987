//! What an operator sets.

use crate::ids::Millis;
use cloister_types::GroupId;
use codec::{Decode, Encode};

/// Fee rates in 10^-6 of the traded cost. The table's cap and each order's own maximum bound them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
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

/// House rules of a group, inside those of the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Rules {
    /// How far beyond the mark a limit may lie, in 10^-6 of the mark: above it to buy, below it to sell. The price band
    /// of the proof holds as well. Of an order that waits, it counts from the trigger. `None`: the band alone.
    pub collar: Option<u32>,
    /// Maximum number of orders of an account that wait for a mark.
    pub max_waiting: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            collar: None,
            max_waiting: 64,
        }
    }
}

/// Configuration of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
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
    /// House rules.
    pub rules: Rules,
}
