//! One place of a unit: an instruction (B-NORMAL), an unsigned fill (B-LIQUIDATION, B-EXPIRY, B-DELEVERAGE), or
//! nothing.

use crate::{
    account::Account,
    fill::{Fill, FillError, FillRule},
    instruction::{InstructionKind, SignedInstruction, TriggerError},
    slot::{slot_number, Slot},
    tree::{digit, root_of, root_with, Path},
};
use cloister_crypto::{
    constants::{FILLED_MAX, ID_WINDOW_BITS, ORDER_TREE_DEPTH, TREE_ARITY},
    schnorr::{PublicKeyError, SignatureError},
    Fr,
};
use cloister_risk::{RiskTable, Traded};
use cloister_types::{AccountIndex, Amount, GroupId, Lots, Total};

/// Private data of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceWitness {
    /// The signed instruction; kind none for an unsigned fill or an empty place.
    pub signed: SignedInstruction,
    /// The fill of an order, of a liquidation, of an expiry or of deleveraging; otherwise empty.
    pub fill: Fill,
    /// Path of the instruction's slot in the order tree before the place (zeros without one).
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
    /// B-RANGE: a field of the instruction does not fit its width.
    #[error("a field of the instruction does not fit its width")]
    Width,
    /// B-UNIT: a fill without an order, in mode normal.
    #[error("only an order can be filled")]
    FillWithoutOrder,
    /// B-SIG: the instruction is for another group or account.
    #[error("the instruction is for another group or account")]
    Addressee,
    /// B-SIG: the account's key is not usable.
    #[error("the trading key is not valid: {0}")]
    Key(PublicKeyError),
    /// B-SIG: the signature does not verify.
    #[error("the signature does not verify: {0}")]
    Signature(SignatureError),
    /// B-ALIVE: the id is below the account's minimum.
    #[error("the id is below the account's minimum id")]
    IdBelowMinimum,
    /// B-ALIVE: the id is too far above the account's minimum.
    #[error("the id is not within 2^32 of the account's minimum id")]
    IdTooHigh,
    /// B-ALIVE: the batch time is after the expiry.
    #[error("the instruction has expired")]
    Expired,
    /// B-SLOT: the path does not open the order tree.
    #[error("the slot's path does not open the order tree")]
    SlotPath,
    /// B-SLOT: the leaf is not a slot value.
    #[error("the slot does not hold a slot value")]
    SlotValue,
    /// B-SLOT: the slot holds a higher id.
    #[error("the slot holds a higher id")]
    SlotTaken,
    /// B-SLOT: the fill goes beyond the signed quantity.
    #[error("the fill goes beyond the signed quantity")]
    BeyondQuantity,
    /// B-SLOT: the id of a withdrawal or transfer was used before.
    #[error("the id was used before")]
    IdUsed,
    /// B-NORMAL: a withdrawal or transfer in a place that is not the last.
    #[error("only the last place can hold a withdrawal or a transfer")]
    PaymentPlace,
    /// B-TRIGGER: trigger, directions and kind do not say one thing.
    #[error(transparent)]
    TriggerForm(#[from] TriggerError),
    /// B-TRIGGER: nothing of the order was filled before, and the mark is not at its trigger.
    #[error("the mark has not passed the order's trigger")]
    NotTriggered,
    /// B-TRANSFER: the account's owner has not switched transfers on.
    #[error("the account's owner does not allow transfers")]
    TransfersOff,
    /// B-FILL and what it names.
    #[error("fill: {0}")]
    Fill(#[from] FillError),
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
    pub group: GroupId,
    /// Account index.
    pub index: AccountIndex,
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
    /// New value of the touched slot, 0 without an instruction.
    pub slot: Fr,
    /// Amount paid to the owner.
    pub withdrawal: Amount,
    /// Amount sent to another account.
    pub transfer: Option<Transfer>,
    /// Fee taken.
    pub fee: Total,
    /// What the fill did, nothing without one.
    pub traded: Traded,
}

/// What a transfer asks of the next unit (B-TRANSFER).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Index of the account that is paid, as signed. There may be no such account.
    pub to: u64,
    /// Amount.
    pub amount: Amount,
}

impl PlaceWitness {
    /// True if the place holds an instruction.
    pub fn is_signed(&self) -> bool {
        self.signed.instruction.kind != InstructionKind::None
    }

    /// Checks the place of a unit in mode normal and applies it to `account`.
    ///
    /// # Errors
    /// The first rule that does not hold; `account` is then unspecified.
    pub fn apply(&self, context: &PlaceContext<'_>, account: &mut Account) -> Result<PlaceEffect, PlaceError> {
        let instruction = &self.signed.instruction;
        if instruction.kind != InstructionKind::Order && !self.fill.is_nothing() {
            return Err(PlaceError::FillWithoutOrder);
        }
        if instruction.kind == InstructionKind::None {
            return Ok(PlaceEffect::default());
        }
        if !instruction.fits() {
            return Err(PlaceError::Width);
        }
        let trigger = instruction.waits_for()?;
        self.check_signed(context, account)?;
        let filled_before = self.filled_before(account)?;
        let mut effect = PlaceEffect::default();
        let filled = match instruction.kind {
            InstructionKind::Order => {
                self.fill.measure()?;
                effect.fee = self.fill.fee;
                let filled = filled_before
                    .checked_add(self.fill.quantity)
                    .filter(|filled| *filled <= instruction.lots())
                    .ok_or(PlaceError::BeyondQuantity)?;
                effect.traded = self.fill.apply(FillRule::Order(instruction), context.table, account)?;
                if let (Some(trigger), true) = (trigger, filled_before.is_zero()) {
                    // The row is there, or the fill would have been refused.
                    let mark = context.table.rows.get(usize::from(self.fill.row)).map(|row| row.mark);
                    if !mark.is_some_and(|mark| trigger.fires_at(mark)) {
                        return Err(PlaceError::NotTriggered);
                    }
                }
                filled
            }
            InstructionKind::Withdrawal | InstructionKind::Transfer => {
                if !filled_before.is_zero() {
                    return Err(PlaceError::IdUsed);
                }
                if !context.last {
                    return Err(PlaceError::PaymentPlace);
                }
                if instruction.kind == InstructionKind::Withdrawal {
                    effect.withdrawal = instruction.amount();
                } else if !account.switches.transfers {
                    return Err(PlaceError::TransfersOff);
                } else {
                    effect.transfer = Some(Transfer {
                        to: instruction.quantity,
                        amount: instruction.amount(),
                    });
                }
                account.cash = account
                    .cash
                    .checked_sub(instruction.amount().into())
                    .ok_or(PlaceError::CashWidth)?;
                Lots(FILLED_MAX)
            }
            InstructionKind::CancelAll => {
                account.min_id = instruction.id;
                Lots(FILLED_MAX)
            }
            InstructionKind::Cancel | InstructionKind::None => Lots(FILLED_MAX),
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
        let above = instruction.id.get().saturating_sub(account.min_id.get());
        if above >> ID_WINDOW_BITS != 0 {
            return Err(PlaceError::IdTooHigh);
        }
        if context.time > instruction.expiry {
            return Err(PlaceError::Expired);
        }
        Ok(())
    }

    /// B-SLOT: opens the slot; how far the instruction's id is filled.
    fn filled_before(&self, account: &Account) -> Result<Lots, PlaceError> {
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
            core::cmp::Ordering::Less => Ok(Lots::ZERO),
        }
    }
}
