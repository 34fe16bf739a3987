//! The cache of development keys: one file per circuit, shared by all processes of a user.

use super::{read_key, CircuitId, KeyWriter, ProvingKey};
use crate::{generate_development_into, KeyError, Matrices};
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
    /// The key that is going to be generated is written to this file.
    Writing(PathBuf),
    /// The key is being read from this file.
    Reading(PathBuf),
    /// A damaged file, or one of another format, is replaced; what was wrong.
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

/// Reads the development key of a circuit from the cache, or generates it and keeps it there. The circuit is only asked
/// for its constraints, and only if the key is generated.
///
/// The key belongs to whatever `id` names: it is the caller who says that it is this circuit.
///
/// # Errors
/// As [`load_or_make`], and those of [`crate::generate_development`].
pub fn load_or_generate<C: Circuit<Scalar> + Send>(
    directory: &Path,
    id: CircuitId,
    circuit: C,
    progress: &mut dyn FnMut(Progress),
) -> Result<ProvingKey, KeyError> {
    load_or_make(
        directory,
        id,
        |writer| generate(&Matrices::record(circuit)?, id, writer),
        progress,
    )
}

/// [`load_or_generate`] for whoever has the constraint system already.
///
/// # Errors
/// As [`load_or_generate`].
pub fn load_or_generate_from(
    directory: &Path,
    id: CircuitId,
    matrices: &Matrices,
    progress: &mut dyn FnMut(Progress),
) -> Result<ProvingKey, KeyError> {
    load_or_make(directory, id, |writer| generate(matrices, id, writer), progress)
}

fn generate(matrices: &Matrices, id: CircuitId, mut writer: KeyWriter) -> Result<(), KeyError> {
    let vk = generate_development_into(matrices, id, &mut writer)?;
    writer.finish(&vk)
}

/// Reads the development key of a circuit from the cache, or has it made and keeps it there. `make` writes the points
/// and finishes the writer.
///
/// Processes that ask at the same time wait for one of them to make it. A damaged file and one of another format are
/// replaced; the old file stays until the new one is whole.
///
/// # Errors
/// [`KeyError`], those of `make` included; a key that was made but cannot be kept is an error too, lest every start
/// makes it anew.
pub fn load_or_make<M>(
    directory: &Path,
    id: CircuitId,
    make: M,
    progress: &mut dyn FnMut(Progress),
) -> Result<ProvingKey, KeyError>
where
    M: FnOnce(KeyWriter) -> Result<(), KeyError> + Send,
{
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
    remove_leftovers(directory, id)?;
    progress(Progress::Writing(path.clone()));
    let writer = KeyWriter::create(&path, id, true)?;
    make_and_report(|| make(writer), progress)?;
    progress(Progress::Reading(path.clone()));
    read_key(&path, id)
}

/// Removes what killed processes left of this key. Only the holder of the lock writes files of these names.
fn remove_leftovers(directory: &Path, id: CircuitId) -> Result<(), KeyError> {
    let prefix = format!("{id}.");
    for entry in fs::read_dir(directory).map_err(KeyError::io(directory))? {
        let path = entry.map_err(KeyError::io(directory))?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if name.starts_with(&prefix) && name.ends_with(".part") {
            fs::remove_file(&path).map_err(KeyError::io(&path))?;
        }
    }
    Ok(())
}

/// Makes the key on a thread of its own and reports every second.
fn make_and_report(
    make: impl FnOnce() -> Result<(), KeyError> + Send,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), KeyError> {
    let start = Instant::now();
    thread::scope(|scope| {
        let (done, wait) = mpsc::channel::<()>();
        let maker = scope.spawn(move || {
            // Dropped when the thread ends, which ends the waiting.
            let _done = done;
            make()
        });
        loop {
            progress(Progress::Generating(start.elapsed()));
            match wait.recv_timeout(Duration::from_secs(1)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        maker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
