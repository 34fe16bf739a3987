//! Rebuilds the ledger from the chain alone: every record is decrypted and checked against its leaf, every root against the chain.

use crate::{
    chain::{BatchSubmission, QueueEntry, QueueKind, SettledBatch},
    core::open_keys,
    keys::SequencerKeys,
};
use cloister_crypto::{
    field::{from_bytes, FieldError},
    Fr,
};
use cloister_ledger::{
    record::{HousePlain, RecordError, UnitPlain},
    slot::slot_number,
    state::AccountState,
    Account, GroupState, House, HouseRecord, Key, OrderTree, RecordKind, UnitRecord,
};

/// Why the ledger cannot be rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// A batch is missing or out of order.
    #[error("batch {found} found where {expected} is next")]
    Order {
        /// Batch number that is next.
        expected: u64,
        /// Batch number found.
        found: u64,
    },
    /// A field element is not canonical.
    #[error("a field element is not canonical")]
    Field(#[from] FieldError),
    /// The queue items that a batch consumed are not there.
    #[error("batch {batch_no}: the queue item of unit {unit} is missing")]
    Queue {
        /// Batch number.
        batch_no: u64,
        /// Unit.
        unit: usize,
    },
    /// An open was sealed to a key that is not among the secrets.
    #[error("batch {batch_no}: the open in unit {unit} does not decrypt; is a former secret missing?")]
    Open {
        /// Batch number.
        batch_no: u64,
        /// Unit.
        unit: usize,
    },
    /// A unit names an account that is not open.
    #[error("batch {batch_no}: unit {unit} names account {account}, which is not open")]
    NoAccount {
        /// Batch number.
        batch_no: u64,
        /// Unit.
        unit: usize,
        /// Account.
        account: u32,
    },
    /// A record does not decrypt.
    #[error("batch {batch_no}: unit {unit}: {source}")]
    Record {
        /// Batch number.
        batch_no: u64,
        /// Unit.
        unit: usize,
        /// Why.
        source: RecordError,
    },
    /// A record does not give the leaf or order tree that was published.
    #[error("batch {batch_no}: the record of unit {unit} does not give its leaf")]
    Leaf {
        /// Batch number.
        batch_no: u64,
        /// Unit.
        unit: usize,
    },
    /// The house's record does not decrypt or does not give its commitment: another secret made this batch.
    #[error("batch {0}: the house's record does not decrypt; is a former secret missing?")]
    House(u64),
    /// The account root differs from the published one.
    #[error("batch {0}: the account root differs")]
    Root(u64),
}

/// Applies one settled batch to a ledger that has all earlier ones.
///
/// # Errors
/// [`RecoverError`]; the ledger is then of no use.
pub fn replay(state: &mut GroupState, settled: &SettledBatch, keys: &SequencerKeys) -> Result<(), RecoverError> {
    let batch = &settled.batch;
    let batch_no = state.batch_no();
    if batch.batch_no != batch_no {
        return Err(RecoverError::Order {
            expected: batch_no,
            found: batch.batch_no,
        });
    }
    let salt = from_bytes(&batch.salt)?;
    let mut queue = settled.queue.iter();
    for (unit, submitted) in batch.units.iter().enumerate() {
        let item = match submitted.queued {
            true => Some(queue.next().ok_or(RecoverError::Queue { batch_no, unit })?),
            false => None,
        };
        let before = before(state, keys, item, batch_no, unit, submitted.index)?;
        let record = UnitRecord {
            index: submitted.index,
            // Decryption does not look at it.
            kind: RecordKind::Update,
            deposit: item.map_or(0, |e| e.amount),
            withdrawal: submitted.withdrawal,
            new_leaf: from_bytes(&submitted.new_leaf)?,
            ciphertext: submitted.ciphertext.iter().map(from_bytes).collect::<Result<_, _>>()?,
        };
        let nonce = before.account.nonce.saturating_add(1);
        let plain = record
            .decrypt(before.account.view_key, nonce, salt)
            .map_err(|source| RecoverError::Record { batch_no, unit, source })?;
        let after = after(before, nonce, &plain);
        if after.account.leaf() != record.new_leaf || after.orders.root() != after.account.orders_root {
            return Err(RecoverError::Leaf { batch_no, unit });
        }
        state.restore_account(submitted.index, after);
    }
    if state.root() != from_bytes(&batch.new_root)? {
        return Err(RecoverError::Root(batch_no));
    }
    let house = house(state, batch, keys, salt)?;
    state.restore_house(house, batch_no.saturating_add(1));
    Ok(())
}

/// The account before a unit: from the ledger, or fresh from the queue's open.
fn before(
    state: &GroupState,
    keys: &SequencerKeys,
    item: Option<&QueueEntry>,
    batch_no: u64,
    unit: usize,
    account: u32,
) -> Result<AccountState, RecoverError> {
    if let Some(QueueKind::Open {
        pk_x,
        pk_y,
        view_commitment,
        sealed_view_key,
    }) = item.map(|e| &e.kind)
    {
        let (public_key, view_key) = open_keys(keys, pk_x, pk_y, view_commitment, sealed_view_key)
            .ok_or(RecoverError::Open { batch_no, unit })?;
        let account = Account::fresh(Key::from(&public_key), view_key);
        return Ok(AccountState {
            account,
            orders: OrderTree::default(),
        });
    }
    state.account(account).cloned().ok_or(RecoverError::NoAccount {
        batch_no,
        unit,
        account,
    })
}

fn after(before: AccountState, nonce: u64, plain: &UnitPlain) -> AccountState {
    let AccountState { account, mut orders } = before;
    for slot in plain.slots.iter().flatten() {
        orders.set(slot_number(slot.id).into(), slot.to_field());
    }
    let account = Account {
        nonce,
        min_id: plain.min_id,
        cash: plain.cash,
        orders_root: plain.orders_root,
        positions: plain.positions,
        ..account
    };
    AccountState { account, orders }
}

fn house(state: &GroupState, batch: &BatchSubmission, keys: &SequencerKeys, salt: Fr) -> Result<House, RecoverError> {
    let mut ciphertext = [Fr::zero(); cloister_crypto::constants::HOUSE_RECORD];
    for (element, bytes) in ciphertext.iter_mut().zip(&batch.house_record) {
        *element = from_bytes(bytes)?;
    }
    let record = HouseRecord { ciphertext };
    let nonce = state.house().nonce.saturating_add(1);
    let commitment = from_bytes(&batch.new_house)?;
    let house = |key| {
        let plain: HousePlain = record.decrypt(key, nonce, salt).ok()?;
        let house = House {
            key,
            nonce,
            insurance: plain.insurance,
            fee_pool: plain.fee_pool,
            positions: plain.positions,
            open_interest: plain.open_interest,
        };
        (house.commitment() == commitment).then_some(house)
    };
    keys.house_keys(batch.batch_no)
        .find_map(house)
        .ok_or(RecoverError::House(batch.batch_no))
}
