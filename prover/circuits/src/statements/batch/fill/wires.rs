//! The wires of a fill and of the position it changes.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{COST_BITS, INSTRUMENTS, POSITION_BITS, QUANTITY_BITS},
    field::from_u128,
};
use cloister_ledger::{InstructionKind, Mode, PlaceWitness};
use cloister_types::Lots;

use super::super::{modes::Modes, risk::Table};
use crate::{
    gadgets::{
        bits::{alloc_ranged, is_nonnegative, range, signed_range},
        boolean::Bit,
        choice::one_hot,
        inner::Paired,
        num::{enforce_product, Num},
    },
    Fr,
};

/// What a fill belongs to: one of the four, or nothing.
pub struct FillKind {
    pub order: Bit,
    pub liquidation: Bit,
    pub expiry: Bit,
    pub deleveraging: Bit,
    pub any: Bit,
}

impl FillKind {
    /// B-UNIT: a fill without an order is for liquidation, expiry and deleveraging only. In any other mode nobody would
    /// have agreed to it.
    fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        modes: &Modes,
        order: &Bit,
        witness: Option<(Mode, &PlaceWitness)>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-UNIT");
        let closing = |mode| matches!(mode, Mode::Liquidation | Mode::Expiry | Mode::Deleveraging(_));
        let filled =
            |p: &PlaceWitness| p.signed.instruction.kind == InstructionKind::None && p.fill.quantity != Lots::ZERO;
        let value = witness.map(|(mode, place)| closing(mode) && filled(place));
        let unsigned = Bit::alloc(&mut cs, || "unsigned fill", value)?;
        let deleverages = modes.deleveraging();
        let elsewhere = Num::one() - modes.liquidation.num() - modes.expiry.num() - deleverages.num();
        let name = || "unsigned fill only in liquidation, expiry and deleveraging";
        enforce_product(&mut cs, name, unsigned.num(), &elsewhere, &Num::zero());
        let liquidation = unsigned.and(&mut cs, "fill of a liquidation", &modes.liquidation)?;
        let deleveraging = unsigned.and(&mut cs, "fill of deleveraging", &deleverages)?;
        Ok(Self {
            // The other mode it can be.
            expiry: Bit::trusted(unsigned.num() - liquidation.num() - deleveraging.num()),
            // An order is in mode normal, so both are never one.
            any: Bit::trusted(order.num() + unsigned.num()),
            order: order.clone(),
            liquidation,
            deleveraging,
        })
    }
}

/// A fill's numbers, all zero without a fill, and the row it is in.
pub struct FillWires {
    /// What it belongs to.
    pub kind: FillKind,
    /// Lots, `f`.
    pub quantity: Num,
    /// Cost, `n`.
    pub cost: Num,
    /// Fee.
    pub fee: Num,
    /// The row, one bit each.
    pub choice: Vec<Bit>,
    chosen: Paired,
}

impl FillWires {
    /// Allocates the fill of one place.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        modes: &Modes,
        order: &Bit,
        witness: Option<(Mode, &PlaceWitness)>,
    ) -> Result<Self, SynthesisError> {
        let kind = FillKind::alloc(cs, modes, order, witness)?;
        let mut cs = cs.namespace(|| "B-FILL");
        let fill = witness.map(|(_, place)| place.fill);
        let quantity = Num::alloc(&mut cs, || "quantity", fill.map(|f| Fr::from(f.quantity.get())))?;
        // At least one lot: an order with an empty fill would only burn the trader's fee allowance and slot.
        range(
            &mut cs,
            "at least one lot",
            &(&quantity - kind.any.num()),
            QUANTITY_BITS,
        )?;
        let (cost, _) = alloc_ranged(&mut cs, "cost", fill.map(|f| from_u128(f.cost.get())), COST_BITS)?;
        let (fee, _) = alloc_ranged(&mut cs, "fee", fill.map(|f| from_u128(f.fee.get())), COST_BITS)?;
        // None of the three is negative and their sum is far below the order of the field: it is zero only if all are.
        let all = Num::total([&quantity, &cost, &fee]);
        enforce_product(
            &mut cs,
            || "nothing without a fill",
            kind.any.not().num(),
            &all,
            &Num::zero(),
        );
        let row = fill.map(|f| f.row.into());
        let choice = one_hot(&mut cs.namespace(|| "B-INSTRUMENT"), "row", &kind.any, row, INSTRUMENTS)?;
        Ok(Self {
            kind,
            quantity,
            cost,
            fee,
            chosen: Paired::one_hot(&choice),
            choice,
        })
    }

    /// A column of the risk table at the chosen row, zero without a fill.
    pub fn of<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        column: &Paired,
    ) -> Result<Num, SynthesisError> {
        self.chosen.inner(cs, name, column)
    }

    /// What a liquidation's step leaves of the row's chunk; zero in other modes (B-LIQUIDATION).
    pub fn left_of_chunk<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, table: &Table) -> Result<Num, SynthesisError> {
        let mut cs = cs.namespace(|| "B-LIQUIDATION");
        let chunk = self.of(&mut cs, "chunk", &table.chunk)?;
        let left = &chunk - &self.quantity;
        self.kind.liquidation.num().mul(&mut cs, || "left of the chunk", &left)
    }

    /// The number at the chosen row, zero at the others.
    pub fn spread<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        x: &Num,
    ) -> Result<Vec<Num>, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        self.choice
            .iter()
            .enumerate()
            .map(|(j, bit)| bit.num().mul(&mut cs, || format!("row {j}"), x))
            .collect()
    }
}

/// A position with `max(q, 0)`.
pub struct Split {
    pub q: Num,
    pub long: Num,
}

impl Split {
    /// Of a new position, which is bound to its width.
    pub fn new<CS: ConstraintSystem<Fr>>(cs: &mut CS, name: &'static str, q: Num) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let bits = signed_range(&mut cs, "range", &q, POSITION_BITS)?;
        let long = is_nonnegative(&bits).num().mul(&mut cs, || "long side", &q)?;
        Ok(Self { q, long })
    }

    /// `|q|`.
    pub fn size(&self) -> Num {
        &self.long * 2 - &self.q
    }
}
