//! What an operator chooses of the policy.

use crate::{config::SequencerConfig, time::millis};
use cloister_engine::Millis;
use cloister_liquidator::Policy;
use codec::{Decode, Encode};

/// How accounts that are short are helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct LiquidationTerms {
    /// Discount to the mark at which orders at rest take lots, 10^-6.
    pub discount: u32,
    /// Leverage up to which the house takes lots, hundredths.
    pub house_leverage: u64,
    /// Batches whose units one call may use.
    pub batches: u32,
    /// Age of a table at which nothing is decided any more, milliseconds: it could not settle.
    pub table_age: Millis,
}

impl LiquidationTerms {
    /// Those of a configuration.
    pub fn of(config: &SequencerConfig) -> Self {
        Self {
            discount: config.liquidation.discount,
            house_leverage: config.liquidation.house_leverage,
            batches: u32::try_from(config.liquidation_batches).unwrap_or(u32::MAX),
            table_age: millis(config.gate.table_age),
        }
    }

    /// The policy.
    pub fn policy(&self) -> Policy {
        Policy {
            discount: self.discount,
            house_leverage: self.house_leverage,
        }
    }
}
