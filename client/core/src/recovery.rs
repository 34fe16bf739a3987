//! An account rebuilt from nothing but settled statements and its view key.
//!
//! Every batch publishes the new contents of each account that it touches, encrypted, and its proof says that the
//! ciphertext holds the contents of the new leaf. So the data is always there: this module walks through it, decrypts
//! the account's own records, and checks them against the public leaves and roots.

use cloister_crypto::{stream::view_commitment, Fr};
use cloister_ledger::{
    slot::slot_number, Account, AccountTree, Key, KeyRecord, OrderTree, RecordError, RecordKind, Statement,
};

/// Why an account cannot be rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// No batch touched the account.
    #[error("no settled batch has touched account {0} yet; wait for the first")]
    Untouched(u32),
    /// The first record of an account is not its open.
    #[error("batch {0} touches the account before it was opened")]
    NotOpened(u64),
    /// An open or a re-key gives the account keys that are not among the given ones.
    #[error(
        "batch {0} gives the account keys that this wallet does not have; it is another account's wallet, or one from \
         before or after a change of keys"
    )]
    OtherKey(u64),
    /// A record does not decrypt.
    #[error("batch {batch_no}: {source}")]
    Record {
        /// The batch.
        batch_no: u64,
        /// Why.
        source: RecordError,
    },
    /// A record decrypts to an order tree that its own slots do not give.
    #[error("batch {0}: the order slots do not give the order tree")]
    Orders(u64),
    /// A record decrypts to something that is not the public leaf.
    #[error("batch {0}: the record is not the contents of the public leaf")]
    Leaf(u64),
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
    /// Batches that touched it.
    pub updates: u64,
}

/// Checks that the public leaves give the public root after every batch, and returns the tree.
///
/// # Errors
/// [`RecoveryError::Root`] with the first batch where they do not.
pub fn account_tree<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Result<AccountTree, RecoveryError> {
    let mut tree = AccountTree::default();
    for statement in statements {
        for unit in &statement.units {
            tree.set(unit.index, unit.new_leaf);
        }
        if tree.root() != statement.new_root {
            return Err(RecoveryError::Root(statement.batch_no));
        }
    }
    Ok(tree)
}

/// Keys that an account has or had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountKeys {
    /// Trading key.
    pub key: Key,
    /// View key.
    pub view_key: Fr,
}

/// The keys that a record shows, if they are among the given ones.
fn find(keys: &[AccountKeys], shown: &KeyRecord) -> Option<AccountKeys> {
    let key = Key { x: shown.x, y: shown.y };
    let shows = |keys: &&AccountKeys| keys.key == key && view_commitment(keys.view_key) == shown.view_commitment;
    keys.iter().find(shows).copied()
}

/// Rebuilds one account from all keys that it has had.
///
/// # Errors
/// [`RecoveryError`].
pub fn recover<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
    index: u32,
    keys: &[AccountKeys],
) -> Result<Recovered, RecoveryError> {
    let mut found: Option<Recovered> = None;
    for statement in statements {
        let batch_no = statement.batch_no;
        for record in statement.units.iter().filter(|unit| unit.index == index) {
            let shown = |record| find(keys, record).ok_or(RecoveryError::OtherKey(batch_no));
            let mut state = match (found.take(), &record.kind) {
                (None, RecordKind::Open(record)) => {
                    let AccountKeys { key, view_key } = shown(record)?;
                    Recovered {
                        account: Account::fresh(key, view_key),
                        orders: OrderTree::default(),
                        batch_no,
                        updates: 0,
                    }
                }
                (None, _) => return Err(RecoveryError::NotOpened(batch_no)),
                (Some(mut state), RecordKind::Rekey(record)) => {
                    let AccountKeys { key, view_key } = shown(record)?;
                    (state.account.key, state.account.view_key) = (key, view_key);
                    state
                }
                (Some(state), _) => state,
            };
            let account = &mut state.account;
            account.nonce = account.nonce.saturating_add(1);
            let plain = record
                .decrypt(account.view_key, account.nonce, statement.salt)
                .map_err(|source| RecoveryError::Record { batch_no, source })?;
            for slot in plain.slots.iter().flatten() {
                state.orders.set(slot_number(slot.id).into(), slot.to_field());
            }
            if state.orders.root() != plain.orders_root {
                return Err(RecoveryError::Orders(batch_no));
            }
            account.cash = plain.cash;
            account.min_id = plain.min_id;
            account.orders_root = plain.orders_root;
            account.positions = plain.positions;
            if account.leaf() != record.new_leaf {
                return Err(RecoveryError::Leaf(batch_no));
            }
            state.batch_no = batch_no;
            state.updates = state.updates.saturating_add(1);
            found = Some(state);
        }
    }
    found.ok_or(RecoveryError::Untouched(index))
}
