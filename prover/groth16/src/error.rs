//! Errors of keys and proofs.

use bellman::SynthesisError;
use std::{io, path::PathBuf};

/// Why a key cannot be had or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file of the cache cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file does not begin like a key file.
    #[error("{0} is not a key file of Cloister")]
    NotAKey(PathBuf),
    /// The file was written by another version of the format.
    #[error("{path} has key format {found}, this program reads {expected}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The one this program reads.
        expected: u32,
    },
    /// The file ends early or goes on too long.
    #[error("{0} is truncated or has bytes after its end")]
    Length(PathBuf),
    /// The checksum does not match.
    #[error("{0} is damaged: its checksum does not match; delete it to generate it anew")]
    Checksum(PathBuf),
    /// The key is for another circuit.
    #[error("{path} is the key of circuit {found}, not of {expected}")]
    OtherCircuit {
        /// The file.
        path: PathBuf,
        /// Circuit id in the file, hex.
        found: String,
        /// Circuit id asked for, hex.
        expected: String,
    },
    /// No directory for the cache can be derived from the environment.
    #[error("no cache directory: set CLOISTER_CACHE, XDG_CACHE_HOME or HOME")]
    NoDirectory,
    /// The circuit cannot be synthesised, or its witness is missing.
    #[error("the circuit cannot be synthesised: {0}")]
    Synthesis(#[from] SynthesisError),
    /// The proof does not verify under the key's own verifying key: the witness does not satisfy the circuit.
    #[error("the witness does not satisfy the circuit")]
    Unsatisfied,
}

impl KeyError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
