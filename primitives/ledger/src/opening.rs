//! One unit of a batch, from the elements of its statement and the keys of its account alone (C-OVERFILL).

use crate::{
    account::{Account, Key, Switches},
    record::{bits, RecordKind, UnitPlain, UnitRecord},
    statement::STATEMENT_HEAD,
};
use cloister_crypto::{
    constants::{HOUSE_RECORD, INDEX_BITS, RECORD_FIXED, RECORD_PUBLIC},
    field::to_bytes,
    stream::StreamSalt,
    Fr,
};
use cloister_types::{AccountIndex, Amount};

/// What of an account no record says, after the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Trading key.
    pub key: Key,
    /// View key.
    pub view_key: Fr,
    /// Nonce.
    pub nonce: u64,
    /// What the owner has switched on.
    pub switches: Switches,
}

/// A unit as a statement has it, without what is public of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedUnit {
    /// The record. Its kind and amounts are not read.
    record: UnitRecord,
}

impl SealedUnit {
    /// A unit of a statement with so many. `None` if the elements are of no such statement. Which statement they are
    /// of is not asked: compare their hash.
    pub fn of_statement(elements: &[Fr], units: usize, unit: usize) -> Option<Self> {
        let records = elements.len().checked_sub(STATEMENT_HEAD + HOUSE_RECORD)?;
        let length = records.checked_div(units)?;
        if length < RECORD_FIXED || length.checked_mul(units)? != records || unit >= units {
            return None;
        }
        let from = length.checked_mul(unit)?.checked_add(STATEMENT_HEAD)?;
        let elements = elements.get(from..from.checked_add(length)?)?;
        let index = bits(&to_bytes(elements.first()?), 0, INDEX_BITS);
        let record = UnitRecord {
            index: AccountIndex(u32::try_from(index).ok()?),
            kind: RecordKind::Update,
            deposit: Amount::ZERO,
            withdrawal: Amount::ZERO,
            new_leaf: *elements.get(1)?,
            ciphertext: elements.get(RECORD_PUBLIC..)?.to_vec(),
        };
        Some(Self { record })
    }

    /// The account that it is of.
    pub fn index(&self) -> AccountIndex {
        self.record.index
    }

    /// Its secret part, if the account in it is that of its leaf. With another key, nonce or salt it never is.
    pub fn open(&self, opening: &Opening, salt: StreamSalt) -> Option<UnitPlain> {
        let Opening { view_key, nonce, .. } = *opening;
        let plain = self.record.decrypt(view_key, nonce, salt).ok()?;
        (plain.account(opening).leaf() == self.record.new_leaf).then_some(plain)
    }
}

impl UnitPlain {
    /// The account after the unit.
    pub fn account(&self, opening: &Opening) -> Account {
        Account {
            key: opening.key,
            view_key: opening.view_key,
            nonce: opening.nonce,
            min_id: self.min_id,
            cash: self.cash,
            orders_root: self.orders_root,
            positions: self.positions,
            switches: opening.switches,
        }
    }
}
