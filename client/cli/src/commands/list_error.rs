//! Why a list of instructions cannot be sent.

use cloister_client::sequencer::LIST;
use std::io;

/// Why a list cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A line is not understood.
    #[error("line {line}: {reason}; nothing was sent")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// It is empty.
    #[error("the list has no instruction")]
    Empty,
    /// It is too long.
    #[error("the list has {0} instructions, and the sequencer takes {LIST} at once; nothing was sent")]
    Length(usize),
}
