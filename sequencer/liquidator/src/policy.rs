//! The whole of it, in the order of a batch.

use crate::{
    draft::BatchDraft,
    keeper::{expire, shed, take_over},
    liquidation::liquidate,
    refusal::Refusal,
};

/// What the operator sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Discount to the mark at which makers take lots of a liquidation, 10^-6.
    pub discount: u32,
    /// Leverage up to which the house takes liquidated lots that nobody else takes, hundredths; its margin may allow
    /// less.
    pub house_leverage: u64,
}

/// What could not be done in a batch.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// Accounts of which no single fill reduces the risk: see [`crate::liquidate_pairs`].
    pub pairs: Vec<u32>,
    /// Accounts whose liquidation nobody took, and the last reason.
    pub not_liquidated: Vec<(u32, Refusal)>,
    /// Accounts of negative equity that the house could not carry, and why.
    pub not_taken: Vec<(u32, Refusal)>,
}

impl Policy {
    /// Puts into a draft whatever the state of the accounts asks for.
    pub fn decide<'t>(&self, draft: &mut impl BatchDraft<'t>) -> Left {
        // Once before liquidations load the house, and once after their penalties have made room.
        take_over(draft);
        let liquidated = liquidate(draft, self);
        let not_taken = take_over(draft);
        expire(draft);
        shed(draft);
        Left {
            pairs: liquidated.pairs,
            not_liquidated: liquidated.refused,
            not_taken,
        }
    }
}
