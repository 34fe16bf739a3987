//! Why a circuit cannot be found or shown.

use bellman::SynthesisError;
use cloister_groth16::KeyError;
use std::io;

/// Why a circuit cannot be found or shown.
#[derive(Debug, thiserror::Error)]
pub enum CircuitError {
    /// No circuit has that name.
    #[error("there is no circuit `{name}`; there are: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The circuit cannot be synthesised.
    #[error("circuit `{name}` cannot be synthesised: {source}")]
    Synthesis {
        /// The name.
        name: &'static str,
        /// What bellman says.
        source: SynthesisError,
    },
    /// The circuit is too large for a key.
    #[error("circuit `{name}` has no key: {source}")]
    Key {
        /// The name.
        name: &'static str,
        /// What the engine says.
        source: KeyError,
    },
    /// The report cannot be written as JSON.
    #[error("the report cannot be encoded: {0}")]
    Encoding(serde_json::Error),
    /// The report cannot be written.
    #[error("the report cannot be written: {0}")]
    Output(io::Error),
}
