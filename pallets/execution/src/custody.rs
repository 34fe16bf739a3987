//! Who holds the roles of a settlement asset (C-CUSTODY): whoever can freeze an asset, move it by force or mint it can
//! take a vault's money or make it worth nothing, so only accounts that governance has declared may hold a role.

use crate::{queue::GroupOf, Config, Custodians, CustodyLost, Error, Event, Groups, ListedAssets, Pallet};
use polkadot_sdk::{
    frame_support::{
        ensure,
        traits::{fungibles::roles::Inspect, EnsureOrigin, Get, Time},
        PalletId,
    },
    sp_runtime::{traits::AccountIdConversion, DispatchError},
};

/// Maximum number of accounts that are declared as custodians.
pub const MAX_CUSTODIANS: u32 = 8;
/// What the account of the keyless custodian derives from. Eight bytes that are not zero keep it apart from every
/// vault, which derives from four.
const KEYLESS: [u8; 8] = *b"keyless!";

impl<T: Config> Pallet<T> {
    /// The custodian that is always declared: an account that derives from the pallet, for which nobody can sign and
    /// the pallet never does. An asset whose roles it holds stays as it is.
    pub fn keyless_custodian() -> T::AccountId {
        T::PalletId::get().into_sub_account_truncating(KEYLESS)
    }

    /// Whether an account is the vault of a group, or of one that may still be made.
    pub fn is_vault(account: &T::AccountId) -> bool {
        <PalletId as AccountIdConversion<T::AccountId>>::try_from_sub_account::<u32>(account)
            .is_some_and(|(id, _)| id == T::PalletId::get())
    }

    /// Whether a group settles in an asset.
    pub fn is_listed(asset: &T::AssetId) -> bool {
        ListedAssets::<T>::contains_key(asset)
    }

    /// Whether owner, issuer, admin and freezer of an asset are all declared.
    pub fn roles_are_declared(asset: &T::AssetId) -> bool {
        let (keyless, custodians) = (Self::keyless_custodian(), Custodians::<T>::get());
        [
            T::Assets::owner(asset.clone()),
            T::Assets::issuer(asset.clone()),
            T::Assets::admin(asset.clone()),
            T::Assets::freezer(asset.clone()),
        ]
        .into_iter()
        .all(|role| role.is_some_and(|who| who == keyless || custodians.contains(&who)))
    }

    /// A group that takes money in: it is enabled and not frozen, and its asset is held by whom governance has
    /// declared.
    pub(crate) fn receiving_group(group: u32) -> Result<GroupOf<T>, Error<T>> {
        let state = Self::enabled_group(group)?;
        ensure!(
            !CustodyLost::<T>::contains_key(group) && Self::roles_are_declared(&state.asset),
            Error::<T>::CustodyChanged
        );
        Ok(state)
    }

    /// Notes for good that the roles of a group's asset are not as declared.
    pub(crate) fn do_report_custody(group: u32) -> Result<(), Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(!CustodyLost::<T>::contains_key(group), Error::<T>::CustodyReported);
        ensure!(!Self::roles_are_declared(&state.asset), Error::<T>::CustodyIntact);
        CustodyLost::<T>::insert(group, T::Time::now());
        Self::deposit_event(Event::CustodyLost { group });
        Ok(())
    }

    /// Lets a group take money again whose asset is held as declared.
    pub(crate) fn do_restore_custody(group: u32) -> Result<(), Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(CustodyLost::<T>::contains_key(group), Error::<T>::CustodyIntact);
        ensure!(Self::roles_are_declared(&state.asset), Error::<T>::CustodyChanged);
        CustodyLost::<T>::remove(group);
        Self::deposit_event(Event::CustodyRestored { group });
        Ok(())
    }

    /// The origin of what narrows: [`Config::PauseOrigin`] at once, or [`Config::NoticeOrigin`] as a part of what was
    /// announced.
    pub(crate) fn ensure_narrowing(origin: T::RuntimeOrigin) -> Result<(), DispatchError> {
        match T::PauseOrigin::try_origin(origin) {
            Ok(_) => Ok(()),
            Err(origin) => T::NoticeOrigin::ensure_origin(origin).map(drop).map_err(Into::into),
        }
    }
}
