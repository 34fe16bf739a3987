//! Secrets of a sequencer: the sealing key, and what salts and keys of the house are derived from (Q-KEYS).

use blake2::{Blake2b512, Digest};
use cloister_batcher::{BatchSecrets, SecretSource};
use cloister_crypto::{
    schnorr::PublicKeyError,
    seal::{SealKey, SealPublicKey, Sealed},
    stream::{view_commitment, Scope},
    Fr,
};
use cloister_settlement::LedgerSecrets;
use std::{fmt, fs, io, path::PathBuf};

/// The public seed of a development chain's sequencer, padded with zeros to 32 bytes.
pub const DEVELOPMENT_SEED: &[u8] = b"//Sequencer";

const SALT: &[u8] = b"cloister/sequencer/salt/v1";
const HOUSE: &[u8] = b"cloister/sequencer/house/v2";
const HOUSE_SEAL: &[u8] = b"cloister/sequencer/house-seal/v1";
const PADDING: &[u8] = b"cloister/sequencer/padding/v1";
const SOLVENCY: &[u8] = b"cloister/sequencer/solvency/v1";
const CHECKPOINT: &[u8] = b"cloister/sequencer/checkpoint/v1";
const CHECKPOINT_NONCE: &[u8] = b"cloister/sequencer/checkpoint-nonce/v1";
const JOURNAL: &[u8] = b"cloister/sequencer/journal/v1";
const JOURNAL_NONCE: &[u8] = b"cloister/sequencer/journal-nonce/v1";

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The key file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The key file does not hold 32 bytes in hexadecimal.
    #[error("{0} does not hold 64 hexadecimal digits")]
    Format(PathBuf),
    /// The key file can be read by others.
    #[error("{0} can be read by others; set its mode to 600")]
    Exposed(PathBuf),
    /// The seed gives no key (one seed in 2^252).
    #[error("the seed gives no sealing key: {0}")]
    Key(#[from] PublicKeyError),
}

/// A seed, and what it opens.
#[derive(Clone)]
struct Secret {
    seed: [u8; 32],
    seal: SealKey,
}

/// The sequencer's secrets on one chain and group: the one in force, and those before it.
#[derive(Clone)]
pub struct SequencerKeys {
    secret: Secret,
    former: Vec<Secret>,
    public: SealPublicKey,
    genesis: [u8; 32],
    group: u32,
}

impl fmt::Debug for SequencerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The seed must not reach a log.
        f.debug_struct("SequencerKeys")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// The seed of a development chain's sequencer. Everybody knows it.
pub fn development_seed() -> [u8; 32] {
    let mut seed = [0; 32];
    for (byte, given) in seed.iter_mut().zip(DEVELOPMENT_SEED) {
        *byte = *given;
    }
    seed
}

/// Reads a seed: 64 hexadecimal digits, in a file that only its owner can read.
///
/// # Errors
/// [`SecretError::Io`], [`SecretError::Format`], [`SecretError::Exposed`].
pub fn read_seed(path: &std::path::Path) -> Result<[u8; 32], SecretError> {
    let io = |source| SecretError::Io {
        path: path.to_owned(),
        source,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path).map_err(io)?.permissions().mode() & 0o077 != 0 {
            return Err(SecretError::Exposed(path.to_owned()));
        }
    }
    let text = fs::read_to_string(path).map_err(io)?;
    let mut seed = [0; 32];
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    hex::decode_to_slice(digits, &mut seed).map_err(|_| SecretError::Format(path.to_owned()))?;
    Ok(seed)
}

impl Secret {
    fn of(seed: [u8; 32]) -> Self {
        Self {
            seed,
            seal: SealKey::from_seed(&seed),
        }
    }
}

impl SequencerKeys {
    /// Keys of one group on one chain.
    ///
    /// # Errors
    /// [`SecretError::Key`].
    pub fn new(seed: [u8; 32], genesis: [u8; 32], group: u32) -> Result<Self, SecretError> {
        let secret = Secret::of(seed);
        let public = secret.seal.public()?;
        Ok(Self {
            secret,
            former: Vec::new(),
            public,
            genesis,
            group,
        })
    }

    /// Adds secrets that were in force before: opens that are queued, and keys that the house had, may be sealed to
    /// them.
    #[must_use]
    pub fn with_former(mut self, seeds: &[[u8; 32]]) -> Self {
        self.former.extend(seeds.iter().copied().map(Secret::of));
        self
    }

    /// What traders seal their view keys to.
    pub fn public(&self) -> &SealPublicKey {
        &self.public
    }

    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        core::iter::once(&self.secret).chain(&self.former)
    }

    fn derive(&self, secret: &Secret, tag: &[u8], parts: &[&[u8]]) -> [u8; 64] {
        let mut hasher = Blake2b512::new();
        hasher.update((tag.len() as u64).to_le_bytes());
        hasher.update(tag);
        hasher.update(secret.seed);
        hasher.update(self.genesis);
        hasher.update(self.group.to_le_bytes());
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize().into()
    }

    /// A new key for a house with this commitment, and the entropy of its seal; others at every call.
    pub fn house_secrets(&self, old_house: &[u8; 32]) -> (Fr, [u8; 64]) {
        let parts: [&[u8]; 2] = [old_house, &fresh()];
        let key = Fr::from_bytes_wide(&self.derive(&self.secret, HOUSE, &parts));
        (key, self.derive(&self.secret, HOUSE_SEAL, &parts))
    }

    /// What hides the sums after a solvency statement about this root, over the sums with this commitment; another at
    /// every call.
    pub fn solvency_blinding(&self, root: &[u8; 32], before: &[u8; 32]) -> Fr {
        let parts: [&[u8]; 3] = [root, before, &fresh()];
        Fr::from_bytes_wide(&self.derive(&self.secret, SOLVENCY, &parts))
    }

    /// What checkpoints are sealed with: the key of the secret in force, then those of the secrets before it.
    pub(crate) fn checkpoint_keys(&self) -> impl Iterator<Item = CheckpointKey> + '_ {
        self.secrets().map(|secret| {
            let mut key = CheckpointKey::default();
            key.copy_from_slice(&self.derive(secret, CHECKPOINT, &[])[..32]);
            key
        })
    }

    /// What records of the journal are sealed with: the key of the secret in force, then those before it.
    pub(crate) fn journal_keys(&self) -> impl Iterator<Item = CheckpointKey> + '_ {
        self.secrets().map(|secret| {
            let mut key = CheckpointKey::default();
            key.copy_from_slice(&self.derive(secret, JOURNAL, &[])[..32]);
            key
        })
    }

    /// A nonce for a record of the journal, as for a checkpoint.
    pub(crate) fn journal_nonce(&self, about: &[u8], contents: &[u8]) -> CheckpointNonce {
        let digest = Blake2b512::digest(contents);
        let mut nonce = CheckpointNonce::default();
        let parts: [&[u8]; 3] = [about, &digest, &fresh()];
        nonce.copy_from_slice(&self.derive(&self.secret, JOURNAL_NONCE, &parts)[..24]);
        nonce
    }

    /// A nonce for contents that are to be sealed; another at every call. Even without randomness no two contents get
    /// the same one.
    pub(crate) fn checkpoint_nonce(&self, contents: &[u8]) -> CheckpointNonce {
        let digest = Blake2b512::digest(contents);
        let mut nonce = CheckpointNonce::default();
        let parts: [&[u8]; 2] = [&digest, &fresh()];
        nonce.copy_from_slice(&self.derive(&self.secret, CHECKPOINT_NONCE, &parts)[..24]);
        nonce
    }
}

/// A key of XChaCha20-Poly1305.
pub(crate) type CheckpointKey = [u8; 32];
/// A nonce of XChaCha20-Poly1305.
pub(crate) type CheckpointNonce = [u8; 24];

/// Fresh randomness. If the system gives none, what is derived with it still follows from the secret and its other
/// parts, so that different contents get different salts: the counterpart of a nonce in a deterministic signature.
fn fresh() -> [u8; 32] {
    let mut fresh = [0u8; 32];
    if getrandom::fill(&mut fresh).is_err() {
        log::warn!(target: "cloister", "the system gives no randomness; salts follow from the secret alone");
    }
    fresh
}

impl LedgerSecrets for SequencerKeys {
    fn unseal(&self, sealed: &Sealed, commitment: Fr) -> Option<Fr> {
        let scope = Scope {
            genesis: self.genesis,
            group: self.group,
        };
        self.secrets()
            .filter_map(|secret| secret.seal.open(sealed).ok())
            .find(|view_key| view_commitment(&scope, *view_key) == commitment)
    }

    fn house_keys(&self, sealed: &Sealed) -> impl Iterator<Item = Fr> {
        self.secrets().filter_map(|secret| secret.seal.open(sealed).ok())
    }
}

impl SecretSource for SequencerKeys {
    fn secrets(&mut self, batch_no: u64, digest: &[u8; 32]) -> BatchSecrets {
        let fresh = fresh();
        let parts: [&[u8]; 3] = [&batch_no.to_le_bytes(), digest, &fresh];
        let mut padding = [0; 8];
        padding.copy_from_slice(&self.derive(&self.secret, PADDING, &parts)[..8]);
        BatchSecrets {
            salt: Fr::from_bytes_wide(&self.derive(&self.secret, SALT, &parts)),
            padding: u64::from_le_bytes(padding),
        }
    }
}
