//! The secret of a group's sealing key, sealed to the transport key of a member (C-HAND-OVER, C-ROTATION).
//!
//! Only whoever has the secret of the transport key opens it, and only as what it was sealed as: chain, group, sealing
//! key, sender and recipient are bound to it, so that a ciphertext is worthless anywhere else. Who has sealed it, the
//! chain says: the sender signs the transaction that holds it. Whatever opens is compared with the sealing key.

mod hpke;

use cloister_crypto::{field::to_bytes, seal::SealKey};
use std::fmt;
use x25519_dalek::{PublicKey, StaticSecret};
pub use zeroize::Zeroizing;

/// Maximum number of secrets in one ciphertext: that of the present sealing key, and former ones.
pub const MAX_SECRETS: usize = 8;
/// Length of a ciphertext without its secrets, bytes.
pub const OVERHEAD: usize = hpke::ENCAPSULATED + hpke::TAG;

const INFO: &[u8] = b"cloister/sequencer/hand-over/v1";

/// The secret of a sealing key: the seed that a sequencer's file has.
pub type Seed = [u8; 32];
/// Secrets that are wiped when they are dropped. The first one is that of the sealing key, former ones follow.
pub type Seeds = Zeroizing<Vec<Seed>>;

/// Why a secret was not sealed, or does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The sealing key is that of another secret.
    #[error("the secret is not that of the sealing key")]
    OtherSecret,
    /// More secrets than a ciphertext holds, or none.
    #[error("a hand-over has 1 to {MAX_SECRETS} secrets, not {0}")]
    Number(usize),
    /// The transport key is a point of small order: anybody could open what is sealed to it.
    #[error("the transport key is none: anybody could open what is sealed to it")]
    TransportKey,
    /// It is sealed to another transport key, as something else, or was altered.
    #[error("it does not open: it is sealed to another transport key, or for something else, or was altered")]
    Sealed,
    /// The system has no randomness.
    #[error("the system gives no random bytes")]
    Randomness,
}

/// What a ciphertext is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Hash of the chain's genesis block.
    pub genesis: [u8; 32],
    /// The group.
    pub group: u32,
    /// Coordinates x and y of the sealing key, the present or the proposed one.
    pub key: ([u8; 32], [u8; 32]),
    /// Account of the member that seals.
    pub from: [u8; 32],
    /// Account of the member that opens.
    pub to: [u8; 32],
}

impl Bound {
    /// All of it, one after the other; every part has a length of its own.
    fn bytes(&self) -> Vec<u8> {
        let group = self.group.to_le_bytes();
        let parts: [&[u8]; 6] = [&self.genesis, &group, &self.key.0, &self.key.1, &self.from, &self.to];
        parts.concat()
    }
}

/// Coordinates x and y of the sealing key of a secret; none for the one in 2^252 that has none.
pub fn sealing_key(seed: &Seed) -> Option<([u8; 32], [u8; 32])> {
    let key = SealKey::from_seed(seed).public().ok()?;
    Some((to_bytes(&key.x()), to_bytes(&key.y())))
}

/// A new secret.
///
/// # Errors
/// [`Error::Randomness`].
pub fn fresh_seed() -> Result<Zeroizing<Seed>, Error> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|_| Error::Randomness)?;
    Ok(seed)
}

/// The secret of a member's transport key.
#[derive(Clone)]
pub struct TransportKey(StaticSecret);

impl fmt::Debug for TransportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret must not reach a log.
        f.debug_tuple("TransportKey").field(&self.public()).finish()
    }
}

impl TransportKey {
    /// The key of 32 secret bytes.
    pub fn from_seed(seed: &Seed) -> Self {
        Self(StaticSecret::from(*seed))
    }

    /// What the member publishes.
    pub fn public(&self) -> [u8; 32] {
        PublicKey::from(&self.0).to_bytes()
    }

    /// Opens what was sealed to this key. The first of the secrets is that of the sealing key.
    ///
    /// # Errors
    /// [`Error::Sealed`]; [`Error::Number`]; [`Error::OtherSecret`] if whoever sealed it sealed something else.
    pub fn open(&self, ciphertext: &[u8], bound: &Bound) -> Result<Seeds, Error> {
        let plain = hpke::open(&self.0, INFO, &bound.bytes(), ciphertext).map_err(|_| Error::Sealed)?;
        let (seeds, rest) = plain.as_chunks::<32>();
        let number = seeds.len();
        if !rest.is_empty() || !(1..=MAX_SECRETS).contains(&number) {
            return Err(Error::Number(number));
        }
        expect_secret(seeds, bound)?;
        Ok(Zeroizing::new(seeds.to_vec()))
    }
}

/// Seals secrets to a transport key. The first one must be that of the sealing key.
///
/// # Errors
/// [`Error::Number`], [`Error::OtherSecret`], [`Error::TransportKey`], [`Error::Randomness`].
pub fn seal(seeds: &[Seed], transport: &[u8; 32], bound: &Bound) -> Result<Vec<u8>, Error> {
    if !(1..=MAX_SECRETS).contains(&seeds.len()) {
        return Err(Error::Number(seeds.len()));
    }
    expect_secret(seeds, bound)?;
    let ephemeral = StaticSecret::from(*fresh_seed()?);
    let plain = Zeroizing::new(seeds.concat());
    let recipient = PublicKey::from(*transport);
    hpke::seal(&ephemeral, &recipient, INFO, &bound.bytes(), &plain).map_err(|_| Error::TransportKey)
}

fn expect_secret(seeds: &[Seed], bound: &Bound) -> Result<(), Error> {
    match seeds.first().and_then(sealing_key) == Some(bound.key) {
        true => Ok(()),
        false => Err(Error::OtherSecret),
    }
}

#[cfg(test)]
mod tests;
