//! A batch is a transaction of its own (C-PLAIN), and what keeps groups going comes first (C-PRIORITY).
//!
//! Whoever rebuilds a ledger or an account reads the settled batches from the chain's transactions. A batch inside
//! another call would have to be searched for in every call that can dispatch others, and a reader that misses one
//! stops for ever. So the chain refuses it: [`CheckPlainBatch`] marks, before the dispatch, that the transaction is a
//! plain `submit_batch` or `submit_batches`, and the call asks for the mark.

use crate::{Call, Config, Pallet, PlainBatch, WeightInfo, ESSENTIAL_PRIORITY};
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::{fmt, marker::PhantomData};
use polkadot_sdk::{
    frame_support::{dispatch::DispatchResult, traits::IsSubType, weights::Weight, DefaultNoBound},
    frame_system,
    sp_runtime::{
        traits::{
            AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, PostDispatchInfoOf, TransactionExtension,
            ValidateResult,
        },
        transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction},
    },
};
use scale_info::TypeInfo;

type CallOf<T> = <T as frame_system::Config>::RuntimeCall;

impl<T: Config> Pallet<T> {
    /// Lets the next `submit_batch` or `submit_batches` through.
    pub(crate) fn mark_plain() {
        PlainBatch::<T>::put(());
    }

    /// Takes the mark back, whether a batch has used it or not.
    pub(crate) fn unmark_plain() {
        PlainBatch::<T>::kill();
    }
}

/// Lets batches through only if the transaction's own call is `submit_batch` or `submit_batches`, and gives essential
/// calls of members their priority. It adds nothing to the transaction's bytes.
///
/// Place it behind every extension whose preparation can fail, so that no mark is left by a transaction that is not
/// applied.
#[derive(Encode, Decode, DecodeWithMemTracking, DefaultNoBound, Clone, Eq, PartialEq, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct CheckPlainBatch<T>(PhantomData<T>);

impl<T> CheckPlainBatch<T> {
    /// The extension.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T> fmt::Debug for CheckPlainBatch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckPlainBatch")
    }
}

fn is_plain_batch<T: Config>(call: &CallOf<T>) -> bool
where
    CallOf<T>: IsSubType<Call<T>>,
{
    matches!(
        call.is_sub_type(),
        Some(Call::submit_batch { .. } | Call::submit_batches { .. })
    )
}

impl<T> TransactionExtension<CallOf<T>> for CheckPlainBatch<T>
where
    T: Config + Send + Sync,
    CallOf<T>: IsSubType<Call<T>>,
    DispatchOriginOf<CallOf<T>>: AsSystemOriginSigner<T::AccountId>,
{
    const IDENTIFIER: &'static str = "CheckPlainBatch";
    type Implicit = ();
    type Val = ();
    /// Whether the mark was set.
    type Pre = bool;

    fn weight(&self, call: &CallOf<T>) -> Weight {
        if is_plain_batch::<T>(call) {
            T::WeightInfo::check_plain_batch()
        } else {
            T::WeightInfo::check_essential()
        }
    }

    fn validate(
        &self,
        origin: DispatchOriginOf<CallOf<T>>,
        call: &CallOf<T>,
        _: &DispatchInfoOf<CallOf<T>>,
        _: usize,
        _: Self::Implicit,
        _: &impl Encode,
        _: TransactionSource,
    ) -> ValidateResult<Self::Val, CallOf<T>> {
        let essential = origin
            .as_system_origin_signer()
            .is_some_and(|signer| Pallet::<T>::is_essential(call, signer));
        let priority = if essential { ESSENTIAL_PRIORITY } else { 0 };
        let validity = ValidTransaction {
            priority,
            ..ValidTransaction::default()
        };
        Ok((validity, (), origin))
    }

    fn prepare(
        self,
        _: Self::Val,
        _: &DispatchOriginOf<CallOf<T>>,
        call: &CallOf<T>,
        _: &DispatchInfoOf<CallOf<T>>,
        _: usize,
    ) -> Result<Self::Pre, TransactionValidityError> {
        let plain = is_plain_batch::<T>(call);
        if plain {
            Pallet::<T>::mark_plain();
        }
        Ok(plain)
    }

    fn post_dispatch_details(
        plain: Self::Pre,
        _: &DispatchInfoOf<CallOf<T>>,
        _: &PostDispatchInfoOf<CallOf<T>>,
        _: usize,
        _: &DispatchResult,
    ) -> Result<Weight, TransactionValidityError> {
        // A batch that was refused has put the mark back with everything else it did.
        if plain {
            Pallet::<T>::unmark_plain();
        }
        Ok(Weight::zero())
    }
}
