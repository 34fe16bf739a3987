//! A trader's keys, all derived from one secret seed.
//!
//! | key | made from |
//! | --- | --- |
//! | trading key (Jubjub; signs orders, cancels and withdrawals) | the seed |
//! | view key (reads the account; sealed to the sequencers when it opens) | the seed, for a chain and group |
//! | owner (sr25519 account of the chain; pays and is paid) | the seed, or a secret URI such as `//Alice` |

use crate::owner::{OwnerKey, OwnerUriError};
use blake2::{Blake2b512, Digest};
use cloister_crypto::{
    schnorr::{PublicKey, SecretKey},
    stream::Scope,
    Fr,
};
use std::fmt;

const TRADING: &[u8] = b"cloister/wallet/trading/v1";
const VIEW: &[u8] = b"cloister/wallet/view/v2";
const VIEW_OF_SCOPE: &[u8] = b"cloister/wallet/view of group/v2";
const OWNER: &[u8] = b"cloister/wallet/owner/v1";

/// A text that is not a secret seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the seed must be 64 hexadecimal digits")]
pub struct SeedError;

/// The operating system, or the browser, provides no randomness.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no randomness is available: {0}")]
pub struct EntropyError(getrandom::Error);

/// What the view keys of a trader are derived from. Every group of every chain has its own, so that whoever learns one,
/// as everybody does who reads along on a development chain, reads no other account.
#[derive(Clone)]
pub struct ViewSecret([u8; 32]);

impl ViewSecret {
    /// The view key of an account in a group of a chain.
    pub fn key(&self, scope: &Scope) -> Fr {
        let mut hasher = Blake2b512::new();
        hasher.update(VIEW_OF_SCOPE);
        hasher.update(self.0);
        hasher.update(scope.genesis);
        hasher.update(scope.group.to_le_bytes());
        Fr::from_bytes_wide(&hasher.finalize().into())
    }
}

/// The keys of one trader.
#[derive(Clone)]
pub struct TraderKeys {
    /// Signs orders, cancels and withdrawals.
    pub trading: SecretKey,
    /// Gives the key that reads the account of a group.
    pub view: ViewSecret,
    /// Signs transactions of the owner's chain account.
    pub owner: OwnerKey,
    /// Trading keys and view secrets that an account had before it was re-keyed, oldest first. They read its history
    /// and sign nothing.
    pub former: Vec<(PublicKey, ViewSecret)>,
}

impl fmt::Debug for TraderKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Secrets must not reach a log.
        f.debug_struct("TraderKeys")
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

fn derive(tag: &[u8], seed: &[u8; 32]) -> [u8; 64] {
    let mut hasher = Blake2b512::new();
    hasher.update(tag);
    hasher.update(seed);
    hasher.finalize().into()
}

fn half(wide: &[u8; 64]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(&wide[..32]);
    out
}

impl TraderKeys {
    /// The keys of a seed; `uri` overrides the owner.
    ///
    /// # Errors
    /// [`OwnerUriError`].
    pub fn from_seed(seed: &[u8; 32], uri: Option<&str>) -> Result<Self, OwnerUriError> {
        let owner = match uri {
            Some(uri) => OwnerKey::from_uri(uri)?,
            None => OwnerKey::from_seed(&half(&derive(OWNER, seed))),
        };
        Ok(Self {
            trading: SecretKey::from_seed(&half(&derive(TRADING, seed))),
            view: ViewSecret(half(&derive(VIEW, seed))),
            owner,
            former: Vec::new(),
        })
    }

    /// The keys after a re-key to those of another seed. The owner stays.
    #[must_use]
    pub fn rekeyed(&self, seed: &[u8; 32]) -> Self {
        let mut former = self.former.clone();
        former.push((self.trading.public(), self.view.clone()));
        Self {
            trading: SecretKey::from_seed(&half(&derive(TRADING, seed))),
            view: ViewSecret(half(&derive(VIEW, seed))),
            owner: self.owner.clone(),
            former,
        }
    }
}

/// Fresh secret bytes from the operating system or the browser.
///
/// # Errors
/// [`EntropyError`].
pub fn entropy<const N: usize>() -> Result<[u8; N], EntropyError> {
    let mut out = [0; N];
    getrandom::fill(&mut out).map_err(EntropyError)?;
    Ok(out)
}

/// Reads a secret seed of 64 hexadecimal digits.
///
/// # Errors
/// [`SeedError`].
pub fn parse_seed(text: &str) -> Result<[u8; 32], SeedError> {
    let digits = text.trim().trim_start_matches("0x");
    hex::decode(digits)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(SeedError)
}
