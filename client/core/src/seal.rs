//! View keys sealed to the sequencers (V-STATEMENT). The chain queues no open without a proof of its seal.

use crate::keys::TraderKeys;
use cloister_crypto::{
    field::{self, FieldError},
    schnorr::PublicKeyError,
    seal::SealPublicKey,
    stream::Scope,
};
use cloister_ledger::{SealStatement, SealWitness};
use cloister_types::GroupId;

/// Why bytes are not the sequencers' sealing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealingKeyError {
    /// A coordinate is not canonical.
    #[error("the sealing key is malformed: {0}")]
    Encoding(#[from] FieldError),
    /// The coordinates are not those of a public key.
    #[error("the sealing key is not a key: {0}")]
    Key(#[from] PublicKeyError),
}

/// The sequencers' sealing key from its encoded coordinates, as the chain publishes them.
///
/// # Errors
/// [`SealingKeyError`].
pub fn sealing_key(x: &[u8; 32], y: &[u8; 32]) -> Result<SealPublicKey, SealingKeyError> {
    Ok(SealPublicKey::from_coordinates(
        field::from_bytes(x)?,
        field::from_bytes(y)?,
    )?)
}

/// Seals the view key that a trader has in a group of a chain. `entropy` is secret, uniformly random and used once.
pub fn seal(
    keys: &TraderKeys,
    genesis: [u8; 32],
    group: u32,
    sealing_key: &SealPublicKey,
    entropy: &[u8; 64],
) -> (SealStatement, SealWitness) {
    SealStatement::seal(
        genesis,
        GroupId(group),
        keys.owner.public(),
        sealing_key,
        &keys.trading.public(),
        keys.view.key(&Scope { genesis, group }),
        entropy,
    )
}
