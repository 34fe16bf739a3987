//! What the whole ledger is read with.

use cloister_crypto::{seal::Sealed, Fr};

/// The secrets that a whole ledger is read with: those in force, and those before them.
pub trait LedgerSecrets {
    /// Opens a seal with whichever secret gives the view key that was committed to; `None` if none does.
    fn unseal(&self, sealed: &Sealed, view_commitment: Fr) -> Option<Fr>;

    /// Keys that the house may have after a batch, the most likely first.
    fn house_keys(&self, batch_no: u64) -> impl Iterator<Item = Fr>;
}
