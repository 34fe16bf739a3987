//! The guard of the runtime's code.

use crate::{Config, EnactedUpgrade, Error};
use alloc::vec::Vec;
use core::marker::PhantomData;
use polkadot_sdk::{
    frame_support::{ensure, traits::Get},
    frame_system::SetCode,
    sp_runtime::{traits::Hash, DispatchResult},
};

/// Replaces the code by `Inner` if an enacted call has authorised it, whoever asks, Root included. A development chain
/// asks for nothing.
pub struct EnactedCode<T, Inner>(PhantomData<(T, Inner)>);

impl<T: Config, Inner: SetCode<T>> SetCode<T> for EnactedCode<T, Inner> {
    fn set_code(code: Vec<u8>) -> DispatchResult {
        if !T::Development::get() {
            let enacted = EnactedUpgrade::<T>::take();
            ensure!(enacted == Some(T::Hashing::hash(&code)), Error::<T>::UpgradeNotEnacted);
        }
        Inner::set_code(code)
    }
}
