//! A batch: N units in sequence, then the house (B-HOUSE, B-STATEMENT).

use crate::{
    house::House,
    packing::OpenInterest,
    record::HouseRecord,
    statement::Statement,
    unit::{move_open_interest, UnitEffect, UnitError, UnitWitness},
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{FEE_POOL_BITS, INSTRUMENTS, OPEN_INTEREST_BITS},
    Fr,
};
use cloister_risk::{Positions, RiskTable};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Shape of a batch.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct Shape {
    /// Units, N.
    pub units: u16,
    /// Places a unit, J.
    pub orders: u16,
}

impl Shape {
    /// The development shape.
    pub const DEV: Self = Self { units: 8, orders: 1 };
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

/// Why a batch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The batch does not have N units.
    #[error("the batch has the wrong number of units")]
    Units,
    /// A unit is refused.
    #[error("unit {0}: {1}")]
    Unit(u16, UnitError),
    /// B-HOUSE: the house holds positions, which nothing can have given it.
    #[error("the house holds positions")]
    HousePositions,
    /// B-CONSERVE-Q: the position changes of row `.0` do not sum to 0.
    #[error("the position changes of row {0} do not sum to zero")]
    Unbalanced(u8),
    /// B-HOUSE: the sweep is more than the fees.
    #[error("the sweep is more than the fee pool")]
    Sweep,
    /// B-HOUSE: insurance money would fall.
    #[error("the insurance money would fall")]
    InsuranceFalls,
    /// B-HOUSE: a sum does not fit.
    #[error("a sum of the house does not fit its width")]
    Width,
    /// B-HOUSE: an open interest leaves its width.
    #[error("an open interest does not fit its width")]
    OpenInterest,
    /// B-HOUSE: the mask claims that row `.0` is empty, and it is not.
    #[error("row {0} is not empty")]
    NotEmpty(u8),
}

/// Sums over the units.
#[derive(Default)]
struct Sums {
    cash: i128,
    fees: u128,
    deposits: i128,
    withdrawals: i128,
    positions: Positions,
    longs: [i64; INSTRUMENTS],
}

impl Sums {
    fn add(&mut self, unit: &UnitEffect) -> Option<()> {
        self.cash = self.cash.checked_add(unit.cash)?;
        self.fees = self.fees.checked_add(unit.fees)?;
        self.deposits = self.deposits.checked_add(unit.record.deposit.into())?;
        self.withdrawals = self.withdrawals.checked_add(unit.record.withdrawal.into())?;
        for (sum, d) in self.positions.iter_mut().zip(&unit.positions) {
            *sum = sum.checked_add(*d)?;
        }
        for (sum, d) in self.longs.iter_mut().zip(&unit.longs) {
            *sum = sum.checked_add(*d)?;
        }
        Some(())
    }
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
        let mut sums = Sums::default();
        let mut units = Vec::with_capacity(self.units.len());
        for (i, unit) in self.units.iter().enumerate() {
            let effect = unit
                .check(&self.context, root, shape.orders.into())
                .map_err(|e| BatchError::Unit(i as u16, e))?;
            root = effect.root;
            sums.add(&effect).ok_or(BatchError::Width)?;
            units.push(effect);
        }
        let house = self.move_house(&sums)?;
        let statement = Statement {
            genesis: self.context.genesis,
            group: self.context.group,
            batch_no: self.context.batch_no,
            time: self.context.time,
            salt: self.context.salt,
            old_root: self.old_root,
            new_root: root,
            old_house: self.house.commitment(),
            new_house: house.commitment(),
            risk_hash: self.context.table.hash(),
            sweep: self.sweep,
            empty_mask: self.empty_mask,
            units: units.iter().map(|u| u.record.clone()).collect(),
            house: HouseRecord::encrypt(&house, self.context.salt),
        };
        Ok(BatchEffect {
            house,
            units,
            statement,
        })
    }

    /// B-HOUSE, B-CONSERVE-CASH, B-CONSERVE-Q.
    fn move_house(&self, sums: &Sums) -> Result<House, BatchError> {
        if self.house.positions != Positions::default() {
            return Err(BatchError::HousePositions);
        }
        if let Some(row) = sums.positions.iter().position(|d| *d != 0) {
            return Err(BatchError::Unbalanced(row as u8));
        }
        let pool = self.house.fee_pool.checked_add(sums.fees).ok_or(BatchError::Width)?;
        let fee_pool = pool.checked_sub(self.sweep.into()).ok_or(BatchError::Sweep)?;
        if fee_pool >> FEE_POOL_BITS != 0 {
            return Err(BatchError::Width);
        }
        let insurance = self.insurance_after(sums, fee_pool).ok_or(BatchError::Width)?;
        if insurance < self.house.insurance {
            return Err(BatchError::InsuranceFalls);
        }
        if !crate::account::cash_fits(insurance) {
            return Err(BatchError::Width);
        }
        let open_interest: OpenInterest =
            move_open_interest(&self.house.open_interest, &sums.longs, OPEN_INTEREST_BITS)
                .ok_or(BatchError::OpenInterest)?;
        let claimed = |row: usize| (self.empty_mask >> row) & 1 == 1;
        if let Some(row) = (0..INSTRUMENTS).find(|row| claimed(*row) && open_interest[*row] != 0) {
            return Err(BatchError::NotEmpty(row as u8));
        }
        let nonce = self.house.nonce.checked_add(1).ok_or(BatchError::Width)?;
        Ok(House {
            key: self.house_key,
            nonce,
            insurance,
            fee_pool,
            open_interest,
            ..self.house.clone()
        })
    }

    /// `insurance + deposits - withdrawals - sweep - ΣΔcash - Δfee_pool`.
    fn insurance_after(&self, sums: &Sums, fee_pool: u128) -> Option<i128> {
        let fee_change = i128::try_from(fee_pool)
            .ok()?
            .checked_sub(i128::try_from(self.house.fee_pool).ok()?)?;
        self.house
            .insurance
            .checked_add(sums.deposits)?
            .checked_sub(sums.withdrawals)?
            .checked_sub(self.sweep.into())?
            .checked_sub(sums.cash)?
            .checked_sub(fee_change)
    }
}
