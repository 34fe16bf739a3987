//! The wallet file: one secret seed, those of re-keys, the next instruction id, and a lock while it is in use.
//!
//! Ids are taken in ascending order, so that the order slots (id mod 512) rotate. An amendment takes a higher id of the
//! slot that it is about, out of turn. Ids are written to the file before anything is signed with them: a crash can
//! waste an id, it cannot use one twice.

use cloister_client_core::{
    keys::{entropy, parse_seed, EntropyError, SeedError, TraderKeys},
    owner::{OwnerKey, OwnerUriError},
};
use cloister_crypto::{constants::ORDER_SLOT_BITS, stream::Scope};
use etcetera::{base_strategy::Xdg, BaseStrategy};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// Version of the file.
const VERSION: u32 = 1;
/// Number of order slots of an account; an id has the slot `id mod SLOTS`.
const SLOTS: u64 = 1 << ORDER_SLOT_BITS;
/// Access bits of a file that only its owner reads and writes.
const PRIVATE: u32 = 0o600;

/// Why a wallet cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// There is no wallet of this name.
    #[error("there is no wallet at {0}; make one with `cloister keys new`")]
    Missing(PathBuf),
    /// A wallet would be overwritten.
    #[error("{0} exists already; choose another --wallet name, wallets are never overwritten")]
    Exists(PathBuf),
    /// Another process uses the wallet.
    #[error("{0} is in use by another process; wait for it, two at once would use the same ids")]
    Locked(PathBuf),
    /// Others may read the file.
    #[error(
        "{path} can be read by others (mode {mode:o}); its seed may be known. Run `chmod 600 {path}` if you trust them"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its access bits.
        mode: u32,
    },
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not a wallet.
    #[error("{path} is not a wallet of version {VERSION}: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The seed in the file is not a seed.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A secret URI is not understood.
    #[error(transparent)]
    Uri(#[from] OwnerUriError),
    /// There is no randomness for a seed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// A name that is not a file name.
    #[error("`{0}` cannot be a wallet name; use letters, digits, - and _")]
    Name(String),
    /// Every id has been used.
    #[error("the wallet has used every instruction id")]
    IdsUsedUp,
    /// Every slot has an order.
    #[error("the account has {SLOTS} orders, at rest and waiting together, and no room for more; cancel one first")]
    NoSlot,
    /// There is no home directory.
    #[error("no home directory is known; say where wallets are with --keystore")]
    NoHome,
}

/// What the file holds.
#[derive(Clone, Serialize, Deserialize)]
struct Contents {
    version: u32,
    /// 32 bytes, hexadecimal.
    seed: String,
    /// Overrides the owner that the seed gives.
    suri: Option<String>,
    /// Next free instruction id.
    next_id: u64,
    /// Higher ids that were taken out of turn, the highest of each slot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ahead: Vec<u64>,
    /// Re-keys of accounts, oldest first. Nothing is ever removed: former keys read the history.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rekeys: Vec<Rekey>,
}

/// A re-key of the account in a group of a chain.
#[derive(Clone, Serialize, Deserialize)]
struct Rekey {
    /// Genesis hash of the chain, hexadecimal.
    genesis: String,
    group: u32,
    /// What trading key and view key come from, 32 bytes, hexadecimal.
    seed: String,
    /// The sequencer has taken it.
    taken: bool,
}

impl Rekey {
    fn is_of(&self, scope: &Scope) -> bool {
        self.genesis == hex::encode(scope.genesis) && self.group == scope.group
    }
}

/// A wallet file in use; it stays locked as long as this lives.
#[derive(Debug)]
pub struct Wallet {
    path: PathBuf,
    contents: Contents,
    keys: TraderKeys,
    /// Held for its lock.
    _lock: File,
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents")
            .field("next_id", &self.next_id)
            .finish_non_exhaustive()
    }
}

/// Where wallets are kept by default.
///
/// # Errors
/// [`WalletError::NoHome`].
pub fn default_directory() -> Result<PathBuf, WalletError> {
    let folders = Xdg::new().map_err(|_| WalletError::NoHome)?;
    Ok(folders.data_dir().join("cloister"))
}

fn path_of(directory: &Path, name: &str) -> Result<PathBuf, WalletError> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(good) {
        return Err(WalletError::Name(name.into()));
    }
    Ok(directory.join(format!("{name}.json")))
}

impl Wallet {
    /// Makes a wallet with a fresh seed, or with the one given.
    ///
    /// # Errors
    /// [`WalletError::Exists`]; the file cannot be written; the secret URI is not understood; there is no randomness.
    pub fn create(
        directory: &Path,
        name: &str,
        seed: Option<[u8; 32]>,
        suri: Option<String>,
    ) -> Result<Self, WalletError> {
        let path = path_of(directory, name)?;
        let seed = match seed {
            Some(seed) => seed,
            None => entropy()?,
        };
        TraderKeys::from_seed(&seed, suri.as_deref())?;
        let file = |source| WalletError::File {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(directory).map_err(file)?;
        if path.exists() {
            return Err(WalletError::Exists(path));
        }
        let contents = Contents {
            version: VERSION,
            seed: hex::encode(seed),
            suri,
            next_id: 1,
            ahead: Vec::new(),
            rekeys: Vec::new(),
        };
        write(&path, &contents)?;
        Self::open(directory, name)
    }

    /// Opens and locks a wallet.
    ///
    /// # Errors
    /// [`WalletError`].
    pub fn open(directory: &Path, name: &str) -> Result<Self, WalletError> {
        let path = path_of(directory, name)?;
        if !path.exists() {
            return Err(WalletError::Missing(path));
        }
        let file = |source| WalletError::File {
            path: path.clone(),
            source,
        };
        let lock_path = path.with_extension("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(PRIVATE)
            .open(&lock_path)
            .map_err(file)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WalletError::Locked(path)),
            Err(TryLockError::Error(source)) => return Err(file(source)),
        }
        let mode = fs::metadata(&path).map_err(file)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(WalletError::Exposed { path, mode });
        }
        let text = fs::read_to_string(&path).map_err(file)?;
        let format = |reason: String| WalletError::Format {
            path: path.clone(),
            reason,
        };
        let contents: Contents = serde_json::from_str(&text).map_err(|e| format(e.to_string()))?;
        if contents.version != VERSION {
            return Err(format(format!("its version is {}", contents.version)));
        }
        let seed = parse_seed(&contents.seed)?;
        let keys = TraderKeys::from_seed(&seed, contents.suri.as_deref())?;
        Ok(Self {
            path,
            contents,
            keys,
            _lock: lock,
        })
    }

    /// The keys of the seed, which an account has when it was never re-keyed.
    pub fn keys(&self) -> &TraderKeys {
        &self.keys
    }

    /// The keys in force in a group of a chain.
    ///
    /// # Errors
    /// A seed in the file is not one.
    pub fn keys_in(&self, scope: &Scope) -> Result<TraderKeys, WalletError> {
        self.after(scope, |rekey| rekey.taken)
    }

    /// The keys after a re-key that is asked for, if there is one that is not known to be taken.
    ///
    /// # Errors
    /// A seed in the file is not one.
    pub fn asked_in(&self, scope: &Scope) -> Result<Option<TraderKeys>, WalletError> {
        let mut own = self.contents.rekeys.iter().filter(|rekey| rekey.is_of(scope));
        match own.any(|rekey| !rekey.taken) {
            true => self.after(scope, |_| true).map(Some),
            false => Ok(None),
        }
    }

    fn after(&self, scope: &Scope, counts: impl Fn(&Rekey) -> bool) -> Result<TraderKeys, WalletError> {
        let own = self.contents.rekeys.iter();
        own.filter(|rekey| rekey.is_of(scope) && counts(rekey))
            .try_fold(self.keys.clone(), |keys, rekey| {
                Ok(keys.rekeyed(&parse_seed(&rekey.seed)?))
            })
    }

    /// The keys to ask for in a re-key: those of a fresh seed, which is in the file before anything is sent, or those
    /// that were asked for before and not taken yet.
    ///
    /// # Errors
    /// There is no randomness, or the file cannot be written; then nothing has changed.
    pub fn ask(&mut self, scope: &Scope) -> Result<TraderKeys, WalletError> {
        if let Some(keys) = self.asked_in(scope)? {
            return Ok(keys);
        }
        let seed: [u8; 32] = entropy()?;
        let mut contents = self.contents.clone();
        contents.rekeys.push(Rekey {
            genesis: hex::encode(scope.genesis),
            group: scope.group,
            seed: hex::encode(seed),
            taken: false,
        });
        write(&self.path, &contents)?;
        self.contents = contents;
        Ok(self.keys_in(scope)?.rekeyed(&seed))
    }

    /// The re-key that was asked for is taken: its keys are in force.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn taken(&mut self, scope: &Scope) -> Result<(), WalletError> {
        let mut contents = self.contents.clone();
        let own = contents.rekeys.iter_mut().filter(|rekey| rekey.is_of(scope));
        own.for_each(|rekey| rekey.taken = true);
        write(&self.path, &contents)?;
        self.contents = contents;
        Ok(())
    }

    /// True if the owner comes from the public development phrase.
    pub fn owner_is_public(&self) -> bool {
        self.contents.suri.as_deref().is_some_and(OwnerKey::is_public)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The secret seed, hexadecimal. For backups only.
    pub fn seed(&self) -> &str {
        &self.contents.seed
    }

    /// The seeds of re-keys, hexadecimal, oldest first. For backups only; the seed does not give them, since it may be
    /// what became known.
    pub fn rekey_seeds(&self) -> impl Iterator<Item = &str> {
        self.contents.rekeys.iter().map(|rekey| rekey.seed.as_str())
    }

    /// The id that will be taken next.
    pub fn next_id(&self) -> u64 {
        self.contents.next_id
    }

    /// Takes the next instruction id, durably.
    ///
    /// # Errors
    /// The file cannot be written, and then no id is taken.
    pub fn take_id(&mut self) -> Result<u64, WalletError> {
        self.take_id_beside(&[])
    }

    /// Takes the next instruction id whose slot none of these orders has, durably: an order would overtake the one
    /// whose slot it takes.
    ///
    /// # Errors
    /// [`WalletError::NoSlot`]; the file cannot be written. Then no id is taken.
    pub fn take_id_beside(&mut self, orders: &[u64]) -> Result<u64, WalletError> {
        let first = self.contents.next_id;
        // Of each slot that is free the lowest id that was not passed by.
        let lowest = |id: u64| {
            let slot = id % SLOTS;
            let ahead = self.contents.ahead.iter().filter(|ahead| *ahead % SLOTS == slot);
            match (orders.iter().any(|order| order % SLOTS == slot), ahead.max()) {
                (true, _) => None,
                (false, Some(ahead)) if *ahead >= id => ahead.checked_add(SLOTS),
                (false, _) => Some(id),
            }
        };
        let end = first.checked_add(SLOTS).ok_or(WalletError::IdsUsedUp)?;
        let id = (first..end).filter_map(lowest).min().ok_or(WalletError::NoSlot)?;
        self.used(id.saturating_add(1), None)?;
        Ok(id)
    }

    /// Takes the lowest id of an order's slot that is higher than the order's and was never used, durably: an amendment
    /// has one.
    ///
    /// # Errors
    /// [`WalletError::IdsUsedUp`]; the file cannot be written. Then no id is taken.
    pub fn take_id_after(&mut self, order: u64) -> Result<u64, WalletError> {
        let slot = order % SLOTS;
        let own = self.contents.ahead.iter().filter(|id| *id % SLOTS == slot);
        // Every lower id may have been used.
        let from = own.fold(order, |highest, id| highest.max(*id));
        let from = from
            .checked_add(1)
            .ok_or(WalletError::IdsUsedUp)?
            .max(self.contents.next_id);
        let up = (SLOTS + slot - from % SLOTS) % SLOTS;
        let id = from.checked_add(up).ok_or(WalletError::IdsUsedUp)?;
        self.used(self.contents.next_id, Some(id))?;
        Ok(id)
    }

    /// Never takes this id, durably, nor a lower one of its slot: it is void.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn void(&mut self, id: u64) -> Result<(), WalletError> {
        self.used(self.contents.next_id, Some(id))
    }

    /// Writes down which id is next, and one that is taken out of turn.
    fn used(&mut self, next_id: u64, taken: Option<u64>) -> Result<(), WalletError> {
        let mut ahead = self.contents.ahead.clone();
        if let Some(taken) = taken {
            let highest = ahead.iter().filter(|id| *id % SLOTS == taken % SLOTS).max();
            let highest = highest.copied().unwrap_or(taken).max(taken);
            ahead.retain(|id| id % SLOTS != taken % SLOTS);
            ahead.push(highest);
        }
        ahead.retain(|id| *id >= next_id);
        let contents = Contents {
            next_id,
            ahead,
            ..self.contents.clone()
        };
        write(&self.path, &contents)?;
        self.contents = contents;
        Ok(())
    }

    /// Skips ids that are known to have been used, for a wallet that was restored from its seed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn skip_to(&mut self, id: u64) -> Result<(), WalletError> {
        if id <= self.contents.next_id {
            return Ok(());
        }
        let contents = Contents {
            next_id: id,
            ..self.contents.clone()
        };
        write(&self.path, &contents)?;
        self.contents = contents;
        Ok(())
    }
}

/// Replaces the file at once, so that a crash leaves the old or the new one.
fn write(path: &Path, contents: &Contents) -> Result<(), WalletError> {
    let file = |source| WalletError::File {
        path: path.into(),
        source,
    };
    let text = serde_json::to_string_pretty(contents).map_err(|e| WalletError::Format {
        path: path.into(),
        reason: e.to_string(),
    })?;
    let directory = path.parent().unwrap_or(Path::new("."));
    // Only its owner can read a temporary file.
    let mut out = NamedTempFile::new_in(directory).map_err(file)?;
    out.write_all(text.as_bytes())
        .and_then(|()| out.as_file().sync_all())
        .map_err(file)?;
    out.persist(path).map_err(|e| file(e.error))?;
    // The rename itself must be on the disk before an id is used.
    File::open(directory).and_then(|d| d.sync_all()).map_err(file)
}
