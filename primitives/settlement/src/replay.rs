//! One record of a settled batch, applied to the account that it is of.

use cloister_crypto::{
    stream::{view_commitment, Scope, StreamSalt},
    Fr,
};
use cloister_ledger::{
    slot::slot_number, state::AccountState, Account, Key, KeyRecord, OrderTree, RecordError, RecordKind, UnitRecord,
};

/// Keys of an account, in force or former.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountKeys {
    /// Trading key.
    pub key: Key,
    /// View key.
    pub view_key: Fr,
}

impl AccountKeys {
    /// Whether these are the keys that a record of this chain and group shows.
    pub fn are(&self, scope: &Scope, shown: &KeyRecord) -> bool {
        let key = Key { x: shown.x, y: shown.y };
        self.key == key && view_commitment(scope, self.view_key) == shown.view_commitment
    }
}

/// Why a record does not give its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The record updates an account that was never opened.
    #[error("the record is of an account that is not open")]
    NotOpened,
    /// An open or a re-key gives the account keys that are not among the given ones.
    #[error("the account gets keys that are not at hand: another account's, or from before or after a change of keys")]
    OtherKey,
    /// The record does not decrypt.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The record decrypts to an order tree that its own slots do not give.
    #[error("the order slots do not give the order tree")]
    Orders,
    /// The record decrypts to something other than the contents of the public leaf.
    #[error("the record is not the contents of the public leaf")]
    Leaf,
    /// A close took effect on an account that holds something.
    #[error("the record closes an account that is not empty")]
    Closed,
}

/// The account after a record; one that a close took away is as it was last ([`UnitRecord::closes`]). `keys` finds the
/// keys that an open or a re-key shows.
///
/// # Errors
/// [`ReplayError`].
pub fn replay(
    before: Option<AccountState>,
    record: &UnitRecord,
    salt: StreamSalt,
    keys: impl FnOnce(&KeyRecord) -> Option<AccountKeys>,
) -> Result<AccountState, ReplayError> {
    let mut state = match &record.kind {
        RecordKind::Open(shown) => {
            let AccountKeys { key, view_key } = keys(shown).ok_or(ReplayError::OtherKey)?;
            AccountState {
                account: Account::fresh(key, view_key),
                orders: OrderTree::default(),
            }
        }
        RecordKind::Rekey(shown) => {
            let mut state = before.ok_or(ReplayError::NotOpened)?;
            let AccountKeys { key, view_key } = keys(shown).ok_or(ReplayError::OtherKey)?;
            (state.account.key, state.account.view_key) = (key, view_key);
            state
        }
        RecordKind::Switch { switches } => {
            let mut state = before.ok_or(ReplayError::NotOpened)?;
            // The record's secret part does not say it again.
            state.account.switches = *switches;
            state
        }
        RecordKind::Update | RecordKind::Forced { .. } | RecordKind::Close => before.ok_or(ReplayError::NotOpened)?,
    };
    let AccountState { account, orders } = &mut state;
    account.nonce = account.nonce.saturating_add(1);
    let plain = record.decrypt(account.view_key, account.nonce, salt)?;
    for slot in plain.slots.iter().flatten() {
        orders.set(slot_number(slot.id).into(), slot.to_field());
    }
    if orders.root() != plain.orders_root {
        return Err(ReplayError::Orders);
    }
    account.cash = plain.cash;
    account.min_id = plain.min_id;
    account.orders_root = plain.orders_root;
    account.positions = plain.positions;
    if record.closes() {
        return if account.is_empty() {
            Ok(state)
        } else {
            Err(ReplayError::Closed)
        };
    }
    if account.leaf() != record.new_leaf {
        return Err(ReplayError::Leaf);
    }
    Ok(state)
}
