//! Calls that keep groups going come before all others (C-PRIORITY): batches, solvency statements and re-keys of a
//! house by submitters whose turn it is, and feeds by operators. So nobody stops a group by paying for full blocks.

use crate::{Call, Config, Pallet};
use pallet_cloister_sequencers::Sequencers;
use polkadot_sdk::{
    frame_support::traits::IsSubType, frame_system, sp_runtime::transaction_validity::TransactionPriority,
};

/// Priority of an essential call, to which its own tip adds. A tip of another call would have to be a thousand native
/// tokens and more to come near it.
pub const ESSENTIAL_PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// Calls of other pallets that keep groups going.
pub trait EssentialCalls<RuntimeCall, AccountId> {
    /// Whether this is one, from a signer whose calls of this kind count.
    fn is_essential(call: &RuntimeCall, signer: &AccountId) -> bool;
}

impl<RuntimeCall, AccountId> EssentialCalls<RuntimeCall, AccountId> for () {
    fn is_essential(_: &RuntimeCall, _: &AccountId) -> bool {
        false
    }
}

impl<T: Config> Pallet<T>
where
    <T as frame_system::Config>::RuntimeCall: IsSubType<Call<T>>,
{
    /// Whether a call keeps groups going. Of those who are not members it is a call like any other, so that nobody buys
    /// priority with calls that fail.
    pub(crate) fn is_essential(call: &<T as frame_system::Config>::RuntimeCall, signer: &T::AccountId) -> bool {
        match call.is_sub_type() {
            Some(Call::submit_solvency { group, .. }) => T::Sequencers::is_member(*group, signer),
            // Who does not lead would be refused, and must not take the leader's place in blocks.
            Some(
                Call::submit_batch { group, .. } | Call::submit_batches { group, .. } | Call::rekey_house { group, .. },
            ) => T::Sequencers::may_submit(*group, signer).is_ok(),
            _ => T::OtherEssentialCalls::is_essential(call, signer),
        }
    }
}
