//! The owner's key: the sr25519 key of the chain account that pays deposits and receives withdrawals.
//!
//! Secret URIs have the grammar of the SDK: `phrase//hard/soft///password`. An empty phrase is the public development
//! phrase, so `//Alice` is the developer account of a development chain.

use std::{fmt, str::FromStr};
use subxt_signer::{
    sr25519::{self, Keypair},
    SecretUri,
};

/// A text that is not a secret URI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a secret URI; examples: //Alice, //Demo//3")]
pub struct OwnerUriError(pub String);

/// The secret key of a chain account.
#[derive(Clone)]
pub struct OwnerKey(Keypair);

impl fmt::Debug for OwnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret must not reach a log.
        f.debug_tuple("OwnerKey").field(&hex::encode(self.public())).finish()
    }
}

impl OwnerKey {
    /// The key that a secret URI names.
    ///
    /// # Errors
    /// [`OwnerUriError`].
    pub fn from_uri(uri: &str) -> Result<Self, OwnerUriError> {
        let unknown = || OwnerUriError(uri.into());
        let parsed = SecretUri::from_str(uri).map_err(|_| unknown())?;
        Keypair::from_uri(&parsed).map(Self).map_err(|_| unknown())
    }

    /// The key of a 32-byte secret seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        // A seed is hashed before use, so only a wrong length is refused, and the type fixes the length.
        Self(Keypair::from_secret_key(*seed).expect("32 bytes are a seed; qed"))
    }

    /// The public key; it is also the account id.
    pub fn public(&self) -> [u8; 32] {
        self.0.public_key().0
    }

    /// Signs a message. The signature contains fresh randomness.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).0
    }
}

/// True if `signature` is a signature of the message by the account.
pub fn verify(account: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    sr25519::verify(&sr25519::Signature(*signature), message, &sr25519::PublicKey(*account))
}
