//! Signs receipts with the key that submits the batches.

use super::context::SUBMITTER_KEY;
use cloister_receipts::{ReceiptSigner, SignError, SIGNATURE};
use polkadot_sdk::*;
use sp_core::sr25519;
use sp_keystore::KeystorePtr;

/// The key in the keystore.
pub(super) struct KeystoreSigner {
    /// Where it is.
    pub keystore: KeystorePtr,
    /// Which it is.
    pub key: sr25519::Public,
}

impl ReceiptSigner for KeystoreSigner {
    fn public(&self) -> [u8; 32] {
        self.key.into()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE], SignError> {
        let signature = self
            .keystore
            .sr25519_sign(SUBMITTER_KEY, &self.key, message)
            .map_err(|error| SignError(error.to_string()))?;
        let signature = signature.ok_or_else(|| SignError("the key that signs is gone from the keystore".into()))?;
        Ok(signature.into())
    }
}
