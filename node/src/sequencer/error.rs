//! Why the sequencer cannot be set up.

use cloister_sequencer::SecretError;
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
    /// The file of the secret is not good.
    #[error("the sequencer's secret: {0}")]
    Secret(#[from] SecretError),
    /// There is no key to sign batches with.
    #[error("the keystore has no key of type `clsq` to submit batches with; insert one with `key insert`")]
    NoSubmitter,
    /// The keystore does not work.
    #[error("the keystore: {0}")]
    Keystore(#[from] sp_keystore::Error),
}
