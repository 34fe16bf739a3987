//! What can be wrong with an export or with files that are read back.

use cloister_groth16_verifier::{VerifyError, VerifyingKeyError};
use hex::FromHexError;
use std::{io, path::PathBuf};

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Neither a key file nor a verifying key was named.
    #[error("no key: give --key or --verifying-key")]
    NoKey,
    /// An input file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// An output file or its folder cannot be written; no file was replaced by half of another.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The key file is damaged, of another format, or not a key.
    #[error(transparent)]
    KeyFile(#[from] cloister_groth16::KeyError),
    /// The verifying key is not one that a chain would take.
    #[error("verifying key: {0}")]
    VerifyingKey(#[source] VerifyingKeyError),
    /// An argument or a file is not the hexadecimal digits of whole bytes.
    #[error("{argument}: {source}")]
    Hex {
        /// The option.
        argument: &'static str,
        /// What is wrong with it.
        #[source]
        source: FromHexError,
    },
    /// The proof has another length than a proof.
    #[error("a proof has {expected} bytes, this one {found}")]
    ProofLength {
        /// Bytes of a proof.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A point of the proof may not be used. (Whether the proof holds is for the verifier to say.)
    #[error(transparent)]
    Proof(VerifyError),
    /// A public input has another length than a field element.
    #[error("public input {place}: a field element has {expected} bytes, this one {found}")]
    PublicLength {
        /// Place among the inputs, from 0.
        place: usize,
        /// Bytes of a field element.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A public input is not below the order of the field.
    #[error("public input {place} is not below the order of the field; the bytes are little-endian (P-FIELD)")]
    PublicNotCanonical {
        /// Place among the inputs, from 0.
        place: usize,
    },
    /// The key is for another number of public inputs.
    #[error("the key is for {expected} public inputs, {found} were given")]
    InputCount {
        /// Inputs of the key.
        expected: usize,
        /// Inputs given.
        found: usize,
    },
    /// An encoding that passed every check cannot be taken apart: the verifier's crate and this one do not fit
    /// together.
    #[error("checked bytes do not decode")]
    Layout,
    /// Text could not be made from the values.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Why JSON is not what snarkjs writes for Groth16 over BLS12-381.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Another proof system.
    #[error("protocol `{0}`, not groth16")]
    Protocol(String),
    /// Another curve.
    #[error("curve `{0}`, not bls12381")]
    Curve(String),
    /// A number is not decimal, or too large for its place.
    #[error("{0}: not a decimal integer below the modulus")]
    Number(&'static str),
    /// The third coordinate is not one, so the point is not affine. (The identity has a third coordinate of zero; it is
    /// never valid.)
    #[error("{0}: not an affine point")]
    NotAffine(&'static str),
    /// The coordinates are not those of a point of the prime-order subgroup.
    #[error("{0}: not a point of the prime-order subgroup")]
    Point(&'static str),
    /// The number of input points does not fit the number of inputs that the key states.
    #[error("{points} input points for {inputs} public inputs")]
    InputCount {
        /// Inputs that the key states.
        inputs: usize,
        /// Points it has.
        points: usize,
    },
}
