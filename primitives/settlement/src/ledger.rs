//! The whole ledger rebuilt from the chain alone: every record is decrypted and checked against its leaf, every root
//! against the chain.

use crate::{
    batch::Batch,
    queue::{OpenKeys, QueueItem},
    replay::{replay, AccountKeys, ReplayError},
    secrets::LedgerSecrets,
    statement::{consumers, house_record, unit_record, StatementError},
};
use cloister_crypto::{
    field::{from_bytes, FieldError},
    stream::{Scope, StreamSalt},
};
use cloister_ledger::{GroupLedger, House, Key};
use cloister_types::AccountIndex;

/// Why the ledger cannot be rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A batch is missing or out of order.
    #[error("batch {found} found where {expected} is next")]
    Order {
        /// Batch number that is next.
        expected: u64,
        /// Batch number found.
        found: u64,
    },
    /// A field element is not canonical, or the queue items that the batch consumed are not there.
    #[error("batch {batch_no}: {source}")]
    Statement {
        /// Batch number.
        batch_no: u64,
        /// What is wrong.
        source: StatementError,
    },
    /// An open was sealed to a key that is not among the secrets.
    #[error("batch {batch_no}: the open in unit {unit} does not decrypt; is a former secret missing?")]
    Open {
        /// Batch number.
        batch_no: u64,
        /// Unit.
        unit: usize,
    },
    /// A record does not give its account.
    #[error("batch {batch_no}: unit {unit} of account {account}: {source}")]
    Record {
        /// Batch number.
        batch_no: u64,
        /// Unit.
        unit: usize,
        /// Account.
        account: AccountIndex,
        /// Why.
        source: ReplayError,
    },
    /// The house's record does not decrypt or does not give its commitment: another secret made this batch.
    #[error("batch {0}: the house's record does not decrypt; is a former secret missing?")]
    House(u64),
    /// The account root differs from the published one.
    #[error("batch {0}: the account root differs")]
    Root(u64),
}

/// Applies one settled batch of a chain and group to a ledger that has all earlier ones. `queue` is the queue before
/// the batch, from its first item on: at least the items that the batch consumed.
///
/// # Errors
/// [`LedgerError`]; the ledger is then of no use.
pub fn replay_batch<A>(
    ledger: &mut GroupLedger,
    scope: &Scope,
    batch: &Batch,
    queue: &[QueueItem<A>],
    secrets: &impl LedgerSecrets,
) -> Result<(), LedgerError> {
    let batch_no = ledger.batch_no();
    if batch.batch_no != batch_no {
        return Err(LedgerError::Order {
            expected: batch_no,
            found: batch.batch_no,
        });
    }
    let malformed = |source: FieldError| LedgerError::Statement {
        batch_no,
        source: source.into(),
    };
    let salt = scope.salt(from_bytes(&batch.salt).map_err(malformed)?);
    for (unit, consumer) in consumers(batch, queue).enumerate() {
        let (submitted, item) = consumer.map_err(|source| LedgerError::Statement { batch_no, source })?;
        let record = unit_record(submitted, item).map_err(malformed)?;
        let opened = item.and_then(|item| item.kind.open());
        let before = ledger.account(record.index).cloned();
        let after = replay(before, &record, salt, |_| {
            opened.and_then(|keys| unsealed(keys, secrets))
        });
        let after = after.map_err(|source| match source {
            ReplayError::OtherKey => LedgerError::Open { batch_no, unit },
            source => LedgerError::Record {
                batch_no,
                unit,
                account: record.index,
                source,
            },
        })?;
        ledger.restore_account(record.index, after);
    }
    if ledger.root() != from_bytes(&batch.new_root).map_err(malformed)? {
        return Err(LedgerError::Root(batch_no));
    }
    let house = house(ledger, batch, secrets, salt)
        .map_err(malformed)?
        .ok_or(LedgerError::House(batch_no))?;
    ledger.restore_house(house, batch_no.saturating_add(1));
    Ok(())
}

fn unsealed(keys: &OpenKeys, secrets: &impl LedgerSecrets) -> Option<AccountKeys> {
    let (public_key, view_key) = keys.unseal(secrets)?;
    Some(AccountKeys {
        key: Key::from(&public_key),
        view_key,
    })
}

/// The house after a batch, `None` if no secret reads it.
fn house(
    ledger: &GroupLedger,
    batch: &Batch,
    secrets: &impl LedgerSecrets,
    salt: StreamSalt,
) -> Result<Option<House>, FieldError> {
    let record = house_record(batch)?;
    let nonce = ledger.house().nonce.saturating_add(1);
    let commitment = from_bytes(&batch.new_house)?;
    let house = |key| {
        let plain = record.decrypt(key, nonce, salt).ok()?;
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
    Ok(secrets.house_keys(batch.batch_no).find_map(house))
}
