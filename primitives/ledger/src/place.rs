//! One place of a unit: an order with its netted fill, a cancel, a cancel-all or a withdrawal (B-NORMAL).

use crate::{
    account::Account,
    instruction::{flags, Kind, SignedInstruction},
    packing::position_fits,
    slot::{slot_number, Slot},
    tree::{digit, root_of, root_with, Path},
};
use cloister_crypto::{
    constants::{COST_BITS, FEE_CAP_ONE, FILLED_MAX, ORDER_TREE_DEPTH, QUANTITY_BITS, TREE_ARITY},
    schnorr::{KeyError, SignatureError},
    Fr,
};
use cloister_risk::{RiskTable, Row, Status};

/// Everything one order did in a unit, whoever the counterparties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// Row of the instrument in the risk table.
    pub row: u8,
    /// Lots.
    pub quantity: u64,
    /// Cost `n = Σ price·lots`, 10^-6.
    pub cost: u128,
    /// Fee, 10^-6.
    pub fee: u128,
}

/// Private data of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceWitness {
    /// The signed instruction; kind none for an empty place.
    pub signed: SignedInstruction,
    /// The fill; zero unless the instruction is an order.
    pub fill: Fill,
    /// Path of the instruction's slot in the order tree before the place (zeros for an empty place).
    pub path: Path<ORDER_TREE_DEPTH>,
}

impl Default for PlaceWitness {
    fn default() -> Self {
        let path = [[Fr::zero(); TREE_ARITY]; ORDER_TREE_DEPTH];
        Self {
            signed: SignedInstruction::default(),
            fill: Fill::default(),
            path,
        }
    }
}

/// Why a place is refused. Each variant names the rule of `docs/spec/batch.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// B-RANGE: a field, fill, cost or fee does not fit its width.
    #[error("a field does not fit its width")]
    Width,
    /// A fill without an order.
    #[error("only an order can be filled")]
    FillWithoutOrder,
    /// B-SIG: the instruction is for another group or account.
    #[error("the instruction is for another group or account")]
    Addressee,
    /// B-SIG: the account's key is not usable.
    #[error("the trading key is not valid: {0}")]
    Key(KeyError),
    /// B-SIG: the signature does not verify.
    #[error("the signature does not verify: {0}")]
    Signature(SignatureError),
    /// B-ALIVE: the id is below the account's minimum.
    #[error("the id is below the account's minimum id")]
    IdBelowMinimum,
    /// B-ALIVE: the batch time is after the expiry.
    #[error("the instruction has expired")]
    Expired,
    /// B-SLOT: the path does not open the order tree.
    #[error("the slot's path does not open the order tree")]
    SlotPath,
    /// B-SLOT: the slot holds no slot value.
    #[error("the slot does not hold a slot value")]
    SlotValue,
    /// B-SLOT: the slot holds a higher id.
    #[error("the slot holds a higher id")]
    SlotTaken,
    /// B-SLOT: an order with an empty fill.
    #[error("the order is not filled at all")]
    NothingFilled,
    /// B-SLOT: the fill goes beyond the signed quantity.
    #[error("the fill goes beyond the signed quantity")]
    BeyondQuantity,
    /// B-SLOT: the withdrawal's id was used before.
    #[error("the id was used before")]
    IdUsed,
    /// A withdrawal in a place that is not the last.
    #[error("only the last place can hold a withdrawal")]
    WithdrawalPlace,
    /// B-INSTRUMENT: the chosen row does not list the signed instrument.
    #[error("the row does not list the signed instrument")]
    Instrument,
    /// B-INSTRUMENT: the instrument is not trading.
    #[error("the instrument is not trading")]
    NotTrading,
    /// B-PRICE: worse than the limit.
    #[error("the price is worse than the limit")]
    Price,
    /// B-BAND: too far from the mark.
    #[error("the price is outside the band around the mark")]
    Band,
    /// B-FEE: above what the trader allowed.
    #[error("the fee is above the signed maximum")]
    FeeAboveMaximum,
    /// B-FEE: above the table's cap.
    #[error("the fee is above the cap")]
    FeeAboveCap,
    /// B-REDUCE: the fill does not reduce.
    #[error("the fill does not reduce the position")]
    NotReducing,
    /// B-LIMIT: the position would grow beyond its limit.
    #[error("the position would grow beyond its limit")]
    PositionLimit,
    /// B-RANGE: the new position does not fit.
    #[error("the position does not fit its width")]
    PositionWidth,
    /// B-RANGE: cash cannot be computed.
    #[error("cash does not fit its width")]
    CashWidth,
}

/// What a place needs to know of its batch and unit.
#[derive(Clone, Copy, Debug)]
pub struct PlaceContext<'a> {
    /// Genesis hash of the chain.
    pub genesis: &'a [u8; 32],
    /// Margin group.
    pub group: u32,
    /// Account index.
    pub index: u32,
    /// Batch time.
    pub time: u64,
    /// Risk table.
    pub table: &'a RiskTable,
    /// True for place `J - 1`.
    pub last: bool,
}

/// What a place changed besides the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlaceEffect {
    /// New value of the touched slot, 0 for an empty place.
    pub slot: Fr,
    /// Amount paid to the owner.
    pub withdrawal: u64,
    /// Fee taken.
    pub fee: u128,
}

impl PlaceWitness {
    /// Checks the place and applies it to `account`.
    ///
    /// # Errors
    /// The first rule that does not hold; `account` is then unspecified.
    pub fn apply(&self, context: &PlaceContext<'_>, account: &mut Account) -> Result<PlaceEffect, PlaceError> {
        let instruction = &self.signed.instruction;
        if !instruction.fits() {
            return Err(PlaceError::Width);
        }
        // Without an order the row has no meaning.
        let Fill {
            quantity, cost, fee, ..
        } = self.fill;
        if instruction.kind != Kind::Order && (quantity, cost, fee) != (0, 0, 0) {
            return Err(PlaceError::FillWithoutOrder);
        }
        if instruction.kind == Kind::None {
            return Ok(PlaceEffect::default());
        }
        self.check_signed(context, account)?;
        let filled_before = self.filled_before(account)?;
        let mut effect = PlaceEffect::default();
        let filled = match instruction.kind {
            Kind::Order => {
                effect.fee = self.fill.fee;
                self.apply_fill(context, account, filled_before)?
            }
            Kind::Withdrawal => {
                if filled_before != 0 {
                    return Err(PlaceError::IdUsed);
                }
                if !context.last {
                    return Err(PlaceError::WithdrawalPlace);
                }
                effect.withdrawal = instruction.limit;
                account.cash = account
                    .cash
                    .checked_sub(i128::from(instruction.limit))
                    .ok_or(PlaceError::CashWidth)?;
                FILLED_MAX
            }
            Kind::CancelAll => {
                account.min_id = instruction.id;
                FILLED_MAX
            }
            Kind::Cancel | Kind::None => FILLED_MAX,
        };
        effect.slot = Slot {
            id: instruction.id,
            filled,
        }
        .to_field();
        account.orders_root = root_with(&self.path, slot_number(instruction.id).into(), effect.slot);
        Ok(effect)
    }

    /// B-SIG, B-ALIVE.
    fn check_signed(&self, context: &PlaceContext<'_>, account: &Account) -> Result<(), PlaceError> {
        let instruction = &self.signed.instruction;
        if instruction.group != context.group || instruction.index != context.index {
            return Err(PlaceError::Addressee);
        }
        let key = account.key.public().map_err(PlaceError::Key)?;
        key.verify(instruction.message(context.genesis), &self.signed.signature)
            .map_err(PlaceError::Signature)?;
        if instruction.id < account.min_id {
            return Err(PlaceError::IdBelowMinimum);
        }
        if context.time > instruction.expiry {
            return Err(PlaceError::Expired);
        }
        Ok(())
    }

    /// B-SLOT: opens the slot; how far the instruction's id is filled.
    fn filled_before(&self, account: &Account) -> Result<u64, PlaceError> {
        let id = self.signed.instruction.id;
        let number = u32::from(slot_number(id));
        let value = self.path[0][digit(number, 0)];
        if root_of(&self.path, number, value) != Some(account.orders_root) {
            return Err(PlaceError::SlotPath);
        }
        let slot = Slot::from_field(&value).ok_or(PlaceError::SlotValue)?;
        match slot.id.cmp(&id) {
            core::cmp::Ordering::Greater => Err(PlaceError::SlotTaken),
            core::cmp::Ordering::Equal => Ok(slot.filled),
            core::cmp::Ordering::Less => Ok(0),
        }
    }

    /// B-INSTRUMENT, B-PRICE, B-BAND, B-FEE, B-REDUCE, B-LIMIT; returns the new filled amount.
    fn apply_fill(
        &self,
        context: &PlaceContext<'_>,
        account: &mut Account,
        filled_before: u64,
    ) -> Result<u64, PlaceError> {
        let instruction = &self.signed.instruction;
        let Fill {
            row,
            quantity,
            cost,
            fee,
        } = self.fill;
        if quantity >> QUANTITY_BITS != 0 || cost >> COST_BITS != 0 || fee >> COST_BITS != 0 {
            return Err(PlaceError::Width);
        }
        if quantity == 0 {
            return Err(PlaceError::NothingFilled);
        }
        let filled = filled_before.checked_add(quantity).ok_or(PlaceError::BeyondQuantity)?;
        if filled > instruction.quantity {
            return Err(PlaceError::BeyondQuantity);
        }
        let number = usize::from(row);
        let entry = context.table.rows.get(number).ok_or(PlaceError::Instrument)?;
        let position = account.positions.get_mut(number).ok_or(PlaceError::Instrument)?;
        if entry.instrument_id != instruction.instrument_id {
            return Err(PlaceError::Instrument);
        }
        if !entry.is_live() {
            return Err(PlaceError::NotTrading);
        }
        let sign = instruction.side.sign();
        check_price(entry, sign, quantity, cost, instruction.limit)?;
        check_fee(context.table, quantity, cost, fee, instruction.max_fee)?;

        let before = *position;
        let lots = i64::try_from(quantity).map_err(|_| PlaceError::Width)?;
        let change = sign.checked_mul(lots).ok_or(PlaceError::Width)?;
        let reduces = before
            .checked_mul(sign)
            .and_then(i64::checked_neg)
            .is_some_and(|held| held >= lots);
        let must_reduce = instruction.has(flags::REDUCE_ONLY) || entry.status == Status::CloseOnly;
        if must_reduce && !reduces {
            return Err(PlaceError::NotReducing);
        }
        let after = before.checked_add(change).ok_or(PlaceError::PositionWidth)?;
        if !position_fits(after) {
            return Err(PlaceError::PositionWidth);
        }
        if after.unsigned_abs() > entry.limit && after.unsigned_abs() > before.unsigned_abs() {
            return Err(PlaceError::PositionLimit);
        }
        *position = after;
        account.cash = cash_after(account.cash, entry, sign, quantity, cost, fee).ok_or(PlaceError::CashWidth)?;
        Ok(filled)
    }
}

/// `cash - σ·(n - f·F) - fee`.
fn cash_after(cash: i128, row: &Row, sign: i64, quantity: u64, cost: u128, fee: u128) -> Option<i128> {
    let funding = i128::from(quantity).checked_mul(i128::from(row.funding))?;
    let net = i128::try_from(cost).ok()?.checked_sub(funding)?;
    cash.checked_sub(net.checked_mul(i128::from(sign))?)?
        .checked_sub(i128::try_from(fee).ok()?)
}

/// B-PRICE and B-BAND.
fn check_price(row: &Row, sign: i64, quantity: u64, cost: u128, limit: u64) -> Result<(), PlaceError> {
    let quantity = i128::from(quantity);
    let cost = i128::try_from(cost).map_err(|_| PlaceError::Width)?;
    let product = |price: i128| quantity.checked_mul(price).ok_or(PlaceError::Width);
    let gain = product(limit.into())?.checked_sub(cost).ok_or(PlaceError::Width)?;
    if gain.checked_mul(i128::from(sign)).ok_or(PlaceError::Width)? < 0 {
        return Err(PlaceError::Price);
    }
    let distance = cost.checked_sub(product(row.mark.into())?).ok_or(PlaceError::Width)?;
    if distance.unsigned_abs() > product(row.band.into())?.unsigned_abs() {
        return Err(PlaceError::Band);
    }
    Ok(())
}

/// B-FEE.
fn check_fee(table: &RiskTable, quantity: u64, cost: u128, fee: u128, max_fee: u64) -> Result<(), PlaceError> {
    let allowed = u128::from(quantity)
        .checked_mul(u128::from(max_fee))
        .ok_or(PlaceError::Width)?;
    if fee > allowed {
        return Err(PlaceError::FeeAboveMaximum);
    }
    let scaled = fee.checked_mul(u128::from(FEE_CAP_ONE)).ok_or(PlaceError::Width)?;
    if scaled
        > cost
            .checked_mul(u128::from(table.header.fee_cap))
            .ok_or(PlaceError::Width)?
    {
        return Err(PlaceError::FeeAboveCap);
    }
    Ok(())
}
