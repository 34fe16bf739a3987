//! An account rebuilt from nothing but the settled batches and its own keys.
//!
//! Every batch publishes the new contents of each account it touches, encrypted, and its proof says that the ciphertext
//! is the new leaf's contents. So the data is always there: this walks it, decrypts the account's own records, and
//! checks them against the public leaves and the chain's root.

use crate::replay::{replay, AccountKeys, ReplayError};
use alloc::vec::Vec;
use cloister_ledger::{state::AccountState, Account, AccountTree, OrderTree, Statement, Unsigned};
use cloister_types::AccountIndex;

/// Why an account cannot be rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// No batch touched the account.
    #[error("no settled batch has touched account {0} yet; wait for the first")]
    Untouched(AccountIndex),
    /// A record does not give the account.
    #[error("batch {batch_no}: {source}")]
    Record {
        /// The batch.
        batch_no: u64,
        /// Why.
        source: ReplayError,
    },
    /// The public leaves do not give the chain's root.
    #[error("batch {0}: the public leaves do not give the public root")]
    Root(u64),
}

/// An account as the chain's records tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The account.
    pub account: Account,
    /// Its order slots.
    pub orders: OrderTree,
    /// Batch that touched it last.
    pub batch_no: u64,
    /// Number of records that it has.
    pub updates: u64,
    /// Its last record closed it: it is empty, and its leaf is 0.
    pub closed: bool,
    /// Changes of positions without an instruction, each with the number of its batch: liquidation, deleveraging,
    /// expiry, takeover.
    pub unsigned: Vec<(u64, Unsigned)>,
}

/// Checks that the public leaves give the public root after every batch, and returns the tree.
///
/// # Errors
/// [`RecoveryError::Root`] with the first batch where they do not.
pub fn account_tree<'a>(batches: impl IntoIterator<Item = &'a Statement>) -> Result<AccountTree, RecoveryError> {
    let mut tree = AccountTree::default();
    for batch in batches {
        for unit in &batch.units {
            tree.set(unit.index.get(), unit.new_leaf);
        }
        if tree.root() != batch.new_root {
            return Err(RecoveryError::Root(batch.batch_no));
        }
    }
    Ok(tree)
}

/// Rebuilds one account from all keys that it has had and the statements of all batches, in order.
///
/// # Errors
/// [`RecoveryError::Untouched`], [`RecoveryError::Record`].
pub fn recover<'a>(
    batches: impl IntoIterator<Item = &'a Statement>,
    index: AccountIndex,
    keys: &[AccountKeys],
) -> Result<Recovered, RecoveryError> {
    let mut found: Option<Recovered> = None;
    for batch in batches {
        let batch_no = batch.batch_no;
        let (scope, salt) = (batch.scope(), batch.stream_salt());
        for record in batch.units.iter().filter(|unit| unit.index == index) {
            let (before, updates, mut unsigned) = match found.take() {
                Some(Recovered {
                    account,
                    orders,
                    updates,
                    unsigned,
                    ..
                }) => (Some(AccountState { account, orders }), updates, unsigned),
                None => (None, 0, Vec::new()),
            };
            let held = before.as_ref().map(|state| state.account.clone());
            let AccountState { account, orders } = replay(before, record, salt, |shown| {
                keys.iter().find(|keys| keys.are(&scope, shown)).copied()
            })
            .map_err(|source| RecoveryError::Record { batch_no, source })?;
            let change = held.and_then(|held| Unsigned::between(&held, &account, record.deposit));
            unsigned.extend(change.map(|change| (batch_no, change)));
            found = Some(Recovered {
                account,
                orders,
                batch_no,
                updates: updates.saturating_add(1),
                closed: record.closes(),
                unsigned,
            });
        }
    }
    found.ok_or(RecoveryError::Untouched(index))
}
