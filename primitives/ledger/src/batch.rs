//! A batch: N units in sequence, then the house (B-TRANSFER, B-DELEVERAGE, B-HOUSE, B-DOORS, B-STATEMENT).

mod deleveraging;
mod doors;
mod error;
mod house;
mod sums;
mod witness;

use self::{deleveraging::check_deleveraging, house::HouseMove, sums::Sums};
pub use self::{
    doors::Doors,
    error::BatchError,
    witness::{BatchEffect, BatchWitness, Settled},
};
use crate::{house::House, place::Transfer, record::HouseRecord, shape::Shape, statement::Statement, unit::UnitEffect};
use alloc::vec::Vec;
use cloister_types::Amount;

impl BatchWitness {
    /// Checks every rule of the batch statement and computes the effect.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&self, shape: Shape) -> Result<BatchEffect, BatchError> {
        if self.units.len() != usize::from(shape.units) {
            return Err(BatchError::Units);
        }
        let mut root = self.old_root;
        let mut units = Vec::with_capacity(self.units.len());
        for (i, unit) in self.units.iter().enumerate() {
            let effect = unit
                .check(&self.context, root, shape.places.into())
                .map_err(|e| BatchError::Unit(i as u16, e))?;
            root = effect.root;
            units.push(effect);
        }
        self.check_transfers(&units)?;
        let moved = HouseMove::new(self, &sums(&units)?)?;
        moved.check_doors(self)?;
        moved.check_margin(self.house_margin).map_err(BatchError::HouseMargin)?;
        Ok(self.conclude(units, moved.house))
    }

    /// Finds what leaves the insurance and how the house meets its margin, and does the rest of [`Self::check`] for
    /// units that were checked one by one.
    ///
    /// # Errors
    /// The first rule that does not hold, whatever the choice.
    pub(crate) fn complete(&mut self, units: Vec<UnitEffect>) -> Result<BatchEffect, BatchError> {
        let settled = self.settle(&units)?;
        self.take(&settled);
        Ok(self.conclude(units, settled.house))
    }

    /// Takes over what the house found: what leaves the insurance, and the choices.
    pub fn take(&mut self, settled: &Settled) {
        self.insurance_out = settled.insurance_out;
        self.doors_choice = settled.doors_choice;
        self.house_margin = settled.house_margin;
    }

    /// The house after units that were checked one by one, what leaves its insurance, and how it meets its margin.
    ///
    /// # Errors
    /// The first rule of transfers or of the house that does not hold.
    pub fn settle(&self, units: &[UnitEffect]) -> Result<Settled, BatchError> {
        self.check_transfers(units)?;
        let moved = HouseMove::paying(self, &sums(units)?)?;
        let house_margin = moved.choose_margin().map_err(BatchError::HouseMargin)?;
        Ok(Settled {
            insurance_out: moved.insurance_out,
            doors_choice: moved.doors_choice,
            house_margin,
            house: moved.house,
        })
    }

    /// B-TRANSFER: what a unit sends is what the next one gets, and nothing else arrives.
    fn check_transfers(&self, effects: &[UnitEffect]) -> Result<(), BatchError> {
        let mut sent = None;
        for (i, (unit, effect)) in self.units.iter().zip(effects).enumerate() {
            let number = i as u16;
            if sent.is_some_and(|t: Transfer| t.to != u64::from(unit.index.get())) {
                return Err(BatchError::TransferIndex(number));
            }
            if unit.incoming != sent.map_or(Amount::ZERO, |t| t.amount) {
                return Err(BatchError::TransferAmount(number));
            }
            sent = effect.transfer;
        }
        match sent {
            Some(_) => Err(BatchError::TransferLast),
            None => Ok(()),
        }
    }

    fn conclude(&self, units: Vec<UnitEffect>, house: House) -> BatchEffect {
        let statement = Statement {
            genesis: self.context.genesis,
            group: self.context.group,
            batch_no: self.context.batch_no,
            time: self.context.time,
            payee: self.context.payee,
            salt: self.context.salt,
            old_root: self.old_root,
            new_root: units.last().map_or(self.old_root, |u| u.root),
            old_house: self.house.commitment(),
            new_house: house.commitment(),
            risk_hash: self.context.table.hash(),
            sweep: self.sweep,
            doors: self.doors,
            insurance_out: self.insurance_out,
            empty_mask: self.empty_mask,
            units: units.iter().map(|u| u.record.clone()).collect(),
            house: HouseRecord::encrypt(&house, self.context.stream_salt()),
        };
        BatchEffect {
            house,
            units,
            statement,
        }
    }
}

/// What the house must answer for, once deleveraging owes nobody anything.
fn sums(units: &[UnitEffect]) -> Result<Sums, BatchError> {
    check_deleveraging(units)?;
    Sums::over(units).ok_or(BatchError::Width)
}
