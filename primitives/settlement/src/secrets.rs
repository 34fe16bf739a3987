//! What the whole ledger is read with.

use cloister_crypto::{seal::Sealed, Fr};

/// The secrets that a whole ledger is read with: those in force, and those before them.
pub trait LedgerSecrets {
    /// Opens a seal with whichever secret gives the view key that was committed to; `None` if none does.
    fn unseal(&self, sealed: &Sealed, view_commitment: Fr) -> Option<Fr>;

    /// What each secret opens the seal of a house's key to. One of them is the key, if it was sealed to one of them:
    /// the one that gives the house's commitment.
    fn house_keys(&self, sealed: &Sealed) -> impl Iterator<Item = Fr>;
}
