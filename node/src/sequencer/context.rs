//! What the sequencer needs of the node.

use crate::parts::{FullBackend, FullClient, TransactionPool};
use polkadot_sdk::*;
use sp_core::crypto::KeyTypeId;
use sp_keystore::KeystorePtr;
use std::sync::Arc;

/// Type of the keystore's key that signs batches: `cloister-node key insert --key-type clsq --scheme sr25519`.
pub const SUBMITTER_KEY: KeyTypeId = KeyTypeId(*b"clsq");

/// What the sequencer needs of the node.
pub struct Context {
    /// The chain.
    pub client: Arc<FullClient>,
    /// The database.
    pub backend: Arc<FullBackend>,
    /// Takes the batches.
    pub pool: Arc<TransactionPool>,
    /// Has the key that signs them.
    pub keystore: KeystorePtr,
    /// Where monitoring reads, if the node has an endpoint for it.
    pub registry: Option<prometheus::Registry>,
}
