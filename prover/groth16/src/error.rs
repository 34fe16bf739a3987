//! Errors of keys and proofs.

use bellman::SynthesisError;
pub use cloister_groth16_verifier::{PointError, ProofPoint};
use std::{io, path::PathBuf};

/// The points of a key, those of lists with their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPoint {
    /// `alpha` in G1.
    AlphaG1,
    /// `beta` in G1.
    BetaG1,
    /// `beta` in G2.
    BetaG2,
    /// `gamma` in G2.
    GammaG2,
    /// `delta` in G1.
    DeltaG1,
    /// `delta` in G2.
    DeltaG2,
    /// Of the verifying key's input points; 0 is the constant's.
    Input(u32),
    /// Of [`crate::KeyPoints::h`].
    H(u32),
    /// Of [`crate::KeyPoints::l`].
    L(u32),
    /// Of [`crate::KeyPoints::a`].
    A(u32),
    /// Of [`crate::KeyPoints::b_g1`].
    BG1(u32),
    /// Of [`crate::KeyPoints::b_g2`].
    BG2(u32),
}

/// Why a proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The key is for another number of public inputs.
    #[error("the key is for {expected} public inputs, {given} were given")]
    InputCount {
        /// Inputs of the key.
        expected: usize,
        /// Inputs of the call.
        given: usize,
    },
    /// The bytes of a public input are not below the order of the scalar field: two encodings of one input would let a
    /// submitter change bytes that the proof does not bind.
    #[error("public input {index} is not below the order of the field")]
    InputRange {
        /// Which input; the constant one is not counted.
        index: usize,
    },
    /// A point of the proof may not be used.
    #[error("point {point:?} of the proof: {error}")]
    Proof {
        /// Which of the three.
        point: ProofPoint,
        /// What is wrong with it.
        #[source]
        error: PointError,
    },
    /// The points are good, but the pairing equation does not hold: the proof is not of this statement.
    #[error("the pairing equation does not hold")]
    NotSatisfied,
    /// A proof of a batch is refused; all before it are good.
    #[error("proof {index} of the batch: {error}")]
    Batch {
        /// The first bad proof.
        index: usize,
        /// What is wrong with it.
        #[source]
        error: Box<VerifyError>,
    },
}

/// Why a key cannot be made, read or used.
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
    /// A stream of an encoded key fails or ends early.
    #[error("the encoded key cannot be read: {0}")]
    Stream(#[source] io::Error),
    /// Bytes follow an encoded key that should be alone.
    #[error("bytes follow the encoded key")]
    TrailingBytes,
    /// An encoded verifying key has no input point, not even the constant's.
    #[error("the verifying key has no input point")]
    NoInputPoints,
    /// A point of an encoded key may not be used.
    #[error("point {point:?} of the key: {error}")]
    Point {
        /// Which one.
        point: KeyPoint,
        /// What is wrong with it.
        #[source]
        error: PointError,
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
    /// The header states flags that this program does not know.
    #[error("{path} has unknown flags {flags:#x}")]
    Flags {
        /// The file.
        path: PathBuf,
        /// All its flags.
        flags: u32,
    },
    /// The header's table of sections is not the one that the format prescribes for these counts.
    #[error("{0} has a table of sections that contradicts itself")]
    Layout(PathBuf),
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
    /// The key is for another circuit than the one at hand.
    #[error("the key is of circuit {found}, not of {expected}")]
    WrongCircuit {
        /// The key's circuit.
        found: crate::CircuitId,
        /// The circuit at hand.
        expected: crate::CircuitId,
    },
    /// A list of the key has too many or too few points for its circuit.
    #[error("list {list} of the key has {found} points, the circuit needs {expected}")]
    Points {
        /// Which list.
        list: &'static str,
        /// Points in the key.
        found: usize,
        /// Points that the circuit needs.
        expected: usize,
    },
    /// A section was handed to a [`crate::KeyWriter`] after one that follows it in the file.
    #[error("section {given:?} of a key was written after {last:?}")]
    SectionOrder {
        /// The section that came too late.
        given: crate::Section,
        /// The last one before.
        last: crate::Section,
    },
    /// No directory for the cache can be derived from the environment.
    #[error("no cache directory: set CLOISTER_CACHE, XDG_CACHE_HOME or HOME")]
    NoDirectory,
    /// The circuit cannot be synthesised, or its witness is missing.
    #[error("the circuit cannot be synthesised: {0}")]
    Synthesis(#[from] SynthesisError),
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The circuit cannot be synthesised, or its witness is missing.
    #[error("the circuit cannot be synthesised: {0}")]
    Synthesis(#[from] SynthesisError),
    /// The circuit makes another number of wires than the one of the key.
    #[error("the circuit has {given:?} public and private wires, the key's has {expected:?}")]
    Wires {
        /// Public (with the constant one) and private wires of the key's circuit.
        expected: (usize, usize),
        /// Those given.
        given: (usize, usize),
    },
    /// The witness breaks a constraint; [`crate::constraint_name`] names it.
    #[error("the witness breaks constraint {constraint}")]
    Unsatisfied {
        /// The first one, counted from zero in the order in which the circuit makes them.
        constraint: usize,
    },
    /// The device that forms the sums of the proof fails.
    #[error("the accelerator: {0}")]
    Accelerator(String),
}

#[cfg(feature = "native")]
impl KeyError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
