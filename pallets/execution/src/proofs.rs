//! Proofs of statements of one kind, under keys of the registry (C-VERIFIER).

use crate::{Config, Error, KeyId, OpenAccounts, Pallet};
use cloister_crypto::Fr;
use cloister_groth16_verifier::{verify, Proof, PROOF_BYTES};
use pallet_cloister_verifier::{ActiveKey, ExitsNeeded, KeyError, StatementKind, VerifyingKeyRegistry};
use polkadot_sdk::frame_support::ensure;

impl<T: Config> From<KeyError> for Error<T> {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unknown => Self::UnknownKey,
            KeyError::NotActive => Self::KeyNotActive,
            KeyError::Damaged => Self::InvalidVerifyingKey,
        }
    }
}

/// Whoever has an account must be able to leave by proof.
impl<T: Config> ExitsNeeded for Pallet<T> {
    fn exits_needed() -> bool {
        OpenAccounts::<T>::iter_keys().next().is_some()
    }
}

impl<T: Config> Pallet<T> {
    /// A key with which proofs are verified now.
    pub(crate) fn active_key(id: KeyId) -> Result<ActiveKey, Error<T>> {
        T::Keys::active(id).map_err(Error::<T>::from)
    }

    /// The same, of a statement that has no shape.
    pub(crate) fn active_key_of(id: KeyId, statement: StatementKind) -> Result<ActiveKey, Error<T>> {
        let key = Self::active_key(id)?;
        ensure!(key.statement == statement, Error::<T>::WrongStatement);
        Ok(key)
    }

    /// Verifies the proof of a statement, whose hash is its only public input.
    pub(crate) fn verify_proof(key: &ActiveKey, statement: Fr, proof: &[u8; PROOF_BYTES]) -> Result<(), Error<T>> {
        let proof = Proof::from_bytes(proof).map_err(Error::<T>::from)?;
        verify(&key.key, &[statement], &proof).map_err(Error::<T>::from)
    }
}
