//! An account rebuilt from nothing but the chain's transactions and its own keys (`cloister_settlement::account`).

use crate::history::Settled;
use cloister_ledger::AccountTree;
use cloister_settlement::account;

pub use cloister_settlement::{AccountKeys, Recovered, RecoveryError};

/// Checks that the public leaves give the public root after every batch, and returns the tree.
///
/// # Errors
/// [`RecoveryError::Root`] with the first batch where they do not.
pub fn account_tree(batches: &[Settled]) -> Result<AccountTree, RecoveryError> {
    account::account_tree(batches.iter().map(|batch| &batch.statement))
}

/// Rebuilds one account from all keys that it has had.
///
/// # Errors
/// [`RecoveryError::Untouched`], [`RecoveryError::Record`].
pub fn recover(batches: &[Settled], index: u32, keys: &[AccountKeys]) -> Result<Recovered, RecoveryError> {
    account::recover(batches.iter().map(|batch| &batch.statement), index, keys)
}
