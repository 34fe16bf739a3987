//! The whole ledger rebuilt from the chain alone: every record is decrypted and checked against its leaf, every root
//! against the chain.

use crate::{
    batch::Batch,
    house::HouseRekeyed,
    queue::OpenKeys,
    replay::{replay, AccountKeys, ReplayError},
    secrets::LedgerSecrets,
    statement::{house_record, unit_record, with_takings, StatementError},
    taking::Taking,
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
    /// A field element is not canonical, or what was taken from the queue is not said of every unit.
    #[error("batch {batch_no}: {source}")]
    Statement {
        /// Batch number.
        batch_no: u64,
        /// What is wrong.
        source: StatementError,
    },
    /// The view key of an open or a re-key was sealed to a key that is not among the secrets.
    #[error("batch {batch_no}: the view key in unit {unit} does not decrypt; is a former secret missing?")]
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
    /// The house's record does not decrypt or does not give its commitment.
    #[error("batch {0}: the record of the house is not the contents of its commitment")]
    House(u64),
    /// A field element of a re-key is not canonical.
    #[error("house re-key {number}: {source}")]
    Rekey {
        /// Number of the re-key.
        number: u32,
        /// What is wrong.
        source: FieldError,
    },
    /// A re-key stands in another place than the ledger's next batch.
    #[error("house re-key {number} comes before batch {found}, and batch {expected} is next")]
    RekeyOrder {
        /// Number of the re-key.
        number: u32,
        /// Batch number that is next.
        expected: u64,
        /// Batch number that the re-key comes before.
        found: u64,
    },
    /// The house's new key was sealed to a key that is not among the secrets.
    #[error("house re-key {0}: no secret opens the sealed key; is a former secret missing?")]
    Sealed(u32),
    /// A re-key gives the house other contents than it had.
    #[error("house re-key {0}: the house is not the one before")]
    Contents(u32),
    /// The account root differs from the published one.
    #[error("batch {0}: the account root differs")]
    Root(u64),
}

/// Applies one settled batch of a chain and group to a ledger that has all earlier ones. `takings` is what each unit
/// took from the queue ([`take`](crate::take)).
///
/// # Errors
/// [`LedgerError`]; the ledger is then of no use.
pub fn replay_batch(
    ledger: &mut GroupLedger,
    scope: &Scope,
    batch: &Batch,
    takings: &[Taking],
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
    let units = with_takings(batch, takings).map_err(|source| LedgerError::Statement { batch_no, source })?;
    for (unit, (submitted, taking)) in units.enumerate() {
        let record = unit_record(submitted, taking).map_err(malformed)?;
        let given = taking.keys();
        let before = ledger.account(record.index).cloned();
        let after = replay(before, &record, salt, |_| {
            given.and_then(|keys| unsealed(keys, secrets))
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
        if record.closes() {
            ledger.close_account(record.index);
        } else {
            ledger.restore_account(record.index, after);
        }
    }
    if ledger.root() != from_bytes(&batch.new_root).map_err(malformed)? {
        return Err(LedgerError::Root(batch_no));
    }
    let house = house(ledger, batch, salt)
        .map_err(malformed)?
        .ok_or(LedgerError::House(batch_no))?;
    ledger.restore_house(house, batch_no.saturating_add(1));
    Ok(())
}

/// Applies a re-key to a ledger that has all earlier batches and re-keys. `number` is the re-key's among those of its
/// group, from 0.
///
/// # Errors
/// [`LedgerError`]; the ledger is as before.
pub fn replay_rekey(
    ledger: &mut GroupLedger,
    scope: &Scope,
    number: u32,
    rekeyed: &HouseRekeyed,
    secrets: &impl LedgerSecrets,
) -> Result<(), LedgerError> {
    let expected = ledger.batch_no();
    if rekeyed.batch_no != expected {
        return Err(LedgerError::RekeyOrder {
            number,
            expected,
            found: rekeyed.batch_no,
        });
    }
    let house = rekeyed
        .open(scope, number, secrets)
        .map_err(|source| LedgerError::Rekey { number, source })?
        .ok_or(LedgerError::Sealed(number))?;
    if ledger.house().rekeyed(house.key).as_ref() != Some(&house) {
        return Err(LedgerError::Contents(number));
    }
    ledger.restore_house(house, expected);
    Ok(())
}

/// Applies those re-keys that come before the ledger's next batch. `rekeyed` are all of the group, in order; `done` is
/// the number of those applied before, and is moved on.
///
/// # Errors
/// [`LedgerError`].
pub fn replay_rekeys(
    ledger: &mut GroupLedger,
    scope: &Scope,
    rekeyed: &[HouseRekeyed],
    done: &mut u32,
    secrets: &impl LedgerSecrets,
) -> Result<(), LedgerError> {
    while let Some(next) = rekeyed
        .get(*done as usize)
        .filter(|next| next.batch_no == ledger.batch_no())
    {
        replay_rekey(ledger, scope, *done, next, secrets)?;
        *done = done.saturating_add(1);
    }
    Ok(())
}

fn unsealed(keys: &OpenKeys, secrets: &impl LedgerSecrets) -> Option<AccountKeys> {
    let (public_key, view_key) = keys.unseal(secrets)?;
    Some(AccountKeys {
        key: Key::from(&public_key),
        view_key,
    })
}

/// The house after a batch, `None` if its record does not give its commitment. A batch does not change its key.
fn house(ledger: &GroupLedger, batch: &Batch, salt: StreamSalt) -> Result<Option<House>, FieldError> {
    let before = ledger.house();
    let commitment = from_bytes(&batch.new_house)?;
    let house = house_record(batch)?.open(before.key, before.nonce.saturating_add(1), salt);
    Ok(house.filter(|house| house.commitment() == commitment))
}
