//! A folder for recordings and keys that goes with the bench.

use crate::error::BenchError;
use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

/// Begin of the folder's name; the process follows.
const NAME: &str = "cloister-bench-prover-";

/// The folder; dropping it deletes it.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes the folder in another, and deletes those there of runs that were killed.
    ///
    /// # Errors
    /// If the system does not make it.
    pub fn new(parent: &Path) -> Result<Self, BenchError> {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let owner = name
                .to_str()
                .and_then(|name| name.strip_prefix(NAME)?.parse::<u32>().ok());
            if owner.is_some_and(|owner| !Path::new("/proc").join(owner.to_string()).exists()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let path = parent.join(format!("{NAME}{}", process::id()));
        fs::create_dir_all(&path).map_err(BenchError::file(&path))?;
        Ok(Self(path))
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Deletes a file in it; one that is not there is no error, and one that cannot be deleted goes with the folder.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.file(name));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
