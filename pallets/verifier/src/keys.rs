//! Registering, removing and finding verifying keys (C-KEYS).

use crate::{
    types::KEY_BYTES, ActiveKey, BlockNumberFor, Config, Development, Error, Event, ExitsNeeded, KeyError, KeyId,
    Pallet, RegisteredKey, StatementKind, VerifyingKeyRegistry, VerifyingKeys,
};
use alloc::vec::Vec;
use cloister_groth16_verifier::VerifyingKey;
use polkadot_sdk::{
    frame_support::{ensure, BoundedVec},
    frame_system,
    sp_io::hashing::blake2_256,
};

/// Maximum number of verifying keys: some checks look at all of them.
pub const MAX_KEYS: u32 = 64;

/// A verifying key as this pallet's storage has it.
pub type KeyOf<T> = RegisteredKey<BlockNumberFor<T>>;

impl<T: Config> Pallet<T> {
    /// Checks and registers a verifying key. It is never replaced under its id: a batch or an open in flight must not
    /// meet another key.
    pub fn register_key(
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
        let key_hash = blake2_256(&key);
        let key = BoundedVec::try_from(key).map_err(|_| Error::<T>::InvalidVerifyingKey)?;
        VerifyingKeys::<T>::insert(
            id,
            RegisteredKey {
                statement,
                development,
                active_at,
                key_hash,
                key,
            },
        );
        Self::deposit_event(Event::VerifyingKeySet {
            id,
            statement,
            key_hash,
            active_at,
            development,
        });
        Ok(())
    }

    /// Removes a verifying key. The last active key of exits stays while any account is open: whoever is in a group
    /// must be able to leave it when it is frozen, whoever governs then.
    pub(crate) fn unregister_key(id: KeyId) -> Result<(), Error<T>> {
        let key = VerifyingKeys::<T>::get(id).ok_or(Error::<T>::UnknownKey)?;
        let is_good = |key: &KeyOf<T>| key.statement == StatementKind::Exit && Self::is_active(key);
        if is_good(&key) {
            let others = VerifyingKeys::<T>::iter().any(|(other, key)| other != id && is_good(&key));
            ensure!(others || !T::Exits::exits_needed(), Error::<T>::ExitKeyNeeded);
        }
        VerifyingKeys::<T>::remove(id);
        Self::deposit_event(Event::VerifyingKeyRemoved { id });
        Ok(())
    }

    fn is_active(key: &KeyOf<T>) -> bool {
        key.active_at <= frame_system::Pallet::<T>::block_number()
    }

    /// All verifying keys, by id.
    pub fn verifying_keys() -> Vec<(KeyId, KeyOf<T>)> {
        let mut keys: Vec<_> = VerifyingKeys::<T>::iter().collect();
        keys.sort_unstable_by_key(|(id, _)| *id);
        keys
    }

    /// A verifying key.
    pub fn verifying_key(id: KeyId) -> Option<KeyOf<T>> {
        VerifyingKeys::<T>::get(id)
    }

    /// Whether this is a chain for trying things out, as its genesis says.
    pub fn is_development() -> bool {
        Development::<T>::get()
    }
}

impl<T: Config> VerifyingKeyRegistry for Pallet<T> {
    fn active(id: KeyId) -> Result<ActiveKey, KeyError> {
        let registered = VerifyingKeys::<T>::get(id).ok_or(KeyError::Unknown)?;
        ensure!(Self::is_active(&registered), KeyError::NotActive);
        let key = VerifyingKey::from_checked_bytes(&registered.key).map_err(|_| KeyError::Damaged)?;
        Ok(ActiveKey {
            statement: registered.statement,
            key,
        })
    }

    fn any_active(wanted: impl Fn(StatementKind) -> bool) -> bool {
        VerifyingKeys::<T>::iter_values().any(|key| wanted(key.statement) && Self::is_active(&key))
    }

    fn most_places() -> u16 {
        let places = |key: KeyOf<T>| match key.statement {
            StatementKind::Batch { places, .. } if Self::is_active(&key) => places.into(),
            _ => 0,
        };
        VerifyingKeys::<T>::iter_values().map(places).max().unwrap_or(0)
    }
}
