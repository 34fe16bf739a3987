//! Showing the chain that a sequencer has told two stories (C-SLASH).

use crate::{
    chain::{Chain, Included, Until},
    trader::TraderError,
};
use cloister_client_core::keys::TraderKeys;
use cloister_runtime::{AccountId, Balance, RuntimeCall, RuntimeEvent};
use pallet_cloister_bonds::{Call, Event, SignedReceipt};

/// What a report has cost, in the smallest unit of the native token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slashed {
    /// What the sequencer had bonded.
    pub amount: Balance,
    /// What of it is the reporter's.
    pub reward: Balance,
}

/// Shows two different receipts of one number that `who` has signed. Anyone may.
///
/// # Errors
/// [`TraderError::Chain`], [`TraderError::NoEvent`].
pub async fn receipts(
    chain: &Chain,
    group: u32,
    who: AccountId,
    [first, second]: [SignedReceipt; 2],
    keys: &TraderKeys,
    until: Until,
) -> Result<Slashed, TraderError> {
    let call = RuntimeCall::Bonds(Call::report_receipts {
        group,
        who,
        first: first.into(),
        second: second.into(),
    });
    slashed(&chain.submit(call, &keys.owner, until).await?)
}

/// What an included report has cost.
pub(crate) fn slashed(included: &Included) -> Result<Slashed, TraderError> {
    let slashed = included.event(|event| match event {
        RuntimeEvent::Bonds(Event::Slashed { amount, reward, .. }) => Some(Slashed {
            amount: *amount,
            reward: *reward,
        }),
        _ => None,
    });
    slashed.ok_or(TraderError::NoEvent("slash of a bond"))
}
