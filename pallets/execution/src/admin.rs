//! Groups, for calls and genesis alike.

use crate::{Config, Error, Event, GroupState, Groups, Lane, ListedAssets, Pallet, Terms};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{AccountTree, House};
use pallet_cloister_risk::RiskTables;
use polkadot_sdk::frame_support::ensure;

impl<T: Config> Pallet<T> {
    /// Makes a group with an empty account tree and the genesis house. Its vault must hold the asset's minimum balance.
    pub(crate) fn add_group(group: u32, asset: T::AssetId, fee_account: T::AccountId) -> Result<(), Error<T>> {
        ensure!(!Groups::<T>::contains_key(group), Error::<T>::GroupExists);
        ensure!(T::Risk::exists(group), Error::<T>::UnknownRiskGroup);
        ensure!(!Self::is_vault(&fee_account), Error::<T>::VaultAsPayee);
        ensure!(Self::roles_are_declared(&asset), Error::<T>::AssetRolesNotDeclared);
        ensure!(Self::vault_is_funded(group, &asset), Error::<T>::VaultNotFunded);
        ListedAssets::<T>::insert(&asset, ());
        let state = GroupState {
            enabled: true,
            asset,
            fee_account,
            root: to_bytes(&AccountTree::default().root()),
            house: to_bytes(&House::default().commitment()),
            batch_no: 0,
            time: 0,
            risk_version: 0,
            next_index: 0,
            queue: Lane::default(),
            priority: Lane::default(),
            queue_next: 0,
            queue_terms: Terms::default(),
            house_rekeys: 0,
        };
        Groups::<T>::insert(group, state);
        Self::start_queue_clock(group);
        Self::deposit_event(Event::GroupCreated { group });
        Ok(())
    }

    /// Sets the terms of a group's queue; returns those before.
    pub(crate) fn change_queue_terms(group: u32, terms: Terms) -> Result<Terms, Error<T>> {
        ensure!(terms.are_within_bounds(), Error::<T>::TermsOutOfBounds);
        Groups::<T>::try_mutate(group, |state| {
            let state = state.as_mut().ok_or(Error::<T>::UnknownGroup)?;
            Ok(core::mem::replace(&mut state.queue_terms, terms))
        })
    }
}
