//! The registry of verifying keys (C-KEYS).

use crate::{
    types::KEY_BYTES, BlockNumberFor, Config, Development, Error, Event, KeyId, OpenAccounts, Pallet, RegisteredKey,
    StatementKind, VerifyingKeys,
};
use alloc::vec::Vec;
use cloister_groth16_verifier::VerifyingKey;
use pallet_cloister_risk::BatchShapes;
use polkadot_sdk::{
    frame_support::{ensure, BoundedVec},
    frame_system,
    sp_io::hashing::blake2_256,
};

/// Maximum number of verifying keys: some checks look at all of them.
pub const MAX_KEYS: u32 = 64;

/// A verifying key as this pallet's storage has it.
pub(crate) type KeyOf<T> = RegisteredKey<BlockNumberFor<T>>;

impl<T: Config> Pallet<T> {
    /// Checks and registers a verifying key. It is never replaced under its id: a batch or an open in flight must not
    /// meet another key.
    pub(crate) fn register_key(
        id: KeyId,
        statement: StatementKind,
        development: bool,
        key: Vec<u8>,
        active_at: BlockNumberFor<T>,
    ) -> Result<(), Error<T>> {
        ensure!(!VerifyingKeys::<T>::contains_key(id), Error::<T>::KeyExists);
        ensure!(VerifyingKeys::<T>::count() < MAX_KEYS, Error::<T>::TooManyKeys);
        ensure!(statement.fits(), Error::<T>::ShapeTooLarge);
        ensure!(
            !development || Development::<T>::get(),
            Error::<T>::DevelopmentKeyRefused
        );
        let parsed = VerifyingKey::from_bytes(&key).map_err(|_| Error::<T>::InvalidVerifyingKey)?;
        // Every statement has one public input, its hash.
        ensure!(
            parsed.inputs() == 1 && key.len() == KEY_BYTES as usize,
            Error::<T>::InvalidVerifyingKey
        );
        let hash = blake2_256(&key);
        let key = BoundedVec::try_from(key).map_err(|_| Error::<T>::InvalidVerifyingKey)?;
        VerifyingKeys::<T>::insert(
            id,
            RegisteredKey {
                statement,
                development,
                active_at,
                hash,
                key,
            },
        );
        Self::deposit_event(Event::VerifyingKeySet {
            id,
            statement,
            hash,
            active_at,
            development,
        });
        Ok(())
    }

    /// Removes a verifying key. The last active key of exits stays while any account is open: whoever is in a group
    /// must be able to leave it when it is frozen, whoever governs then.
    pub(crate) fn unregister_key(id: KeyId) -> Result<(), Error<T>> {
        let key = VerifyingKeys::<T>::get(id).ok_or(Error::<T>::UnknownKey)?;
        let now = frame_system::Pallet::<T>::block_number();
        let is_good = |key: &KeyOf<T>| key.statement == StatementKind::Exit && key.active_at <= now;
        if is_good(&key) {
            let others = VerifyingKeys::<T>::iter().any(|(other, key)| other != id && is_good(&key));
            ensure!(
                others || OpenAccounts::<T>::iter_keys().next().is_none(),
                Error::<T>::ExitKeyNeeded
            );
        }
        VerifyingKeys::<T>::remove(id);
        Self::deposit_event(Event::VerifyingKeyRemoved { id });
        Ok(())
    }

    /// A key with which proofs are verified now.
    pub(crate) fn active_key(id: KeyId) -> Result<KeyOf<T>, Error<T>> {
        let key = VerifyingKeys::<T>::get(id).ok_or(Error::<T>::UnknownKey)?;
        ensure!(
            key.active_at <= frame_system::Pallet::<T>::block_number(),
            Error::<T>::KeyNotActive
        );
        Ok(key)
    }
}

impl<T: Config> BatchShapes for Pallet<T> {
    fn most_places() -> u16 {
        let now = frame_system::Pallet::<T>::block_number();
        let places = |key: KeyOf<T>| match key.statement {
            StatementKind::Batch { places, .. } if key.active_at <= now => places.into(),
            _ => 0,
        };
        VerifyingKeys::<T>::iter_values().map(places).max().unwrap_or(0)
    }
}
