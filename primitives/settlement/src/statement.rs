//! The statement of a batch, from what the chain knows and what was submitted (B-STATEMENT).

use crate::{
    batch::{Batch, Field, UnitSubmission},
    queue::QueueItem,
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::HOUSE_RECORD,
    field::{from_bytes, FieldError},
    Fr,
};
use cloister_ledger::{HouseRecord, RecordKind, Statement, UnitRecord};
use cloister_types::{Amount, GroupId};

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
    /// A unit consumes a queue item that is not there or belongs to another account (C-QUEUE).
    #[error("unit {unit} does not fit the queue")]
    Queue {
        /// The unit.
        unit: usize,
    },
}

/// Rebuilds the statement of a batch. `queue` is the queue before the batch, from its first item on: at least the items
/// that the batch consumes.
///
/// # Errors
/// [`StatementError`].
pub fn rebuild<'a, A: 'a>(
    known: &KnownToChain,
    batch: &Batch,
    queue: impl IntoIterator<Item = &'a QueueItem<A>>,
) -> Result<Statement, StatementError> {
    let units = consumers(batch, queue)
        .map(|unit| unit.and_then(|(unit, item)| Ok(unit_record(unit, item)?)))
        .collect::<Result<_, StatementError>>()?;
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
        empty_mask: batch.empty_mask,
        units,
        house: house_record(batch)?,
    })
}

/// The units of a batch, each with the queue item that it consumes.
pub(crate) fn consumers<'b, 'q, A: 'q>(
    batch: &'b Batch,
    queue: impl IntoIterator<Item = &'q QueueItem<A>>,
) -> impl Iterator<Item = Result<(&'b UnitSubmission, Option<&'q QueueItem<A>>), StatementError>> {
    let mut queue = queue.into_iter();
    batch.units.iter().enumerate().map(move |(number, unit)| {
        if !unit.queued {
            return Ok((unit, None));
        }
        let item = queue.next().filter(|item| item.index == unit.index);
        let item = item.ok_or(StatementError::Queue { unit: number })?;
        Ok((unit, Some(item)))
    })
}

/// The record of a unit: kind, keys and deposit are the queue's, the rest is what was submitted.
pub(crate) fn unit_record<A>(unit: &UnitSubmission, item: Option<&QueueItem<A>>) -> Result<UnitRecord, FieldError> {
    let kind = match item.and_then(|item| item.kind.open()) {
        Some(keys) => RecordKind::Open(keys.record()?),
        None => RecordKind::Update,
    };
    Ok(UnitRecord {
        index: unit.index,
        kind,
        deposit: item.map_or(Amount::ZERO, |item| item.amount),
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
