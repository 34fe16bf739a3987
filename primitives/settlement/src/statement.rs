//! The statement of a batch, from what the chain knows and what was submitted (B-STATEMENT).

use crate::{
    batch::{Batch, Field, UnitSubmission},
    taking::Taking,
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::HOUSE_RECORD,
    field::{from_bytes, FieldError},
    Fr,
};
use cloister_ledger::{Doors, HouseRecord, RecordKind, Statement, UnitRecord};
use cloister_types::GroupId;

/// What the chain knows of a batch and never takes from its submitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownToChain {
    /// Genesis hash.
    pub genesis: [u8; 32],
    /// The group.
    pub group: GroupId,
    /// Number of the group's next batch.
    pub batch_no: u64,
    /// Account root before the batch.
    pub old_root: Field,
    /// House commitment before the batch.
    pub old_house: Field,
    /// Hash of the risk table that the batch names.
    pub risk_hash: Field,
}

/// Why there is no statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// A field element is not canonical.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// What is taken from the queue is not said of every unit.
    #[error("{takings} takings for {units} units")]
    Takings {
        /// Units.
        units: usize,
        /// Takings.
        takings: usize,
    },
}

/// Rebuilds the statement of a batch. `takings` is what each unit takes from the queue ([`take`](crate::take)), `doors`
/// what the house's part takes ([`take_house`](crate::take_house)).
///
/// # Errors
/// [`StatementError`].
pub fn rebuild(
    known: &KnownToChain,
    batch: &Batch,
    takings: &[Taking],
    doors: Doors,
) -> Result<Statement, StatementError> {
    let units = with_takings(batch, takings)?
        .map(|(unit, taking)| unit_record(unit, taking))
        .collect::<Result<_, FieldError>>()?;
    Ok(Statement {
        genesis: known.genesis,
        group: known.group,
        batch_no: known.batch_no,
        time: batch.time,
        payee: batch.payee,
        salt: from_bytes(&batch.salt)?,
        old_root: from_bytes(&known.old_root)?,
        new_root: from_bytes(&batch.new_root)?,
        old_house: from_bytes(&known.old_house)?,
        new_house: from_bytes(&batch.new_house)?,
        risk_hash: from_bytes(&known.risk_hash)?,
        sweep: batch.sweep,
        doors,
        insurance_out: batch.take_insurance.unwrap_or_default(),
        empty_mask: batch.empty_mask,
        units,
        house: house_record(batch)?,
    })
}

/// The units of a batch, each with what it takes from the queue.
pub(crate) fn with_takings<'a>(
    batch: &'a Batch,
    takings: &'a [Taking],
) -> Result<impl Iterator<Item = (&'a UnitSubmission, &'a Taking)>, StatementError> {
    let units = &batch.units;
    if units.len() != takings.len() {
        return Err(StatementError::Takings {
            units: units.len(),
            takings: takings.len(),
        });
    }
    Ok(units.iter().zip(takings))
}

/// The record of a unit: kind, keys and deposit are the queue's, the rest is what was submitted.
pub(crate) fn unit_record(unit: &UnitSubmission, taking: &Taking) -> Result<UnitRecord, FieldError> {
    let kind = match (&taking.open, &taking.request) {
        (Some(keys), _) => RecordKind::Open(keys.record()?),
        (None, Some(request)) => request.record()?,
        (None, None) => RecordKind::Update,
    };
    Ok(UnitRecord {
        index: unit.index,
        kind,
        deposit: taking.amount,
        withdrawal: unit.withdrawal,
        new_leaf: from_bytes(&unit.new_leaf)?,
        ciphertext: unit.ciphertext.iter().map(from_bytes).collect::<Result<Vec<_>, _>>()?,
    })
}

/// The house's record.
pub(crate) fn house_record(batch: &Batch) -> Result<HouseRecord, FieldError> {
    let mut ciphertext = [Fr::zero(); HOUSE_RECORD];
    for (element, bytes) in ciphertext.iter_mut().zip(&batch.house_record) {
        *element = from_bytes(bytes)?;
    }
    Ok(HouseRecord { ciphertext })
}
