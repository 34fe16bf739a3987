//! What a report of a fill above the receipt of a cancel must prove (C-OVERFILL).

use crate::{Bonds, CancelReport, Config, Error, Pallet, Receipt};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::FILLED_MAX,
    field::{from_bytes, to_bytes, FieldError},
    stream::Scope,
    Fr,
};
use cloister_ledger::{
    statement::{statement_hash, statement_salt},
    Instruction, InstructionKind, SealedUnit, SignedInstruction,
};
use cloister_receipt::Outcome;
use cloister_types::{GroupId, Lots};
use codec::DecodeAll;
use pallet_cloister_sequencers::{SettledBatch, SettledBatches};
use polkadot_sdk::{
    frame_support::ensure,
    frame_system::{self, pallet_prelude::BlockNumberFor},
    sp_runtime::traits::Zero,
};

/// What the receipt of a cancel promises, and the batch that must keep it.
pub(crate) struct Promise<AccountId> {
    /// Number of the receipt.
    pub number: u64,
    /// The cancel.
    pub cancel: Instruction,
    /// Lots of the order that were filled before.
    pub filled: Lots,
    /// The batch.
    pub batch: SettledBatch<AccountId>,
}

impl<T: Config> Pallet<T> {
    /// Checks that somebody with a bond has signed the receipt of a cancel, on a series of its own, and that it answers
    /// for the batch.
    pub(crate) fn check_promise(
        group: u32,
        who: &T::AccountId,
        report: &CancelReport,
    ) -> Result<Promise<T::AccountId>, Error<T>> {
        let receipt = &report.receipt.receipt;
        ensure!(Self::is_ours(group, receipt), Error::<T>::WrongScope);
        let Outcome::Cancel { filled } = receipt.outcome else {
            return Err(Error::<T>::NoCancel);
        };
        let signed = SignedInstruction::decode_all(&mut &report.instruction[..]);
        let signed = signed.map_err(|_| Error::<T>::OtherInstruction)?;
        ensure!(receipt.is_of(&signed), Error::<T>::OtherInstruction);
        let cancel = signed.instruction;
        ensure!(
            cancel.kind == InstructionKind::Cancel && cancel.group == GroupId(group),
            Error::<T>::NoCancel
        );
        let (number, series) = (receipt.number, receipt.series());
        ensure!(series > 0, Error::<T>::NoSeries);
        ensure!(Bonds::<T>::contains_key(group, who), Error::<T>::NothingBonded);
        let batch = T::Batches::settled(group, report.batch_no).ok_or(Error::<T>::UnknownBatch)?;
        ensure!(batch.submitter == *who, Error::<T>::OtherSubmitter);
        ensure!(batch.series == series, Error::<T>::OtherSeries);
        ensure!(Self::is_signed(who, &report.receipt), Error::<T>::WrongSignature);
        Ok(Promise {
            number,
            cancel,
            filled,
            batch,
        })
    }

    /// Checks that the batch breaks the promise: a place of it fills the order further.
    pub(crate) fn check_overfill(promise: &Promise<T::AccountId>, report: &CancelReport) -> Result<(), Error<T>> {
        let Promise {
            cancel, filled, batch, ..
        } = promise;
        let elements = report.elements.iter().map(from_bytes);
        let elements = elements.collect::<Result<Vec<Fr>, FieldError>>();
        let elements = elements.map_err(|_| Error::<T>::WrongStatement)?;
        ensure!(
            to_bytes(&statement_hash(&elements)) == batch.statement,
            Error::<T>::WrongStatement
        );
        let salt = statement_salt(&elements).ok_or(Error::<T>::WrongStatement)?;
        let scope = Scope {
            genesis: report.receipt.receipt.scope.genesis,
            group: cancel.group.get(),
        };
        let unit = SealedUnit::of_statement(&elements, batch.units.into(), report.unit.into())
            .filter(|unit| unit.index() == cancel.index)
            .ok_or(Error::<T>::OtherUnit)?;
        let opening = report.opening.read().map_err(|_| Error::<T>::NotOpened)?;
        let plain = unit.open(&opening, scope.salt(salt)).ok_or(Error::<T>::NotOpened)?;
        let slot = plain.slots.get(usize::from(report.place)).copied().flatten();
        let is_above = slot.is_some_and(|slot| {
            // A cancel that is proven fills nothing.
            slot.id == cancel.id && slot.filled > *filled && slot.filled != Lots(FILLED_MAX)
        });
        ensure!(is_above, Error::<T>::NotOverfilled);
        Ok(())
    }

    /// Whether a receipt is of this chain and a group of it.
    pub(crate) fn is_ours(group: u32, receipt: &Receipt) -> bool {
        let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
        let genesis: &[u8] = genesis.as_ref();
        receipt.scope.genesis == *genesis && receipt.scope.group == GroupId(group)
    }
}
