//! The statement of a batch, from the chain's storage and what was submitted (B-STATEMENT).

use crate::{
    queue::{GroupOf, Plan},
    types::{Field, ItemKind},
    Batch, Config, Error,
};
use alloc::vec::Vec;
use cloister_crypto::{constants::HOUSE_RECORD, field::from_bytes, Fr};
use cloister_ledger::{HouseRecord, KeyRecord, RecordKind, Statement, UnitRecord};
use pallet_cloister_risk::TableInfo;

fn field<T: Config>(bytes: &Field) -> Result<Fr, Error<T>> {
    from_bytes(bytes).map_err(|_| Error::<T>::NonCanonicalField)
}

/// Rebuilds the statement. What the chain knows (genesis, group, number, old root and house, risk hash, kinds, keys, deposits)
/// is taken from it; the batch gives only what is new.
pub(crate) fn build<T: Config>(
    genesis: [u8; 32],
    group: u32,
    state: &GroupOf<T>,
    table: &TableInfo,
    batch: &Batch,
    plan: &Plan<T>,
) -> Result<Statement, Error<T>> {
    let units = batch
        .units
        .iter()
        .zip(&plan.consumed)
        .map(|(unit, item)| {
            let item = item.as_ref().map(|(_, item)| item);
            let kind = match item.map(|item| &item.kind) {
                Some(ItemKind::Open(keys)) => RecordKind::Open(KeyRecord {
                    x: field::<T>(&keys.pk_x)?,
                    y: field::<T>(&keys.pk_y)?,
                    view_commitment: field::<T>(&keys.view_commitment)?,
                }),
                Some(ItemKind::Deposit) | None => RecordKind::Update,
            };
            Ok(UnitRecord {
                index: unit.index,
                kind,
                deposit: item.map_or(0, |item| item.amount),
                withdrawal: unit.withdrawal,
                new_leaf: field::<T>(&unit.new_leaf)?,
                ciphertext: unit.ciphertext.iter().map(field::<T>).collect::<Result<Vec<_>, _>>()?,
            })
        })
        .collect::<Result<Vec<_>, Error<T>>>()?;
    let mut ciphertext = [Fr::zero(); HOUSE_RECORD];
    for (element, bytes) in ciphertext.iter_mut().zip(&batch.house_record) {
        *element = field::<T>(bytes)?;
    }
    Ok(Statement {
        genesis,
        group,
        batch_no: state.batch_no,
        time: batch.time,
        salt: field::<T>(&batch.salt)?,
        old_root: field::<T>(&state.root)?,
        new_root: field::<T>(&batch.new_root)?,
        old_house: field::<T>(&state.house)?,
        new_house: field::<T>(&batch.new_house)?,
        risk_hash: field::<T>(&table.hash)?,
        sweep: batch.sweep,
        empty_mask: batch.empty_mask,
        units,
        house: HouseRecord { ciphertext },
    })
}
