//! What the chain pays of a group's income (C-PERIOD): to provers for their credits, and to who shares it with them.

use crate::{
    chain::{Chain, Until},
    trader::TraderError,
};
use cloister_client_core::keys::TraderKeys;
use cloister_runtime::{AccountId, RuntimeCall, RuntimeEvent};
use pallet_cloister_execution::{Beneficiary, Call, Event};

/// Has a payee's part of a closed period paid. Anyone may. Returns what was paid, 10^-6.
///
/// # Errors
/// [`TraderError::Chain`], [`TraderError::NoEvent`].
pub async fn claim_credits(
    chain: &Chain,
    group: u32,
    period: u32,
    payee: AccountId,
    keys: &TraderKeys,
    until: Until,
) -> Result<u128, TraderError> {
    let call = RuntimeCall::Execution(Call::claim_credits { group, period, payee });
    let included = chain.submit(call, &keys.owner, until).await?;
    let paid = included.event(|event| match event {
        RuntimeEvent::Execution(Event::CreditsClaimed { amount, .. }) => Some(*amount),
        _ => None,
    });
    paid.ok_or(TraderError::NoEvent("payment for proofs"))
}

/// Has what was collected for a beneficiary paid to it, or queued for the insurance. Anyone may. Returns the amount,
/// 10^-6.
///
/// # Errors
/// [`TraderError::Chain`], [`TraderError::NoEvent`].
pub async fn claim_share(
    chain: &Chain,
    group: u32,
    beneficiary: Beneficiary,
    keys: &TraderKeys,
    until: Until,
) -> Result<u64, TraderError> {
    let call = RuntimeCall::Execution(Call::claim_share { group, beneficiary });
    let included = chain.submit(call, &keys.owner, until).await?;
    let paid = included.event(|event| match event {
        RuntimeEvent::Execution(Event::ShareClaimed { amount, .. }) => Some(*amount),
        _ => None,
    });
    paid.ok_or(TraderError::NoEvent("payment of a share"))
}
