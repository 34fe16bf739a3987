//! What can go wrong.

use crate::outcome::Outcome;
use cloister_engine::{InputError, Rejection};

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The messages cannot be read.
    #[error("the messages cannot be read: {0}")]
    Read(#[from] csv::Error),
    /// A message says something that no message of the format does.
    #[error("line {line}: no message has this in `{field}`")]
    Message {
        /// The line.
        line: u64,
        /// The field.
        field: &'static str,
    },
    /// Orders are more than there are accounts and slots for.
    #[error("there are more than {0} orders")]
    TooMany(u64),
    /// A message names an order that is not there.
    #[error("order {0} is not there")]
    NotThere(u64),
    /// Our engine does not take its table or an account.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Our engine refuses what it must take.
    #[error("our engine refuses message {number}: {rejection}")]
    Refused {
        /// Number of the message.
        number: usize,
        /// Why.
        rejection: Box<Rejection>,
    },
    /// The peer refuses what it must take.
    #[error("the peer refuses a message: {0}")]
    Peer(String),
    /// One of them came to another end.
    #[error("{name} came to another end: {found:?}, not {expected:?}")]
    Differs {
        /// Which.
        name: &'static str,
        /// What was expected.
        expected: Box<Outcome>,
        /// What it found.
        found: Box<Outcome>,
    },
    /// Nothing was measured.
    #[error("at least one round is needed")]
    NoRounds,
}
