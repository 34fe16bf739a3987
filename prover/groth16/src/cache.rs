//! The cache of development keys: one file a circuit, shared by all processes of a user.

use crate::{read_key, write_key, CircuitId, KeyError, ProvingKey};
use bellman::Circuit;
use bls12_381::Scalar;
use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// Environment variable that names the cache directory.
pub const CACHE_VARIABLE: &str = "CLOISTER_CACHE";

/// What a caller can show while a key is made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Another process may be generating the key; waiting for it.
    Waiting,
    /// The key is being generated, since so long.
    Generating(Duration),
    /// The key is being written to this file.
    Writing(PathBuf),
    /// The key is being read from this file.
    Reading(PathBuf),
    /// A damaged file is replaced; what was wrong.
    Replacing(String),
}

/// `$CLOISTER_CACHE`, else `$XDG_CACHE_HOME/cloister/params`, else `$HOME/.cache/cloister/params`.
///
/// # Errors
/// [`KeyError::NoDirectory`] if none of the variables is set.
pub fn default_directory() -> Result<PathBuf, KeyError> {
    let variable = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let below = |base: PathBuf| base.join("cloister").join("params");
    variable(CACHE_VARIABLE)
        .or_else(|| variable("XDG_CACHE_HOME").map(below))
        .or_else(|| variable("HOME").map(|home| below(home.join(".cache"))))
        .ok_or(KeyError::NoDirectory)
}

/// Reads the development key of a circuit from the cache, or generates it and keeps it there.
///
/// Processes that ask at the same time wait for one of them to generate. A damaged file is generated anew.
///
/// # Errors
/// [`KeyError`]; a key that was generated but cannot be kept is an error too, lest every start takes minutes.
pub fn load_or_generate<C: Circuit<Scalar> + Send>(
    directory: &Path,
    id: CircuitId,
    circuit: C,
    progress: &mut dyn FnMut(Progress),
) -> Result<ProvingKey, KeyError> {
    fs::create_dir_all(directory).map_err(KeyError::io(directory))?;
    let path = directory.join(format!("{id}.key"));
    let lock_path = directory.join(format!("{id}.lock"));
    let lock = File::create(&lock_path).map_err(KeyError::io(&lock_path))?;
    if lock.try_lock().is_err() {
        progress(Progress::Waiting);
        lock.lock().map_err(KeyError::io(&lock_path))?;
    }
    // The lock is released when `lock` is dropped.
    if path.exists() {
        progress(Progress::Reading(path.clone()));
        match read_key(&path, id) {
            Ok(key) => return Ok(key),
            Err(error @ (KeyError::Io { .. } | KeyError::OtherCircuit { .. })) => return Err(error),
            Err(error) => progress(Progress::Replacing(error.to_string())),
        }
    }
    let key = generate(id, circuit, progress)?;
    progress(Progress::Writing(path.clone()));
    write_key(&path, &key)?;
    Ok(key)
}

/// Generates on a thread of its own and reports every second.
fn generate<C: Circuit<Scalar> + Send>(
    id: CircuitId,
    circuit: C,
    progress: &mut dyn FnMut(Progress),
) -> Result<ProvingKey, KeyError> {
    let start = Instant::now();
    thread::scope(|scope| {
        let (done, wait) = mpsc::channel();
        scope.spawn(move || {
            // The receiver lives until this is received.
            let _ = done.send(ProvingKey::generate_development(id, circuit));
        });
        loop {
            progress(Progress::Generating(start.elapsed()));
            match wait.recv_timeout(Duration::from_secs(1)) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) => {}
                // The thread panicked; the scope passes the panic on.
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(KeyError::Synthesis(bellman::SynthesisError::Unsatisfiable))
                }
            }
        }
    })
}
