//! Why the sequencer cannot be set up.

use super::chosen::ChoiceError;
use cloister_journal::JournalError;
use cloister_sequencer::{checkpoint::file::FileError, SecretError};
use polkadot_sdk::*;

/// Why the sequencer cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A chain that is not a development chain needs a secret of its own.
    #[error(
        "name the file of the sequencer's secret with --sequencer-secret: only a development chain has a public one"
    )]
    NoSecret,
    /// A chain that is not a development chain needs parameters of its own.
    #[error(
        "name the file of the proving key with --sequencer-proving-key: \
         only a development chain takes public parameters"
    )]
    NoProvingKey,
    /// Something that the operator chose cannot be.
    #[error("{0}")]
    Choice(#[from] ChoiceError),
    /// The file of the secret is not good.
    #[error("the sequencer's secret: {0}")]
    Secret(#[from] SecretError),
    /// There is no folder for the sequencer's files, and none can be made.
    #[error("the folder of the sequencer's files: {0}")]
    Folder(#[from] FileError),
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There is no key to sign batches with.
    #[error("the keystore has no key of type `clsq` to submit batches with; insert one with `key insert`")]
    NoSubmitter,
    /// The node's endpoint for monitoring refuses the sequencer's metrics.
    #[error("the metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The keystore does not work.
    #[error("the keystore: {0}")]
    Keystore(#[from] sp_keystore::Error),
}
