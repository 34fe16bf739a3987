//! A batch is a transaction of its own (C-PLAIN).
//!
//! Whoever rebuilds a ledger or an account reads the settled batches from the chain's transactions. A batch inside
//! another call would have to be searched for in every call that can dispatch others, and a reader that misses one
//! stops for ever. So the chain refuses it: [`CheckPlainBatch`] marks, before the dispatch, that the transaction is a
//! plain `submit_batch`, and the call asks for the mark.

use crate::{Call, Config, Pallet, PlainBatch, WeightInfo};
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::{fmt, marker::PhantomData};
use polkadot_sdk::{
    frame_support::{dispatch::DispatchResult, traits::IsSubType, weights::Weight, DefaultNoBound},
    frame_system,
    sp_runtime::{
        impl_tx_ext_default,
        traits::{DispatchInfoOf, DispatchOriginOf, PostDispatchInfoOf, TransactionExtension},
        transaction_validity::TransactionValidityError,
    },
};
use scale_info::TypeInfo;

type CallOf<T> = <T as frame_system::Config>::RuntimeCall;

impl<T: Config> Pallet<T> {
    /// Lets the next `submit_batch` through.
    pub(crate) fn mark_plain() {
        PlainBatch::<T>::put(());
    }

    /// Takes the mark back, whether a batch has used it or not.
    pub(crate) fn unmark_plain() {
        PlainBatch::<T>::kill();
    }
}

/// Lets a batch through only if the transaction's own call is `submit_batch`. It adds nothing to the transaction's
/// bytes.
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
    matches!(call.is_sub_type(), Some(Call::submit_batch { .. }))
}

impl<T> TransactionExtension<CallOf<T>> for CheckPlainBatch<T>
where
    T: Config + Send + Sync,
    CallOf<T>: IsSubType<Call<T>>,
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
            Weight::zero()
        }
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

    impl_tx_ext_default!(CallOf<T>; validate);
}
