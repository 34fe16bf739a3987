//! Everything that is decided for a batch, in the order of the batch.

use crate::{
    deleverage::deleverage,
    draft::BatchDraft,
    keeper::{expire, shed, take_over},
    liquidation::{liquidate, liquidate_broke},
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
    /// Accounts of negative equity that still hold lots because nobody took them and no counterparty could give up
    /// others, and why. If that lasts, the row should go close-only and settle at its mark.
    pub not_deleveraged: Vec<(u32, Refusal)>,
}

/// Puts into a draft whatever the state of the accounts asks for.
pub fn decide<'t>(draft: &mut impl BatchDraft<'t>, policy: &Policy) -> Left {
    // Once before liquidations load the house, and once after their penalties have made room.
    take_over(draft);
    let mut liquidated = liquidate(draft, policy);
    liquidate_broke(draft, policy, &mut liquidated);
    let not_taken = take_over(draft);
    // Of whom neither book nor house takes anything more.
    let refused = liquidated.refused.iter().map(|(account, _)| *account);
    let not_deleveraged = deleverage(draft, &refused.chain(liquidated.pairs.iter().copied()).collect());
    expire(draft);
    shed(draft);
    Left {
        pairs: liquidated.pairs,
        not_liquidated: liquidated.refused,
        not_taken,
        not_deleveraged,
    }
}
