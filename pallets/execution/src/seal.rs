//! Seals of opens and re-keys: a queued view key is the one that its commitment names, under the sequencers' key of
//! that moment (C-SEAL).

use crate::{BlockNumberFor, Config, Error, OpenKeys, Pallet, SealProof};
use cloister_crypto::{field::from_bytes, schnorr::PublicKey, seal::Sealed};
use cloister_ledger::{Key, SealStatement};
use cloister_types::GroupId;
use pallet_cloister_sequencers::Sequencers;
use pallet_cloister_verifier::StatementKind;
use polkadot_sdk::frame_system;

impl<T: Config> Pallet<T> {
    /// Rebuilds the statement of a seal. Genesis, group, owner and sealing key are the chain's own.
    pub(crate) fn seal_statement(group: u32, owner: &T::AccountId, keys: &OpenKeys) -> Result<SealStatement, Error<T>> {
        let (x, y) = T::Sequencers::seal_key(group).ok_or(Error::<T>::SealKeyMissing)?;
        let field = |bytes| from_bytes(bytes).map_err(|_| Error::<T>::NonCanonicalField);
        let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::from(0u32));
        let sealing_key = Key {
            x: field(&x)?,
            y: field(&y)?,
        };
        let key = Key {
            x: field(&keys.pk_x)?,
            y: field(&keys.pk_y)?,
        };
        SealStatement::new(
            genesis.0,
            GroupId(group),
            owner.clone().into(),
            sealing_key,
            &Sealed(keys.sealed_view_key),
            key,
            field(&keys.view_commitment)?,
        )
        .map_err(|_| Error::<T>::NonCanonicalField)
    }

    /// Checks the keys of an open or a re-key and the proof of their seal, so that nothing queued can be garbage.
    pub(crate) fn check_seal(
        group: u32,
        owner: &T::AccountId,
        keys: &OpenKeys,
        seal: &SealProof,
    ) -> Result<(), Error<T>> {
        let statement = Self::seal_statement(group, owner, keys)?;
        let key = Self::active_key_of(seal.key, StatementKind::Seal)?;
        // The statement says so too. Whatever its verifying key is worth, no queued key can stop the queue.
        PublicKey::from_coordinates(statement.key.x, statement.key.y).map_err(|_| Error::<T>::InvalidPublicKey)?;
        Self::verify_proof(&key, statement.hash(), &seal.proof).map_err(|error| match error {
            Error::InvalidProof => Error::InvalidSealProof,
            other => other,
        })
    }
}
