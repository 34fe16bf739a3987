//! Everything that is decided for a batch, in the order of the batch.

use crate::{
    draft::BatchDraft,
    keeper::{expire, shed, take_over},
    liquidation::liquidate,
    policy::Policy,
    refusal::Refusal,
};

/// What could not be done in a batch.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// Accounts whose risk no single fill reduces: see [`crate::liquidate_pairs`].
    pub pairs: Vec<u32>,
    /// Accounts whose liquidation nobody took, and the last reason.
    pub not_liquidated: Vec<(u32, Refusal)>,
    /// Accounts of negative equity that the house could not carry, and why.
    pub not_taken: Vec<(u32, Refusal)>,
}

/// Puts into a draft whatever the state of the accounts asks for.
pub fn decide<'t>(draft: &mut impl BatchDraft<'t>, policy: &Policy) -> Left {
    // Once before liquidations load the house, and once after their penalties have made room.
    take_over(draft);
    let liquidated = liquidate(draft, policy);
    let not_taken = take_over(draft);
    expire(draft);
    shed(draft);
    Left {
        pairs: liquidated.pairs,
        not_liquidated: liquidated.refused,
        not_taken,
    }
}
