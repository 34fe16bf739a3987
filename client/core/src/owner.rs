//! The owner's key: the sr25519 key of the chain account that pays deposits and receives withdrawals.
//!
//! Secret URIs have the grammar of the SDK: `phrase//hard/soft///password`. An empty phrase is the public development
//! phrase, so `//Alice` is the developer account of a development chain.

use std::{fmt, str::FromStr};
use subxt_signer::{
    sr25519::{self, Keypair},
    SecretUri,
};

/// Why a text names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnerUriError {
    /// Nothing but blanks. By the grammar it would be the public development account, which everybody can sign for.
    #[error("the secret URI is blank; leave it out for an owner of your own, or name one, such as //Alice")]
    Blank,
    /// The text does not follow the grammar.
    #[error("`{0}` is not a secret URI; examples: //Alice, //Demo//3")]
    Unknown(String),
}

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
        if uri.trim().is_empty() {
            return Err(OwnerUriError::Blank);
        }
        let unknown = || OwnerUriError::Unknown(uri.into());
        let parsed = SecretUri::from_str(uri).map_err(|_| unknown())?;
        Keypair::from_uri(&parsed).map(Self).map_err(|_| unknown())
    }

    /// True if a secret URI is derived from the public development phrase: everybody can sign for its account.
    pub fn is_public(uri: &str) -> bool {
        uri.trim_start().starts_with('/')
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
