//! A batch: N units in sequence, then the house (B-TRANSFER, B-HOUSE, B-STATEMENT).

mod error;
mod house;
mod sums;

pub use self::error::BatchError;
use self::{house::HouseMove, sums::Sums};
use crate::{
    house::House,
    record::HouseRecord,
    statement::Statement,
    unit::{UnitEffect, UnitWitness},
};
use alloc::vec::Vec;
use cloister_crypto::Fr;
use cloister_risk::{MarginChoice, RiskTable};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Shape of a batch.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct Shape {
    /// Number of units, N.
    pub units: u16,
    /// Places per unit, J.
    pub places: u16,
}

impl Shape {
    /// The development shape; fills a domain of 2^18.
    pub const DEV: Self = Self { units: 10, places: 1 };
    /// Fills a domain of 2^19.
    pub const STANDARD: Self = Self { units: 23, places: 1 };
    /// Fills a domain of 2^20.
    pub const LARGE: Self = Self { units: 49, places: 1 };
    /// For market makers, with many orders of few accounts; fills a domain of 2^20.
    pub const MAKER: Self = Self { units: 14, places: 8 };
}

/// What all units of a batch share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchContext {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: u32,
    /// Batch number.
    pub batch_no: u64,
    /// Batch time, milliseconds of Unix time.
    pub time: u64,
    /// Salt of the keystreams.
    pub salt: Fr,
    /// Risk table.
    pub table: RiskTable,
}

/// Private data of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchWitness {
    /// Public context.
    pub context: BatchContext,
    /// Account root before.
    pub old_root: Fr,
    /// House before.
    pub house: House,
    /// Key of the house after.
    pub house_key: Fr,
    /// Fees paid out publicly, 10^-6.
    pub sweep: u64,
    /// Rows proven empty.
    pub empty_mask: u32,
    /// N units.
    pub units: Vec<UnitWitness>,
    /// How the house meets B-HOUSE-MARGIN: [`MarginChoice::Initial`] or [`MarginChoice::NotWorse`].
    pub house_margin: MarginChoice,
}

/// What a batch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchEffect {
    /// House after.
    pub house: House,
    /// Effects of the units.
    pub units: Vec<UnitEffect>,
    /// The public statement.
    pub statement: Statement,
}

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
        let moved = self.move_house(&units)?;
        moved.check_margin(self.house_margin).map_err(BatchError::HouseMargin)?;
        Ok(self.conclude(units, moved.house))
    }

    /// Chooses how the house meets its margin, and does the rest of [`Self::check`] for units that were checked one by one.
    ///
    /// # Errors
    /// The first rule that does not hold, whatever the choice.
    pub(crate) fn complete(&mut self, units: Vec<UnitEffect>) -> Result<BatchEffect, BatchError> {
        let (house, choice) = self.settle(&units)?;
        self.house_margin = choice;
        Ok(self.conclude(units, house))
    }

    /// The house after and how it meets its margin.
    pub(crate) fn settle(&self, units: &[UnitEffect]) -> Result<(House, MarginChoice), BatchError> {
        self.check_transfers(units)?;
        let moved = self.move_house(units)?;
        let choice = moved.choose_margin().map_err(BatchError::HouseMargin)?;
        Ok((moved.house, choice))
    }

    /// B-TRANSFER: what a unit sends is what the next one gets, and nothing else comes in.
    fn check_transfers(&self, effects: &[UnitEffect]) -> Result<(), BatchError> {
        let mut sent = None;
        for (i, (unit, effect)) in self.units.iter().zip(effects).enumerate() {
            let number = i as u16;
            if sent.is_some_and(|t: crate::place::Transfer| t.to != u64::from(unit.index)) {
                return Err(BatchError::TransferIndex(number));
            }
            if unit.incoming != sent.map_or(0, |t| t.amount) {
                return Err(BatchError::TransferAmount(number));
            }
            sent = effect.transfer;
        }
        match sent {
            Some(_) => Err(BatchError::TransferLast),
            None => Ok(()),
        }
    }

    fn move_house(&self, units: &[UnitEffect]) -> Result<HouseMove<'_>, BatchError> {
        HouseMove::new(self, &Sums::over(units).ok_or(BatchError::Width)?)
    }

    fn conclude(&self, units: Vec<UnitEffect>, house: House) -> BatchEffect {
        let statement = Statement {
            genesis: self.context.genesis,
            group: self.context.group,
            batch_no: self.context.batch_no,
            time: self.context.time,
            salt: self.context.salt,
            old_root: self.old_root,
            new_root: units.last().map_or(self.old_root, |u| u.root),
            old_house: self.house.commitment(),
            new_house: house.commitment(),
            risk_hash: self.context.table.hash(),
            sweep: self.sweep,
            empty_mask: self.empty_mask,
            units: units.iter().map(|u| u.record.clone()).collect(),
            house: HouseRecord::encrypt(&house, self.context.salt),
        };
        BatchEffect {
            house,
            units,
            statement,
        }
    }
}
