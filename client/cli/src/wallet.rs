//! The wallet file: one secret seed, the keys derived from it, and the next instruction id.
//!
//! | key | made from |
//! | --- | --- |
//! | trading key (Jubjub, signs orders, cancels, withdrawals) | the seed |
//! | view key (reads the account, sealed to the sequencers at open) | the seed |
//! | owner (sr25519 account of the chain, pays and is paid) | the seed, or a secret URI such as `//Alice` for development |
//!
//! Ids are taken in ascending order, so that the order slots (id mod 512) rotate, and are written to the file before anything is signed with them:
//! a crash can waste an id, it cannot use one twice.

use blake2::{Blake2b512, Digest};
use cloister_crypto::{schnorr::SecretKey, Fr};
use polkadot_sdk::sp_core::{sr25519, Pair};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Version of the file.
const VERSION: u32 = 1;
/// Access bits of a file that only its owner reads and writes.
const PRIVATE: u32 = 0o600;

const TRADING: &[u8] = b"cloister/wallet/trading/v1";
const VIEW: &[u8] = b"cloister/wallet/view/v1";
const OWNER: &[u8] = b"cloister/wallet/owner/v1";

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
    /// A seed is not 64 hexadecimal digits.
    #[error("the seed must be 64 hexadecimal digits")]
    Seed,
    /// A secret URI is not understood.
    #[error("`{0}` is not a secret URI; examples: //Alice, //Demo//3")]
    Uri(String),
    /// A name that is no file name.
    #[error("`{0}` cannot be a wallet name; use letters, digits, - and _")]
    Name(String),
    /// All ids are used.
    #[error("the wallet has used every instruction id")]
    IdsUsedUp,
    /// There is no home directory.
    #[error("neither XDG_DATA_HOME nor HOME is set; say where wallets are with --keystore")]
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
}

/// The keys of one trader.
#[derive(Clone)]
pub struct Keys {
    /// Signs orders, cancels, withdrawals.
    pub trading: SecretKey,
    /// Reads the account.
    pub view: Fr,
    /// Account of the chain.
    pub owner: sr25519::Pair,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Secrets must not reach a log.
        f.debug_struct("Keys")
            .field("owner", &self.owner.public())
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

impl Keys {
    /// The keys of a seed; `suri` overrides the owner.
    ///
    /// # Errors
    /// [`WalletError::Uri`].
    pub fn from_seed(seed: &[u8; 32], suri: Option<&str>) -> Result<Self, WalletError> {
        let owner = match suri {
            Some(uri) => sr25519::Pair::from_string(uri, None).map_err(|_| WalletError::Uri(uri.into()))?,
            None => sr25519::Pair::from_seed(&half(&derive(OWNER, seed))),
        };
        Ok(Self {
            trading: SecretKey::from_seed(&half(&derive(TRADING, seed))),
            view: Fr::from_bytes_wide(&derive(VIEW, seed)),
            owner,
        })
    }
}

/// 64 bytes from the operating system's generator.
pub fn entropy() -> [u8; 64] {
    let mut out = [0; 64];
    // The generator of the signature library is the operating system's.
    out[..32].copy_from_slice(&sr25519::Pair::generate().1);
    out[32..].copy_from_slice(&sr25519::Pair::generate().1);
    out
}

/// A wallet file in use; it stays locked as long as this lives.
#[derive(Debug)]
pub struct Wallet {
    path: PathBuf,
    contents: Contents,
    keys: Keys,
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

/// Where wallets are if nobody says otherwise.
///
/// # Errors
/// [`WalletError::NoHome`].
pub fn default_directory() -> Result<PathBuf, WalletError> {
    let from = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    from("XDG_DATA_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".local/share")))
        .map(|data| data.join("cloister"))
        .ok_or(WalletError::NoHome)
}

fn path_of(directory: &Path, name: &str) -> Result<PathBuf, WalletError> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(good) {
        return Err(WalletError::Name(name.into()));
    }
    Ok(directory.join(format!("{name}.json")))
}

/// Reads 64 hexadecimal digits.
///
/// # Errors
/// [`WalletError::Seed`].
pub fn parse_seed(text: &str) -> Result<[u8; 32], WalletError> {
    let digits = text.trim().trim_start_matches("0x");
    hex::decode(digits)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(WalletError::Seed)
}

impl Wallet {
    /// Makes a wallet with a fresh seed, or with the one given.
    ///
    /// # Errors
    /// [`WalletError::Exists`]; the file cannot be written; the secret URI is not understood.
    pub fn create(
        directory: &Path,
        name: &str,
        seed: Option<[u8; 32]>,
        suri: Option<String>,
    ) -> Result<Self, WalletError> {
        let path = path_of(directory, name)?;
        let seed = seed.unwrap_or_else(|| half(&entropy()));
        Keys::from_seed(&seed, suri.as_deref())?;
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
        let keys = Keys::from_seed(&seed, contents.suri.as_deref())?;
        Ok(Self {
            path,
            contents,
            keys,
            _lock: lock,
        })
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The secret seed, hexadecimal. For backups only.
    pub fn seed(&self) -> &str {
        &self.contents.seed
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
        let id = self.contents.next_id;
        let next_id = id.checked_add(1).ok_or(WalletError::IdsUsedUp)?;
        let contents = Contents {
            next_id,
            ..self.contents.clone()
        };
        write(&self.path, &contents)?;
        self.contents = contents;
        Ok(id)
    }

    /// Moves past ids that are known to be used, for a wallet that was restored from its seed.
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
    let temporary = path.with_extension("new");
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(PRIVATE)
        .open(&temporary)
        .map_err(file)?;
    out.write_all(text.as_bytes())
        .and_then(|()| out.sync_all())
        .map_err(file)?;
    fs::rename(&temporary, path).map_err(file)?;
    // The rename itself must be on the disk before an id is used.
    if let Some(directory) = path.parent() {
        File::open(directory).and_then(|d| d.sync_all()).map_err(file)?;
    }
    Ok(())
}
