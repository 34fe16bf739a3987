//! Groups and verifying keys, for calls and genesis alike.

use crate::{
    types::{KEY_BYTES, MAX_ORDERS, MAX_UNITS},
    BlockNumberFor, CheckedKey, Config, Development, Error, Event, Field, GroupState, Groups, Pallet, Shape, Shapes,
};
use alloc::vec::Vec;
use cloister_crypto::{
    field::{from_bytes, to_bytes},
    schnorr::PublicKey,
};
use cloister_groth16_verifier::VerifyingKey;
use cloister_ledger::{AccountTree, House};
use pallet_cloister_risk::RiskTables;
use polkadot_sdk::{
    frame_support::{ensure, BoundedVec},
    sp_io::hashing::blake2_256,
};

impl<T: Config> Pallet<T> {
    /// Makes a group with an empty account tree and the genesis house. Its vault must hold the asset's minimum balance.
    pub(crate) fn add_group(group: u32, asset: T::AssetId, fee_account: T::AccountId) -> Result<(), Error<T>> {
        ensure!(!Groups::<T>::contains_key(group), Error::<T>::GroupExists);
        ensure!(T::Risk::exists(group), Error::<T>::UnknownRiskGroup);
        ensure!(Self::vault_is_funded(group, &asset), Error::<T>::VaultNotFunded);
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
            queue_first: 0,
            queue_next: 0,
        };
        Groups::<T>::insert(group, state);
        Self::deposit_event(Event::GroupCreated { group });
        Ok(())
    }

    /// Checks and stores a verifying key. A shape's key is never replaced: a batch in flight must not meet another key.
    pub(crate) fn add_shape(
        shape: u16,
        units: u16,
        orders: u8,
        development: bool,
        key: Vec<u8>,
        active_at: BlockNumberFor<T>,
    ) -> Result<(), Error<T>> {
        ensure!(!Shapes::<T>::contains_key(shape), Error::<T>::ShapeExists);
        let fits = units > 0 && u32::from(units) <= MAX_UNITS && orders > 0 && u32::from(orders) <= MAX_ORDERS;
        ensure!(fits, Error::<T>::ShapeTooLarge);
        let CheckedKey { hash, key, .. } = Self::check_key(development, key)?;
        Shapes::<T>::insert(
            shape,
            Shape {
                units,
                orders,
                development,
                active_at,
                hash,
                key,
            },
        );
        Self::deposit_event(Event::VerifyingKeySet {
            shape,
            hash,
            active_at,
            development,
        });
        Ok(())
    }

    /// Checks a verifying key of a statement, whose hash is its one public input.
    pub(crate) fn check_key(development: bool, key: Vec<u8>) -> Result<CheckedKey, Error<T>> {
        ensure!(
            !development || Development::<T>::get(),
            Error::<T>::DevelopmentKeyRefused
        );
        let parsed = VerifyingKey::from_bytes(&key).map_err(|_| Error::<T>::InvalidVerifyingKey)?;
        ensure!(
            parsed.inputs() == 1 && key.len() == KEY_BYTES as usize,
            Error::<T>::InvalidVerifyingKey
        );
        Ok(CheckedKey {
            development,
            hash: blake2_256(&key),
            key: BoundedVec::try_from(key).map_err(|_| Error::<T>::InvalidVerifyingKey)?,
        })
    }

    /// Whether coordinates are a key of prime order.
    pub(crate) fn is_key(x: &Field, y: &Field) -> bool {
        match (from_bytes(x), from_bytes(y)) {
            (Ok(x), Ok(y)) => PublicKey::from_coordinates(x, y).is_ok(),
            _ => false,
        }
    }
}
