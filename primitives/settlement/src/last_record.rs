//! An account from its last record alone (C-RECORD).
//!
//! A record holds all of an account but its keys, its nonce and its switches, and the proof of its batch says so. The
//! chain's state knows the nonce, which counts the records, the leaf, and the block that has the record; the keys are
//! the trader's own; there are few switches. So whoever has the view key needs one block and the leaves of the state,
//! however long the history is, and nothing of the state of former blocks.

use crate::{
    batch::{Batch, Field},
    replay::AccountKeys,
};
use cloister_crypto::{
    constants::EXT_BITS,
    field::{from_bytes, FieldError},
    stream::{Scope, StreamSalt},
};
use cloister_ledger::{record::UnitPlain, Account, AccountTree, Opening, RecordKind, Switches, UnitRecord};
use cloister_types::{AccountIndex, Amount};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Where the last record of an account is, and the leaf that it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct LastRecord {
    /// The account's leaf.
    pub leaf: Field,
    /// Number of records that the account has: its nonce.
    pub updates: u64,
    /// The batch of the record.
    pub batch_no: u64,
    /// Number of the block that settled it.
    pub block: u32,
}

/// Why a batch does not give an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LastRecordError {
    /// It is another batch, or it has no unit of the account that leaves its leaf.
    #[error("the batch leaves no such leaf for account {0}")]
    OtherBatch(AccountIndex),
    /// Something in it is not a field element.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// None of the keys gives the leaf.
    #[error("none of the keys at hand reads the last record of account {0}")]
    OtherKey(AccountIndex),
}

impl LastRecord {
    /// The account after the record, which is in `batch`. `keys` are all keys that the account may have.
    ///
    /// # Errors
    /// [`LastRecordError`].
    pub fn open(
        &self,
        batch: &Batch,
        index: AccountIndex,
        scope: &Scope,
        keys: &[AccountKeys],
    ) -> Result<Account, LastRecordError> {
        let mut units = batch.units.iter().rev();
        let unit = units
            .find(|unit| unit.index == index)
            .filter(|unit| batch.batch_no == self.batch_no && unit.new_leaf == self.leaf)
            .ok_or(LastRecordError::OtherBatch(index))?;
        // Of the record only what is encrypted is read.
        let record = UnitRecord {
            index,
            kind: RecordKind::Update,
            deposit: Amount::ZERO,
            withdrawal: Amount::ZERO,
            new_leaf: from_bytes(&unit.new_leaf)?,
            ciphertext: unit.ciphertext.iter().map(from_bytes).collect::<Result<_, _>>()?,
        };
        let salt = scope.salt(from_bytes(&batch.salt)?);
        let opened = opened(&record, keys, self.updates, salt);
        let (opening, plain) = opened.ok_or(LastRecordError::OtherKey(index))?;
        Ok(plain.account(&opening))
    }
}

/// What opens a record that is the account's `nonce`-th, and what it says. `None` if none of the keys does.
pub fn opened(record: &UnitRecord, keys: &[AccountKeys], nonce: u64, salt: StreamSalt) -> Option<(Opening, UnitPlain)> {
    keys.iter().find_map(|keys| {
        let plain = record.decrypt(keys.view_key, nonce, salt).ok()?;
        let openings = switches().map(|switches| Opening {
            key: keys.key,
            view_key: keys.view_key,
            nonce,
            switches,
        });
        let mut fitting = openings.filter(|opening| plain.account(opening).leaf() == record.new_leaf);
        fitting.next().map(|opening| (opening, plain.clone()))
    })
}

/// Everything that an owner may have switched on.
fn switches() -> impl Iterator<Item = Switches> {
    (0..1u64 << EXT_BITS).filter_map(Switches::from_bits)
}

/// The tree of the leaves of all indices from 0 on, as the chain's state has them; 0 where there is no account.
///
/// # Errors
/// [`FieldError`] for what is not a field element.
pub fn tree_of_leaves(leaves: impl IntoIterator<Item = Field>) -> Result<AccountTree, FieldError> {
    let leaves = leaves.into_iter().enumerate();
    let leaves = leaves.map(|(index, leaf)| Ok((u32::try_from(index).unwrap_or(u32::MAX), from_bytes(&leaf)?)));
    Ok(AccountTree::of_leaves(
        leaves.collect::<Result<alloc::vec::Vec<_>, FieldError>>()?,
    ))
}
